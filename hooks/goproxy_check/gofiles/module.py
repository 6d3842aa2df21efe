"""Module paths and versions, by the rules of golang.org/x/mod (module, semver) and https://go.dev/ref/mod#versions."""

import enum
import posixpath
import re
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import NamedTuple

_NUMBER = r"(?:0|[1-9][0-9]*)"
_PRERELEASE = rf"(?:{_NUMBER}|(?=[0-9A-Za-z-]*[A-Za-z-])[0-9A-Za-z-]+)"
# v1, v1.2, v1.2.3, v1.2.3-rc.1, v1.2.3+meta
_SEMVER = re.compile(
    rf"(v{_NUMBER})(?:\.({_NUMBER})(?:\.({_NUMBER})"
    rf"(-{_PRERELEASE}(?:\.{_PRERELEASE})*)?(\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)?)?"
)
# v0.0.0-20210101000000-0123456789ab, v1.2.4-0.20210101000000-0123456789ab
_PSEUDO = r"v[0-9]+\.(?:0\.0-|[0-9]+\.[0-9]+-(?:[^+]*\.)?0\.)[0-9]{14}-[A-Za-z0-9]+(?:\+[0-9A-Za-z.-]+)?"
# latest, main, <v1.5.0, 0123abc (https://go.dev/ref/mod#version-queries), but no slip such as v1.0.l
_QUERY = r"(?!v[0-9])(?:[<>]=?)?[0-9A-Za-z][-+./_0-9A-Za-z]*"
_PATH = re.compile(r"[0-9a-z][-0-9a-z]*\.[-.0-9a-z]+(?:/[-_~0-9A-Za-z][-._~0-9A-Za-z]*)*")  # github.com/org/lib
_MAJOR = r"(.*)(/v(?:[2-9]|[1-9][0-9]+))"  # example.com/a/v2
_GOPKG = r"(.+)(\.v(?:0|[1-9][0-9]*(?:-unstable)?|-unstable))"  # gopkg.in/yaml.v2
# What Windows takes for something else: con.go, long~1.go, end.
_BAD_ELEMENT = re.compile(r"(?:con|prn|aux|nul|com[1-9]|lpt[1-9])(?:\..*)?|[^.]*~[0-9]+(?:\..*)?|.*\.", re.IGNORECASE)


class Invalid(enum.Enum):
    """Why something cannot be a reference to a module version, as far as anything depends on that."""

    QUERY = enum.auto()  # latest, a branch: go get writes the version that it means now
    PATH = enum.auto()  # not a module path that can be downloaded; it may be replaced
    OTHER = enum.auto()


class Problem(NamedTuple):
    """What is wrong with a line: DETAIL is in Go's own words where Go has any; RIGHT is the corrected reference."""

    line: int
    kind: Invalid
    detail: str
    right: str = ""


def canonical_version(version: str) -> str:
    """Return VERSION in canonical form, such as v1.2.0 for v1.2, "" if it has none (x/mod/module.CanonicalVersion)."""
    if not (match := _SEMVER.fullmatch(version)):
        return ""
    major, minor, patch, pre, build = match.groups()
    return f"{major}.{minor or 0}.{patch or 0}{pre or ''}{build if build == '+incompatible' else ''}"


def is_pseudo(version: str) -> bool:
    """Return whether VERSION names a commit by time and hash (x/mod/module.IsPseudoVersion)."""
    return bool(re.fullmatch(_PSEUDO, version) and canonical_version(version))


def semver_key(version: str) -> tuple[object, ...]:
    """Return a sort key in semantic version order (x/mod/semver.Compare); invalid versions come first."""
    if not (match := _SEMVER.fullmatch(version)):
        return ()
    major, minor, patch, pre, _ = match.groups(default="")
    # A number without leading zeros is compared by its length first: it may be longer than int() takes.
    numbers = [(len(number), number) for number in (major, minor or "0", patch or "0")]
    # Numeric identifiers sort below all others, a longer list above its own prefix, and no list at all above both.
    keys = [(0, len(part), part) if part.isdigit() else (1, 0, part) for part in pre[1:].split(".")]
    return *numbers, keys if pre else [(2,)]


