"""go.mod, go.work, go.sum and go.work.sum, read line by line, exactly as Go reads them.

The grammar is https://go.dev/ref/mod#go-mod-file-lexical and golang.org/x/mod/modfile (read.go, rule.go, work.go).
One thing is looser on purpose: a directive that this program does not know is left alone, for a newer Go may, unless
it looks like a known one with a slip.
"""

import os
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import NamedTuple

from goproxy_check import module
from goproxy_check.lexer import Problem, Rejected, decode, string, token_lines
from goproxy_check.quick import EMPTY_GO_MOD


class Entry(NamedTuple):
    """A module version that a file names; in go.sum, HASH is its ``h1:`` hash and GO_MOD marks a ``/go.mod`` line."""

    module: str
    version: str
    line: int
    hash: str = ""
    go_mod: bool = False


class Replacement(NamedTuple):
    """``replace OLD [OLD_VERSION] => NEW [NEW_VERSION]``; without NEW_VERSION, NEW is a folder."""

    old: str
    old_version: str
    new: str
    new_version: str


@dataclass
class ModFile:
    """What a go.mod, go.work, go.sum or go.work.sum says, as far as downloads go."""

    module: str = ""
    entries: list[Entry] = field(default_factory=list)
    replacements: list[Replacement] = field(default_factory=list)
    excluded: set[tuple[str, str]] = field(default_factory=set)
    uses: list[str] = field(default_factory=list)
    go: tuple[str, int] | None = None
    toolchain: tuple[str, int] | None = None
    problems: list[Problem] = field(default_factory=list)


# What git writes around the two sides of a conflict, and above their common ancestor.
_CONFLICT = re.compile(r"([<|=>])\1{6}(?:\s|$)")


def read(name: str, data: bytes) -> ModFile:
    """Return what the file called NAME (``go.mod``, ``go.sum``, …) with the content DATA says.

    Never raises: whatever Go would reject is in ``problems``, the one that Go reports first at their head, and the
    rest is read all the same; save in the middle of a merge conflict, where neither side is worth reading.
    """
    if problem := _too_large(name, data):
        return ModFile(problems=[problem])
    text = decode(data)
    file = _read_sum(text) if name.endswith(".sum") else _Reader(work=name == "go.work").read(text)
    lines = text.split("\n") if file.problems else []
    conflicts = [problem for problem in file.problems if _CONFLICT.match(lines[problem.line - 1])]
    if not conflicts:
        return file
    kept = file.problems[:1] if file.problems[0] in conflicts else [file.problems[0], conflicts[0]]
    why = "merge conflict markers: resolve the conflict and git add the file"
    return ModFile(problems=[*kept[:-1], kept[-1]._replace(why=why)])


def _too_large(name: str, data: bytes) -> Problem | None:
    """Return why nobody has written such a file: reading it would take long, and much memory."""
    most = 4 if name.endswith(".sum") else 1  # 40,000 lines
    if len(data) > most << 20:
        return Problem(1, f"larger than {most} MB, as no {name} is: it is not read")
    long = (number for number, line in enumerate(data.split(b"\n"), 1) if len(line) > 1 << 16)
    return next((Problem(number, "longer than 64 KB, as no line is: nothing is read") for number in long), None)


# Python's str.split() also splits at U+001C to U+001F, which are no space to Go (unicode.IsSpace).
_FIELD = re.compile(r"[^\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")


def _read_sum(text: str) -> ModFile:
    """Read go.sum (cmd/go/internal/modfetch: readGoSum)."""
    file = ModFile()
    for number, line in enumerate(text.split("\n"), 1):
        fields = _FIELD.findall(line)
        if len(fields) not in (0, 3):
            file.problems.append(Problem(number, f"malformed line: wrong number of fields ({len(fields)}, not 3)"))
        elif fields and fields[2] != EMPTY_GO_MOD:
            version = fields[1].removesuffix("/go.mod")
            file.entries.append(Entry(fields[0], version, number, fields[2], version != fields[1]))
    return file


_VERB = re.compile(r"[a-z][a-z0-9_-]*")
_FORMATS = {
    "go": (re.compile(r"[1-9][0-9]*\.(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))?(?:[a-z]+[0-9]+)?"), "1.23.0"),
    "toolchain": (re.compile(r"default|go1(?:\..*)?", re.DOTALL), "go1.23.0 or default"),
}
_FOLDER = re.compile(r"\.\.?(?:[/\\].*)?|[/\\].*|[A-Za-z]:.*", re.DOTALL)
_MOD_BLOCKS = {"module", "godebug", "require", "exclude", "replace", "retract", "tool", "ignore"}
_WORK_BLOCKS = {"godebug", "use", "replace"}


def may_be_newer(verb: str, verbs: Collection[str]) -> bool:
    """Tell whether VERB may be a directive of a newer Go than the one that has VERBS, rather than a slip."""
    if verb in verbs or not _VERB.fullmatch(verb):
        return False
    from difflib import get_close_matches  # hardly ever needed

    return not get_close_matches(verb, verbs, 1, 0.8)


