"""What go prints, turned into values: the only place that reads its prose.

The phrases are Go's own (cmd/go/internal: web, modfetch, modload, codehost); a test puts each to the real command.
"""

import enum
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from goproxy_check.system.redact import one_line, redacted_url


class Reason(enum.Enum):
    """Why go did not get a module version."""

    NOT_FOUND = enum.auto()  # 404 or 410
    REFUSED = enum.auto()  # any other 4xx that does not pass by itself
    UNAVAILABLE = enum.auto()  # no answer, or none that makes sense
    MISMATCH = enum.auto()  # not what go.sum or the checksum database has
    NO_RECORD = enum.auto()  # the checksum database has none
    NO_DATABASE = enum.auto()  # the checksum database gave no usable answer
    SETTINGS = enum.auto()  # GOPROXY can't be used
    UNKNOWN_REVISION = enum.auto()  # the origin has no such tag or commit
    UNFIT = enum.auto()  # the tag or commit is there, but not as this version of this module
    NO_ACCESS = enum.auto()  # the origin lets nobody in, or is not there
    TIMED_OUT = enum.auto()
    NO_GO = enum.auto()  # there is no go command
    OTHER = enum.auto()


# In this order: the first that is found decides. "verifying" begins what the checksum database is about.
_PHRASES = [
    (re.compile(r"checksum mismatch|SECURITY ERROR"), Reason.MISMATCH),
    (re.compile(r"/lookup/\S+: (?:404|410) "), Reason.NO_RECORD),
    (re.compile(r"verifying .*: |invalid GOSUMDB|missing GOSUMDB", re.DOTALL), Reason.NO_DATABASE),
    (re.compile(r"invalid (?:file:// )?proxy URL|GOPROXY list is not|parse \"[^\"]*\": "), Reason.SETTINGS),
    (re.compile(r"reading \S+: (?:404|410) |reading file:.*(?:no such file|cannot find)"), Reason.NOT_FOUND),
    (re.compile(r"reading \S+: (?:408|425|429|5\d\d) "), Reason.UNAVAILABLE),
    (re.compile(r"reading \S+: 4\d\d |: Proxy Authentication Required"), Reason.REFUSED),
]
_PASSING = re.compile(
    r"reading \S+: (?:429|50[234]) |connection reset|broken pipe|\bEOF\b|[Tt]imeout|stream error|server closed"
)
# reading https://goproxy.example/m/@v/v1.0.0.info: 404 Not Found⏎⇥server response: not found: …
_HTTP = re.compile(r"reading (\S+?): (?:(\d{3}) ([^\n]*)|[^\n]*)(?:\n\tserver response:\s?(.*))?", re.DOTALL)
_GET = re.compile(r"(?:Get|Head|read) \"([^\"]+)\": ")
_HASHES = re.compile(r"\tdownloaded: (h1:\S+)\n\t(\S+?): +(h1:\S+)")

_ORIGIN_PHRASES = [
    (
        re.compile(r"invalid pseudo-version|must match major version|missing \S*go\.mod|has \S+ module path"),
        Reason.UNFIT,
    ),
    (
        re.compile(
            r"dial tcp|no such host|could not resolve|timed? ?out|refused|unreachable|tls handshake"
            r"|connection reset|(?:failed|couldn't|unable) to connect|temporary failure|network",
            re.IGNORECASE,
        ),
        Reason.UNAVAILABLE,
    ),
    (re.compile(r"exit status|unrecognized import path|reading http|module lookup disabled"), Reason.NO_ACCESS),
    (re.compile(r"unknown revision|no matching versions"), Reason.UNKNOWN_REVISION),
]


@dataclass(frozen=True)
class Failure:
    """A no of go: why, with the details that its words hold."""

    reason: Reason
    detail: str
    """Its words, or those of whoever answered it: one line, redacted."""
    url: str = ""
    """Who said so: the proxy's (or the database's) URL of the file, redacted."""
    status: int = 0
    """Of HTTP."""
    phrase: str = ""
    """The words that come with the status: Not Found."""
    may_pass: bool = False
    """Another try may succeed at once."""
    hashes: tuple[str, str, str] = ("", "", "")
    """Of a mismatch: the hash of what was downloaded, who has another, and which."""


def failure(text: str) -> Failure:
    """Return what the error TEXT of ``go list`` or ``go mod download`` means."""
    reason = next((reason for phrase, reason in _PHRASES if phrase.search(text)), Reason.UNAVAILABLE)
    http, get, hashes = _HTTP.search(text), _GET.search(text), _HASHES.search(text)
    may_pass = reason in (Reason.UNAVAILABLE, Reason.NO_DATABASE) and bool(_PASSING.search(text))
    detail = (http[4] or ("" if http[2] else text)) if http else _last_part(text)
    return Failure(
        reason,
        one_line(detail),
        redacted_url(http[1] if http else get[1] if get else ""),
        int(http[2]) if http and http[2] else 0,
        one_line(http[3] or "", 60) if http else "",
        may_pass,
        hashes.groups() if hashes else ("", "", ""),  # type: ignore[arg-type]
    )


def _last_part(text: str) -> str:
    """Return the end of an error that says most: without the module and the URL, which are shown already."""
    return re.sub(r"^.*?(?:(?:Get|Head|read) \"[^\"]+\": |@v\S+: )", "", text.strip(), count=1, flags=re.DOTALL)


def origin_failure(text: str, query: str) -> Failure:
    """Return what the error TEXT of go says about the origin of QUERY (MODULE or MODULE@VERSION)."""
    reason = next((reason for phrase, reason in _ORIGIN_PHRASES if phrase.search(text)), Reason.OTHER)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    by_git = [line for line in lines if line.startswith(("fatal:", "error:", "ssh:", "remote:"))]
    words = (by_git or lines or ["no answer"])[0].removeprefix(f"{query}: ").removeprefix("invalid version: ")
    return Failure(reason, one_line(words.removeprefix(f"module {query}: ")))


def json_objects(output: bytes) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects that stand one after the other in OUTPUT, as go prints them; ends at anything else."""
    decoder, text, at = json.JSONDecoder(), output.decode("utf-8", "replace"), 0
    while start := re.compile(r"\s*(?=\S)").match(text, at):
        try:
            item, at = decoder.raw_decode(text, start.end())
        except (ValueError, RecursionError):
            return
        if isinstance(item, dict):
            yield item
