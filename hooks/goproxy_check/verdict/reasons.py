"""The verdicts, and the reason for each with its words: one table.

A reason is the verdict, why it is so, and what to do: sentences, and the commands that they end with. What stands in
braces is filled in by words.py.
"""

import enum
from typing import NamedTuple

from goproxy_check.gofiles.problems import Invalid, Skip


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


FIXABLE = frozenset({Verdict.STALE, Verdict.UNLISTED})


class Remedy(enum.Enum):
    """A command that helps; report/commands.py writes it out."""

    DIRECT = enum.auto()  # fetch it from its origin
    NOSUMDB = enum.auto()  # fetch it without the checksum database
    PRIVATE = enum.auto()  # tell Go that the module is private
    PUSH_TAG = enum.auto()  # publish it
    EDIT = enum.auto()  # require another version
    QUERY = enum.auto()  # let Go write the version


class Step(NamedTuple):
    """Something to do: a sentence, and the command that it ends with, if any."""

    text: str
    remedy: Remedy | None = None


_FIX = Step("", Remedy.DIRECT)
_YOURS = Step("If the module is yours, push its tag, in its own repository:", Remedy.PUSH_TAG)
_NEAREST = Step("Nearest: {nearest}. To take one of them:", Remedy.EDIT)
_PRIVATE = Step("If it is private, no proxy should be asked for it; this tells Go so:", Remedy.PRIVATE)
_FIRST = Step("If this is its first release:", Remedy.DIRECT)
_AUTHORS = Step("Do not bypass this: ask the module's authors which hash is right.")
_CORRECT = Step("Correct the line.")
_V = Verdict


