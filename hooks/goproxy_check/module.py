"""Module paths and versions: what is valid, how they are escaped, which patterns match them, which tag they have.

The rules are those of golang.org/x/mod, packages ``module`` and ``semver``, and of
https://go.dev/ref/mod#versions and #module-paths.
"""

import posixpath
import re
from functools import lru_cache

_NUMBER = r"(?:0|[1-9][0-9]*)"
_IDENTIFIER = r"[0-9A-Za-z-]+"
_PRERELEASE = rf"(?:{_NUMBER}|(?=[0-9A-Za-z-]*[A-Za-z-]){_IDENTIFIER})"
_SEMVER = re.compile(
    rf"(?P<major>v{_NUMBER})(?:\.(?P<minor>{_NUMBER})(?:\.(?P<patch>{_NUMBER})"
    rf"(?P<pre>-{_PRERELEASE}(?:\.{_PRERELEASE})*)?(?P<build>\+{_IDENTIFIER}(?:\.{_IDENTIFIER})*)?)?)?"
)
_PSEUDO = re.compile(r"v[0-9]+\.(?:0\.0-|[0-9]+\.[0-9]+-(?:[^+]*\.)?0\.)[0-9]{14}-[A-Za-z0-9]+(?:\+[0-9A-Za-z.-]+)?")
_ELEMENT = re.compile(r"[-._~0-9A-Za-z]+")
_WINDOWS_NAMES = re.compile(r"(?:con|prn|aux|nul|com[1-9]|lpt[1-9])", re.IGNORECASE)
_VERSION_FILE_NAME = re.compile(r"[-#$%&()+,.=@\[\]^_{}~ 0-9A-Za-z]+")


def canonical_version(version: str) -> str:
    """Return VERSION in canonical form, or "" if it is no semantic version.

    ``v1.2`` becomes ``v1.2.0``; build metadata is dropped, save ``+incompatible``.
    Source: x/mod/module.CanonicalVersion, x/mod/semver.Canonical.
    """
    match = _SEMVER.fullmatch(version)
    if not match:
        return ""
    major, minor, patch, pre, build = match.group("major", "minor", "patch", "pre", "build")
    kept = build if build == "+incompatible" else ""
    return f"{major}.{minor or 0}.{patch or 0}{pre or ''}{kept}"


def is_pseudo(version: str) -> bool:
    """Tell whether VERSION names a commit by time and hash (x/mod/module.IsPseudoVersion)."""
    return version.count("-") >= 2 and bool(_PSEUDO.fullmatch(version)) and bool(canonical_version(version))


def semver_key(version: str) -> tuple[object, ...]:
    """Return a sort key in semantic version order; invalid versions come first.

    Source: https://semver.org/#spec-item-11, as x/mod/semver.Compare has it.
    """
    match = _SEMVER.fullmatch(version)
    if not match:
        return ()
    # A number without leading zeros is compared by its length first: it may be longer than int() takes.
    numbers = [(len(number), number) for number in (match["major"], match["minor"] or "0", match["patch"] or "0")]
    if not match["pre"]:
        return (*numbers, ((2,),))
    # Numeric identifiers sort below all others, and a longer list above its own prefix.
    parts = match["pre"][1:].split(".")
    return (*numbers, tuple((0, len(p), p) if p.isdigit() else (1, 0, p) for p in parts))


def split_path_version(path: str) -> tuple[str, str, bool]:
    """Split PATH into prefix and major suffix (``/v2``, ``.v2`` at gopkg.in); the last item says if it is valid.

    Source: x/mod/module.SplitPathVersion.
    """
    if path.startswith("gopkg.in/"):
        match = re.fullmatch(r"(.+)(\.v(?:0|[1-9][0-9]*(?:-unstable)?|-unstable))", path, re.DOTALL)
        return (match[1], match[2], True) if match else (path, "", False)
    match = re.fullmatch(r"(.*)(/v([0-9.]+))", path, re.DOTALL)
    if not match:
        return path, "", True
    number = match[3]
    if "." in number or number.startswith("0") or number == "1":
        return path, "", False
    return match[1], match[2], True


def check_path_major(version: str, path_major: str) -> str:
    """Return why VERSION does not fit a path with the suffix PATH_MAJOR, or "" (x/mod/module.CheckPathMajor)."""
    path_major = path_major.removesuffix("-unstable") if path_major.startswith(".v") else path_major
    if version.startswith("v0.0.0-") and path_major == ".v1":
        return ""  # an old bug's pseudo-versions of gopkg.in/….v1, which Go accepts
    match = _SEMVER.fullmatch(version)
    major, build = match.group("major", "build") if match else ("", "")
    fits = major == path_major[1:] if path_major else (major in ("v0", "v1") or build == "+incompatible")
    return "" if fits else f'version "{version}" invalid: should be {path_major[1:] or "v0 or v1"}, not {major}'


