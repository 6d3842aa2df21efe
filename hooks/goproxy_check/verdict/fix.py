"""--fix: fetch versions from their origins with the user's go, which writes their lines of go.sum."""

import contextlib
import os
import posixpath
import time
from collections.abc import Iterator

from goproxy_check.go.answers import Failure, Reason, failure, json_objects, origin_failure
from goproxy_check.go.env import GoEnv
from goproxy_check.gofiles.modfile import read
from goproxy_check.gofiles.reference import Reference, by_folder
from goproxy_check.system.programs import CommandError, Programs
from goproxy_check.system.redact import one_line
from goproxy_check.verdict.evidence import Diagnosis
from goproxy_check.verdict.reasons import FIXABLE, NotFixed, Verdict

_NOT_FIXED = {
    Reason.NO_RECORD: NotFixed.NO_RECORD,
    Reason.NO_DATABASE: NotFixed.NO_DATABASE,
    Reason.UNAVAILABLE: NotFixed.NO_ORIGIN,
}
_Failures = dict[Reference, Failure | None]  # None: it has come


def fix(
    diagnoses: list[Diagnosis], env: GoEnv, programs: Programs, root: str, seconds: float, nosumdb: bool
) -> tuple[list[Diagnosis], tuple[str, ...]]:
    """Fetch what is stale or unlisted from its origin within SECONDS, with one run of go for each folder below ROOT.

    Returns the diagnoses, fixed or with the reason why not, and the go.sum files that have changed. With NOSUMDB what
    is unverifiable is fetched too. Writes the module cache and go.sum, nothing else.
    """
    remedied = FIXABLE | {Verdict.UNVERIFIABLE} if nosumdb else FIXABLE
    fixable = {item.ref: item for item in diagnoses if item.verdict in remedied}
    served = {ref for ref, item in fixable.items() if item.verdict is Verdict.UNVERIFIABLE}
    end = time.monotonic() + seconds
    failed: dict[Reference, tuple[NotFixed, str]] = {}
    changed = []
    for folder, refs in by_folder(fixable).items():
        place = os.path.join(root, *folder.split("/"))
        go_sum = os.path.join(place, "go.sum")
        linked = os.path.realpath(go_sum) != os.path.join(os.path.realpath(root), *folder.split("/"), "go.sum")
        if linked or not os.path.isdir(place):
            why = (NotFixed.LINK, "") if os.path.isdir(place) else (NotFixed.NO_FOLDER, folder)
            failed |= dict.fromkeys(refs, why)
            continue
        before = _content(go_sum)
        with _kept(os.path.join(place, "go.mod"), go_sum):
            found = _Download(env, programs, place, end).fetch(refs, served, nosumdb)
        after = _content(go_sum)
        failed |= {ref: (_NOT_FIXED.get(no.reason, NotFixed.FAILED), no.detail) for ref, no in found.items() if no}
        wanting = [ref for ref, no in found.items() if not no and folder in ref.unrecorded]
        lineless = [ref for ref in wanting if not _has(after, ref)]
        failed |= dict.fromkeys(lineless, (NotFixed.NO_LINES, ""))
        if after != before or len(wanting) > len(lineless):  # written before, perhaps, and not added since
            changed.append(posixpath.join(folder, "go.sum"))
    settled = [
        item._replace(fixed=item.ref not in failed, not_fixed=failed.get(item.ref)) if item.ref in fixable else item
        for item in diagnoses
    ]
    return settled, tuple(changed)


def _has(go_sum: bytes, ref: Reference) -> bool:
    """Return whether GO_SUM has a line for REF: for its archive, or for its go.mod where that is all that is needed."""
    line = f"\n{ref.module} {ref.version}{'/go.mod' * ref.go_mod_only} h1:"
    return line.encode() in b"\n" + go_sum


