"""The words of a diagnosis, for a reader: who said what, why it is so, what to do."""

import time

from goproxy_check.go.questions import State
from goproxy_check.gofiles import module
from goproxy_check.verdict.evidence import Diagnosis
from goproxy_check.verdict.reasons import CORRECT, INVALID_STEPS, SKIPPED, Remedy, Step, Verdict, Why

_DAY = 24 * 60  # minutes
# Where most repositories are public; elsewhere an unknown module is private rather than misspelt.
_PUBLIC = ("github.com/", "gitlab.com/", "bitbucket.org/", "codeberg.org/", "gopkg.in/", "golang.org/", "k8s.io/")


def explained(item: Diagnosis) -> tuple[str, list[Step]]:
    """Return why ITEM is so, and what to do about it."""
    ref, skipped, invalid = item.ref, item.ref.skipped, item.ref.invalid
    steps = (INVALID_STEPS.get(invalid.kind, CORRECT),) if invalid else item.why.steps
    facts = {
        "module": ref.module,
        "nearest": ", ".join(item.nearest),
        "declares": item.declares,
        "remembers": _remembers(item.until),
        "detail": invalid.detail if invalid else "",
        "right": invalid.right if invalid else "",
        "skipped": SKIPPED[skipped.why].format(skipped.detail) if skipped else "",
    }
    kept = [step for step in steps if item.nearest or "{nearest}" not in step.text]
    if not ref.module.startswith(_PUBLIC):  # what is most likely comes first
        kept.sort(key=lambda step: step.remedy is not Remedy.PRIVATE)
    if item.not_fixed:
        kept = [*(step for step in kept if step.remedy is not Remedy.DIRECT), item.not_fixed[0].step]
    return item.why.text.format(**facts), [step._replace(text=step.text.format(**facts)) for step in kept]


def _remembers(until: float | None) -> str:
    """Return how long a proxy repeats its answer: the clock time and the minutes."""
    if until is None:
        return "may remember the miss; until when is unknown (half an hour or a day are usual): ask whoever runs it"
    left = max(1, round((until - time.time()) / 60))
    clock = time.strftime("%H:%M" if left <= _DAY else "%Y-%m-%d %H:%M", time.localtime(until))
    minutes = f" ({left} more minute{'s' if left > 1 else ''})" if left <= _DAY else ""
    return f"remembers the miss until {clock}{minutes}"


def said(item: Diagnosis) -> list[str]:
    """Return who was asked and what they said, a line each."""
    if not item.finding:
        return []
    lines = [f"{answer.url}{f' ({answer.about})' if answer.about else ''}: {answer.answer}" for answer in item.said]
    lines += [f"{keeper} {hash_}" for keeper, hash_ in item.hashes]
    origin, version = item.origin, item.ref.version
    if (
        not origin
        or item.verdict in (Verdict.MISMATCH, Verdict.UNVERIFIABLE)
        or item.why in (Why.NO_DATABASE, Why.NO_GO)
    ):
        return lines
    what = f"the commit of {version}" if module.is_pseudo(version) else version
    detail = origin.failure.detail if origin.failure else ""
    if item.ref.is_toolchain and origin.state is State.UNKNOWN:
        return lines  # Go releases have no repository that a reader could ask
    answer = {State.PUBLISHED: f"has {what}", State.UNKNOWN: f"could not be asked: {detail}"}.get(origin.state)
    unfit = item.why in (Why.UNFIT_TAG, Why.UNFIT_COMMIT)
    by = f"{origin.url} (its origin)" if origin.url else "its origin"
    return [*lines, f"{by}: {answer or (detail if unfit else f'does not have {what}')}"]