class Why(enum.Enum):
    """The reason of a verdict, with its words."""

    OK = (_V.OK, "")
    SKIPPED = (_V.SKIPPED, "{skipped}")
    INVALID = (_V.INVALID, "{detail}")
    DECLARED = (
        _V.INVALID,
        "Its go.mod declares the path {declares}, and Go accepts it as a requirement under that path only.",
        Step("Require it by that path, in import statements too:", Remedy.EDIT),
    )
    LOOKED_TOO_EARLY = (_V.STALE, "The proxy looked before this version was published, and {remembers}.", _FIX)
    NO_ARCHIVE = (_V.STALE, "The proxy has its go.mod, but not the archive that builds need, and {remembers}.", _FIX)
    NOT_IN_FOLDER = (_V.STALE, "The folder that is your proxy does not hold it yet.", _FIX)
    NO_VERSION_LISTED = (
        _V.UNLISTED,
        "The proxy knows no version at all of this module, and {remembers}.",
        _PRIVATE,
        _FIRST,
    )
    NO_TAG = (_V.UNPUBLISHED, "It is not published, so no bypass helps.", _NEAREST, _YOURS)
    NO_VERSION_AT_ALL = (
        _V.UNPUBLISHED,
        "The origin has no version of this module at all, so no bypass helps.",
        Step("If {module} is a package of another module, require that one."),
        _YOURS,
    )
    NO_COMMIT = (
        _V.UNPUBLISHED,
        "Its commit is not at the origin, so no bypass helps.",
        Step("If the module is yours, push that commit. Else take the newest version:", Remedy.QUERY),
    )
    UNFIT_TAG = (
        _V.UNPUBLISHED,
        "The tag is there, but it can't be used as this module, so no bypass helps.",
        Step("Check the module path. If the module is yours, correct its go.mod and publish the next version."),
    )
    UNFIT_COMMIT = (
        _V.UNPUBLISHED,
        "Its commit is there, but the rest of the version does not fit it, so no bypass helps.",
        Step("Let Go write the version for that commit:", Remedy.QUERY),
    )
    OTHERS_LISTED = (_V.MISSING, "The proxy lists other versions of this module, but not this one.", _NEAREST, _YOURS)
    LISTED_ONLY = (
        _V.MISSING,
        "The proxy lists it but does not serve it, and its origin could not be asked.",
        Step("Try again in a while. To fetch it from its origin, once that can be reached:", Remedy.DIRECT),
    )
    NONE_LISTED = (
        _V.MISSING,
        "The proxy knows no version of this module, and its origin could not be asked.",
        Step("Check the spelling of {module}."),
        _PRIVATE,
        Step("If this is its first release, fetch it once its origin can be reached:", Remedy.DIRECT),
    )
    NO_LOGIN = (
        _V.MISSING,
        "The proxy may not read the repository: it is private, or it does not exist.",
        _PRIVATE,
        Step("Else check the spelling of {module}."),
    )
    NO_TOOLCHAIN = (
        _V.MISSING,
        "The go or toolchain line asks for a Go release that the proxy does not have.",
        Step("{releases}Correct the line."),
    )
    NO_ACCESS = (
        _V.MISSING,
        "Go takes this module from its origin, and the origin does not let it in, or is not there.",
        Step("Check the spelling, and that git can read its repository (https://go.dev/doc/faq#git_https)."),
    )
    NO_GO = (
        _V.MISSING,
        "go.sum does not prove it, and without a go command there is nothing else to ask.",
        Step("Install Go, or put it on PATH, to learn more."),
    )
    LOGIN_WANTED = (
        _V.REFUSED,
        "The proxy wants a login.",
        Step("Give Go your login for it (.netrc or GOAUTH: go help goauth)."),
    )
    REFUSED_AND_UNLISTED = (
        _V.REFUSED,
        "The proxy refuses it, and does not list it either.",
        Step("If it is a slip, take one that it lists ({nearest}):", Remedy.EDIT),
        Step("Else ask whoever runs the proxy."),
    )
    POLICY = (
        _V.REFUSED,
        "The proxy has a rule against it (a cooldown for young versions, a block list).",
        Step("Wait, take another version, or ask whoever runs the proxy."),
    )
    REFUSED = (
        _V.REFUSED,
        "The proxy refuses it. Some proxies do so for versions that they do not have.",
        Step("Check the spelling, or ask whoever runs the proxy. If you are allowed to go around it:", Remedy.DIRECT),
    )
    NO_ANSWER = (
        _V.UNAVAILABLE,
        "No proxy gave a usable answer, so nothing is known about this version.",
        Step("Try again when it is back, if go env GOPROXY is right."),
    )
    BUSY = (
        _V.UNAVAILABLE,
        "The proxy gets more requests than it takes, so nothing is known about this version.",
        Step("Try again in a minute."),
    )
    PROXY_LACKS_ORIGIN = (
        _V.UNAVAILABLE,
        "The proxy could not reach the origin, so nothing is known about this version.",
        Step("Try again in a minute: the next attempt often succeeds."),
    )
    NO_DATABASE = (
        _V.UNAVAILABLE,
        "A proxy serves it, but the checksum database, which Go asks about it, gave no usable answer.",
        Step("Try again when it is back, if go env GOSUMDB is right."),
    )
    NO_ORIGIN = (
        _V.UNAVAILABLE,
        "Go takes this module from its origin, which is out of reach, so nothing is known about this version.",
        Step("Try again when the network (a VPN?) is there, if the path is right."),
    )
    NOT_GO_SUM = (
        _V.MISMATCH,
        "The line in go.sum was edited or badly merged, or the version was changed once published, or worse.",
        Step("Look at: git diff HEAD -- go.sum"),
        _AUTHORS,
    )
    NOT_DATABASE = (
        _V.MISMATCH,
        "The version was changed once published, or somebody in between changes what you get.",
        _AUTHORS,
        Step("Tell those who run the proxy."),
    )
    NO_RECORD = (
        _V.UNVERIFIABLE,
        "A proxy serves it, but the checksum database has no record of it yet, so Go does not take it.",
        Step("Wait (half an hour is usual), or give up that check for it, this once:", Remedy.NOSUMDB),
    )

    def __init__(self, verdict: Verdict, text: str, *steps: Step) -> None:
        self.verdict = verdict
        self.text = text
        self.steps = steps


# What to do about a line or a version that is no reference.
INVALID_STEPS = {
    Invalid.SYNTAX: _CORRECT,
    Invalid.VERSION: _CORRECT,
    Invalid.PATH: _CORRECT,
    Invalid.NO_V: Step("A version begins with a v: {right}"),
    Invalid.QUERY: Step("It is a query, not a version. Let Go write the version that it means now:", Remedy.QUERY),
    Invalid.MAJOR: Step("If this is what you mean: {right}"),
    Invalid.CONFLICT: Step("Resolve the conflict, and git add the file."),
    Invalid.SIZE: Step(""),
}

SKIPPED = {
    Skip.IGNORED_FOLDER: "in {0}",
    Skip.WORKSPACE: "a module of the same workspace ({0})",
    Skip.REPLACED: "replaced by {0}",
    Skip.EXCLUDED: "excluded ({0})",
    Skip.PUSHED: "its tag comes with this push",
    Skip.OFF: "GOPROXY=off",
    Skip.LINK: "{0} is a symbolic link that leads out of the repository",
}


class NotFixed(enum.Enum):
    """Why --fix did not fetch a version."""

    LINK = "go.sum is a symbolic link, or behind one, and git would not add it"
    NO_RECORD = "it came, but the checksum database has no record of it yet, so it was not kept"
    NO_DATABASE = "it came, but the checksum database is out of reach, so it was not kept"
    NO_LINES = "go.sum got no lines for it: is the go.mod in the work tree the one that is staged?"
    FAILED = ""
