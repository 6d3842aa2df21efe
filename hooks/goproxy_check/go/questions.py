"""The questions that only go answers: the judge, the proxies' list of a module, and its origin; and go mod download.

Each question is one process, with a module cache of its own: the user's could answer in place of a proxy or an origin.
"""

import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from goproxy_check.go.answers import Failure, Reason, failure, json_objects
from goproxy_check.go.env import GoEnv
from goproxy_check.gofiles.modfile import read
from goproxy_check.gofiles.reference import Reference
from goproxy_check.system.programs import CommandError, Programs
from goproxy_check.system.redact import one_line, redacted_url

_GO_MOD = b"module goproxy-check.invalid\n\ngo 1.21\n"  # with a go line go has no reason to write one
_LIST = ("list", "-m", "-e", "-json")
_VERSIONS = (*_LIST, "-retracted", "-versions")  # -retracted: no go.mod has to be read
_DOWNLOAD = ("mod", "download", "-json")  # writes the lines of what succeeds even where something else fails
_TRIES, _PAUSE = 3, 0.4  # of a question that may succeed at the next try; seconds, doubled each time
_Ran = tuple[list[dict[str, Any]], Failure | None]
Failures = dict[Reference, Failure | None]  # why each has not come; None: it has


class Answer(NamedTuple):
    """What go says of a version or a module: what the proxies alone serve or list, or what an origin has."""

    failure: Failure | None = None
    versions: tuple[str, ...] = ()  # the one that is meant, or all that are listed or have a tag
    url: str = ""  # of the origin's repository
    commit: str = ""  # "" where the proxy does not say
    time: str = ""  # of that commit
    go_mod: bool = False  # whether go has its go.mod, which is what go.sum and the checksum database have
    declares: str = ""  # the path that its go.mod declares

    @property
    def published(self) -> bool | None:
        """Whether an origin has the version; None: it could not be asked."""
        absent = self.failure and self.failure.reason in (Reason.UNKNOWN_REVISION, Reason.UNFIT)
        return False if absent else None if self.failure else True


