"""--fix: which verdicts a fetch remedies, and what became of each."""

import os
import posixpath
import time

from goproxy_check.go.answers import Failure, Reason
from goproxy_check.go.download import Download, content
from goproxy_check.go.env import GoEnv
from goproxy_check.gofiles.reference import Reference, by_folder
from goproxy_check.system.programs import Programs
from goproxy_check.verdict.evidence import Diagnosis
from goproxy_check.verdict.reasons import FIXABLE, NotFixed, Verdict

_NOT_FIXED = {
    Reason.NO_RECORD: NotFixed.NO_RECORD,
    Reason.NO_DATABASE: NotFixed.NO_DATABASE,
    Reason.UNAVAILABLE: NotFixed.NO_ORIGIN,
}


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
        if not os.path.isdir(place):
            failed |= dict.fromkeys(refs, (NotFixed.NO_FOLDER, folder))
            continue
        download = Download(env, programs, place, end)
        if os.path.realpath(download.go_sum) != os.path.join(os.path.realpath(root), *folder.split("/"), "go.sum"):
            failed |= dict.fromkeys(refs, (NotFixed.LINK, ""))
            continue
        before = content(download.go_sum)
        found = download(refs, served, nosumdb)
        after = content(download.go_sum)
        failed |= {ref: _why(problem) for ref, problem in found.items() if problem}
        wanting = [ref for ref, problem in found.items() if not problem and folder in ref.unrecorded]
        lineless = [ref for ref in wanting if not _has(after, ref)]
        failed |= dict.fromkeys(lineless, (NotFixed.NO_LINES, ""))
        if after != before or len(wanting) > len(lineless):  # written before, perhaps, and not added since
            changed.append(posixpath.join(folder, "go.sum"))
    settled = [
        item._replace(fixed=item.ref not in failed, not_fixed=failed.get(item.ref)) if item.ref in fixable else item
        for item in diagnoses
    ]
    return settled, tuple(changed)


def _why(problem: Failure) -> tuple[NotFixed, str]:
    return _NOT_FIXED.get(problem.reason, NotFixed.FAILED), problem.detail


def _has(go_sum: bytes, ref: Reference) -> bool:
    """Return whether GO_SUM has a line for REF: for its archive, or for its go.mod where that is all that is needed."""
    line = f"\n{ref.module} {ref.version}{'/go.mod' * ref.go_mod_only} h1:"
    return line.encode() in b"\n" + go_sum
