"""What go prints, and what proxies say in it, turned into values: the only place that reads prose.

The phrases are those of cmd/go/internal (web, modfetch, modload, codehost); a test puts each to the real command.
"""

import enum
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

from goproxy_check.system.redact import one_line, redacted_url

T = TypeVar("T")


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
    FAILED = enum.auto()  # go could not do its work here


class Failure(NamedTuple):
    """A no of go: why, with the details that its words hold."""

    reason: Reason
    detail: str = ""  # its words, or those of whoever answered it: one line, redacted
    url: str = ""  # which file of the proxy, or record of the database, it is about; redacted
    status: int = 0  # of HTTP
    phrase: str = ""  # the words that come with the status: Not Found
    may_pass: bool = False  # the next try may succeed
    hashes: tuple[str, str, str] = ("", "", "")  # of a mismatch: downloaded, who has another, which


class Cause(enum.Enum):
    """Why a proxy does not have a version, as its own words tell."""

    NO_LOGIN = enum.auto()  # the proxy may not read the repository: the module is private, or is not there
    NO_ORIGIN = enum.auto()  # the proxy could not reach the origin; the next try may succeed
    POLICY = enum.auto()  # a cooldown for young versions, a block list
    NOT_UPLOADED = enum.auto()  # a registry that never fetches: somebody has to upload the version
    UNSAID = enum.auto()


# In each table the first phrase that is found decides. "verifying" begins what the checksum database is about.
_PHRASES = [
    (Reason.MISMATCH, r"checksum mismatch"),
    (Reason.NO_RECORD, r"/lookup/\S+: (?:404|410) "),
    (Reason.NO_DATABASE, r"verifying .*: "),
    (Reason.SETTINGS, r"^\S+: (?:invalid (?:file:// )?proxy URL|parse \")"),
    (Reason.NOT_FOUND, r"reading \S+: (?:404|410) |reading file:.*(?:no such file|cannot find)"),
    (Reason.REFUSED, r"reading \S+: 4(?!08|25|29)\d\d |: Proxy Authentication Required"),
]
_ORIGIN_PHRASES = [
    (Reason.UNFIT, r"invalid pseudo-version|missing \S*go\.mod|has \S+ module path"),
    (Reason.UNAVAILABLE, r"dial tcp|(?i:no such host|could not resolve|timed? ?out|refused|unreachable|tls handshake)"),
    (Reason.UNAVAILABLE, r"(?i:connection reset|(?:failed|couldn't|unable) to connect|temporary failure|network)"),
    (Reason.UNKNOWN_REVISION, r"unknown revision|no matching versions"),
]
_WORDS = [
    # git's, as goproxy, Athens and the default proxy pass them on
    (Cause.NO_LOGIN, r"(?i)could not read (?:username|password)|terminal prompts disabled|authentication failed"),
    (Cause.NO_LOGIN, r"(?i)permission denied \(publickey|repository not found|could not read from remote repository"),
    # git's and Go's; "fetch timed out" is goproxy's and the default proxy's
    (Cause.NO_ORIGIN, r"(?i)could not resolve host|connection (?:refused|timed out|reset)|fetch timed out|i/o timeout"),
    (Cause.NO_ORIGIN, r"(?i)network is unreachable|no route to host|no such host|tls handshake|operation timed out"),
    (Cause.NO_ORIGIN, r"(?i)failed to connect to|unable to access|deadline exceeded|temporary failure in name resol"),
    # repository managers and firewalls
    (Cause.POLICY, r"(?i)polic(?:y|ies)\b|block(?:ed|list| list)|quarantin|cool-?down|curation|too (?:new|young)"),
    (Cause.POLICY, r"(?i)not allowed|denied by|prohibited|immature|minimum (?:release )?age|excluded by"),
    # registries of code forges
    (Cause.NOT_UPLOADED, r"(?i)package (?:does not exist|not found)|404 (?:package|project) not found|no such package"),
]
_PASSING = r"reading \S+: (?:429|50[234]) |connection reset|broken pipe|\bEOF\b|[Tt]imeout|stream error|server closed"
# reading https://goproxy.example/m/@v/v1.0.0.info: 404 Not Found⏎⇥server response: not found: …
_HTTP = r"reading (\S+?): (?:(\d{3}) ([^\n]*)|[^\n]*)(?:\n\tserver response:\s?(.*))?"
_FIELDS = {"Path": str, "Version": str, "Versions": list, "Origin": dict, "Time": str, "GoMod": str}  # of its JSON
_GET = r"^.*?(?:Get|Head|read) \"([^\"]+)\": "
_HASHES = r"\tdownloaded: (h1:\S+)\n\t(\S+?): +(h1:\S+)"


def cause(words: str) -> Cause:
    """Return what the WORDS of a proxy's 404 mean."""
    return _first(_WORDS, words, Cause.UNSAID)


def failure(text: str, origin_of: str = "") -> Failure:
    """Return what the error TEXT of go means; of an origin, if it was asked about MODULE or MODULE@VERSION there."""
    if origin_of:
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        by_git = [line for line in lines if line.startswith(("fatal:", "error:", "ssh:", "remote:"))]
        words = (by_git or [" ".join(lines) or "no answer"])[0].removeprefix("module ").removeprefix(f"{origin_of}: ")
        words = words.removeprefix("invalid version: ").rpartition('": ')[2]  # what comes before names URLs
        return Failure(_first(_ORIGIN_PHRASES, text, Reason.NO_ACCESS), one_line(words))
    reason = _first(_PHRASES, text, Reason.UNAVAILABLE)
    may_pass = reason in (Reason.UNAVAILABLE, Reason.NO_DATABASE) and bool(re.search(_PASSING, text))
    detail, url, status, phrase = re.sub(r"^\S+@v\S+: ", "", text.strip()), "", 0, ""
    if http := re.search(_HTTP, text, re.DOTALL):
        url, status, phrase = http[1], int(http[2] or 0), one_line(http[3] or "", 60)
        detail = http[4] or ("" if status else text)
    elif get := re.search(_GET, text, re.DOTALL):
        url, detail = get[1], text[get.end() :]
    has = re.search(_HASHES, text) or ("", "", "", "")
    return Failure(reason, one_line(detail), redacted_url(url), status, phrase, may_pass, (has[1], has[2], has[3]))


def _first(phrases: Sequence[tuple[T, str]], text: str, otherwise: T) -> T:
    return next((meaning for meaning, phrase in phrases if re.search(phrase, text, re.DOTALL)), otherwise)


def json_objects(output: bytes) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects that stand one after the other in OUTPUT, as go prints them; ends at anything else."""
    decoder, text, at = json.JSONDecoder(), output.decode("utf-8", "replace"), 0
    while start := re.compile(r"\s*(?=\S)").match(text, at):
        try:
            item, at = decoder.raw_decode(text, start.end())
        except (ValueError, RecursionError):
            return
        if isinstance(item, dict) and all(isinstance(item.get(name, kind()), kind) for name, kind in _FIELDS.items()):
            yield item
