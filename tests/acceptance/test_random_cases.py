"""Random cases beside the real go: a version is ok exactly where ``go mod download`` gets it from the proxies alone.

``make fuzz`` tries many more. The same number in FUZZ_CASES makes the same cases; the numbers in a failure name them.
"""

import json
import os
import random
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.support.goproxy import Fault, GoProxy, Said, hashes, reset
from tests.support.sumdb import SumDB
from tests.support.world import World

CASES = int(os.environ.get("FUZZ_CASES", "96"))
PARTS = 4  # tests, so that several workers share the work
GROUP = 12  # cases of one environment: one run of goproxy-check, and one go command where that is possible

VERSION = "v1.1.0"
WRONG = "h1:" + "A" * 43 + "="
HTML = (("Content-Type", "text/html"),)
NO: list[Said | Fault | None] = [
    Said(404, b"not found"),
    Said(410, b"gone"),
    Said(403, b"forbidden"),
    Said(500, b"oops"),
    reset,
]
PAGE = Said(200, b"<!DOCTYPE html><html>log in</html>", HTML)
INFO = {"Version": VERSION, "Time": "2026-01-01T00:00:00Z"}
ODD_INFOS = [
    b"",
    b"[]",
    b"null",
    b"{}",
    b'{"version": "v1.1.0", "TIME": "2026-01-01T00:00:00Z"}',
    b'{"Version": "v1.1.0"}',
    b'{"Version": "v1.1.0", "Time": null}',
    b'{"Version": "v1.1.0", "Time": "yesterday"}',
    b'{"Version": "v1.1.0", "Time": "2026-01-01"}',
    b'{"Version": "v1.1.0", "Time": 1767225600}',
    b'{"Version": "v1.1.0", "Origin": "git"}',
    b'{"Version": "v1.1.0", "Origin": {"VCS": "git", "Hash": 7}}',
    b'{"Version": "v1.1.0", "Origin": null, "Name": 7}',
    b'{"Version": "v1.1.0", "Extra": NaN}',
    b'{"Version": "v1.1.0"} {}',
    b'{"Version": "v1.0.0", "Version": "v1.1.0"}',
    b'{"Version": "v1.1.0", "version": "v1.0.0"}',
    b'\xef\xbb\xbf{"Version": "v1.1.0"}',
    '{"Version": "v1.1.0"}'.encode("utf-16"),
    b'{"Version": "v1.1.0", "Extra": "\xff"}',
    b'{"Version": "v1.0.0", "Time": "2026-01-01T00:00:00Z"}',  # another version
]


@dataclass
class Case:
    """One module version: what each proxy answers about each file of it, and what the user has of it."""

    number: int
    module: str
    answers: list[dict[str, Said | Fault | None]]  # None: the right file
    go_sum: list[str]
    required: bool
    private: bool
    origin: str  # published, absent, unreachable

    @property
    def target(self) -> str:
        return f"{self.module}@{VERSION}"

    def line(self, kind: str) -> str:
        """Return the first hash that go.sum has for the archive (KIND is "") or for the /go.mod."""
        start = f"{self.module} {VERSION}{kind} h1:"
        return next((line for line in self.go_sum if line.startswith(start)), "")

    @property
    def go_mod_only(self) -> bool:
        return not self.required and all("/go.mod " in line for line in self.go_sum)

    def listed(self) -> bool:
        """Return whether some proxy may list the version: those after it in the list may not have been asked."""
        return any(said is None for said in (answer["list"] for answer in self.answers))


@dataclass
class Group:
    """The cases that share one environment."""

    cases: list[Case]
    goproxy: list[str]  # proxies by their numbers, and what stands between and after them
    database: SumDB | None
    mirrors: set[int]  # which proxies have a mirror of the database


def go_mod(module: str) -> bytes:
    return f"module {module}\n".encode()


