"""Ask again until every version is served: first for its tag, then the proxies, then the checksum database."""

import contextlib
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from goproxy_check.check import Clients, ask
from goproxy_check.diagnose import diagnose
from goproxy_check.parallel import Deadline
from goproxy_check.process import stop_all
from goproxy_check.proxy import Kind
from goproxy_check.redact import trace
from goproxy_check.verdict import Diagnosis, Evidence, Verdict

_FIRST, _GROWTH, _LONGEST = 2.0, 1.5, 60.0  # seconds between two questions, while nothing changes
_STATES = {
    Verdict.OK: "there",
    Verdict.UNPUBLISHED: "not published at its origin yet",
    Verdict.MISSING: "its origin can't be asked yet",
    Verdict.STALE: "published, but the proxy does not have it yet",
    Verdict.UNLISTED: "published, but the proxy does not have it yet",
    Verdict.REFUSED: "refused by the proxy so far",
    Verdict.UNAVAILABLE: "no usable answer yet",
    Verdict.UNVERIFIABLE: "served, but the checksum database has no record of it yet",
}


@dataclass
class _Item:
    """One version that is waited for: what is known, for how many questions nothing has changed, when to ask again."""

    evidence: Evidence
    diagnosis: Diagnosis | None = None
    unchanged: int = 0
    again: float = 0.0

    def learn(self, evidence: Evidence, news: Diagnosis) -> bool:
        """Take in an answer and what it amounts to, and tell whether it changes anything."""
        changed = self.diagnosis is None or news.verdict is not self.diagnosis.verdict
        self.unchanged = 0 if changed else self.unchanged + 1
        self.evidence, self.diagnosis = evidence, news
        pause = min(_LONGEST, _FIRST * _GROWTH**self.unchanged) * random.uniform(0.8, 1.2)  # noqa: S311
        self.again = time.monotonic() + max(pause, _until(evidence) - time.time())
        return changed

    def waits(self) -> bool:
        """Tell whether time may help."""
        news = self.diagnosis
        if news is None:
            return True
        if news.verdict is Verdict.UNPUBLISHED:
            return not (news.origin and news.origin.unfit)
        if news.verdict is Verdict.MISSING:
            return not (news.origin and news.origin.no_go)
        if news.verdict is Verdict.REFUSED:  # a login does not come by itself
            return all(answer.status not in (401, 407) for answer in news.proxies)
        return news.verdict not in (Verdict.OK, Verdict.SKIPPED, Verdict.INVALID, Verdict.MISMATCH)


def wait(
    found: list[Evidence], clients: Clients, seconds: float, timeout: float, shown: bool
) -> tuple[list[Diagnosis], bool]:
    """Return the verdicts on FOUND once all are served, or SECONDS are over, or the user has had enough.

    One round of questions may take TIMEOUT seconds. SHOWN: there is a terminal for a progress line. The second value
    tells whether the user ended it; raises KeyboardInterrupt if nothing is known by then.
    """
    items = [_Item(evidence) for evidence in found]
    deadline, interrupted = Deadline(seconds), False
    with _progress(items, shown) as (show, live):
        try:
            while True:
                due = [item for item in items if item.waits() and item.again <= time.monotonic()]
                show("asking now")
                known = [_what_stays(item.evidence) for item in due]
                left = deadline.left()
                answers = ask(known, clients, min(timeout, left), patient=True)
                for item, evidence in zip(due, answers, strict=True):
                    # Where the end has cut the last questions short, what was known before says more.
                    news = diagnose(evidence)
                    vague = left < timeout and news.verdict in (Verdict.UNAVAILABLE, Verdict.MISSING)
                    if not (vague and item.diagnosis) and item.learn(evidence, news) and not live:
                        _tell(news)
                again = min((item.again for item in items if item.waits()), default=0.0)
                while (left := again - time.monotonic()) > 0 and deadline.left() > 0:
                    show(f"next question in {left:.0f}s")
                    deadline.sleep(min(left, 1.0))
                if not again or deadline.left() <= 0:
                    break
        except KeyboardInterrupt:
            stop_all()
            interrupted = True
    if not interrupted and any(item.waits() for item in items):
        trace(f"goproxy-check: gave up waiting after {seconds:g}s")
    verdicts = [item.diagnosis for item in items if item.diagnosis]
    if len(verdicts) < len(items):
        raise KeyboardInterrupt
    return verdicts, interrupted


def _what_stays(known: Evidence) -> Evidence:
    """Return what of KNOWN need not be asked again."""
    if known.record:
        return replace(known, record=None)
    if known.last_look and known.last_look.published is False:  # its tag is gone again
        return replace(known, origin=None, fetched=(), last_look=None)
    if known.origin and known.origin.published:
        return replace(known, fetched=(), last_look=None)
    if known.origin and known.origin.published is False:
        return replace(known, origin=None)
    return replace(known, held=(), origin=None)


def _until(known: Evidence) -> float:
    """Return before when those who were asked would only repeat themselves, in seconds since the epoch."""
    answers = (known.record,) if known.record else known.fetched
    times = [answer.until or 0.0 for answer in answers if answer.kind is not Kind.SERVED and answer.resource != "list"]
    return min(times, default=0.0)


def _tell(news: Diagnosis) -> None:
    if news.verdict in _STATES:
        said = ""
        if news.verdict in (Verdict.REFUSED, Verdict.UNAVAILABLE, Verdict.MISSING):
            said = f" ({news.said[-1 if news.verdict is Verdict.MISSING else 0]})"
        trace(f"goproxy-check: {news.reference}: {_STATES[news.verdict]}{said}")


@contextlib.contextmanager
def _progress(items: list[_Item], shown: bool) -> Iterator[tuple[Callable[[str], None], bool]]:
    """Give a function that shows what is waited for and what is NEXT on a terminal, and tell whether it does."""
    if shown:
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text

        console = Console(file=sys.stderr)
    if not shown or not console.is_interactive or console.is_dumb_terminal:
        yield lambda _: None, False
        return
    since = time.strftime("%H:%M:%S")

    def line(now: str) -> Text:
        waiting = [item for item in items if item.waits()]
        states = Counter(_STATES[item.diagnosis.verdict] for item in waiting if item.diagnosis)
        if len(waiting) == 1:
            what = f"{waiting[0].evidence.reference}: {next(iter(states), 'not known yet')}"
        else:
            what = ", ".join([f"{len(waiting)} versions", *(f"{count} {state}" for state, count in states.items())])
        return Text(f"{what}; waiting since {since}, {now}", no_wrap=True, overflow="ellipsis")

    with Live(line("asking now"), console=console, transient=True) as live:
        yield lambda now: live.update(line(now)), True
