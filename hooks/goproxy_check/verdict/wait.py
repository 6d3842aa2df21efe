"""--wait: ask again until every version is served: first its origin and the list, then the proxies."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence

from goproxy_check.gofiles.reference import Reference
from goproxy_check.system.terminal import Progress, complain
from goproxy_check.verdict.evidence import Diagnosis
from goproxy_check.verdict.examine import Ask, examine_all
from goproxy_check.verdict.reasons import Verdict, Why

_FIRST, _GROWTH, _LONGEST = 2.0, 1.5, 60.0  # seconds between two questions, while nothing changes
_LAST = 5.0  # seconds before the end, for the last question, whatever lifetime a proxy gave its answer
_STATES: dict[Verdict | Why, str] = {
    Verdict.UNPUBLISHED: "not published at its origin yet",
    Verdict.MISSING: "its origin can't be asked yet",
    Verdict.STALE: "published, but the proxy does not have it yet",
    Verdict.UNLISTED: "published, but the proxy does not have it yet",
    Verdict.REFUSED: "refused by the proxy so far",
    Verdict.UNAVAILABLE: "no usable answer yet",
    Verdict.UNVERIFIABLE: "served, but the checksum database has no record of it yet",
    Verdict.OK: "there",
    Why.NOT_LATEST: "served, but @latest does not choose it yet",
}
# What time does not change.
_FINAL = {Why.OK, Why.UNFIT_TAG, Why.UNFIT_COMMIT, Why.NO_GO, Why.LOGIN_WANTED, Why.NETWORK_LOGIN}


def wait(refs: Sequence[Reference], ask: Ask, progress: Progress, stop: threading.Event) -> list[Diagnosis]:
    """Return the verdicts on REFS once all are served, or the time is over, or STOP is set (then perhaps not all)."""
    seconds, timeout = ask.options.wait or 0.0, ask.options.timeout
    for ref in [ref for ref in refs if ask.options.latest and "-" in ref.version]:
        complain(f"goproxy-check: {ref}: @latest never chooses a pre-release, so that is not waited for")
    end, since = time.time() + seconds, time.strftime("waiting since %H:%M:%S")
    last = end - min(_LAST, seconds / 4)
    known: dict[Reference, Diagnosis] = {}
    unchanged: Counter[Reference] = Counter()  # questions since something changed
    again = dict.fromkeys(refs, 0.0)  # when to ask again, by time.time(), what time may help
    late, published = False, set[Reference]()  # what origins have
    while again and not (late or stop.is_set()):
        late = time.time() >= last
        due = [ref for ref, when in again.items() if late or when <= time.time()]
        progress.text = f"asking now, {since}: {_waiting(again, known)}"
        left = max(0.5, end - time.time())
        for news in examine_all(due, ask.afresh(min(timeout, left), frozenset(published))):
            if stop.is_set():
                break
            ref, before = news.ref, known.get(news.ref)
            if before and left < timeout and news.verdict in (Verdict.UNAVAILABLE, Verdict.MISSING):
                news = before  # noqa: PLW2901  where the end cuts a question short, what was known says more
            published |= {ref} if news.origin and news.origin.published else set()
            changed = before is None or news.verdict is not before.verdict
            known[ref], unchanged[ref] = news, 0 if changed else unchanged[ref] + 1
            pause = min(_LONGEST, _FIRST * _GROWTH ** unchanged[ref]) * random.uniform(0.8, 1.2)  # noqa: S311
            again[ref] = max(time.time() + pause, news.until or 0.0)
            if news.verdict not in _STATES or news.why in _FINAL:
                del again[ref]
            if changed and news.verdict in _STATES and not progress.shown:
                _tell(news)
        following = min([last, *again.values()])
        while again and not late and (pause := following - time.time()) > 0 and not stop.wait(min(pause, 1.0)):
            clock = time.strftime("%H:%M:%S", time.localtime(following))
            progress.text = f"next at {clock}, {since}: {_waiting(again, known)}"
    progress.text = ""
    if again and not stop.is_set():
        complain(f"goproxy-check: gave up waiting after {seconds:g}s")
    return list(known.values())


def _state(news: Diagnosis) -> str:
    return _STATES.get(news.why) or _STATES[news.verdict]


def _tell(news: Diagnosis) -> None:
    unsure = news.verdict in (Verdict.REFUSED, Verdict.UNAVAILABLE, Verdict.MISSING)
    words = "".join(f" ({answer})" for answer in news.answers()[:1] if unsure)
    until = time.strftime("; it repeats that until %H:%M", time.localtime(news.until)) if news.until else ""
    complain(f"goproxy-check: {news.ref}: {_state(news)}{words}{until}")


def _waiting(refs: Iterable[Reference], known: dict[Reference, Diagnosis]) -> str:
    return ", ".join(f"{ref}: {_state(known[ref]) if ref in known else 'not known yet'}" for ref in refs)
