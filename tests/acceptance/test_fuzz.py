"""Hostile module files: ``make fuzz`` tries 10,000. Whatever they hold, the report is fit to be read and pasted."""

import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goproxy_check.go.answers import failure
from goproxy_check.go.env import Proxy
from goproxy_check.go.questions import Answer
from goproxy_check.gofiles import module
from goproxy_check.gofiles.reference import Reference, new_references
from goproxy_check.options import parse
from goproxy_check.proxy.quick import Replies, Reply
from goproxy_check.report.formats import as_github, as_json
from goproxy_check.report.text import as_text
from goproxy_check.system.redact import one_line, redacted_url
from goproxy_check.verdict import diagnose
from goproxy_check.verdict.evidence import Diagnosis, Run, without_asking
from tests.support.goproxy import Said
from tests.support.modulefiles import GO_MOD, GO_SUM, GO_WORK, contents, mutated
from tests.support.world import LIB, World, go_mod

CASES = int(os.environ.get("FUZZ_CASES", "150"))
SECONDS = 1.0  # of a processor, which takes longer over it while others use its other half

EVIL = ["$(touch pwned)", "`touch pwned`", "; touch pwned", "-rf", "--output=pwned", "\x1b]0;pwned\x07", "\x1b[31m"]
EVIL += ["::error::pwned", "###vso[task.setvariable variable=PATH]pwned", "%0A::error::", "'", '"', "a b", "\u202e"]
EVIL += ["\r", "&& touch pwned", "|touch pwned", ">pwned"]
FOLDERS = st.lists(st.sampled_from([*EVIL, "a", "b", ".."]), max_size=2).map("/".join)
WORDS = st.sampled_from([*EVIL, "not found", "\n::error::x", "fatal: x\ny", "policy"]) | st.text(max_size=20)
VERSIONS = st.lists(st.sampled_from(["v1.0.0", "v1.2.3", "v2.0.0", "v0.0.1-go1.22.1.linux-amd64"]), max_size=3).map(
    tuple
)


@st.composite
def files(draw: st.DrawFn) -> dict[str, bytes]:
    """Some module files, in folders with names that nobody would choose."""
    found = {}
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(["go.mod", "go.sum", "go.work", "go.work.sum"]))
        text = mutated(GO_SUM).map(str.encode) if name.endswith(".sum") else contents()
        data = draw(text | mutated(GO_MOD).map(str.encode) | mutated(GO_WORK).map(str.encode))
        evil = draw(st.sampled_from(EVIL)).encode("utf-8", "surrogateescape")
        data = data.replace(draw(st.sampled_from([b"lib", b"example", b"v1", b"h1:", b" "])), evil, 1)
        found["/".join(filter(None, (draw(FOLDERS), name)))] = data
    return found


def formatted(*templates: str) -> st.SearchStrategy[str]:
    """Return what go prints, with words of somebody else in it."""
    return st.tuples(st.sampled_from(templates), WORDS).map(lambda pair: pair[0].replace("{}", pair[1]))


PROXY = Proxy("https://goproxy.example", False)
FILE_AT = "m@v1: reading https://goproxy.example/m/@v/v1.info: "
FAILURES = formatted(
    "{}",
    FILE_AT + "404 Not Found\n\tserver response: {}",
    FILE_AT + "403 {}",
    FILE_AT + "500 {}\n\tserver response: {}",
    FILE_AT.replace(".info", ".zip") + "410 Gone\n\tserver response: {}",
    "verifying m@v1: reading https://sum.example/lookup/m@v1: 404 Not Found\n\tserver response: {}",
    "verifying m@v1: checksum mismatch\n\tdownloaded: h1:{}\n\tgo.sum:     h1:{}\n\nSECURITY ERROR",
    'Get "https://user:secret@goproxy.example/{}": dial tcp: {}',
).map(failure)
ORIGIN_FAILURES = formatted("{}", "git ls-remote: exit status 128:\n\tfatal: {}", "unknown revision {}").map(
    lambda text: failure(text, "m")
)
ORIGINS = st.builds(Answer, st.none() | ORIGIN_FAILURES, VERSIONS, WORDS.map(redacted_url))
REPLIES = st.builds(
    Reply,
    st.just(PROXY),
    st.sampled_from([".info", ".mod", ".zip"]),
    st.sampled_from([0, 200, 403, 404, 429]),
    phrase=WORDS.map(lambda text: one_line(text, 60)),
    detail=WORDS.map(one_line),
    until=st.none() | st.floats(0, 253402300799),  # to the end of the year 9999, as HTTP has it
)
GO_MODS = contents() | formatted('module "{}"', "module {}\n", "module example.com/{}").map(
    lambda text: text.encode("utf-8", "replace")
)


