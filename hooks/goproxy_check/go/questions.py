"""The questions that only go answers: the judge, the proxies' list of a module, and its origin.

Each question is one process, with a module cache of its own: the user's could answer in place of a proxy or an origin,
and is not to be touched by a question.
"""

import os
import random
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from goproxy_check.go.answers import Failure, Reason, failure, json_objects, origin_failure
from goproxy_check.go.env import GoEnv
from goproxy_check.gofiles.modfile import read
from goproxy_check.gofiles.reference import Reference
from goproxy_check.system.programs import CommandError, Programs
from goproxy_check.system.redact import one_line, redacted_url

_GO_MOD = "module goproxy-check.invalid\n\ngo 1.21\n"  # with a go line go has no reason to write one
_LIST = ("list", "-m", "-e", "-json")
_VERSIONS = (*_LIST, "-retracted", "-versions")  # -retracted: no go.mod has to be read
_TRIES, _PAUSE = 3, 0.4  # of a question that may succeed at the next try; seconds, doubled each time
_NO_GO = Failure(Reason.NO_GO, "there is no go command here")
_TIME_IS_UP = Failure(Reason.TIMED_OUT, "no answer before the time was up (--timeout)")


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
        self.env = env
        self._programs = programs
        flags = f"{env.settings['GOFLAGS']} -mod=mod -modcacherw".strip()
        neutral = {"GOWORK": "off", "GOTOOLCHAIN": "local", "GO111MODULE": "on", "GOFLAGS": flags}
        self._proxies = programs.go_environment(**neutral, GOPROXY=env.proxies_alone)
        # What comes from an origin here is not kept, so nothing needs verifying, and no database hears its name.
        self._direct = programs.go_environment(**neutral, GOPROXY="direct", GOSUMDB="off")

    def judge(self, ref: Reference, seconds: float, *, archive: bool = False) -> Answer:
        """Return what go says of REF with the proxies alone; with ARCHIVE it downloads that too.

        One process for each go.sum that records other lines; the first no is the answer. go list is silent about a
        go.mod that it could not verify; go mod download has the words, and comes to it before any archive.
        """
        for lines in ref.go_sums or ((),):
            answer = Answer() if archive else self._one((*_LIST, str(ref)), seconds, lines)
            if not (answer.failure or answer.go_mod):
                answer = self._one(("mod", "download", "-json", str(ref)), seconds, lines)
            if not (answer.failure or answer.go_mod):
                return Answer(Failure(Reason.UNAVAILABLE, "go gave no answer"))
            if answer.failure:
                break
        return answer

    def several(
        self, refs: Sequence[Reference], seconds: float, at_once: int
    ) -> tuple[dict[str, Answer], dict[str, Answer]]:
        """Return what the proxies list of the modules of REFS, and what go says of those REFS that are listed.

        None is in go.sum. Two processes answer for all, with AT_ONCE requests; what they leave in doubt is missing.
        """
        end, side_by_side = time.monotonic() + seconds, {**self._proxies, "GOMAXPROCS": str(at_once)}
        with self._folder() as folder:
            items, _ = self._ask(
                (*_VERSIONS, *dict.fromkeys(ref.module for ref in refs)), folder, side_by_side, seconds
            )
            listings = {str(item.get("Path")): _answer(item) for item in items if item.keys() & {"Versions", "Error"}}
            listed = [str(ref) for ref in refs if ref.version in listings.get(ref.module, Answer()).versions]
            left = end - time.monotonic()
            items = self._ask((*_LIST, *listed), folder, self._proxies, left)[0] if listed else []
            answers = {f"{item.get('Path')}@{item.get('Version')}": _answer(item) for item in items}
        clear = {name: answer for name, answer in answers.items() if answer.failure or answer.go_mod}
        sure, judged = (
            {name: answer for name, answer in found.items() if not (answer.failure and answer.failure.may_pass)}
            for found in (listings, clear)
        )
        return sure, judged

    def listing(self, path: str, seconds: float) -> Answer:
        """Return which versions of the module PATH the proxies list: one request, which names no version."""
        return self._one((*_VERSIONS, path), seconds)

    def tags(self, path: str, seconds: float) -> Answer:
        """Return which versions of the module PATH its origin has tags for: one ``git ls-remote``."""
        return self._one((*_VERSIONS, path), seconds, origin=True)

    def commit(self, ref: Reference, seconds: float) -> Answer:
        """Return whether the origin has REF, once its commit was fetched."""
        return self._one((*_LIST, str(ref)), seconds, origin=True)._replace(versions=())

    def latest(self, path: str, seconds: float) -> str:
        """Return the version that ``go get PATH@latest`` would choose with the proxies alone, "" if it finds none."""
        return "".join(self._one((*_LIST, f"{path}@latest"), seconds).versions)

    def _one(
        self, command: tuple[str, ...], seconds: float, go_sum: tuple[str, ...] = (), *, origin: bool = False
    ) -> Answer:
        """Return what go says of one module, asked again a few times while it fails in a way that may pass."""
        end, query, env = (
            time.monotonic() + seconds,
            command[-1] if origin else "",
            self._direct if origin else self._proxies,
        )
        for attempt in range(1, _TRIES + 1):
            with self._folder(go_sum) as folder:
                items, otherwise = self._ask(command, folder, env, end - time.monotonic(), query)
                answer = _answer(items[0], query) if items else Answer(otherwise)
                answer = answer._replace(url=answer.url or redacted_url(_repository(folder))) if origin else answer
            pause = _PAUSE * 2**attempt * random.uniform(0.4, 0.6)  # noqa: S311
            passing = answer.failure and answer.failure.may_pass and time.monotonic() + pause < end
            if not passing or attempt == _TRIES:
                break
            time.sleep(pause)
        return answer

    def _ask(
        self, command: tuple[str, ...], folder: str, env: dict[str, str], seconds: float, query: str = ""
    ) -> tuple[list[dict[str, Any]], Failure]:
        """Return the JSON objects that go prints, and why if there are none; an origin is asked about QUERY."""
        if not self.env.go or seconds <= 0:
            return [], _TIME_IS_UP if self.env.go else _NO_GO
        env = {**env, "GOMODCACHE": os.path.join(folder, "cache"), "GOPATH": os.path.join(folder, "path")}
        shown = f"{'GOPROXY=direct ' * bool(query)}go {' '.join(command)}"
        try:
            result = self._programs.run([self.env.go, *command], cwd=folder, env=env, timeout=seconds, shown=shown)
        except CommandError as broken:
            return [], Failure(Reason.UNAVAILABLE, str(broken))
        if result.code is None:
            return [], Failure(Reason.TIMED_OUT, result.stderr)
        words = result.stderr.strip() or f"go: exit status {result.code}, and no answer"
        return list(json_objects(result.stdout)), _meaning(words, query)

    @contextmanager
    def _folder(self, go_sum: tuple[str, ...] = ()) -> Iterator[str]:
        """Make a module that has the lines GO_SUM, for one question."""
        folder = tempfile.mkdtemp(dir=self._programs.scratch)
        try:
            for name, text in (("go.mod", _GO_MOD), ("go.sum", "".join(f"{line}\n" for line in go_sum))):
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(text.encode("utf-8", "replace"))
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _answer(item: dict[str, Any], query: str = "") -> Answer:
    """Return what the JSON ITEM of go says of a module; of its origin where QUERY names what that was asked for."""
    error, versions, origin = item.get("Error"), item.get("Versions") or [item.get("Version")], item.get("Origin")
    words = str(error.get("Err", "")) if isinstance(error, dict) else str(error or "")
    known = tuple(one_line(str(version), 200) for version in versions if version) if isinstance(versions, list) else ()
    url, commit = (str(origin.get(name) or "") for name in ("URL", "Hash")) if isinstance(origin, dict) else ("", "")
    declares, go_mod = "", str(item.get("GoMod") or "")
    with suppress(OSError), open(go_mod, "rb") as file:
        declares = read("go.mod", file.read(1 << 20)).module
    no = _meaning(words, query) if words else None
    return Answer(no, known, redacted_url(url), commit, str(item.get("Time") or ""), bool(go_mod), declares)


def _meaning(text: str, query: str) -> Failure:
    return origin_failure(text, query) if query else failure(text)


def _repository(folder: str) -> str:
    """Return the repository that go fetched from, as its notes in the module cache of FOLDER say, or ""."""
    vcs = os.path.join(folder, "cache", "cache", "vcs")
    for name in sorted(os.listdir(vcs)) if os.path.isdir(vcs) else ():
        if name.endswith(".info"):
            with open(os.path.join(vcs, name), encoding="utf-8", errors="replace") as file:
                return one_line(file.read(2048).strip().partition(":")[2])
    return ""
