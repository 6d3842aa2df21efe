"""go.mod, go.work, go.sum and go.work.sum, read line by line: what they name, and what Go replaces or leaves out.

The grammar is https://go.dev/ref/mod#go-mod-file-lexical and golang.org/x/mod/modfile (read.go, rule.go, work.go). Only
lines that name a module version are judged: whatever else is wrong, the next go command says itself.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from goproxy_check.gofiles import module
from goproxy_check.gofiles.problems import Invalid, Problem, Rejected

# Go writes this hash of an empty go.mod by an old bug, and ignores it (cmd/go/internal/modfetch: emptyGoModHash).
_EMPTY_GO_MOD = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY="
# One token, such as  require  (  "quoted path"  v1.2.3  =>  // comment
_TOKEN = re.compile(r"""//.*|("(?:\\.|[^"\\])*"|`[^`]*`|[()\[\]{},]|[^\s()\[\]{},"`]+?(?=//|[\s()\[\]{},"`]|$))""")
# What git writes around the two sides of a conflict, and above their common ancestor: <<<<<<< HEAD
_CONFLICT = re.compile(r"([<|=>])\1{6}(?:\s|$)")
# A Go version, such as 1.23, 1.23.4 or 1.23rc1
_GO_VERSION = re.compile(r"[1-9][0-9]*\.(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))?(?:[a-z]+[0-9]+)?")
# ./folder, ..\folder, /folder, C:\folder
_FOLDER = re.compile(r"\.\.?(?:[/\\].*)?|[/\\].*|[A-Za-z]:.*", re.DOTALL)
# What Go takes for white space (unicode.IsSpace) is less than what Python's str.split() does.
_FIELD = re.compile(r"[^\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")


class Entry(NamedTuple):
    """A module version that a file names, on LINE (from 1)."""

    module: str
    version: str
    line: int
    hash: str = ""  # in go.sum
    go_mod: bool = False  # a /go.mod line of go.sum
    required: bool = False  # by a require line


class Replacement(NamedTuple):
    """``replace OLD [OLD_VERSION] => NEW [NEW_VERSION]``; without NEW_VERSION, NEW is a folder."""

    old: str
    old_version: str
    new: str
    new_version: str


@dataclass
class ModFile:
    """What a module file says, as far as downloads go."""

    module: str = ""
    entries: list[Entry] = field(default_factory=list)
    replacements: list[Replacement] = field(default_factory=list)
    excluded: set[tuple[str, str]] = field(default_factory=set)
    uses: list[str] = field(default_factory=list)
    go: tuple[str, int] = ("", 0)  # the version, and its line
    toolchain: tuple[str, int] = ("", 0)
    problems: list[Problem] = field(default_factory=list)


def read(name: str, data: bytes) -> ModFile:
    """Return what the file called NAME (``go.mod``, ``go.sum``, …) with the content DATA says; never raises.

    In the middle of a merge conflict nothing but that is reported: neither side is what will be committed.
    """
    most = 4 if name.endswith(".sum") else 1
    if len(data) > most << 20:  # 40,000 lines
        return ModFile(problems=[Problem(1, Invalid.SIZE, f"larger than {most} MB, as no {name} is: it is not read")])
    lines = data.decode("utf-8", "replace").split("\n")
    if long := next((number for number, line in enumerate(lines, 1) if len(line) > 1 << 16), 0):
        return ModFile(problems=[Problem(long, Invalid.SIZE, "a line of more than 64 KB: nothing is read")])
    file = _read_sum(lines) if name.endswith(".sum") else _read_mod(lines, work=name == "go.work")
    conflicts = (number for number, line in enumerate(lines, 1) if line[:1] in "<|=>" and _CONFLICT.match(line))
    if conflict := next(conflicts, 0):
        return ModFile(problems=[Problem(conflict, Invalid.CONFLICT, "merge conflict markers")])
    return file


def _read_sum(lines: list[str]) -> ModFile:
    """Read go.sum: ``MODULE VERSION[/go.mod] HASH`` (cmd/go/internal/modfetch: readGoSum)."""
    file = ModFile()
    for number, line in enumerate(lines, 1):
        # For a printable ASCII line split() does the same, and is much quicker.
        fields = line.split() if line.isascii() and line.isprintable() else _FIELD.findall(line)
        if len(fields) not in (0, 3):
            detail = f"malformed line: wrong number of fields ({len(fields)}, not 3)"
            file.problems.append(Problem(number, Invalid.SYNTAX, detail))
        elif fields and fields[2] != _EMPTY_GO_MOD:
            version = fields[1].removesuffix("/go.mod")
            file.entries.append(Entry(fields[0], version, number, fields[2], version != fields[1]))
    return file


