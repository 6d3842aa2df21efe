"""The words of a diagnosis: who answered what, why it is so, what to do.

ALONE: the words are for this diagnosis; otherwise for several that differ only in names and details.
"""

import time

from goproxy_check.gofiles import module
from goproxy_check.verdict.evidence import Diagnosis, Said
from goproxy_check.verdict.reasons import CORRECT, INVALID_STEPS, NEAREST, SKIPPED, Remedy, Step, Verdict, Why

_DAY = 24 * 60  # minutes
# Where most repositories are public; elsewhere an unknown module is private rather than misspelt.
_PUBLIC = ("github.com/", "gitlab.com/", "bitbucket.org/", "codeberg.org/", "gopkg.in/", "golang.org/", "k8s.io/")


def explained(item: Diagnosis, *, alone: bool = True) -> tuple[str, list[Step]]:
    """Return why ITEM is so, and what to do about it."""
    ref, skipped, invalid = item.ref, item.ref.skipped, item.ref.invalid
    facts = {
        "ref": ref,
        "nearest": ", ".join(item.nearest),
        "declares": item.declares,
        "remembers": _remembers(item.until),
        "skipped": SKIPPED[skipped.why].format(skipped.detail) if skipped else "",
    }
    steps = [INVALID_STEPS.get(invalid.kind, CORRECT)] if invalid else list(item.why.steps)
    if not (item.nearest and alone):
        steps = [step for step in steps if step is not NEAREST]
    if not ref.module.startswith(_PUBLIC):  # what is most likely comes first
        steps.sort(key=lambda step: step.remedy is not Remedy.PRIVATE)
    if item.not_fixed:
        steps = [*(step for step in steps if step.remedy is not Remedy.DIRECT), item.not_fixed[0].step]
    return item.why.text.format(**facts), [step._replace(text=step.text.format(**facts)) for step in steps]


def _remembers(until: float | None) -> str:
    """Return how long a proxy repeats its answer: the clock time and the minutes."""
    if until is None:
        return "may remember the miss; until when is unknown (half an hour or a day are usual): ask whoever runs it"
    left = max(1, round((until - time.time()) / 60))
    clock = time.strftime("%H:%M" if left <= _DAY else "%Y-%m-%d %H:%M", time.localtime(until))
    minutes = f" ({left} more minute{'s' if left > 1 else ''})" if left <= _DAY else ""
    return f"remembers the miss until {clock}{minutes}"


def said(item: Diagnosis, *, alone: bool = True) -> list[str]:
    """Return who was asked about ITEM and what they answered, a line each."""
    if not item.finding:
        return []
    lines = [_answer(answer, alone) for answer in item.said] + [f"{keeper} {hash_}" for keeper, hash_ in item.hashes]
    origin, ref = item.origin, item.ref
    if not origin or item.verdict in (Verdict.MISMATCH, Verdict.UNVERIFIABLE):
        return lines
    if item.why in (Why.NO_DATABASE, Why.NO_GO) or (ref.is_toolchain and origin.published is None):
        return lines  # Go releases have no repository that a reader could ask
    where = f"{origin.url} (its origin)" if origin.url else "its origin"
    what = f"the commit of {ref.version}" if module.is_pseudo(ref.version) else ref.version
    detail = f": {origin.failure.detail}" if origin.failure else ""
    if item.why in (Why.UNFIT_TAG, Why.UNFIT_COMMIT):
        return [*lines, where + detail]
    if not alone:
        where, what, detail = "the origin of each", "it", ""
    answers = {True: f"has {what}", False: f"does not have {what}", None: f"could not be asked{detail}"}
    return [*lines, f"{where}: {answers[origin.published]}"]


def _answer(answer: Said, alone: bool) -> str:
    """Return who gave ANSWER, the status and, if ALONE or there is no status, the words."""
    status = f"{answer.status} {answer.phrase}".strip() if answer.status else ""
    repeated = answer.detail.lower() in status.lower()  # often no more than the status again
    detail = answer.detail if not (repeated or (status and not alone)) else ""
    about = f" ({answer.about})" if answer.about else ""
    return f"{answer.url}{about}: {': '.join(filter(None, (status, detail))) or 'no answer'}"
