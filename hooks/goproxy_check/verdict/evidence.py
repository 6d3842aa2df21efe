"""What a verdict rests on, and what a finished run amounts to: values that pass from asking to reporting."""

import posixpath
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from goproxy_check.go.env import GoEnv
from goproxy_check.gofiles import module
from goproxy_check.gofiles.reference import Reference, Skip, Skipped
from goproxy_check.options import Options
from goproxy_check.verdict.reasons import FINE, NotFixed, Verdict, Why

if TYPE_CHECKING:  # what needs no question needs no import of what asks
    from goproxy_check.go.questions import Answer
    from goproxy_check.proxy.quick import Reply

UNASKED = GoEnv("", (), "direct", defaultdict(str))  # where no question is needed


class Diagnosis(NamedTuple):
    """The verdict on one reference, and the evidence for it."""

    ref: Reference
    why: Why
    said: "tuple[tuple[str, Reply], ...]" = ()  # by its redacted URL, an answer of each proxy, or of the database
    origin: "Answer | None" = None
    nearest: tuple[str, ...] = ()  # published or listed versions around the one that is not there
    until: float | None = None  # when the proxies ask again, in seconds since the epoch
    hashes: tuple[str, ...] = ()  # of a mismatch: a line for each who has another
    declares: str = ""  # the path that the served go.mod declares
    fixed: bool = False  # --fix has fetched it
    not_fixed: tuple[NotFixed, str] | None = None  # why --fix has not, with the words of go

    @property
    def verdict(self) -> Verdict:
        """The verdict."""
        return self.why.verdict

    def answers(self, *, alone: bool = True) -> list[str]:
        """Return who was asked and what they answered, a line each; not ALONE: without what names the version."""
        lines = list(self.hashes)
        for url, answer in self.said:
            status = f"{answer.status or ''} {answer.phrase}".strip()
            detail = answer.detail.removeprefix("not found: ").removeprefix(f"{self.ref}: ")
            needless = detail.lower() in status.lower() or (status and not alone)  # often the status again
            words = ": ".join(filter(None, (status, "" if needless else detail))) or "no answer"
            lines.append(f"{url}{' (the archive)' * (answer.file == '.zip')}: {words}")
        origin, version = self.origin, self.ref.version
        if not origin or self.verdict in FINE or self.why in (Why.NO_GO, Why.NO_TOOLCHAIN):
            return lines  # nobody was asked, or Go's own servers
        where = f"{origin.url} (its origin)" if origin.url else "its origin"
        detail = f": {origin.failure.detail}" if origin.failure and origin.failure.detail else ""
        what = f"the commit of {version}" if module.is_pseudo(version) else version
        if not alone:
            where, what, detail = "the origin of each", "it", ""
        known = {True: f"has {what}", False: f"does not have {what}", None: "could not be asked"}
        return [*lines, f"{where}: {known[origin.published]}{detail}"]


def without_asking(ref: Reference, env: GoEnv = UNASKED, cache_suffices: bool = False) -> Diagnosis | None:
    """Return the verdict on REF, if no question is needed; if CACHE_SUFFICES, what the module cache has is resolved."""
    if ref.invalid:
        return Diagnosis(ref, Why.QUERY if ref.invalid.kind is module.Invalid.QUERY else Why.INVALID)
    if ref.skipped:
        return Diagnosis(ref, Why[ref.skipped.why.name])
    builds_need = (".mod",) if ref.go_mod_only else (".zip", ".info")  # Go takes a module's go.mod before its archive
    if cache_suffices and env.has_cached(ref, *builds_need):
        return Diagnosis(ref, Why.OK)
    if env.off and not env.is_private(ref.module):
        return Diagnosis(ref._replace(skipped=Skipped(Skip.OFF)), Why.OFF)
    return None


class Run(NamedTuple):
    """One finished run."""

    options: Options
    diagnoses: list[Diagnosis]
    env: GoEnv = UNASKED
    folder: str = ""  # where the reader stands, from the top of the repository; "" is the top
    to_add: tuple[str, ...] = ()  # the go.sum files that --fix has changed
    seconds: float = 0.0
    terminal: bool = False  # the report goes to one

    def stops(self, item: Diagnosis) -> bool:
        """Return whether ITEM is a reason to fail."""
        tolerated = self.options.allow_unavailable and item.verdict is Verdict.UNAVAILABLE
        return not (item.verdict in FINE or item.fixed or tolerated)

    def path(self, path: str) -> str:
        """Return PATH, which is relative to the top of the repository, from where the reader stands ("" is here)."""
        return "" if path == self.folder else posixpath.relpath(path or ".", self.folder or ".")
