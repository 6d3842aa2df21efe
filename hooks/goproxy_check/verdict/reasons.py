"""The verdicts, and the reasons for each with their words: one table.

A reason is its verdict, why it is so, and what to do. words.py fills in what stands in braces.
"""

import enum
from typing import NamedTuple

from goproxy_check.gofiles.reference import Skip


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
FIXABLE = frozenset({_V.STALE, _V.UNLISTED})


class Remedy(enum.Enum):
    """A command that helps; report/commands.py writes it out."""

    DIRECT = enum.auto()  # fetch it from its origin
    NOSUMDB = enum.auto()  # fetch it without the checksum database
    PRIVATE = enum.auto()  # tell Go that the module is private
    PUSH_TAG = enum.auto()  # publish it
    EDIT = enum.auto()  # require another version
    QUERY = enum.auto()  # let Go write the version
    TIDY = enum.auto()  # drop what nothing needs


class Step(NamedTuple):
    """Something to do: a sentence, or a command with the words that lead to it."""

    text: str
    remedy: Remedy | None = None


NEAREST = Step("Nearest: {}.")
MEANT = Step("If this is what you mean: {}")
_AGAIN = Step("Check go env GOPROXY and GOSUMDB, or try again when it is back.")
_AROUND = Step("If you are allowed to go around the proxy:", Remedy.DIRECT)
_AUTHORS = Step("Do not bypass this: ask the module's authors which hash is right, and tell those who run the proxy.")
_BY_PATH = Step("Require it by that path, in import statements too:", Remedy.EDIT)
_DIFF = Step("Look at: git diff HEAD -- go.sum")
_DROP = Step("Go drops the line if nothing needs it:", Remedy.TIDY)
_FIRST = Step("If this is its first release, fetch it from its origin (once that can be reached):", Remedy.DIRECT)
_FIX = Step("Fetch it here, past the proxy; go.sum gets its lines:", Remedy.DIRECT)
_MINUTE = Step("Try again in a minute: the next attempt often succeeds.")
_NOSUMDB = Step("Wait (half an hour is usual), or give up that check for it, this once:", Remedy.NOSUMDB)
_NOSUMDB_ELSE = Step("Try again where it is in reach, or give up that check for it, this once:", Remedy.NOSUMDB)
_PATH = Step("Require the path that its go.mod declares, or, if the module is yours, publish one that fits.")
_PRIVATE = Step("If it is private, no proxy should be asked for it; this tells Go so:", Remedy.PRIVATE)
_PUSH = Step("Push it:", Remedy.PUSH_TAG)
_QUERY = Step("Let Go write the version that it means now:", Remedy.QUERY)
_READABLE = Step("Make sure that git can read its repository (https://go.dev/doc/faq#git_https).")
_RELEASE = Step("Take a release of https://go.dev/dl/.")
_SLIP = Step("Check the spelling, or ask whoever runs the proxy.")
_SPELLING = Step("Check the spelling of the module path.")
_TAKE = Step("To take the nearest one (then git add go.mod):", Remedy.EDIT)
_YOURS = Step("Where a module is yours, push its tag, in its own repository:", Remedy.PUSH_TAG)