@st.composite
def diagnosed(draw: st.DrawFn, ref: Reference) -> Diagnosis:
    """Return a verdict on REF, from answers that anybody may have given."""
    if known := without_asking(ref):
        return known
    origin, listing = draw(ORIGINS), Answer(versions=draw(VERSIONS))
    match draw(st.integers(0, 5)):
        case 0:
            return diagnose.served(ref, go_mod=draw(GO_MODS))
        case 1:
            return diagnose.private(ref, origin)
        case 2:
            return diagnose.unpublished(ref, origin)
        case 3:
            return diagnose.not_listed(ref, origin, listing)
    replies = Replies(ref, tuple(draw(st.lists(REPLIES, max_size=3))))
    return diagnose.not_served(ref, draw(FAILURES), replies, origin, listing)


def reported(diagnoses: list[Diagnosis], style: str) -> str:
    run = Run(parse(["-x", "--color", "never"]), diagnoses, seconds=0.1, terminal=True)
    return {"text": as_text, "json": as_json, "github": as_github}[style](run)


@pytest.mark.long
@settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
@given(files(), files(), st.data())
def test_hostile_files_are_read_quickly_and_reported_harmlessly(
    before: dict[str, bytes], after: dict[str, bytes], data: st.DataObject
) -> None:
    started = time.process_time()
    references = new_references(after, {}, [before])
    assert time.process_time() - started < SECONDS
    references = [ref for ref in references if not ref.is_toolchain]  # names still, no versions
    for ref in references:
        if not (ref.invalid or ref.skipped):  # what goes into URLs, and to go and git
            assert not module.check(ref.module, ref.version)
            assert re.fullmatch(r"[A-Za-z0-9][-._~/!A-Za-z0-9]*@v?[-._~+!A-Za-z0-9]+", str(ref))
    diagnoses = [data.draw(diagnosed(ref)) for ref in references]
    started = time.process_time()
    for style in ("text", "github", "json"):
        text = reported(diagnoses, style)
        assert "##vso[" not in text and "secret" not in text
        if style == "json":
            json.loads(text)
            continue
        for line in text.split("\n"):
            assert line.isprintable() and (style == "github" or "##" not in line)
            assert style == "text" or not line or re.match(r"::(?:error|warning|notice) (?:file|title)=", line)
            assert style == "github" or not line.lstrip().startswith("::")
            if style == "text" and COMMAND.match(line):
                pasted(line)
    assert time.process_time() - started < 3 * SECONDS


COMMAND = re.compile(r" +(?:cd |[A-Z]+=|go (?:-C|mod|env|list|get) |git (?:push|add|commit|diff) )")
# What shells heed. Printed commands have no more of it than a call of go env in double quotes, and "&&" between two.
ACTIVE = set("$`;&|<>()*?[]{}~#!\\\n\"'")


def pasted(line: str) -> None:
    """Check that what LINE says can be pasted: nothing in it is a command but those of go and git."""
    rest = re.sub(r"\$\(go env (?:GOPRIVATE|GONOSUMDB|GONOPROXY)\)", "", line)
    assert shlex.split(rest)
    rest = rest.replace('"\'"', "")  # how a quote is written between two that quote
    rest = re.sub(r"\$'(?:[^'\\]|\\.)*'|'[^']*'", "_", rest)  # quoted
    for part in rest.split(" && "):
        words = re.sub(r'"([^"$`\\!]*)"', r"\1", part).split()
        while re.fullmatch(r"[A-Z]+=\S*", words[0]):
            words = words[1:]
        assert words[0] in ("cd", "go", "git") and (words[0] != "cd" or len(words) == 2), line
        assert words[0] != "cd" or not words[1].startswith(("-", "/")), line
        for word in words:
            assert not ACTIVE.intersection(re.sub(r"(?<=[^=,])~", "", word)), line


ODD_FOLDERS = [
    "$(touch pwned)",
    "`touch pwned`",
    "-rf",
    "it's",
    'a"b',
    "::error::x",
    ":!x",
]
ODD_FOLDERS += ["#x", "new\nline", "\x1b[31mred", "*", "~", "a\\b"]


@pytest.mark.skipif(os.name == "nt", reason="a POSIX shell")
def test_printed_command_for_a_folder_can_be_pasted(world: World) -> None:
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    app = world.app()
    for folder in ODD_FOLDERS:
        (app / folder).mkdir()
        (app / folder / "go.mod").write_text(go_mod([f"{LIB} v1.1.0"]))
    world.git("add", ".", cwd=app)
    for args in ((), ("--fix",)):
        done = world.main(*args)
        assert done.returncode == 1 and done.stdout.replace("\n", "").isprintable()
        fetches = [line for line in done.stdout.splitlines() if " mod download " in line]
        adds = [line.partition("go.sum: ")[2] for line in done.stdout.splitlines() if "git add" in line]
        assert (len(fetches), len(adds)) == ((0, 1) if args else (len(ODD_FOLDERS), 0)), done.stdout
        for command in (*fetches, *adds):
            world.run("bash", "-c", command, cwd=app)
    go_sum = world.sum_lines(LIB, "v1.1.0")
    assert {folder: (app / folder / "go.sum").read_text() for folder in ODD_FOLDERS} == dict.fromkeys(
        ODD_FOLDERS, go_sum
    )
    staged = world.run("git", "diff", "--cached", "--name-only", "-z", cwd=app).stdout.split("\0")
    assert {f"{folder}/go.sum" for folder in ODD_FOLDERS} <= {*staged}
    assert not list(world.root.rglob("pwned"))


