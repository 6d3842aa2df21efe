"""The questions that only go answers: the judge, the proxies' list of a module, and its origin.

Each question is one process, with a module cache of its own: the user's could answer in place of a proxy or an origin,
and is not to be touched by a question.
"""

import enum
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
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
_NO_GO = Failure(Reason.NO_GO, "there is no go command here")
_TIME_IS_UP = Failure(Reason.TIMED_OUT, "no answer before the time was up (--timeout)")


class Answer(NamedTuple):
    """What go says of one version with the proxies alone."""

    failure: Failure | None = None  # None: they serve it, and it is what go.sum and the checksum database have
    declares: str = ""  # the path that the module line of its go.mod declares, "" if unknown
    commit: str = ""  # the commit that is served, "" where the proxy does not say
    time: str = ""  # of that commit


class Listing(NamedTuple):
    """The versions of a module that the proxies list; a FAILURE where they do not list any."""

    versions: tuple[str, ...] = ()
    failure: Failure | None = None


class State(enum.Enum):
    """Whether an origin has a version."""

    PUBLISHED = enum.auto()
    ABSENT = enum.auto()
    UNKNOWN = enum.auto()  # the origin could not be asked


class Origin(NamedTuple):
    """What the origin says of one version."""

    state: State
    url: str = ""
    versions: tuple[str, ...] = ()  # the published ones, as far as they were asked for
    failure: Failure | None = None
    commit: str = ""  # as far as it was asked for


