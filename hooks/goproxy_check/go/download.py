"""--fix: fetch versions from their origins with the user's go, which writes their lines of go.sum."""

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

from goproxy_check.go.answers import Failure, Reason, failure, json_objects
from goproxy_check.go.env import GoEnv
from goproxy_check.gofiles.references import Reference
from goproxy_check.system.programs import CommandError, Programs
from goproxy_check.system.redact import one_line


@dataclass(frozen=True)
class Fetched:
    """What became of the versions of one module folder."""

    failures: dict[Reference, Failure]
    """What could not be fetched, and why."""
    lineless: tuple[Reference, ...]
    """What was fetched, and got no lines in go.sum."""
    changed: bool
    """go.sum has lines that it did not have, or that are to be added to the commit."""


class Download:
    """Runs ``go mod download -json`` in the module folder PLACE, with the go command of ENV."""

    def __init__(self, env: GoEnv, programs: Programs, place: str) -> None:
        self._env = env
        self._programs = programs
        self._place = place
        self._go_sum = os.path.join(place, "go.sum")

    def behind_link(self, root: str) -> bool:
        """Return whether go.sum is a symbolic link, or behind one below ROOT: git would not add it."""
        path = os.path.relpath(self._go_sum, root)
        return os.path.realpath(self._go_sum) != os.path.join(os.path.realpath(root), path)

    def __call__(
        self, refs: list[Reference], served: set[Reference], wanting: set[Reference], *, nosumdb: bool, end: float
    ) -> Fetched:
        """Fetch REFS, until END (time.monotonic()).

        Those SERVED by a proxy lack only the checksum database's record. WANTING need lines in go.sum. With NOSUMDB the
        database is done without where it has no record.
        """
        before = _content(self._go_sum)
        env = self._env
        with _kept(os.path.join(self._place, "go.mod"), self._go_sum):
            problems = self._run([ref for ref in refs if ref not in served], end, GOPROXY="direct")
            # The checksum database may be reachable through the proxy alone: with GONOPROXY just these modules come
            # from their origins, and everything else, the database too, takes the usual way.
            cut_off = [ref for ref, problem in problems.items() if problem.reason is Reason.NO_DATABASE]
            if env.proxies:
                problems |= self._run(cut_off, end, GONOPROXY=_joined(env.gonoproxy, cut_off))
            if nosumdb:
                unrecorded = [ref for ref, problem in problems.items() if problem.reason is Reason.NO_RECORD]
                problems |= self._run(unrecorded, end, GOPROXY="direct", GONOSUMDB=_joined(env.gonosumdb, unrecorded))
                held = [ref for ref in refs if ref in served]  # what a proxy serves comes from there
                problems |= self._run(held, end, GONOSUMDB=_joined(env.gonosumdb, held))
        after = _content(self._go_sum)
        failures = {ref: problem for ref, problem in problems.items() if problem.reason is not Reason.OTHER}
        came = [ref for ref in refs if ref not in failures and ref in wanting]
        lineless = tuple(ref for ref in came if not _has(after, ref))
        return Fetched(failures, lineless, after != before or len(came) > len(lineless))

    def _run(self, refs: list[Reference], end: float, **settings: str) -> dict[Reference, Failure]:
        """Return for each of REFS what went wrong; Reason.OTHER where nothing did."""
        import time

        if not refs:
            return {}
        versions = [str(ref) for ref in refs]
        # -mod=mod would let go edit go.mod, a -modfile of the user's keep it away from go.sum.
        env = self._programs.go_environment(GOWORK="off", GO111MODULE="on", GOFLAGS=self._env.flags, **settings)
        command = ["mod", "download", "-json", *versions]  # -json: lines of what succeeds, even where something fails
        shown = " ".join(f"{name}={value}" for name, value in settings.items())
        try:
            result = self._programs.run(
                [self._env.go, *command],
                cwd=self._place,
                env=env,
                timeout=max(0.1, end - time.monotonic()),
                shown=f"cd {self._place}; {shown} go {' '.join(command)}",
            )
        except CommandError as error:
            return dict.fromkeys(refs, Failure(Reason.UNAVAILABLE, str(error)))
        if result.code is None:
            return dict.fromkeys(refs, Failure(Reason.TIMED_OUT, result.stderr))
        answers = {f"{item.get('Path')}@{item.get('Version')}": item for item in json_objects(result.stdout)}
        errors = {name: str(item.get("Error") or "") for name, item in answers.items()}
        words = result.stderr.strip() or f"go mod download: exit status {result.code}"
        if result.code != 0 and not any(errors.values()):  # all have come, and go.sum could not be written
            return dict.fromkeys(refs, Failure(Reason.UNAVAILABLE, one_line(words)))
        found = {ref: errors.get(str(ref), words) for ref in refs}
        return {ref: _failure(text, ref) if text else Failure(Reason.OTHER, "") for ref, text in found.items()}


def _failure(text: str, ref: Reference) -> Failure:
    """Return what the error TEXT means; of what git printed, the last line that says what failed."""
    found = failure(text)
    if found.reason in (Reason.NO_RECORD, Reason.NO_DATABASE, Reason.MISMATCH):
        return found
    lines = [line.strip() for line in text.replace(f"{ref}: ", "").splitlines() if line.strip()]
    by_git = [line for line in lines if line.startswith(("fatal:", "error:"))]
    return Failure(Reason.UNAVAILABLE, one_line(by_git[-1] if by_git else " ".join(lines)))


@contextlib.contextmanager
def _kept(go_mod: str, go_sum: str) -> Iterator[None]:
    """Keep go.mod as it is, and go.sum whole.

    Go rewrites a go.mod that has no go line, a version in short form, or a requirement twice. And a go that is ended
    while it writes go.sum, in place, leaves a part of it (cmd/go/internal/lockedfile: Transform).
    """
    before, sums = _content(go_mod), _content(go_sum)
    try:
        yield
    finally:
        now, lines = _content(go_mod), _content(go_sum)
        if now != before and _requirements(now) == _requirements(before):  # else somebody has saved another go.mod
            _write(go_mod, before)
        if set(sums.split(b"\n")) - set(lines.split(b"\n")) or not (b"\n" + lines).endswith(b"\n"):
            _write(go_sum, sums)


def _requirements(go_mod: bytes) -> set[tuple[str, str]]:
    from goproxy_check.gofiles.modfile import read

    return {(entry.module, entry.version) for entry in read("go.mod", go_mod).entries}


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def _write(path: str, data: bytes) -> None:
    """Write DATA over the file at PATH, in place: a full disk must not take the file away."""
    with contextlib.suppress(OSError), open(path, "r+b") as file:
        file.write(data)
        file.truncate()


def _joined(patterns: str, refs: list[Reference]) -> str:
    return ",".join(dict.fromkeys([*filter(None, patterns.split(",")), *(ref.module for ref in refs)]))


def _has(go_sum: bytes, ref: Reference) -> bool:
    """Return whether GO_SUM has a line for REF: for its archive, or for its go.mod where that is all that is needed."""
    line = f"{ref.module} {ref.version}{'/go.mod' if ref.go_mod_only else ''} h1:"
    return re.search(b"^" + re.escape(line.encode()), go_sum, re.MULTILINE) is not None
