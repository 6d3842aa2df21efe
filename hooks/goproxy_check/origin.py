"""What a module's own repository says, asked through ``go``, which knows every VCS, vanity path and sub-folder.

Tags come from one ``git ls-remote``; a pseudo-version needs its commit, and ``+incompatible`` a look whether the tag
has a go.mod. The module cache of these questions is a folder of this run: the user's own could answer for the origin,
and is not to be touched by a mere question.
"""

import itertools
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass

from goproxy_check import module
from goproxy_check.goenv import GoEnv
from goproxy_check.parallel import Deadline, in_parallel
from goproxy_check.process import CommandError, go_environment, json_objects, run, stop_all
from goproxy_check.redact import one_line
from goproxy_check.references import Reference
from goproxy_check.transport import OUT_OF_TIME

# What Go says of a version that the origin was asked for and does not have (cmd/go/internal/modfetch: coderepo.go).
_ABSENT = re.compile(
    r"unknown revision|invalid pseudo-version|must match major version|missing \S*go\.mod|has \S+ module path"
)
_NETWORK = re.compile(
    r"dial tcp|no such host|could not resolve|timed? ?out|refused|unreachable|no answer within|tls handshake"
    r"|connection reset|(?:failed|couldn't|unable) to connect|temporary failure",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Origin:
    """What the origin says of one version.

    PUBLISHED is None where it could not be asked; ERROR then says why, NETWORK whether it was out of reach rather than
    unwilling, NO_GO that there is nobody to ask it. VERSIONS are the published ones, as far as they were asked for.
    """

    published: bool | None
    url: str = ""
    versions: tuple[str, ...] = ()
    error: str = ""
    network: bool = False
    no_go: bool = False

    @property
    def unfit(self) -> bool:
        """Tell whether it is there, but not as this version of this module: its go.mod, or its commit, says another."""
        return self.published is False and ("go.mod" in self.error or "invalid pseudo-version" in self.error)


_LATE = Origin(None, error=OUT_OF_TIME, network=True)


class OriginClient:
    """Asks origins with the go command of ENV, in the folder SCRATCH, JOBS at a time."""

    def __init__(self, env: GoEnv, scratch: str, jobs: int, traced: bool = False) -> None:
        self._env = env
        self._scratch = scratch
        self._jobs = min(jobs, 8)
        self._traced = traced
        self._numbers = itertools.count()

    def ask(self, references: Sequence[Reference], deadline: Deadline, *, tags_suffice: bool = True) -> list[Origin]:
        """Return what the origin says of each reference. Never raises for what an origin or go answers.

        Unless TAGS_SUFFICE, what is tagged is looked into: its go.mod must fit the module path.
        """
        if not self._env.go:
            return [Origin(None, error="there is no go command here", no_go=True)] * len(references)
        queries = [_query(ref) if tags_suffice else str(ref) for ref in references]
        different = list(dict.fromkeys(queries))
        env = go_environment(
            GOPROXY="direct",
            GOSUMDB="off",  # nothing is kept, so nothing needs verifying, and nobody else hears the name
            GOWORK="off",
            GOTOOLCHAIN="local",
            GO111MODULE="on",
            GOFLAGS=f"{self._env.flags_without_mod()} -mod=mod -modcacherw".strip(),
        )

        def ask(query: str) -> Origin:
            return self._one(query, env, deadline)

        answers = in_parallel(ask, different, self._jobs, deadline, stop_all, lambda _: _LATE)
        said = dict(zip(different, answers, strict=True))
        return [_about(ref, query, said[query]) for ref, query in zip(references, queries, strict=True)]

    def _one(self, query: str, env: dict[str, str], deadline: Deadline) -> Origin:
        if deadline.left() <= 0:
            return _LATE
        cache = os.path.join(self._scratch, f"origin{next(self._numbers)}")
        env = {**env, "GOMODCACHE": cache}
        command = [self._env.go, "list", "-e", "-m", "-json"]
        if "@" not in query:
            command += ["-retracted", "-versions"]  # with -retracted Go need not read any go.mod
        told = f"GOPROXY=direct go {' '.join(command[1:])} {query}" if self._traced else ""
        try:
            result = run([*command, query], cwd=self._scratch, env=env, timeout=deadline.left(), told=told)
        except CommandError as error:
            return Origin(None, error=str(error))
        url = _repository(cache)
        shutil.rmtree(cache, ignore_errors=True)  # who waits asks many times
        answer = next(json_objects(result.stdout), {"Error": {"Err": result.stderr or "no answer"}})
        try:
            problem = str((answer.get("Error") or {}).get("Err", ""))
            versions = tuple(str(version) for version in answer.get("Versions") or ())
            url = str((answer.get("Origin") or {}).get("URL") or url)
        except (AttributeError, TypeError):
            problem, versions = "its answer makes no sense", ()
        if not problem:
            return Origin(True, one_line(url), versions)
        words = _words(problem).removeprefix(f"{query}: ").removeprefix("invalid version: ")
        if "@" in query and _ABSENT.search(problem) and "exit status" not in problem:
            return Origin(False, one_line(url), error=words)
        return Origin(None, one_line(url), error=words, network=bool(_NETWORK.search(problem)))


def _query(ref: Reference) -> str:
    """Return what go is asked: all tags of a module, or one version that is more than a tag."""
    if module.is_pseudo(ref.version) or ref.version.endswith("+incompatible"):
        return str(ref)
    return ref.module


def _about(ref: Reference, query: str, answer: Origin) -> Origin:
    if answer.published and "@" not in query:
        return Origin(ref.version in answer.versions, answer.url, answer.versions)
    return answer


def _words(error: str) -> str:
    """Return the line of an error that says most: what git said, if git was asked."""
    lines = [line.strip() for line in error.splitlines() if line.strip()]
    said = [line for line in lines if line.startswith(("fatal:", "error:", "ssh:", "remote:"))]
    return one_line((said or lines or ["no answer"])[0])


def _repository(cache: str) -> str:
    """Return the repository that Go found, as its own notes in the module cache CACHE say, or ""."""
    folder = os.path.join(cache, "cache", "vcs")
    try:
        for name in sorted(os.listdir(folder)):
            if name.endswith(".info"):
                with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                    return file.read(2048).strip().partition(":")[2]
    except OSError:
        pass
    return ""
