"""The verdicts, and the reasons for each with their words: one table. report/text.py fills in what stands in braces."""

import enum


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


_V = Verdict
FINE, FIXABLE = frozenset({_V.OK, _V.SKIPPED}), frozenset({_V.STALE, _V.UNLISTED})


class Remedy(enum.Enum):
    """Something to do for which there is a command, with the words that lead to it; report/commands.py writes it."""

    DIRECT = "Fetch it here, past the proxy; go.sum gets its lines:"
    FIRST = "If this is its first release, fetch it from its origin:"
    NOSUMDB = "Wait (half an hour is usual), or give up that check for it, this once:"
    PRIVATE = "If it is private, no proxy should be asked for it; this tells Go so:"
    PUSH_TAG = "Where a module is yours, push its tag, in its own repository:"
    EDIT = "To take the nearest one (then go mod tidy, and git add go.mod go.sum):"
    MOVE = "Require it by that path, in import statements too:"
    QUERY = "Let Go write the version that it means now:"
    TIDY = "Go drops the line if nothing needs it:"


_R = Remedy
FETCHES = (_R.DIRECT, _R.FIRST)  # the same command, with other words
NO_DIRECT = "GOPROXY has no direct: a rule (a cooldown, a block list) may be against going around the proxy."
_AGAIN = "Try again in a minute, or check: go env GOPROXY GOSUMDB"
_ASK = "Check the spelling, or ask whoever runs the proxy; going around it may be against a rule."
_AUTHORS = "Do not bypass this: ask the module's authors which hash is right, and tell those who run the proxy."
_DIFF = "Look at: git diff HEAD -- go.sum"
_PATH = "Require the path that its go.mod declares, or, if the module is yours, publish one that fits."
_READABLE = "Make sure that git can read its repository (https://go.dev/doc/faq#git_https)."
_RELEASE = "Take a release of https://go.dev/dl/."
_SPELLING = "Check the spelling of the module path."


