"""Which versions their authors have taken back (https://go.dev/ref/mod#go-mod-file-retract).

A retraction stands in the go.mod of the latest version, retracted or not (cmd/go/internal/modload: CheckRetractions).
"""

import re
from collections.abc import Iterator, Sequence

from goproxy_check.module import canonical_version, semver_key
from goproxy_check.parallel import Deadline
from goproxy_check.proxy import ProxyClient
from goproxy_check.redact import one_line
from goproxy_check.references import Reference

_VERSION = re.compile(r"v[^\s,\[\]\"`]+")


def retracted(references: Sequence[Reference], proxies: ProxyClient, deadline: Deadline) -> list[str]:
    """Return for each reference what its authors say of its retraction, "" where they do not, or nobody knows.

    The proxies are asked only for what they hold.
    """
    lists = proxies.listed(references, deadline)
    newest = [latest([version for answer in answers for version in answer.versions]) for answers in lists]
    wanted = [Reference(ref.module, version) for ref, version in zip(references, newest, strict=True) if version]
    texts = dict(zip(wanted, proxies.go_mods(wanted, deadline), strict=True))
    notes = []
    for ref, version in zip(references, newest, strict=True):
        key = semver_key(ref.version)
        spans = retractions(texts.get(Reference(ref.module, version), ""))
        reasons = [why.strip() for low, high, why in spans if semver_key(low) <= key <= semver_key(high)]
        first = one_line(next(filter(None, reasons), "").split("\n")[0])
        notes.append(first or "by its authors, who do not say why" if reasons else "")
    return notes


def latest(versions: Sequence[str]) -> str:
    """Return what ``latest`` means: the highest release, or else the highest pre-release; "" for none.

    A major version without a go.mod (``+incompatible``) comes into it only where there is no other.
    """
    sound = [version for version in versions if canonical_version(version) == version]
    sound = [version for version in sound if not version.endswith("+incompatible")] or sound
    return max([version for version in sound if "-" not in version] or sound, key=semver_key, default="")


def retractions(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield the first and the last version of every retract line of the go.mod TEXT, and its comment.

    A comment is beside the line or right above it, or above the block (x/mod/modfile: parseDirectiveComment).
    """
    above: list[str] = []
    reason: list[str] = []  # of the block
    block = ""
    for line in text.split("\n"):
        code, slashes, comment = line.partition("//")
        beside = [comment.strip()] if slashes else []
        words = code.replace("(", " ( ").split()
        if not words:
            above = above if slashes or block else []
            above += beside
            continue
        if not block and words[1:] == ["("]:
            block, reason = words[0], above
        elif words == [")"]:
            block = ""
        elif (block or words[0]) == "retract" and "`" not in code and (versions := _VERSION.findall(code)):
            yield versions[0], versions[-1], "\n".join(above + beside or (reason if block else []))
        above = []