class _Download:
    """Runs ``go mod download`` in the module folder PLACE, with the go command of ENV, until END (time.monotonic())."""

    def __init__(self, env: GoEnv, programs: Programs, place: str, end: float) -> None:
        self._env, self._programs, self._place, self._end = env, programs, place, end

    def fetch(self, refs: list[Reference], served: set[Reference], nosumdb: bool) -> _Failures:
        """Fetch REFS, and return for each why it could not be fetched.

        Those SERVED by a proxy lack only the checksum database's record. With NOSUMDB the database is done without
        where it has no record.
        """
        found = self._run([ref for ref in refs if ref not in served], GOPROXY="direct")
        # The checksum database may be reachable through the proxy alone: with GONOPROXY just these modules come from
        # their origins, and everything else, the database too, takes the usual way.
        cut_off = _those(found, Reason.NO_DATABASE)
        if self._env.proxies:
            found |= self._run(cut_off, GONOPROXY=self._env.adding("GONOPROXY", cut_off))
        if nosumdb:
            unrecorded, held = _those(found, Reason.NO_RECORD), [ref for ref in refs if ref in served]
            without = self._env.adding("GONOSUMDB", [*unrecorded, *held])
            found |= self._run(unrecorded, GOPROXY="direct", GONOSUMDB=without)
            found |= self._run(held, GONOSUMDB=without)  # what a proxy serves comes from there
        return found

    def _run(self, refs: list[Reference], **settings: str) -> _Failures:
        if not refs:
            return {}
        # -mod=mod would let go edit go.mod, a -modfile of the user's keep it away from go.sum.
        flags = self._env.settings["GOFLAGS"]
        env = self._programs.go_environment(GOWORK="off", GO111MODULE="on", GOFLAGS=flags, **settings)
        # With -json go writes the lines of what succeeds even where something else fails.
        command = ["mod", "download", "-json", *map(str, refs)]
        set_ = " ".join(f"{name}={value}" for name, value in settings.items())
        shown = f"cd {self._place}; {set_} go {' '.join(command)}"
        seconds, go = max(0.1, self._end - time.monotonic()), [self._env.go, *command]
        try:
            result = self._programs.run(go, cwd=self._place, env=env, timeout=seconds, shown=shown)
        except CommandError as error:
            return dict.fromkeys(refs, Failure(Reason.FAILED, str(error)))
        items = list(json_objects(result.stdout))
        errors = {f"{item.get('Path')}@{item.get('Version')}": str(item.get("Error") or "") for item in items}
        words = result.stderr.strip() or f"go mod download: exit status {result.code}"
        if result.code != 0 and not any(errors.values()):  # all have come, and go.sum could not be written
            return dict.fromkeys(refs, Failure(Reason.FAILED, one_line(words)))
        texts = {ref: errors.get(str(ref), words) for ref in refs}
        return {ref: _failure(text, ref) if text else None for ref, text in texts.items()}


def _failure(text: str, ref: Reference) -> Failure:
    """Return what the error TEXT means; of what git printed, the last line that says what failed."""
    found = failure(text)
    if found.reason is Reason.UNAVAILABLE and not found.url:  # the proxies were not asked
        found = found._replace(reason=origin_failure(text, str(ref)).reason)
    lines = [line.strip() for line in text.replace(f"{ref}: ", "").splitlines() if line.strip()]
    by_git = [line for line in lines if line.startswith(("fatal:", "error:"))]
    return found._replace(detail=one_line(by_git[-1] if by_git else " ".join(lines)))


def _those(found: _Failures, reason: Reason) -> list[Reference]:
    return [ref for ref, problem in found.items() if problem and problem.reason is reason]


@contextlib.contextmanager
def _kept(go_mod: str, go_sum: str) -> Iterator[None]:
    """Keep go.mod as it is, and go.sum whole.

    Go rewrites a go.mod that has no go line, a version in short form, or a requirement twice. And a go that is ended
    while it writes go.sum, in place, leaves a part of it (cmd/go/internal/lockedfile: Transform).
    """
    mod, lines = _content(go_mod), _content(go_sum)
    try:
        yield
    finally:
        # Where anything else differs than what Go rewrites, somebody has saved another go.mod in the meantime.
        if _content(go_mod) != mod and _meaning(_content(go_mod)) == _meaning(mod):
            _write(go_mod, mod)
        now = _content(go_sum)
        if set(lines.split(b"\n")) - set(now.split(b"\n")) or not (b"\n" + now).endswith(b"\n"):
            _write(go_sum, lines)


def _meaning(go_mod: bytes) -> tuple[object, ...]:
    """Return what Go leaves as it is: the requirements, and all lines that name no version and no release of Go."""
    file = read("go.mod", go_mod)
    named = {entry.line for entry in file.entries} | {file.go[1]}
    lines = (line.strip() for number, line in enumerate(go_mod.split(b"\n"), 1) if number not in named)
    return {entry[:2] for entry in file.entries}, set(lines)


def _content(path: str) -> bytes:
    with contextlib.suppress(OSError), open(path, "rb") as file:
        return file.read()
    return b""


def _write(path: str, data: bytes) -> None:
    """Write DATA over the file at PATH, in place: a full disk must not take the file away."""
    with contextlib.suppress(OSError), open(path, "r+b") as file:
        file.write(data)
        file.truncate()