def drawn_case(rng: random.Random, number: int, database: SumDB | None) -> Case:
    private = rng.random() < 0.06
    origin = rng.choices(["published", "absent", "unreachable"], [8, 1, 2])[0]
    kind = "private" if private else origin
    module = f"github.com/{kind}/m{number}"
    zip_hash, mod_hash = hashes(module, VERSION, {"go.mod": go_mod(module)})
    right = [f"{module} {VERSION} {zip_hash}", f"{module} {VERSION}/go.mod {mod_hash}"]
    wrong_mod, other = f"{module} {VERSION}/go.mod {WRONG}", f"{module} v1.0.0/go.mod {WRONG}"
    sums = [
        [],
        [],
        right,
        right,
        right,
        right,
        [right[0], wrong_mod],
        [right[0].replace(zip_hash, WRONG), right[1]],
        right[1:],
        [wrong_mod],
        right[:1],
        [*right, other],
        [other],
        [*right, wrong_mod],
        [right[0], wrong_mod, right[1]],
        [f"{module} {VERSION}/go.mod h2:x", right[1]],
    ]
    go_sum = rng.choice(sums)
    if database and (recorded := rng.choices(["right", "wrong", "none"], [6, 1, 3])[0]) != "none":
        database.add(module, VERSION, zip_hash, mod_hash if recorded == "right" else WRONG)
    answers = [drawn_answers(rng, module) for _ in range(3)]
    named = any(f" {VERSION}" in line for line in go_sum)
    return Case(number, module, answers, go_sum, not named or rng.random() < 0.6, private, origin)


def drawn_answers(rng: random.Random, module: str) -> dict[str, Said | Fault | None]:
    """Draw what one proxy answers: all is right, or all is missing in one way, or single files are wrong."""
    files: dict[str, Said | Fault | None] = dict.fromkeys(("info", "mod", "zip", "list"))
    wrong: dict[str, list[Said | Fault | None]] = {
        "info": [rng.choice(NO), PAGE, *(Said(200, rng.choice(ODD_INFOS)) for _ in range(3))],
        "mod": [rng.choice(NO), PAGE, Said(200, f"module {module}\n\n// changed\n".encode())],
        "zip": [*rng.sample(NO, 3), PAGE],
        "list": [rng.choice(NO), PAGE, Said(200, b"v1.0.0\n")],
    }
    die = rng.random()
    if die < 0.35:
        return files
    if die < 0.5:
        return dict.fromkeys(files, rng.choice(NO))
    for file in rng.sample(sorted(files), 1 if die < 0.85 else 2):
        files[file] = rng.choice(wrong[file])
    return files


def drawn_group(rng: random.Random, first: int) -> Group:
    database = SumDB(f"sum{first}.example") if rng.random() < 0.5 else None
    cases = [drawn_case(rng, first + number, database) for number in range(GROUP)]
    numbers = rng.sample("012", rng.choice([1, 1, 2, 2, 3]))
    words = [word for number in numbers for word in (number, rng.choice(",,|"))]
    words = words[:-1] if rng.random() < 0.4 else [*words, rng.choice(["direct", "off"])]
    mirrors = {0, 1, 2} if rng.random() < 0.7 else {rng.randrange(3)}
    return Group(cases, words, database, mirrors)