def split_path_version(path: str) -> tuple[str, str, bool]:
    """Return prefix and major suffix (``/v2``) of PATH, and whether it is valid (x/mod/module.SplitPathVersion)."""
    gopkg = path.startswith("gopkg.in/")
    if match := re.fullmatch(_GOPKG if gopkg else _MAJOR, path, re.DOTALL):
        return match[1], match[2], True
    return path, "", not (gopkg or re.search(r"/v[0-9.]+\Z", path))


@lru_cache(maxsize=8192)  # the files of a repository name the same versions
def check(path: str, version: str) -> Problem | None:
    """Return why PATH at VERSION cannot be downloaded by anybody (x/mod/module.Check, canonical form)."""
    if not version or canonical_version(version) != version:
        detail = f"{path}: version {version} invalid: must be of the form v1.2.3"
        right = f"{path}@v{version}" if canonical_version(f"v{version}") else ""
        query = not right and (canonical_version(version) or re.fullmatch(_QUERY, version))
        return Problem(0, Invalid.QUERY if query else Invalid.OTHER, detail, right)
    prefix, suffix, valid = split_path_version(path)
    if not valid or not _PATH.fullmatch(path) or any(map(_BAD_ELEMENT.fullmatch, path.split("/"))):
        return Problem(0, Invalid.PATH, f'malformed module path "{path}"{": invalid version suffix" * (not valid)}')
    major, wanted = version.partition(".")[0], suffix[1:].removesuffix("-unstable")
    fits = major == wanted if suffix else major in ("v0", "v1") or version.endswith("+incompatible")
    if fits or (wanted == "v1" and version.startswith("v0.0.0-")):  # of gopkg.in/….v1, by an old bug
        return None
    separator = "." if path.startswith("gopkg.in/") else "/"
    right = prefix if major in ("v0", "v1") and separator == "/" else f"{prefix}{separator}{major}"
    detail = f'{path}: version "{version}" invalid: should be {wanted or "v0 or v1"}, not {major}'
    return Problem(0, Invalid.OTHER, detail, f"{right}@{version}")


def escape(text: str) -> str:
    """Return a module path or version as in a proxy's URL: ``!azure`` for ``Azure`` (x/mod/module.EscapePath)."""
    return re.sub("[A-Z]", lambda match: "!" + match[0].lower(), text)


def tag(path: str, version: str, repository: str) -> str:
    """Return the tag of REPOSITORY that publishes VERSION of PATH (https://go.dev/ref/mod#vcs-version)."""
    prefix = split_path_version(path)[0]
    root = re.sub(r"^\w+://|\.git$", "", repository)
    folder = posixpath.relpath(prefix, root) if root and prefix.startswith(f"{root}/") else ""
    return posixpath.join(folder, version.removesuffix("+incompatible"))


def nearest_versions(version: str, published: tuple[str, ...]) -> tuple[str, ...]:
    """Return the three published versions around VERSION, and the newest, in order."""
    ordered = sorted((item for item in published if item != version), key=semver_key)
    below = sum(semver_key(item) < semver_key(version) for item in ordered)
    start = max(0, min(below - 2, len(ordered) - 3))
    return tuple(dict.fromkeys([*ordered[start : start + 3], *ordered[-1:]]))


def match_prefix_patterns(globs: str, path: str) -> bool:
    """Return whether the first elements of PATH match a glob of the comma-separated GLOBS (``go help module-private``).

    ``*.corp.example`` matches git.corp.example/team/lib. Source: x/mod/module.MatchPrefixPatterns.
    """
    for glob in filter(None, (each.removesuffix("/") for each in globs.split(","))):
        # To Go a class is negated by ^. Those that fnmatch reads in another way, [!a] and [a\-c], match anything here,
        # and an escaped * what * does: in doubt no proxy hears of a module.
        plain = re.sub(r"\[(?:\\.|[^]\\])*\]", lambda part: "?" if re.search(r"^\[!|\\", part[0]) else part[0], glob)
        patterns = plain.replace("[^", "[!").replace("\\", "").split("/")
        elements = path.split("/")[: len(patterns)]
        if len(elements) == len(patterns) and all(map(fnmatchcase, elements, patterns)):
            return True
    return False