class Go:
    """Asks the go command of ENV; without one, every answer is that. A question may take SECONDS."""

    def __init__(self, env: GoEnv, programs: Programs) -> None:
        self.env, self._programs = env, programs
        self._user = programs.go_environment(GOWORK="off", GO111MODULE="on", GOFLAGS=env.settings["GOFLAGS"])
        flags = f"{env.settings['GOFLAGS']} -mod=mod -modcacherw".strip()
        self._proxies = {"GOTOOLCHAIN": "local", "GOFLAGS": flags, "GOPROXY": env.proxies_alone}
        # What comes from an origin here is not kept, so nothing needs verifying, and no database hears its name.
        self._direct = {**self._proxies, "GOPROXY": "direct", "GOSUMDB": "off"}

    def judge(self, ref: Reference, seconds: float, archive: bool = False) -> Answer:
        """Return what go says of REF with the proxies alone, and each go.sum; with ARCHIVE it downloads that too."""
        for lines in ref.go_sums or ((),):
            answer = Answer() if archive else self._one((*_LIST, str(ref)), seconds, lines)
            # go list is silent about a go.mod that it could not verify; go mod download comes to it before any archive.
            if not (answer.failure or answer.go_mod):
                answer = self._one((*_DOWNLOAD, str(ref)), seconds, lines)
            if answer.failure or not answer.go_mod:
                return Answer(answer.failure or Failure(Reason.UNAVAILABLE, "go gave no answer"))
        return answer

    def known(self, query: str, seconds: float, *, origin: bool = False) -> Answer:
        """Return what the proxies alone, or the ORIGIN, have of QUERY: MODULE@VERSION, or all versions of MODULE."""
        return self._one((*(_LIST if "@" in query else _VERSIONS), query), seconds, origin=origin)

    def several(self, refs: Sequence[Reference], seconds: float, at_once: int) -> dict[str, Answer]:
        """Return what the proxies list of each module of REFS, and what go says of those that are listed.

        None is in go.sum. Two processes answer for all, with AT_ONCE requests; what they leave in doubt is missing.
        """
        end = time.monotonic() + seconds
        with self._scratch({**self._proxies, "GOMAXPROCS": str(at_once)}) as (folder, settings):
            modules = dict.fromkeys(ref.module for ref in refs)
            items, _ = self._run((*_VERSIONS, *modules), folder, settings, seconds)
            found = {str(item.get("Path")): _answer(item) for item in items if item.keys() & {"Versions", "Error"}}
            listed = [str(ref) for ref in refs if ref.version in found.get(ref.module, Answer()).versions]
            if listed:
                items, _ = self._run((*_LIST, *listed), folder, settings, end - time.monotonic())
                judged = {f"{item.get('Path')}@{item.get('Version')}": _answer(item) for item in items}
                found |= {name: answer for name, answer in judged.items() if answer.failure or answer.go_mod}
        return {name: answer for name, answer in found.items() if not (answer.failure and answer.failure.may_pass)}

    def download(self, refs: Sequence[Reference], folder: str, end: float, **settings: str) -> Failures:
        """Fetch REFS into the module cache and the go.sum of FOLDER until END (time.monotonic())."""
        if not refs:
            return {}
        items, wrong = self._run((*_DOWNLOAD, *map(str, refs)), folder, settings, end - time.monotonic())
        words = {f"{item.get('Path')}@{item.get('Version')}": str(item.get("Error") or "") for item in items}
        found: Failures = dict.fromkeys(refs, wrong and wrong._replace(reason=Reason.FAILED))
        for ref in refs:
            if text := words.get(str(ref)):
                no = failure(text)  # without a URL the proxies were not asked
                found[ref] = failure(text, str(ref)) if no.reason is Reason.UNAVAILABLE and not no.url else no
            elif text == "" and any(words.values()):  # else what is wrong may be that go.sum could not be written
                found[ref] = None
        return found

    def _one(
        self, command: Sequence[str], seconds: float, go_sum: tuple[str, ...] = (), origin: bool = False
    ) -> Answer:
        """Return what go says of one module, asked again a few times while it fails in a way that may pass."""
        end, query = time.monotonic() + seconds, command[-1] * origin
        for attempt in range(1, _TRIES + 1):
            with self._scratch(self._direct if origin else self._proxies, go_sum) as (folder, settings):
                items, wrong = self._run(command, folder, settings, end - time.monotonic())
                answer = _answer(items[0], query) if items else Answer(wrong)
                for note in Path(folder, "cache", "cache", "vcs").glob("*.info"):  # what go fetched from
                    url = note.read_text("utf-8", "replace")[:2048].strip().partition(":")[2]
                    answer = answer._replace(url=answer.url or redacted_url(one_line(url)))
            pause = _PAUSE * 2**attempt * random.uniform(0.4, 0.6)  # noqa: S311
            if attempt == _TRIES or not (answer.failure and answer.failure.may_pass and time.monotonic() + pause < end):
                break
            time.sleep(pause)
        return answer

    def _run(self, command: Sequence[str], folder: str, settings: dict[str, str], seconds: float) -> _Ran:
        """Run go COMMAND in FOLDER with SETTINGS, and return the JSON objects that it prints, and why it failed."""
        if not self.env.go:
            return [], Failure(Reason.NO_GO, "there is no go command here")
        if seconds <= 0:
            return [], Failure(Reason.TIMED_OUT, "no answer before the time was up (--timeout)")
        names = [f"{name}={value}" for name, value in settings.items() if value == "direct" or name.startswith("GONO")]
        place = [] if "GOMODCACHE" in settings else [f"cd {folder};"]  # for -x
        go, env, shown = [self.env.go, *command], {**self._user, **settings}, [*place, *names, "go", *command]
        try:
            result = self._programs.run(go, cwd=folder, env=env, timeout=seconds, shown=" ".join(shown))
        except CommandError as broken:
            return [], Failure(Reason.UNAVAILABLE, str(broken))
        if result.code is None:
            return [], Failure(Reason.TIMED_OUT, result.stderr)
        words = result.stderr.strip() or f"go: exit status {result.code}, and no answer"
        items, origin_of = list(json_objects(result.stdout)), command[-1] if settings.get("GOPROXY") == "direct" else ""
        return items, failure(words, origin_of) if result.code or not items else None

    @contextmanager
    def _scratch(self, settings: dict[str, str], go_sum: tuple[str, ...] = ()) -> Iterator[tuple[str, dict[str, str]]]:
        """Make a module that has the lines GO_SUM, and add a module cache to SETTINGS, for one question."""
        with tempfile.TemporaryDirectory(dir=self._programs.scratch, ignore_cleanup_errors=True) as folder:
            Path(folder, "go.mod").write_bytes(_GO_MOD)
            Path(folder, "go.sum").write_bytes("".join(f"{line}\n" for line in go_sum).encode("utf-8", "replace"))
            yield folder, {**settings, "GOMODCACHE": f"{folder}/cache", "GOPATH": f"{folder}/path"}


def _answer(item: dict[str, Any], origin_of: str = "") -> Answer:
    """Return what the JSON ITEM of go says of a module, at the proxies or its origin."""
    error, origin, go_mod, declares = item.get("Error", ""), item.get("Origin", {}), item.get("GoMod", ""), ""
    words = str(error.get("Err", "") if isinstance(error, dict) else error)
    listed = item.get("Versions") or [item.get("Version")]
    versions = tuple(one_line(str(version), 200) for version in listed if version)
    url, commit = str(origin.get("URL", "")), str(origin.get("Hash", ""))
    with suppress(OSError), open(go_mod, "rb") as file:
        declares = read("go.mod", file.read(1 << 20)).module
    no = failure(words, origin_of) if words else None
    return Answer(no, () if no else versions, redacted_url(url), commit, item.get("Time", ""), bool(go_mod), declares)
