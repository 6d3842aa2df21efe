"""--fix: fetch versions from their origins with the user's go, which writes their lines of go.sum."""

import contextlib
import os
import posixpath
import time

from goproxy_check.go.answers import Reason
from goproxy_check.go.env import GoEnv
from goproxy_check.go.questions import Failures, Go
from goproxy_check.gofiles.modfile import read
from goproxy_check.gofiles.reference import Reference, by_folder
from goproxy_check.system.programs import Programs
from goproxy_check.verdict.evidence import Diagnosis
from goproxy_check.verdict.reasons import FIXABLE, NotFixed, Verdict

_NOT_FIXED = {Reason.NO_RECORD: NotFixed.NO_RECORD, Reason.NO_DATABASE: NotFixed.NO_DATABASE}
_NOT_FIXED[Reason.UNAVAILABLE] = NotFixed.NO_ORIGIN


def fix(
    diagnoses: list[Diagnosis], env: GoEnv, programs: Programs, root: str, seconds: float, nosumdb: bool
) -> tuple[list[Diagnosis], tuple[str, ...]]:
    """Fetch what is stale or unlisted from its origin within SECONDS, with one run of go for each folder below ROOT.

    Returns the diagnoses, and the go.sum files that have changed. With NOSUMDB what is unverifiable is fetched too.
    """
    served = {item.ref for item in diagnoses if nosumdb and item.verdict is Verdict.UNVERIFIABLE}
    fixable = {item.ref: item for item in diagnoses if item.verdict in FIXABLE or item.ref in served}
    go, end, root = Go(env, programs), time.monotonic() + seconds, os.path.realpath(root)
    failed: dict[Reference, tuple[NotFixed, str]] = {}
    changed = []
    for folder, refs in by_folder(fixable).items():
        place = os.path.join(root, *folder.split("/"))
        go_mod, go_sum = os.path.join(place, "go.mod"), os.path.join(place, "go.sum")
        if os.path.realpath(go_sum) != go_sum or not os.path.isdir(place):
            failed |= dict.fromkeys(refs, (NotFixed.LINK if os.path.isdir(place) else NotFixed.NO_FOLDER, folder))
            continue
        mod, before = _content(go_mod), _content(go_sum)
        try:
            found = _fetch(go, refs, served, place, end, nosumdb)
        finally:
            _put_back(go_mod, mod, go_sum, before)
        after = _content(go_sum)
        failed |= {ref: (_NOT_FIXED.get(no.reason, NotFixed.FAILED), no.detail) for ref, no in found.items() if no}
        wanting = [ref for ref, no in found.items() if not no and folder in ref.unrecorded]
        lines = {(*entry[:2], entry.go_mod) for entry in read("go.sum", after).entries}
        lineless = [ref for ref in wanting if (*ref[:2], ref.go_mod_only) not in lines]
        failed |= dict.fromkeys(lineless, (NotFixed.NO_LINES, ""))
        if after != before or len(wanting) > len(lineless):  # written before, perhaps, and not added since
            changed.append(posixpath.join(folder, "go.sum"))
    settled = {ref: item._replace(fixed=ref not in failed, not_fixed=failed.get(ref)) for ref, item in fixable.items()}
    return [settled.get(item.ref, item) for item in diagnoses], tuple(changed)


def _fetch(go: Go, refs: list[Reference], served: set[Reference], place: str, end: float, nosumdb: bool) -> Failures:
    """Fetch REFS in the folder PLACE; with NOSUMDB without the checksum database's record, which those SERVED lack."""
    found = go.download([ref for ref in refs if ref not in served], place, end, GOPROXY="direct")
    # The checksum database may be reachable through the proxy alone: with GONOPROXY just these modules come from their
    # origins, and everything else, the database too, takes the usual way.
    cut_off = [ref for ref, no in found.items() if go.env.proxies and no and no.reason is Reason.NO_DATABASE]
    found |= go.download(cut_off, place, end, GONOPROXY=go.env.adding("GONOPROXY", cut_off))
    unrecorded = [ref for ref, no in found.items() if nosumdb and no and no.reason is Reason.NO_RECORD]
    held = [ref for ref in refs if ref in served]
    without = go.env.adding("GONOSUMDB", [*unrecorded, *held])
    found |= go.download(unrecorded, place, end, GOPROXY="direct", GONOSUMDB=without)
    return found | go.download(held, place, end, GONOSUMDB=without)  # what a proxy serves comes from there


def _put_back(go_mod: str, mod: bytes, go_sum: str, lines: bytes) -> None:
    """Undo what Go rewrites in go.mod (no go line, v1, twice the same), and a go.sum that it left in pieces."""
    # Where anything else differs, somebody has saved another go.mod in the meantime.
    now = _content(go_mod)
    if now != mod and _meaning(now) == _meaning(mod):
        _write(go_mod, mod)
    now = _content(go_sum)  # which Go writes in place (cmd/go/internal/lockedfile: Transform)
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