def _read_mod(lines: list[str], work: bool) -> ModFile:
    """Read go.mod, or go.work if WORK (x/mod/modfile: parseToFile, parseWork)."""
    file = ModFile()
    for number, verb, args in _directives(lines):
        try:
            _directive(file, verb, args, number, work)
        except Rejected as rejected:
            file.problems.append(rejected.problem._replace(line=number))
    # Of two replacements of one version the later counts (x/mod/modfile: removeDups).
    file.replacements = list({item[:2]: item for item in file.replacements}.values())
    return file


def _directives(lines: list[str]) -> Iterator[tuple[int, str, list[str]]]:
    """Yield the line, the verb and the arguments of each directive; in ``require ( … )`` the verb is before the (."""
    block = ""
    for number, line in enumerate(lines, 1):
        tokens = [token for token in _TOKEN.findall(line) if token]
        if block and tokens[:1] == [")"]:
            block = ""
        elif block and tokens:
            yield number, block, tokens
        elif len(tokens) > 1 and tokens[-1] == "(":
            block = tokens[0] if len(tokens) == 2 else "?"
        elif tokens and tokens[1:] != ["(", ")"]:
            yield number, tokens[0], tokens[1:]


def _directive(file: ModFile, verb: str, args: list[str], line: int, work: bool) -> None:
    if verb == "replace":
        _replace(file, args, line)
    elif verb in ("require", "exclude") and not work:
        if len(args) != 2:
            raise Rejected(f"usage: {verb} module/path v1.2.3")
        path = _string(args[0])
        version = _version(args[1], path)
        if verb == "require":
            file.entries.append(Entry(path, version, line, required=True))
        else:
            file.excluded.add((path, version))
    elif len(args) == 1:
        if verb == "go" and not file.go[0] and _GO_VERSION.fullmatch(args[0]):
            file.go = (args[0], line)
        elif verb == "toolchain" and not file.toolchain[0]:
            file.toolchain = (args[0], line)
        elif verb == "module" and not work:
            file.module = file.module or _string(args[0])
        elif verb == "use" and work:
            file.uses.append(_string(args[0]))


def _replace(file: ModFile, args: list[str], line: int) -> None:
    arrow = 1 if args[1:2] == ["=>"] else 2
    if not arrow + 2 <= len(args) <= arrow + 3 or args[arrow] != "=>":
        raise Rejected("usage: replace module/path [v1.2.3] => other/module v1.4, or => ../local/directory")
    old, new = _string(args[0]), _string(args[arrow + 1])
    old_version = _version(args[1], old) if arrow == 2 else ""
    new_version = _version(args[arrow + 2], new) if len(args) == arrow + 3 else ""
    folder = bool(_FOLDER.fullmatch(new))
    if folder and new_version:
        raise Rejected(f'replacement module directory path "{new}" cannot have version')
    if not folder and not new_version:
        raise Rejected("replacement module without version must be directory path (rooted or starting with .)")
    if new_version:
        file.entries.append(Entry(new, new_version, line))
    file.replacements.append(Replacement(old, old_version, new, new_version))


def _string(token: str) -> str:
    """Return the value of a token: "quoted" loses its quotes (x/mod/modfile: parseString)."""
    value = token[1:-1] if len(token) > 1 and token[0] == token[-1] == '"' else token
    if any(char in value for char in "\"'`\\") and not value.startswith((".", "/")):
        raise Rejected(f"invalid quoted string: {token}")
    return value


def _version(token: str, path: str) -> str:
    """Return the version that TOKEN is; raises Rejected if it is none, or does not fit PATH.

    What is not canonical, v1.2 as well as latest, is a query: Go writes the version that it means (fixVersion).
    """
    version = _string(token)
    if module.canonical_version(version) != version:
        raise Rejected(module.not_a_version(path, version))
    problem = module.check(path, version)
    if problem and problem.kind is not Invalid.PATH:
        raise Rejected(problem)
    return version
