"""What a proxy means by the words of its 404: many say the real cause there. The only place that reads them."""

import enum
import re


class Cause(enum.Enum):
    """Why a proxy does not have a version, as its own words tell."""

    NO_LOGIN = enum.auto()  # the proxy may not read the repository: the module is private, or is not there
    NO_ORIGIN = enum.auto()  # the proxy could not reach the origin; the next try may succeed
    POLICY = enum.auto()  # a cooldown for young versions, a block list
    NOT_UPLOADED = enum.auto()  # a registry that never fetches: somebody has to upload the version
    UNPUBLISHED = enum.auto()  # the origin did not have it when the proxy looked
    UNSAID = enum.auto()


# In this order: the first that is found decides.
_WORDS = [
    # git's, as goproxy, Athens and the default proxy pass them on
    (Cause.NO_LOGIN, r"could not read (?:username|password)|terminal prompts disabled|authentication failed"),
    (Cause.NO_LOGIN, r"permission denied \(publickey|repository not found|could not read from remote repository"),
    # git's and Go's; "fetch timed out" is goproxy's and the default proxy's
    (Cause.NO_ORIGIN, r"could not resolve host|connection (?:refused|timed out|reset)|fetch timed out|i/o timeout"),
    (Cause.NO_ORIGIN, r"network is unreachable|no route to host|no such host|tls handshake|operation timed out"),
    (Cause.NO_ORIGIN, r"failed to connect to|unable to access|deadline exceeded|temporary failure in name resolution"),
    # repository managers and firewalls
    (Cause.POLICY, r"polic(?:y|ies)\b|blocked|blocklist|block list|quarantin|cool-?down|curation|too (?:new|young)"),
    (Cause.POLICY, r"not allowed|denied by|prohibited|immature|minimum (?:release )?age|excluded by"),
    # registries of code forges
    (Cause.NOT_UPLOADED, r"package (?:does not exist|not found)|404 (?:package|project) not found|no such package"),
    # Go's
    (Cause.UNPUBLISHED, r"unknown revision|no matching versions|invalid version|bad revision|not a valid ref"),
]


def cause(words: str) -> Cause:
    """Return what the WORDS of a 404 mean."""
    return next((cause for cause, pattern in _WORDS if re.search(pattern, words, re.IGNORECASE)), Cause.UNSAID)
