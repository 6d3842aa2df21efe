"""What a verdict rests on: values that pass from asking to reporting."""

from typing import TYPE_CHECKING, NamedTuple

from goproxy_check.go.env import GoEnv
from goproxy_check.gofiles.reference import Reference, Skip, Skipped
from goproxy_check.verdict.reasons import NotFixed, Verdict, Why

if TYPE_CHECKING:  # what needs no question needs no import of what asks
    from goproxy_check.go.questions import Answer


class Said(NamedTuple):
    """What one proxy, or the checksum database, answered about a version."""

    url: str  # without credentials
    status: int  # of HTTP; 0: there was no answer
    phrase: str = ""  # the words that come with the status: Not Found
    detail: str = ""  # its own words, or why there was no answer
    about: str = ""  # what was asked for, if not the version itself


class Diagnosis(NamedTuple):
    """The verdict on one reference, and the evidence for it."""

    ref: Reference
    why: Why
    said: tuple[Said, ...] = ()  # one answer of each proxy that was asked
    origin: "Answer | None" = None
    nearest: tuple[str, ...] = ()  # published or listed versions around the one that is not there
    until: float | None = None  # when the proxies ask again, in seconds since the epoch
    hashes: tuple[tuple[str, str], ...] = ()  # of a mismatch: who has which hash
    declares: str = ""  # the path that the served go.mod declares
    fixed: bool = False  # --fix has fetched it
    not_fixed: tuple[NotFixed, str] | None = None  # why --fix has not, with the words of go

    @property
    def verdict(self) -> Verdict:
        """The verdict."""
        return self.why.verdict

    @property
    def finding(self) -> bool:
        """Whether it is reported as something that is wrong."""
        return self.verdict not in (Verdict.OK, Verdict.SKIPPED)


def without_asking(ref: Reference, env: GoEnv | None = None, cache_suffices: bool = False) -> Diagnosis | None:
    """Return the verdict on REF, if no question is needed for it.

    If CACHE_SUFFICES, what the module cache has is taken as resolved.
    """
    if ref.invalid or ref.skipped:
        return Diagnosis(ref, Why.INVALID if ref.invalid else Why.SKIPPED)
    builds_need = (".mod",) if ref.go_mod_only else (".zip", ".info")  # Go takes a module's go.mod before its archive
    if env and cache_suffices and env.has_cached(ref, *builds_need):
        return Diagnosis(ref, Why.OK)
    if env and env.off and not env.is_private(ref.module):
        return Diagnosis(ref._replace(skipped=Skipped(Skip.OFF)), Why.SKIPPED)
    return None
