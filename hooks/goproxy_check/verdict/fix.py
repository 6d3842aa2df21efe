"""--fix: which verdicts a fetch remedies, and what became of each."""

import os
import posixpath
import time
from dataclasses import replace

from goproxy_check.go.answers import Failure, Reason
from goproxy_check.go.download import Download
from goproxy_check.go.env import GoEnv
from goproxy_check.gofiles.references import Reference, by_folder
from goproxy_check.system.programs import Programs
from goproxy_check.verdict.evidence import Diagnosis
from goproxy_check.verdict.reasons import FIXABLE, NotFixed, Verdict

_NOT_FIXED = {Reason.NO_RECORD: NotFixed.NO_RECORD, Reason.NO_DATABASE: NotFixed.NO_DATABASE}


def fix(
    diagnoses: list[Diagnosis], env: GoEnv, programs: Programs, root: str, *, seconds: float, nosumdb: bool
) -> tuple[list[Diagnosis], tuple[str, ...]]:
    """Fetch what is stale or unlisted from its origin within SECONDS, with one run of go for each folder below ROOT.

    Returns the diagnoses, fixed or with the reason why not, and the go.sum files that have changed. With NOSUMDB what
    is unverifiable is fetched too. Writes the module cache and go.sum, nothing else.
    """
    remedied = FIXABLE | {Verdict.UNVERIFIABLE} if nosumdb else FIXABLE
    fixable = [item for item in diagnoses if item.verdict in remedied]
    served = {item.ref for item in fixable if item.verdict is Verdict.UNVERIFIABLE}
    end = time.monotonic() + seconds
    failed: dict[Reference, tuple[NotFixed, str]] = {}
    changed = []
    for folder, refs in by_folder(item.ref for item in fixable).items():
        download = Download(env, programs, os.path.join(root, *folder.split("/")))
        if download.behind_link(root):
            failed |= dict.fromkeys(refs, (NotFixed.LINK, ""))
            continue
        wanting = {ref for ref in refs if folder in ref.unrecorded and _wants_lines(ref)}
        fetched = download(refs, served, wanting, nosumdb=nosumdb, end=end)
        failed |= {ref: _why(problem) for ref, problem in fetched.failures.items()}
        failed |= dict.fromkeys(fetched.lineless, (NotFixed.NO_LINES, ""))
        changed += [posixpath.join(folder, "go.sum")] if fetched.changed else []
    settled = [
        item
        if item.verdict not in remedied
        else replace(item, fixed=item.ref not in failed, not_fixed=failed.get(item.ref))
        for item in diagnoses
    ]
    return settled, tuple(changed)


def _why(problem: Failure) -> tuple[NotFixed, str]:
    return _NOT_FIXED.get(problem.reason, NotFixed.FAILED), problem.detail


def _wants_lines(ref: Reference) -> bool:
    return any(posixpath.basename(place.file) in ("go.mod", "go.sum") for place in ref.locations)
