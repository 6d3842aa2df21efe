"""--fix: fetch versions from their origins with the user's go, which writes their lines of go.sum."""

import contextlib
import os
import time
from collections.abc import Iterator

from goproxy_check.go.answers import Failure, Reason, failure, json_objects, origin_failure
from goproxy_check.go.env import GoEnv, with_modules
from goproxy_check.gofiles.modfile import read
from goproxy_check.gofiles.reference import Reference
from goproxy_check.system.programs import CommandError, Programs
from goproxy_check.system.redact import one_line

Failures = dict[Reference, Failure | None]  # None: it has come


class Download:
    """Runs ``go mod download`` in the module folder PLACE, with the go command of ENV, until END (time.monotonic())."""

    def __init__(self, env: GoEnv, programs: Programs, place: str, end: float) -> None:
        self._env = env
        self._programs = programs
        self._place = place
        self._end = end
        self.go_sum = os.path.join(place, "go.sum")

    def __call__(self, refs: list[Reference], served: set[Reference], nosumdb: bool) -> Failures:
        """Fetch REFS, and return for each why it could not be fetched.

        Those SERVED by a proxy lack only the checksum database's record. With NOSUMDB the database is done without
        where it has no record.
        """
        with _kept(os.path.join(self._place, "go.mod"), self.go_sum):
            found = self._run([ref for ref in refs if ref not in served], GOPROXY="direct")
            # The checksum database may be reachable through the proxy alone: with GONOPROXY just these modules come
            # from their origins, and everything else, the database too, takes the usual way.
            cut_off = _those(found, Reason.NO_DATABASE)
            if self._env.proxies:
                found |= self._run(cut_off, GONOPROXY=with_modules(self._env.gonoproxy, cut_off))
            if nosumdb:
                unrecorded, held = _those(found, Reason.NO_RECORD), [ref for ref in refs if ref in served]
                without = with_modules(self._env.gonosumdb, [*unrecorded, *held])
                found |= self._run(unrecorded, GOPROXY="direct", GONOSUMDB=without)
                found |= self._run(held, GONOSUMDB=without)  # what a proxy serves comes from there
        return found

    def _run(self, refs: list[Reference], **settings: str) -> Failures:
        if not refs:
            return {}
        # -mod=mod would let go edit go.mod, a -modfile of the user's keep it away from go.sum.
        env = self._programs.go_environment(GOWORK="off", GO111MODULE="on", GOFLAGS=self._env.flags, **settings)
        # With -json go writes the lines of what succeeds even where something else fails.
        command = ["mod", "download", "-json", *map(str, refs)]
        shown = " ".join(
            [f"cd {self._place};", *(f"{name}={value}" for name, value in settings.items()), "go", *command]
        )
        seconds = max(0.1, self._end - time.monotonic())
        try:
            go = [self._env.go, *command]
            result = self._programs.run(go, cwd=self._place, env=env, timeout=seconds, shown=shown)
        except CommandError as error:
            return dict.fromkeys(refs, Failure(Reason.FAILED, str(error)))
        errors = {
            f"{item.get('Path')}@{item.get('Version')}": item.get("Error") for item in json_objects(result.stdout)
        }
        words = result.stderr.strip() or f"go mod download: exit status {result.code}"
        if result.code != 0 and not any(errors.values()):  # all have come, and go.sum could not be written
            return dict.fromkeys(refs, Failure(Reason.FAILED, one_line(words)))
        texts = {ref: str(errors.get(str(ref), words) or "") for ref in refs}
        return {ref: _failure(text, ref) if text else None for ref, text in texts.items()}


def _failure(text: str, ref: Reference) -> Failure:
    """Return what the error TEXT means; of what git printed, the last line that says what failed."""
    found = failure(text)
    if found.reason is Reason.UNAVAILABLE and not found.url:  # the proxies were not asked
        found = found._replace(reason=origin_failure(text, str(ref)).reason)
    lines = [line.strip() for line in text.replace(f"{ref}: ", "").splitlines() if line.strip()]
    by_git = [line for line in lines if line.startswith(("fatal:", "error:"))]
    return found._replace(detail=one_line(by_git[-1] if by_git else " ".join(lines)))


@contextlib.contextmanager
def _kept(go_mod: str, go_sum: str) -> Iterator[None]:
    """Keep go.mod as it is, and go.sum whole.

    Go rewrites a go.mod that has no go line, a version in short form, or a requirement twice. And a go that is ended
    while it writes go.sum, in place, leaves a part of it (cmd/go/internal/lockedfile: Transform).
    """
    mod, lines = content(go_mod), content(go_sum)
    try:
        yield
    finally:
        # Where anything else differs than what Go rewrites, somebody has saved another go.mod in the meantime.
        if content(go_mod) != mod and _meaning(content(go_mod)) == _meaning(mod):
            _write(go_mod, mod)
        now = content(go_sum)
        if set(lines.split(b"\n")) - set(now.split(b"\n")) or not (b"\n" + now).endswith(b"\n"):
            _write(go_sum, lines)


def content(path: str) -> bytes:
    """Return the content of the file at PATH, nothing where it can't be read."""
    with contextlib.suppress(OSError), open(path, "rb") as file:
        return file.read()
    return b""


def _meaning(go_mod: bytes) -> tuple[object, ...]:
    """Return what Go leaves as it is: the requirements, and all lines that name no version and no release of Go."""
    file = read("go.mod", go_mod)
    named = {entry.line for entry in file.entries} | {file.go[1]}
    lines = (line.strip() for number, line in enumerate(go_mod.split(b"\n"), 1) if number not in named)
    return {(entry.module, entry.version) for entry in file.entries}, set(lines)


def _write(path: str, data: bytes) -> None:
    """Write DATA over the file at PATH, in place: a full disk must not take the file away."""
    with contextlib.suppress(OSError), open(path, "r+b") as file:
        file.write(data)
        file.truncate()


def _those(found: Failures, reason: Reason) -> list[Reference]:
    return [ref for ref, problem in found.items() if problem and problem.reason is reason]