@lru_cache(maxsize=8192)
def check_path(path: str) -> str:
    """Return why PATH cannot be the path of a module that is downloaded, or "" (x/mod/module.CheckPath)."""
    first = path.partition("/")[0]
    if not path or path.startswith("-") or path.endswith("/"):
        return "empty, or begins with a dash, or ends with a slash"
    if "." not in first:
        return "missing dot in first path element"
    if not re.fullmatch(r"[-.0-9a-z]+", first):
        return "the first path element must be a domain name in lower case"
    for element in path.split("/"):
        problem = _check_element(element)
        if problem:
            return problem
    return "" if split_path_version(path)[2] else "invalid version suffix"


def _check_element(element: str) -> str:
    if not element:
        return "empty path element"
    if element.startswith(".") or element.endswith("."):
        return f'leading or trailing dot in path element "{element}"'
    if not _ELEMENT.fullmatch(element):
        return f'invalid character in path element "{element}"'
    short = element.partition(".")[0]
    if _WINDOWS_NAMES.fullmatch(short):
        return f'"{short}" is a reserved name on Windows'
    if re.search(r"~[0-9]+\Z", short):
        return "trailing tilde and digits in path element"
    return ""


def check(path: str, version: str) -> str:
    """Return why PATH at VERSION cannot be downloaded by anybody, or "" (x/mod/module.Check, canonical form)."""
    problem = check_path(path)
    if problem:
        return f'malformed module path "{path}": {problem}'
    if not version or canonical_version(version) != version:
        return f'version "{version}" invalid: must be of the form v1.2.3'
    return check_path_major(version, split_path_version(path)[1])


def escape(text: str) -> str:
    """Return a module path or version as it stands in a proxy's URL: ``A`` becomes ``!a``.

    Raises ValueError for what is neither a module path nor a version that can be a file's name. Source:
    https://go.dev/ref/mod#goproxy-protocol, x/mod/module.EscapePath and EscapeVersion.
    """
    file_name = _VERSION_FILE_NAME.fullmatch(text) and not _WINDOWS_NAMES.fullmatch(text.partition(".")[0])
    if check_path(text) and (not file_name or text.endswith(".")):
        raise ValueError(f"cannot be escaped: {text!r}")
    return re.sub("[A-Z]", lambda match: "!" + match[0].lower(), text)


def tag(path: str, version: str, repository: str) -> str:
    """Return the tag of REPOSITORY that publishes VERSION of PATH (https://go.dev/ref/mod#vcs-version)."""
    prefix = split_path_version(path)[0]
    root = re.sub(r"^\w+://|\.git$", "", repository)
    folder = posixpath.relpath(prefix, root) if root and prefix.startswith(f"{root}/") else ""
    return posixpath.join(folder, version.removesuffix("+incompatible"))


def nearest_versions(version: str, published: tuple[str, ...], count: int = 3) -> tuple[str, ...]:
    """Return the COUNT published versions around VERSION, and the newest, in order."""
    ordered = sorted((item for item in published if item != version), key=semver_key)
    below = sum(semver_key(item) < semver_key(version) for item in ordered)
    start = max(0, min(below - (count + 1) // 2, len(ordered) - count))
    return tuple(dict.fromkeys([*ordered[start : start + count], *ordered[-1:]]))


_CLASS_CHAR = r"(?:\\.|[^\\\]-])"
_RANGE = re.compile(rf"({_CLASS_CHAR})(?:-({_CLASS_CHAR}))?", re.DOTALL)
_GLOB = re.compile(rf"(\*+)|(\?)|\[(\^|(?!\^))((?:{_CLASS_CHAR}(?:-{_CLASS_CHAR})?)+)\]|(\\.|[^\\\[])", re.DOTALL)


@lru_cache(maxsize=512)
def _glob(pattern: str) -> re.Pattern[str] | None:
    """Compile a pattern of Go's path.Match, where no wildcard matches a slash; None if it is malformed."""
    out, rest = "", pattern
    while rest:
        match = _GLOB.match(rest)
        if not match:
            return None
        stars, any_one, negated, ranges, char = match.groups()
        if ranges:
            # Go takes a range that runs backwards for an empty one; to Python it is an error.
            pairs = ((low[-1], (high or low)[-1]) for low, high in _RANGE.findall(ranges))
            inside = "".join(f"\\U{ord(low):08x}-\\U{ord(high):08x}" for low, high in pairs if low <= high)
            out += f"[{negated}{inside}]" if inside else ("(?s:.)" if negated else "(?!)")
        else:
            out += "[^/]*" if stars else "[^/]" if any_one else re.escape(char[-1])
        rest = rest[match.end() :]
    return re.compile(out)


def match_prefix_patterns(globs: str, path: str) -> bool:
    """Tell whether a path prefix of PATH matches a glob of the comma-separated GLOBS.

    A glob of N elements is held against the first N elements of PATH; empty and malformed globs are ignored.
    Source: ``go help module-private``, x/mod/module.MatchPrefixPatterns.
    """
    elements = path.split("/")
    for glob in (item.removesuffix("/") for item in globs.split(",")):
        count = glob.count("/") + 1
        if not glob or count > len(elements):
            continue
        pattern = _glob(glob)
        if pattern and pattern.fullmatch("/".join(elements[:count])):
            return True
    return False