class Go:
    """Asks the go command of ENV; without one, every answer is that. A question may take SECONDS."""

    def __init__(self, env: GoEnv, programs: Programs) -> None:
        self.env = env
        self._programs = programs
        flags = f"{env.flags} -mod=mod -modcacherw".strip()
        neutral = {"GOWORK": "off", "GOTOOLCHAIN": "local", "GO111MODULE": "on", "GOFLAGS": flags}
        self._proxies = programs.go_environment(**neutral, GOPROXY=env.proxies_alone)
        # What comes from an origin here is not kept, so nothing needs verifying, and no database hears its name.
        self._direct = programs.go_environment(**neutral, GOPROXY="direct", GOSUMDB="off")

    def judge(self, ref: Reference, seconds: float, *, archive: bool = False) -> Answer:
        """Return what go says of REF with the proxies alone; with ARCHIVE it downloads that too.

        One process for each go.sum that records other lines; the first no is the answer.
        """
        answer = Answer()
        for lines in ref.go_sums or ((),):
            answer = self._judge(ref, lines, seconds, archive)
            if answer.failure:
                break
        return answer

    def _judge(self, ref: Reference, lines: tuple[str, ...], seconds: float, archive: bool) -> Answer:
        with self._folder("".join(f"{line}\n" for line in lines)) as folder:
            if not archive:
                item, error = self._one((*_LIST, str(ref)), folder, self._proxies, seconds)
                if error or item.get("GoMod"):
                    return _answer(item)._replace(failure=error)
            # go list is silent about a go.mod that it could not verify; this has the words, and comes to it before
            # any archive.
            item, error = self._one(("mod", "download", "-json", str(ref)), folder, self._proxies, seconds)
            return Answer(error or (None if item.get("GoMod") else Failure(Reason.UNAVAILABLE, "go gave no answer")))

    def several(
        self, refs: list[Reference], seconds: float, at_once: int
    ) -> tuple[dict[str, Listing], dict[Reference, Answer]]:
        """Return what the proxies list of the modules of REFS, and what go says of those that are listed.

        None is in go.sum. Two processes answer for all, with AT_ONCE requests; what they leave in doubt is missing.
        """

        def clear(items: list[dict[str, Any]]) -> list[tuple[dict[str, Any], Answer]]:
            both = ((item, _answer(item)) for item in items if item.keys() & {"Versions", "GoMod", "Error"})
            return [(item, answer) for item, answer in both if not (answer.failure and answer.failure.may_pass)]

        end = time.monotonic() + seconds
        with self._folder() as folder:
            side_by_side = {**self._proxies, "GOMAXPROCS": str(at_once)}  # so many lists go fetches at once
            items, _ = self._ask((*_VERSIONS, *{ref.module: 0 for ref in refs}), folder, side_by_side, seconds)
            listings = {str(item.get("Path")): Listing(_versions(item), no.failure) for item, no in clear(items)}
            listed = {str(ref): ref for ref in refs if ref.version in listings.get(ref.module, Listing()).versions}
            left = end - time.monotonic()
            items = self._ask((*_LIST, *listed), folder, self._proxies, left)[0] if listed else []
            answers = {f"{item.get('Path')}@{item.get('Version')}": answer for item, answer in clear(items)}
        return listings, {listed[name]: answer for name, answer in answers.items() if name in listed}

    def listing(self, path: str, seconds: float) -> Listing:
        """Return which versions of the module PATH the proxies list: one request, which names no version."""
        with self._folder() as folder:
            item, error = self._one((*_VERSIONS, path), folder, self._proxies, seconds)
            return Listing(_versions(item), error)

    def tags(self, path: str, seconds: float) -> Origin:
        """Return which versions of the module PATH its origin has tags for: one ``git ls-remote``."""
        with self._folder() as folder:
            item, error = self._one((*_VERSIONS, path), folder, self._direct, seconds, origin=True)
            url = redacted_url(_repository(folder))
        return Origin(State.UNKNOWN if error else State.PUBLISHED, url, _versions(item), error)

    def commit(self, ref: Reference, seconds: float) -> Origin:
        """Return whether the origin has REF, once its commit was fetched."""
        with self._folder() as folder:
            item, error = self._one((*_LIST, str(ref)), folder, self._direct, seconds, origin=True)
            url = redacted_url(str((item.get("Origin") or {}).get("URL") or _repository(folder)))
        absent = error and error.reason in (Reason.UNKNOWN_REVISION, Reason.UNFIT)
        state = State.ABSENT if absent else State.UNKNOWN if error else State.PUBLISHED
        return Origin(state, url, failure=error, commit=_commit(item))

    def latest(self, path: str, seconds: float) -> str:
        """Return the version that ``go get PATH@latest`` would choose with the proxies alone, "" if it finds none."""
        with self._folder() as folder:
            item, _ = self._one((*_LIST, f"{path}@latest"), folder, self._proxies, seconds)
            return str(item.get("Version") or "")

    def _one(
        self, command: tuple[str, ...], folder: str, env: dict[str, str], seconds: float, *, origin: bool = False
    ) -> tuple[dict[str, Any], Failure | None]:
        """Return what go prints about one module, and the error that it reports; ORIGIN: an origin is asked."""
        query = command[-1] if origin else ""
        items, otherwise = self._ask(command, folder, env, seconds, query)
        return (items[0], _failed(items[0], query)) if items else ({}, otherwise)

    def _ask(
        self, command: Iterable[str], folder: str, env: dict[str, str], seconds: float, query: str = ""
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
    def _folder(self, go_sum: str = "") -> Iterator[str]:
        """Make a module that has GO_SUM, for one question."""
        folder = tempfile.mkdtemp(dir=self._programs.scratch())
        try:
            for name, text in (("go.mod", _GO_MOD), ("go.sum", go_sum)):
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(text.encode("utf-8", "replace"))
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _versions(item: dict[str, Any]) -> tuple[str, ...]:
    versions = item.get("Versions")
    return tuple(one_line(str(version), 200) for version in versions) if isinstance(versions, list) else ()


def _commit(item: dict[str, Any]) -> str:
    origin = item.get("Origin")
    return str(origin.get("Hash") or "") if isinstance(origin, dict) else ""


def _answer(item: dict[str, Any]) -> Answer:
    """Return what the JSON ITEM says of a version, with the path that its go.mod declares."""
    declares = ""
    with suppress(OSError), open(str(item.get("GoMod", "")), "rb") as file:
        declares = read("go.mod", file.read(1 << 20)).module
    return Answer(_failed(item), declares, _commit(item), str(item.get("Time") or ""))


def _failed(item: dict[str, Any], query: str = "") -> Failure | None:
    """Return the error that the JSON ITEM reports."""
    error = item.get("Error")
    text = str(error.get("Err", "")) if isinstance(error, dict) else str(error or "")
    return _meaning(text, query) if text else None


def _meaning(text: str, query: str) -> Failure:
    """Return what the error TEXT means; it is that of an origin where QUERY names what it was asked for."""
    return origin_failure(text, query) if query else failure(text)


def _repository(folder: str) -> str:
    """Return the repository that go fetched from, as its notes in the module cache of FOLDER say, or ""."""
    vcs = os.path.join(folder, "cache", "cache", "vcs")
    for name in sorted(os.listdir(vcs)) if os.path.isdir(vcs) else ():
        if name.endswith(".info"):
            with open(os.path.join(vcs, name), encoding="utf-8", errors="replace") as file:
                return one_line(file.read(2048).strip().partition(":")[2])
    return ""