class Why(enum.Enum):
    """The reason of a verdict, with its words."""

    OK = _V.OK, ""
    SKIPPED = _V.SKIPPED, "{skipped}"
    INVALID = _V.INVALID, "{ref.invalid.detail}", MEANT
    QUERY = _V.INVALID, "{ref.invalid.detail}: it is a query, not a version.", _QUERY
    DECLARED = _V.INVALID, "Its go.mod declares the path {declares}, and Go accepts no other.", _BY_PATH
    LOOKED_TOO_EARLY = _V.STALE, "The proxy looked before this version was published, and {remembers}.", _FIX
    NOT_UPLOADED = _V.STALE, "This registry serves only what was uploaded to it, and this version was not.", _FIX
    NO_ARCHIVE = _V.STALE, "The proxy has its go.mod, but not the archive that builds need, and {remembers}.", _FIX
    NOT_IN_FOLDER = _V.STALE, "The folder that is your proxy does not hold it yet.", _FIX
    NO_VERSION = _V.UNLISTED, "The proxy knows no version at all of this module, and {remembers}.", _PRIVATE, _FIRST
    NOT_LATEST = _V.STALE, "It is served, but go get {ref.module}@latest still takes {declares}."
    NO_TAG = _V.UNPUBLISHED, "Not published, so no bypass helps.", NEAREST, _TAKE, _YOURS
    NO_TAG_AT_ALL = _V.UNPUBLISHED, "The origin has no version of it (is it a package?), so no bypass helps.", _YOURS
    NOT_PUSHED = _V.UNPUBLISHED, "The tag is here, but not at its origin yet.", _PUSH
    ONLY_IN_GO_SUM = _V.UNPUBLISHED, "It is not published, and only go.sum names it.", _DROP
    NO_RELEASE = _V.UNPUBLISHED, "There is no such Go release, so no bypass helps.", _RELEASE
    NO_COMMIT = _V.UNPUBLISHED, "Its commit is not at the origin, so no bypass helps.", _QUERY
    UNFIT_TAG = _V.UNPUBLISHED, "The tag is there, but its go.mod does not fit, so no bypass helps.", _PATH
    UNFIT_COMMIT = _V.UNPUBLISHED, "Its commit is there, but the version does not fit it, so no bypass helps.", _QUERY
    OTHERS_LISTED = _V.MISSING, "The proxy lists other versions of this module, not this one.", NEAREST, _TAKE, _YOURS
    LISTED_ONLY = _V.MISSING, "The proxy lists it but does not serve it, and its origin can't be asked.", _AROUND
    NONE_LISTED = _V.MISSING, "The proxy knows no version of this module.", _SPELLING, _PRIVATE, _FIRST
    NO_LOGIN = _V.MISSING, "The proxy may not read its repository, if there is one.", _PRIVATE, _SPELLING
    NO_TOOLCHAIN = _V.MISSING, "The proxy does not have the Go release that this line asks for.", _RELEASE
    NO_ACCESS = _V.MISSING, "Go takes it from its origin, which refuses it or is not there.", _SPELLING, _READABLE
    NO_GO = _V.MISSING, "go.sum does not prove that it is served. Install Go, or put it on PATH, to learn more."
    LOGIN_WANTED = _V.REFUSED, "The proxy wants a login. Give Go yours for it (.netrc or GOAUTH: go help goauth)."
    NOT_LISTED = _V.REFUSED, "The proxy refuses it, and does not list it.", _SLIP, NEAREST, _TAKE
    POLICY = _V.REFUSED, "The proxy has a rule against it (a cooldown, a block list): wait, or ask whoever runs it."
    REFUSED = _V.REFUSED, "The proxy refuses it, as some do with versions that they do not have.", _SLIP, _AROUND
    NO_ANSWER = _V.UNAVAILABLE, "No proxy gave a usable answer, so this could not be checked.", _AGAIN
    BUSY = _V.UNAVAILABLE, "The proxy gets more requests than it takes.", _MINUTE
    PROXY_LACKS_ORIGIN = _V.UNAVAILABLE, "The proxy could not reach the origin, so nothing is known.", _MINUTE
    NO_DATABASE = _V.UNAVAILABLE, "A proxy serves it, but the checksum database gave no usable answer.", _AGAIN
    NO_ORIGIN = _V.UNAVAILABLE, "Go takes it from its origin, which is out of reach: is the network (a VPN?) there?"
    NOT_GO_SUM = _V.MISMATCH, "go.sum was edited or badly merged, or the version was changed later.", _DIFF, _AUTHORS
    NOT_DATABASE = _V.MISMATCH, "The checksum database has another: somebody changed it later, or in between.", _AUTHORS
    MOVED = _V.MISMATCH, "The tag was moved after a proxy had fetched it, which is for ever: publish the next version."
    TAKEN = _V.MISMATCH, "This version number is taken: it was published before. Publish the next version."
    NO_RECORD = _V.UNVERIFIABLE, "The checksum database has no record of it yet, so Go does not take it.", _NOSUMDB

    def __init__(self, verdict: Verdict, text: str, *steps: Step) -> None:
        self.verdict = verdict
        self.text = text
        self.steps = steps


SKIPPED = {
    Skip.IGNORED_FOLDER: "in {0}",
    Skip.WORKSPACE: "a module of the same workspace ({0})",
    Skip.REPLACED: "replaced by {0}",
    Skip.EXCLUDED: "excluded ({0})",
    Skip.PUSHED: "its tag comes with this push",
    Skip.OFF: "GOPROXY=off",
    Skip.LINK: "{0} is a symbolic link that leads to no file of this repository",
}


class NotFixed(enum.Enum):
    """Why --fix did not fetch a version, and what to do."""

    LINK = "go.sum is a symbolic link, or behind one", Step("Fetch it by hand, and add the linked file:", Remedy.DIRECT)
    NO_RECORD = "the checksum database has no record of it yet, so it was not kept", _NOSUMDB
    NO_DATABASE = "the checksum database is out of reach, so it was not kept", _NOSUMDB_ELSE
    NO_ORIGIN = "its origin is out of reach", Step("Try again when the network is there, or wait for the proxy.")
    NO_FOLDER = "{0} is not in the work tree", Step("Check it out (git sparse-checkout add), and try again.")
    NO_LINES = "go.sum got no lines for it", Step("Stage the go.mod of the work tree (git add go.mod), and try again.")
    FAILED = "{0}", Step("To see more:", Remedy.DIRECT)
