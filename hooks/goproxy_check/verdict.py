"""The verdicts, and what they rest on: values that pass from asking to reporting."""

import enum
from dataclasses import dataclass

from goproxy_check.origin import Origin
from goproxy_check.proxy import Answer, Kind
from goproxy_check.references import Reference


class Verdict(str, enum.Enum):
    """What became of one referenced version."""

    OK = "ok"
    STALE = "stale"
    UNLISTED = "unlisted"
    UNPUBLISHED = "unpublished"
    MISSING = "missing"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    MISMATCH = "mismatch"
    UNVERIFIABLE = "unverifiable"
    INVALID = "invalid"
    SKIPPED = "skipped"


FIXABLE = {Verdict.STALE, Verdict.UNLISTED}
DIRECT = ("GOPROXY", "direct")
OFF = "GOPROXY=off"


@dataclass(frozen=True)
class Evidence:
    """All that was learned about one reference.

    HELD is what the proxies said with Disable-Module-Fetch, FETCHED what they said when asked plainly; both are empty
    where no proxy may be asked. LISTED are their lists where they refused. ORIGIN was asked for the tag, the LAST_LOOK
    for its go.mod too. RECORD is the checksum database's answer. RETRACTED is
    why its authors have taken it back. CACHED: the module cache has it, and that is good
    enough. SKIPPED is a reason not to ask at all.
    """

    reference: Reference
    held: tuple[Answer, ...] = ()
    origin: Origin | None = None
    fetched: tuple[Answer, ...] = ()
    last_look: Origin | None = None
    listed: tuple[Answer, ...] = ()
    record: Answer | None = None
    retracted: str = ""
    cached: bool = False
    skipped: str = ""

    @property
    def named(self) -> bool:
        """Tell whether somebody has written its version down: in go.mod, go.work or on the command line."""
        places = self.reference.locations
        return not places or any(not place.file.endswith(".sum") for place in places)


@dataclass(frozen=True)
class Diagnosis:
    """The verdict on one reference: what was SAID by whom, WHY that is so, and what to DO, each a line or more.

    A line of DO that begins with a space is a command.
    NOTES are worth knowing although all is well.
    BYPASS is the setting of Go with which fetching it is a remedy, whoever may use it. FIXED is set once --fix has.
    """

    reference: Reference
    verdict: Verdict
    said: tuple[str, ...] = ()
    why: str = ""
    do: tuple[str, ...] = ()
    proxies: tuple[Answer, ...] = ()
    origin: Origin | None = None
    nearest: tuple[str, ...] = ()
    cached_until: float | None = None
    bypass: tuple[str, str] | None = None
    notes: tuple[str, ...] = ()
    fixed: bool = False

    @property
    def finding(self) -> bool:
        """Tell whether the user has to hear of it."""
        return self.verdict not in (Verdict.OK, Verdict.SKIPPED)


def outcome(answers: tuple[Answer, ...]) -> Kind:
    """Return what ANSWERS about all files of one version mean together.

    The version is served if each of its files is. Otherwise an error outweighs a "not found", as in Go's own report
    (cmd/go/internal/modfetch: TryProxies).
    """
    asked = {answer.resource for answer in answers if answer.resource != "list"}
    served = {answer.resource for answer in answers if answer.kind is Kind.SERVED}
    if asked and asked <= served:
        return Kind.SERVED
    kinds = {answer.kind for answer in answers if answer.resource in asked - served}
    return next((kind for kind in (Kind.REFUSED, Kind.UNAVAILABLE) if kind in kinds), Kind.ABSENT)