@pytest.mark.skipif(os.name == "nt", reason="the wrappers on PATH are shell scripts")
@pytest.mark.parametrize(
    "evil", ["-x", "--upload-pack=touch", "$(touch${IFS}pwned)", "a;b", "`x`", "\x1b[31m", "../../x"]
)
def test_hostile_names_reach_neither_go_nor_git_nor_a_proxy(world: World, evil: str) -> None:
    notes = world.root / "notes"
    for name in ("go", "git"):
        world.wrap(name, f'echo "$*" >> "{notes}"')
    app = world.app()
    quoted = json.dumps(evil)
    (app / "go.mod").write_text(f"module m.example/x\n\nrequire {quoted} v1.0.0\nrequire example.com/a {quoted}\n")
    (app / "go.sum").write_text(f"{evil} v1.0.0 h1:x=\nexample.com/a {evil} h1:x=\n")
    world.run("git", "add", ".", cwd=app)
    notes.unlink()
    for args in (["--fix"], [f"{evil}@v1.0.0"], [f"example.com/a@{evil}"], [f"--from-ref={evil}", f"--to-ref={evil}"]):
        done = world.main(*args)
        assert done.returncode in (1, 2) and (done.stdout + done.stderr).replace("\n", "").isprintable()
        assert done.returncode == 1 or done.stderr.count("\n") == 1
        if not args[0].startswith("--from-ref"):  # which git is asked to look up
            assert not any(word.startswith(evil) for word in (notes.read_text() if notes.exists() else "").split())
    assert world.proxy.log == []
    assert not list(world.root.rglob("pwned"))


def test_words_of_a_proxy_and_of_git_are_neutralised(world: World) -> None:
    words = "\x1b[31m::error::a\n::set-output name=x::y\n###vso[task.x]\u202e".encode()
    world.proxy.fault("@v/", Said(404, words))
    world.origin(LIB, "v1.0.0")
    world.program("git-remote-slow", f"printf '{words.decode()}' >&2; exit 1")
    world.redirect("slow://x/", "https://github.com/acme/other")
    world.git("config", "--global", "protocol.slow.allow", "always", cwd=world.home)
    world.app(f"{LIB} v1.0.0", "github.com/acme/other v1.0.0")
    for args in (["-x"], ["-x", "--format", "github"], ["-x", "--format", "json"], ["-x", "--wait", "1s"]):
        done = world.main(*args)
        assert done.returncode == 1
        assert "task.x" in done.stdout + done.stderr, "they are shown"
        for line in (done.stdout + done.stderr).splitlines():
            assert line.isprintable() and "\u202e" not in line and "##vso[" not in line
            assert not line.startswith("::") or line.startswith("::error file=go.mod,line=")


HUGE: dict[str, Callable[[], bytes]] = {
    "a word": lambda: b"require a.example/" + b"x" * (10 << 20),
    "words": lambda: b"x " * (5 << 20),
    "lines": lambda: b"require x\n" * 100_000,
    "a string": lambda: b'"' + b"\\a" * (5 << 20),
    "a string over lines": lambda: b'"' + b"\\\n" * 500_000,
    "parentheses": lambda: b"a (\n" * 100_000,
    "a version": lambda: b"require a.example/x v1.0.0-" + b"0." * 500_000,
    "nothing": lambda: b"\0" * (10 << 20),
    "versions": lambda: b"".join(b"require a.example/x%d v1.0.0\n" % number for number in range(25_000)),
}
# Reads the files that it is given one after the other; prints the seconds of each, and the megabytes up to there.
READER = """
import resource, sys, time
from pathlib import Path
from goproxy_check.gofiles.modfile import read
from goproxy_check.gofiles.reference import new_references
for path in sys.argv[2:]:
    data = Path(path).read_bytes()
    start = time.process_time()
    new_references({sys.argv[1]: data}, {})
    read.cache_clear()
    print(time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.starts_programs
@pytest.mark.parametrize("name", ["go.mod", "go.sum"])
def test_huge_file_is_no_burden(tmp_path: Path, name: str) -> None:
    """In a process of its own, for what it takes at its peak."""
    files = [tmp_path / str(number) for number in range(len(HUGE))]
    for file, content in zip(files, HUGE.values(), strict=True):
        file.write_bytes(content())
    starter = "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))"  # it is small, as its child is then
    command = [sys.executable, "-c", starter, sys.executable, "-c", READER, name, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ, timeout=120)
    for what, line in zip(HUGE, done.stdout.splitlines(), strict=True):
        seconds, megabytes = line.split()
        assert float(seconds) < 3 * SECONDS and int(megabytes) < 200, what