class Why(enum.Enum):
    """The reason of a verdict, with its words; of what is skipped it has the name of the reference's Skip."""

    OK = _V.OK, ""
    IGNORED_FOLDER = _V.SKIPPED, "in {ref.skipped.detail}"
    WORKSPACE = _V.SKIPPED, "a module of the same workspace ({ref.skipped.detail})"
    REPLACED = _V.SKIPPED, "replaced by {ref.skipped.detail}"
    EXCLUDED = _V.SKIPPED, "excluded ({ref.skipped.detail})"
    PUSHED = _V.SKIPPED, "its tag comes with this push"
    OFF = _V.SKIPPED, "GOPROXY=off"
    LINK = _V.SKIPPED, "{ref.skipped.detail} is a symbolic link that leads to no file of this repository"
    INVALID = _V.INVALID, "{ref.invalid.detail}"
    QUERY = _V.INVALID, "{ref.invalid.detail}: it is a query, not a version.", _R.QUERY
    DECLARED = _V.INVALID, "Its go.mod declares the path {declares}, and Go accepts no other.", _R.MOVE
    LOOKED_TOO_EARLY = _V.STALE, "The proxy looked before this version was published, and {remembers}.", _R.DIRECT
    NOT_UPLOADED = _V.STALE, "This registry serves only what was uploaded to it, and this version was not.", _R.DIRECT
    NO_ARCHIVE = _V.STALE, "The proxy has its go.mod, but not the archive that builds need, and {remembers}.", _R.DIRECT
    NOT_IN_FOLDER = _V.STALE, "The folder that is your proxy does not hold it yet.", _R.DIRECT
    NO_VERSION = _V.UNLISTED, "The proxy knows no version of this module, and {remembers}.", _R.PRIVATE, _R.FIRST
    NOT_LATEST = _V.STALE, "It is served, but go get {ref.module}@latest still takes {declares}."
    NO_TAG = _V.UNPUBLISHED, "Not published, so no bypass helps.", _R.EDIT, _R.PUSH_TAG
    NO_TAG_AT_ALL = _V.UNPUBLISHED, "The origin has no version of it (a package?), so no bypass helps.", _R.PUSH_TAG
    NOT_PUSHED = _V.UNPUBLISHED, "The tag is here, but not at its origin yet.", _R.PUSH_TAG
    ONLY_IN_GO_SUM = _V.UNPUBLISHED, "It is not published, and only go.sum names it.", _R.TIDY
    NO_RELEASE = _V.UNPUBLISHED, "There is no such Go release, so no bypass helps.", _RELEASE
    NO_COMMIT = _V.UNPUBLISHED, "Its commit is not at the origin, so no bypass helps.", _R.QUERY
    UNFIT_TAG = _V.UNPUBLISHED, "The tag is there, but its go.mod does not fit, so no bypass helps.", _PATH
    UNFIT_COMMIT = _V.UNPUBLISHED, "Its commit is there, but the version does not fit it, so no bypass helps.", _R.QUERY
    OTHERS_LISTED = _V.MISSING, "The proxy lists other versions of this module, not this one.", _R.EDIT, _R.PUSH_TAG
    LISTED_ONLY = _V.MISSING, "The proxy lists it but does not serve it, and its origin can't be asked.", _R.DIRECT
    NONE_LISTED = _V.MISSING, "The proxy knows no version of this module.", _SPELLING, _R.PRIVATE, _R.FIRST
    NO_LOGIN = _V.MISSING, "The proxy may not read its repository, if there is one.", _R.PRIVATE, _SPELLING
    NO_TOOLCHAIN = _V.MISSING, "The proxy does not have the Go release that this line asks for.", _RELEASE
    NO_ACCESS = _V.MISSING, "Go takes it from its origin, which refuses it or is not there.", _SPELLING, _READABLE
    NO_GO = _V.MISSING, "go.sum does not prove that it is served. Install Go, or put it on PATH, to learn more."
    NETWORK_LOGIN = _V.REFUSED, "The network's proxy wants a login: put it into the URL of HTTPS_PROXY (or HTTP_PROXY)."
    LOGIN_WANTED = _V.REFUSED, "The proxy wants a login. Give Go yours for it (.netrc or GOAUTH: go help goauth)."
    NOT_LISTED = _V.REFUSED, "The proxy refuses it, and does not list it.", _ASK, _R.EDIT
    POLICY = _V.REFUSED, "The proxy has a rule against it (a cooldown, a block list): wait, or ask whoever runs it."
    REFUSED = _V.REFUSED, "The proxy refuses it, as some do with versions that they do not have.", _ASK, _R.DIRECT
    NO_ANSWER = _V.UNAVAILABLE, "No proxy gave a usable answer, so this could not be checked.", _AGAIN
    LACKS_ORIGIN = _V.UNAVAILABLE, "The proxy could not reach the origin, so nothing is known. Try again in a minute."
    NO_DATABASE = _V.UNAVAILABLE, "A proxy serves it, but the checksum database gave no usable answer.", _AGAIN
    NO_ORIGIN = _V.UNAVAILABLE, "Go takes it from its origin, which is out of reach: is the network (a VPN?) there?"
    NOT_GO_SUM = _V.MISMATCH, "go.sum was edited or badly merged, or the version was changed later.", _DIFF, _AUTHORS
    NOT_DATABASE = (
        _V.MISMATCH,
        "The checksum database has another: it was changed after its release, or on its way here.",
        _AUTHORS,
    )
    MOVED = _V.MISMATCH, "The tag was moved, but what a proxy once fetched stays. Publish the next version."
    TAKEN = _V.MISMATCH, "This version number is taken, and can't be replaced. Publish the next version."
    NO_RECORD = _V.UNVERIFIABLE, "The checksum database has no record of it yet, so Go does not take it.", _R.NOSUMDB

    def __init__(self, verdict: Verdict, text: str, *steps: str | Remedy) -> None:
        self.verdict, self.text, self.steps = verdict, text, steps


class NotFixed(enum.Enum):
    """Why --fix did not fetch a version, and what to do."""

    LINK = "go.sum is a symbolic link, or behind one", _R.DIRECT
    NO_RECORD = "the checksum database has no record of it yet, so it was not kept", _R.NOSUMDB
    NO_DATABASE = "the checksum database is out of reach, so it was not kept", _R.NOSUMDB
    NO_ORIGIN = "its origin is out of reach", "Try again when the network is there, or wait for the proxy."
    NO_FOLDER = "{0} is not in the work tree", "Check it out (git sparse-checkout add), and try again."
    NO_LINES = "go.sum got no lines for it", "Stage the go.mod of the work tree (git add go.mod), and try again."
    FAILED = "{0}", _R.DIRECT
