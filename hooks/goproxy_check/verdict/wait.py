"""--wait: ask again until every version is served: first its origin and the list, then the proxies."""

import random
import threading
import time
from collections import Counter
from collections.abc import Sequence

from goproxy_check.gofiles.reference import Reference
from goproxy_check.system.terminal import Progress, complain
from goproxy_check.verdict.ask import Ask
from goproxy_check.verdict.evidence import Diagnosis
from goproxy_check.verdict.examine import examine_all
from goproxy_check.verdict.reasons import Verdict, Why
from goproxy_check.verdict.words import said

_FIRST, _GROWTH, _LONGEST = 2.0, 1.5, 60.0  # seconds between two questions, while nothing changes
_LAST = 5.0  # seconds before the end, for the last question
_STATES = {
    Verdict.UNPUBLISHED: "not published at its origin yet",
    Verdict.MISSING: "its origin can't be asked yet",
    Verdict.STALE: "published, but the proxy does not have it yet",
    Verdict.UNLISTED: "published, but the proxy does not have it yet",
    Verdict.REFUSED: "refused by the proxy so far",
    Verdict.UNAVAILABLE: "no usable answer yet",
    Verdict.UNVERIFIABLE: "served, but the checksum database has no record of it yet",
}
# What time does not heal.
_FINAL = {Why.UNFIT_TAG, Why.UNFIT_COMMIT, Why.NO_GO, Why.LOGIN_WANTED}


class _Item:
    """One version that is waited for."""

    def __init__(self, ref: Reference) -> None:
        self.ref = ref
        self.news: Diagnosis | None = None
        self.unchanged = 0  # questions since something changed
        self.again = 0.0  # when to ask again, by time.time()

    def learn(self, news: Diagnosis) -> bool:
        """Take in the answer to a question, and return whether it changes anything."""
        changed = self.news is None or news.verdict is not self.news.verdict
        self.unchanged, self.news = 0 if changed else self.unchanged + 1, news
        pause = min(_LONGEST, _FIRST * _GROWTH**self.unchanged) * random.uniform(0.8, 1.2)  # noqa: S311
        self.again = max(time.time() + pause, news.until or 0.0)
        return changed

    def waits(self) -> bool:
        """Return whether time may help."""
        return self.news is None or (self.news.verdict in _STATES and self.news.why not in _FINAL)


def wait(refs: Sequence[Reference], ask: Ask, progress: Progress, stop: threading.Event) -> list[Diagnosis]:
    """Return the verdicts on REFS once all are served, or the time is over, or STOP is set (then perhaps not all).

    There is one last round before the end, whatever lifetime a proxy gave its answer.
    """
    seconds, timeout, items = ask.options.wait or 0.0, ask.options.timeout, [_Item(ref) for ref in refs]
    for ref in refs if ask.options.latest else ():
        if "-" in ref.version:
            complain(f"goproxy-check: {ref}: @latest never chooses a pre-release, so that is not waited for")
    end, since = time.time() + seconds, time.strftime("%H:%M:%S")
    last, again = end - min(_LAST, seconds / 4), time.time()
    while again and not stop.is_set():
        late = time.time() >= last
        due = [item for item in items if item.waits() and (late or item.again <= time.time())]
        progress.text = _line(items, since, "asking now")
        left = max(0.5, end - time.time())
        published = frozenset(item.ref for item in due if item.news and item.news.origin and item.news.origin.published)
        found = examine_all([item.ref for item in due], ask.afresh(min(timeout, left), published))
        for item, news in zip(due, found, strict=True):
            # Where the end cuts a question short, what was known before says more.
            vague = left < timeout and news.verdict in (Verdict.UNAVAILABLE, Verdict.MISSING)
            if not (vague and item.news) and not stop.is_set() and item.learn(news) and not progress.shown:
                _tell(news)
        waiting = [item for item in items if item.waits()]
        again = min([last, *(item.again for item in waiting)]) if waiting and not late else 0.0
        while (pause := again - time.time()) > 0 and not stop.wait(min(pause, 1.0)):
            progress.text = _line(items, since, f"next at {time.strftime('%H:%M:%S', time.localtime(again))}")
    progress.text = ""
    if any(item.waits() for item in items) and not stop.is_set():
        complain(f"goproxy-check: gave up waiting after {seconds:g}s")
    return [item.news for item in items if item.news]


def _state(news: Diagnosis) -> str:
    if news.why is Why.NOT_LATEST:
        return "served, but @latest does not choose it yet"
    return _STATES.get(news.verdict, "there")


def _tell(news: Diagnosis) -> None:
    words = said(news) if news.verdict in (Verdict.REFUSED, Verdict.UNAVAILABLE, Verdict.MISSING) else []
    why = f" ({words[-1 if news.verdict is Verdict.MISSING else 0]})" if words else ""
    if news.verdict in _STATES or news.verdict is Verdict.OK:
        until = time.strftime("; it repeats that until %H:%M", time.localtime(news.until)) if news.until else ""
        complain(f"goproxy-check: {news.ref}: {_state(news)}{why}{until}")


def _line(items: list[_Item], since: str, now: str) -> str:
    """Return what is next, since when it is waited, and for what."""
    waiting = [item for item in items if item.waits()]
    states = Counter(_state(item.news) for item in waiting if item.news)
    if len(waiting) == 1:
        what = f"{waiting[0].ref}: {next(iter(states), 'not known yet')}"
    else:
        what = ", ".join([f"{len(waiting)} versions", *(f"{count} {state}" for state, count in states.items())])
    return f"{now}, waiting since {since}: {what}"