class _Reader:
    """Reads go.mod or go.work; each directive has a method that raises Rejected where Go reports an error."""

    def __init__(self, work: bool) -> None:
        self.file = ModFile()
        self.blocks = _WORK_BLOCKS if work else _MOD_BLOCKS
        self.verbs = {*self.blocks, "go", "toolchain"}
        self.named = False

    def read(self, text: str) -> ModFile:
        block: list[str] = []
        opened = 0
        syntax: list[Problem] = []
        for line, tokens, broken in token_lines(text):
            wrong = [broken] if broken else []
            if block and tokens[:1] == [")"] and len(tokens) > 1:
                why = "syntax error (expected newline after closing paren)"
                wrong.append(Problem(line + tokens[1].count("\n"), why))
            syntax += sorted(wrong)
            try:
                if block and tokens[:1] == [")"]:
                    block = []
                elif block:
                    if tokens and len(block) == 1 and block[0] in self.blocks:
                        self.directive(block[0], tokens, line)
                elif len(tokens) > 1 and tokens[-1] == "(":
                    block, opened = tokens[:-1], line
                    self.header(block)
                elif len(tokens) > 2 and tokens[-2:] == ["(", ")"]:
                    self.header(tokens[:-2])
                elif tokens:
                    self.directive(tokens[0], tokens[1:], line)
            except Rejected as rejected:
                self.file.problems += [] if broken else [Problem(line, str(rejected))]
        if block:
            syntax.append(Problem(text.count("\n") + 1, f"syntax error (unterminated block started at line {opened})"))
        self.file.problems[:0] = syntax  # Go looks at no directive where the syntax is wrong
        # Of two replacements of one version the later counts (x/mod/modfile: removeDups).
        self.file.replacements = list({item[:2]: item for item in self.file.replacements}.values())
        return self.file

    def header(self, block: list[str]) -> None:
        if not may_be_newer(block[0], self.verbs) and (len(block) > 1 or block[0] not in self.blocks):
            raise Rejected(f"unknown block type: {' '.join(block)}")

    def directive(self, verb: str, args: list[str], line: int) -> None:
        if may_be_newer(verb, self.verbs):
            return
        if verb not in self.verbs:
            raise Rejected(f"unknown directive: {verb}")
        if (verb == "module" and self.named) or (verb in _FORMATS and getattr(self.file, verb)):
            raise Rejected(f"repeated {verb} statement")
        self.named = self.named or verb == "module"
        if verb in ("require", "exclude"):
            self.requirement(verb, args, line)
        elif verb == "replace":
            self.replace(args, line)
        elif verb == "retract":
            self.retract(args)
        elif len(args) != 1:
            raise Rejected(f"{verb} directive expects exactly one argument")
        elif verb in _FORMATS:
            pattern, example = _FORMATS[verb]
            if not pattern.fullmatch(args[0]):
                raise Rejected(f"invalid {verb} version '{args[0]}': must match format {example}")
            setattr(self.file, verb, (args[0], line))
        elif verb == "godebug":
            if "=" not in args[0] or any(char in args[0] for char in "\"`',"):
                raise Rejected("usage: godebug key=value")
        elif verb == "module":
            self.file.module = string(args[0])
        elif verb == "use":
            self.file.uses.append(string(args[0]))
        else:
            string(args[0])  # tool, ignore: packages and folders, no versions

    def requirement(self, verb: str, args: list[str], line: int) -> None:
        if len(args) != 2:
            raise Rejected(f"usage: {verb} module/path v1.2.3")
        path = string(args[0])
        version = _version(args[1], path, path_must_fit=True)
        if verb == "require":
            self.file.entries.append(Entry(path, version, line))
        else:
            self.file.excluded.add((path, version))

    def replace(self, args: list[str], line: int) -> None:
        arrow = 1 if args[1:2] == ["=>"] else 2
        if not arrow + 2 <= len(args) <= arrow + 3 or args[arrow] != "=>":
            raise Rejected("usage: replace module/path [v1.2.3] => other/module v1.4, or => ../local/directory")
        old = string(args[0])
        if not module.split_path_version(old)[2]:
            raise Rejected(f"replace {old}: invalid module path")
        old_version = _version(args[1], old, path_must_fit=True) if arrow == 2 else ""
        new, new_version = string(args[arrow + 1]), ""
        folder = bool(_FOLDER.fullmatch(new))
        if len(args) == arrow + 3:
            new_version = _version(args[arrow + 2], new)
            if folder:
                raise Rejected(f'replacement module directory path "{new}" cannot have version')
            self.file.entries.append(Entry(new, new_version, line))
        elif not folder:
            raise Rejected("replacement module without version must be directory path (rooted or starting with .)")
        elif os.sep == "/" and "\\" in new:
            raise Rejected("replacement directory appears to be Windows path (on a non-windows system)")
        self.file.replacements.append(Replacement(old, old_version, new, new_version))

    def retract(self, args: list[str]) -> None:
        versions = args[1::2] if len(args) == 5 and args[::2] == ["[", ",", "]"] else args
        if versions is args and (len(args) != 1 or args[0] in ("(", "[")):
            raise Rejected("retract expects a version or an interval [v1.0.0, v1.9.9]")
        for token in versions:
            string(token)


def _version(token: str, path: str, path_must_fit: bool = False) -> str:
    """Return the canonical form of a version token, as ``go mod edit`` does."""
    version = module.canonical_version(string(token))
    if not version:
        raise Rejected(f"{path}: version {token} invalid: must be of the form v1.2.3")
    if path_must_fit:
        _, path_major, valid = module.split_path_version(path)
        if problem := (module.check_path_major(version, path_major) if valid else "invalid module path"):
            raise Rejected(f"{path}: {problem}")
    return version