class Random:
    """A world with three proxies that answer what the cases of a group say."""

    def __init__(self, world: World, proxies: list[GoProxy]) -> None:
        self.world = world
        self.proxies = proxies
        self.cases: dict[str, Case] = {}
        for name in ("published", "private", "absent"):
            repository = world.root / "origins" / name
            repository.mkdir(parents=True)
            world.git("init", "--quiet", cwd=repository)
            (repository / "go.mod").write_text("module example.com/any\n")
            world.commit(repository, "first")
            world.git("tag", "v1.0.0" if name == "absent" else VERSION, cwd=repository)
            world.redirect(f"file://{world.root}/{name}/", f"https://github.com/{name}/")
            (world.root / name).mkdir()
        for number, proxy in enumerate(proxies):
            proxy.fault("@v/", lambda handler, number=number: self.answer(number, handler))  # type: ignore[misc]

    def answer(self, number: int, handler: BaseHTTPRequestHandler) -> Said | None:
        module, _, file = unquote(handler.path).lstrip("/").partition("/@v/")
        case, kind = self.cases[module], file.rpartition(".")[2]
        if kind != "list" and not file.startswith(VERSION):
            return Said(404)
        said = case.answers[number][kind]
        if callable(said):
            return said(handler)
        if said is None and kind == "list":
            return Said(200, f"v1.0.0\n{VERSION}\n".encode())
        if said is None and kind == "info":
            return Said(200, json.dumps(INFO).encode())
        return said  # None: what the proxy holds

    def settings(self, group: Group) -> dict[str, str]:
        words = [self.proxies[int(word)].url if word.isdigit() else word for word in group.goproxy]
        for number, proxy in enumerate(self.proxies):
            proxy.sumdb = group.database if number in group.mirrors else None
        return {
            "GOPROXY": "".join(words),
            "GOSUMDB": group.database.key if group.database else "off",
            "GONOPROXY": "github.com/private",
        }

    def ours(self, group: Group, settings: dict[str, str]) -> dict[str, str]:
        """Return the verdicts on the cases of GROUP."""
        self.cases = {case.module: case for case in group.cases}
        for case in group.cases:
            for proxy in self.proxies:
                proxy.put(case.module, VERSION)
            link = self.world.root / case.module.split("/")[1] / case.module.split("/")[2]
            if case.private or case.origin != "unreachable":
                link.symlink_to(self.world.root / "origins" / case.module.split("/")[1])
        app = self.world.app(*(f"{case.module} {VERSION}" for case in group.cases if case.required))
        (app / "go.sum").write_text("".join(f"{line}\n" for case in group.cases for line in case.go_sum))
        self.world.git("add", ".", cwd=app)
        return self.world.verdicts(**settings)

    def theirs(self, group: Group, settings: dict[str, str]) -> dict[str, str]:
        """Return why the real go does not get the cases of GROUP, "" for those that it gets."""
        alone = {**settings, "GOPROXY": re.sub(r"[,|](?:direct|off)$", "", settings["GOPROXY"])}
        alone["GOMODCACHE"] = str(self.world.root / f"cache{group.cases[0].number}")
        found: dict[str, str] = {}
        # A go.sum that has another hash ends the whole command: those cases get one each.
        together = [case for case in group.cases if not case.go_mod_only and WRONG not in "".join(case.go_sum)]
        found |= self.downloaded(together, alone)
        for case in group.cases:
            if case.target not in found:
                found |= self.read(case, alone) if case.go_mod_only else self.downloaded([case], alone)
        return found

    def downloaded(self, cases: list[Case], env: dict[str, str]) -> dict[str, str]:
        folder = self.scratch(cases, "")
        done = self.world.go("mod", "download", "-json", *(case.target for case in cases), cwd=folder, ok=False, **env)
        if not done.stdout and len(cases) == 1:
            return {cases[0].target: done.stderr or "no answer"}
        items = [json.loads(item) for item in re.findall(r"(?ms)^\{$.*?^\}$", done.stdout)]
        return {f"{item['Path']}@{item['Version']}": item.get("Error", "") for item in items}

    def read(self, case: Case, env: dict[str, str]) -> dict[str, str]:
        """Return what go says where it needs the go.mod alone."""
        folder = self.scratch([case], f"require {case.module} {VERSION}\n")
        done = self.world.go("mod", "graph", cwd=folder, ok=False, **{**env, "GOFLAGS": "-mod=mod"})
        return {case.target: done.stderr or "failed" if done.returncode else ""}

    def scratch(self, cases: list[Case], rest: str) -> Path:
        folder = self.world.root / "scratch"
        folder.mkdir(exist_ok=True)
        (folder / "go.mod").write_text(f"module example.com/scratch\n\ngo 1.21\n\n{rest}")
        (folder / "go.sum").write_text("".join(f"{line}\n" for case in cases for line in case.go_sum))
        return folder


def excused(case: Case, verdict: str, error: str) -> str:
    """Return why VERDICT may differ from what go says (ERROR); these are all known differences."""
    about_archive = re.search(r"\.zip\W*: |zip: not a valid|verifying (?:module|\S+(?<!/go\.mod)): ", error)
    refused = re.search(r"\.zip\W*: (?:[45]\d\d |.*reset)", error)
    if verdict == "ok" and about_archive and not (case.line("") and refused):
        return "the archive is not fetched, and asked for only where go.sum records it"
    if case.private:
        return "of a private module only whether its origin has it is looked at: go.sum, or a database, is not"
    recorded = case.line("") or case.line("/go.mod")
    if not error and verdict == "unpublished" and case.origin == "absent" and not recorded:
        return "no proxy is asked for a version that neither their lists nor the origin has"
    return ""


@pytest.fixture
def three(proxy: GoProxy) -> Iterator[list[GoProxy]]:
    with ExitStack() as stack:
        yield [proxy, *(stack.enter_context(GoProxy().running()) for _ in range(2))]


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
def test_verdict_is_ok_exactly_where_go_gets_the_version(world: World, three: list[GoProxy], part: int) -> None:
    tester = Random(world, three)
    wrong = []
    for first in range(part * GROUP, CASES, PARTS * GROUP):
        group = drawn_group(random.Random(first), first)
        settings = tester.settings(group)
        ours, theirs = tester.ours(group, settings), tester.theirs(group, settings)
        for case in group.cases:
            verdict, error = ours[case.target], theirs[case.target]
            if (verdict == "ok") != (error == "") and not excused(case, verdict, error):
                wrong.append(
                    f"{verdict}, and go says: {error or 'all is well'}\n  {case}\n  {settings} {group.goproxy}"
                )
    assert not wrong, "\n".join(wrong)
