"""go.mod, go.work, go.sum and go.work.sum, read line by line, exactly as Go reads them.

The grammar is https://go.dev/ref/mod#go-mod-file-lexical and golang.org/x/mod/modfile (read.go, rule.go, work.go).
One thing is looser on purpose: a directive that this program does not know is left alone, for a newer Go may.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from goproxy_check import module


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


class Problem(NamedTuple):
    """A line that Go rejects, and why."""

    line: int
    why: str


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


class _Rejected(Exception):
    """What Go says of a line that it does not accept."""


# What git writes around the two sides of a conflict, and above their common ancestor.
_CONFLICT = re.compile(r"([<|=>])\1{6}(?:\s|$)")


def read(name: str, data: bytes) -> ModFile:
    """Return what the file called NAME (``go.mod``, ``go.sum``, …) with the content DATA says.

    Never raises: whatever Go would reject is in ``problems``, the one that Go reports first at their head, and the
    rest is read all the same; save in the middle of a merge conflict, where neither side is worth reading.
    """
    text = _decode(data)
    file = _read_sum(text) if name.endswith(".sum") else _Reader(work=name == "go.work").read(text)
    lines = text.split("\n") if file.problems else []
    conflicts = [problem for problem in file.problems if _CONFLICT.match(lines[problem.line - 1])]
    if not conflicts:
        return file
    kept = file.problems[:1] if file.problems[0] in conflicts else [file.problems[0], conflicts[0]]
    why = "merge conflict markers: resolve the conflict and git add the file"
    return ModFile(problems=[*kept[:-1], kept[-1]._replace(why=why)])


def _decode(data: bytes) -> str:
    """Decode as Go does: each byte that is no UTF-8 becomes one U+FFFD, where Python makes one of several."""
    return re.sub("[\udc80-\udcff]", "\ufffd", data.decode("utf-8", "surrogateescape"))


# Go writes this hash of an empty go.mod by an old bug, and ignores it (cmd/go/internal/modfetch: emptyGoModHash).
_EMPTY_GO_MOD = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY="
# Python's str.split() also splits at U+001C to U+001F, which are no space to Go (unicode.IsSpace).
_FIELD = re.compile(r"[^\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")


def _read_sum(text: str) -> ModFile:
    """Read go.sum (cmd/go/internal/modfetch: readGoSum)."""
    file = ModFile()
    for number, line in enumerate(text.split("\n"), 1):
        fields = _FIELD.findall(line)
        if len(fields) not in (0, 3):
            file.problems.append(Problem(number, f"malformed line: wrong number of fields ({len(fields)}, not 3)"))
        elif fields and fields[2] != _EMPTY_GO_MOD:
            version = fields[1].removesuffix("/go.mod")
            file.entries.append(Entry(fields[0], version, number, fields[2], version != fields[1]))
    return file


_TOKEN = re.compile(
    r"""[ \t\r]+ | //[^\n]* | (?P<newline>\n) | (?P<token> [()\[\]{},] | "(?:\\.|[^"\\\n])*" | `[^`\n]*` )
      | (?P<string> "(?:\\.|[^"\\\n])*\\? | `[^\n]* ) | (?P<slash> /\*[^\n]* )
      | (?P<word> (?:(?!//|/\*)[^ \t\r\n()\[\]{},])+ )""",
    re.DOTALL | re.VERBOSE,
)
_BAD_TOKENS = {
    "string": "a string that does not end on its line",
    "slash": "mod files must use // comments (not /* */ comments)",
    "word": "unexpected input character",
}


def _lines(text: str) -> Iterator[tuple[int, list[str], Problem | None]]:
    """Yield of each line its number, its tokens, and what is no token (x/mod/modfile: readToken)."""
    start = number = 1  # they differ after a string with a backslash before a newline, which Go reads on
    tokens: list[str] = []
    broken = None
    for match in _TOKEN.finditer(text):
        kind, end = match.lastgroup, number + match[0].count("\n")
        if kind == "newline":
            yield start, tokens, broken
            start, tokens, broken = end, [], None
        elif kind == "token" or (kind == "word" and match[0].isprintable()):
            tokens.append(match[0])
        elif kind and not broken:
            broken = Problem(number if match.end() == len(text) else end, f"{_BAD_TOKENS[kind]}: {match[0]!a}")
        number = end
    yield start, tokens, broken


_HEX = "[0-9a-fA-F]"
_ESCAPE = re.compile(
    rf"""\\(?:([abfnrtv\\"])|x({_HEX}{{2}})|([0-3][0-7]{{2}})|(?:u|U0000)(?![dD][89a-fA-F])({_HEX}{{4}})"""
    rf"""|U00((?:0[1-9a-fA-F]|10){_HEX}{{4}}))|([^"\\]+)"""
)
_ESCAPED = dict(zip('abfnrtv\\"', '\a\b\f\n\r\t\v\\"', strict=True))


def _string(token: str) -> str:
    """Return the value of a token: unquoted if it is an interpreted string (x/mod/modfile: parseString)."""
    if not token.startswith('"'):
        if any(quote in token for quote in "\"'`"):
            raise _Rejected("invalid quoted string: unquoted string cannot contain quote")
        return token
    out, at = bytearray(), 1
    while at < len(token) - 1:
        match = _ESCAPE.match(token, at)
        if not match:
            raise _Rejected(f"invalid quoted string: {token}")
        char, byte, octal, short, long, plain = match.groups()
        if byte or octal:
            out.append(int(byte, 16) if byte else int(octal, 8))
        else:
            out += (plain or _ESCAPED.get(char) or chr(int(short or long, 16))).encode()
        at = match.end()
    return _decode(bytes(out))


_VERB = re.compile(r"[a-z][a-z0-9_-]*")
_FORMATS = {
    "go": (re.compile(r"[1-9][0-9]*\.(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))?(?:[a-z]+[0-9]+)?"), "1.23.0"),
    "toolchain": (re.compile(r"default|go1(?:\..*)?", re.DOTALL), "go1.23.0 or default"),
}
_FOLDER = re.compile(r"\.\.?(?:[/\\].*)?|[/\\].*|[A-Za-z]:.*", re.DOTALL)
_MOD_BLOCKS = {"module", "godebug", "require", "exclude", "replace", "retract", "tool", "ignore"}
_WORK_BLOCKS = {"godebug", "use", "replace"}


class _Reader:
    """Reads go.mod or go.work; each directive has a method that raises _Rejected where Go reports an error."""

    def __init__(self, work: bool) -> None:
        self.file = ModFile()
        self.blocks = _WORK_BLOCKS if work else _MOD_BLOCKS
        self.verbs = {*self.blocks, "go", "toolchain"}
        self.named = False

    def read(self, text: str) -> ModFile:
        block: list[str] = []
        opened = 0
        syntax: list[Problem] = []
        for line, tokens, broken in _lines(text):
            syntax += [broken] if broken else []
            try:
                if block and tokens[:1] == [")"]:
                    block = []
                    if len(tokens) > 1:
                        why = "syntax error (expected newline after closing paren)"
                        syntax.append(Problem(line + tokens[1].count("\n"), why))
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
            except _Rejected as rejected:
                self.file.problems += [] if broken else [Problem(line, str(rejected))]
        if block:
            syntax.append(Problem(text.count("\n") + 1, f"syntax error (unterminated block started at line {opened})"))
        self.file.problems[:0] = syntax  # Go looks at no directive where the syntax is wrong
        # Of two replacements of one version the later counts (x/mod/modfile: removeDups).
        self.file.replacements = list({item[:2]: item for item in self.file.replacements}.values())
        return self.file

    def header(self, block: list[str]) -> None:
        known = block[0] in self.verbs or not _VERB.fullmatch(block[0])
        if known and (len(block) > 1 or block[0] not in self.blocks):
            raise _Rejected(f"unknown block type: {' '.join(block)}")

    def directive(self, verb: str, args: list[str], line: int) -> None:
        if verb not in self.verbs:
            if not _VERB.fullmatch(verb):
                raise _Rejected(f"unknown directive: {verb}")
            return
        if (verb == "module" and self.named) or (verb in _FORMATS and getattr(self.file, verb)):
            raise _Rejected(f"repeated {verb} statement")
        self.named = self.named or verb == "module"
        if verb in ("require", "exclude"):
            self.requirement(verb, args, line)
        elif verb == "replace":
            self.replace(args, line)
        elif verb == "retract":
            self.retract(args)
        elif len(args) != 1:
            raise _Rejected(f"{verb} directive expects exactly one argument")
        elif verb in _FORMATS:
            pattern, example = _FORMATS[verb]
            if not pattern.fullmatch(args[0]):
                raise _Rejected(f"invalid {verb} version '{args[0]}': must match format {example}")
            setattr(self.file, verb, (args[0], line))
        elif verb == "godebug":
            if "=" not in args[0] or any(char in args[0] for char in "\"`',"):
                raise _Rejected("usage: godebug key=value")
        elif verb == "module":
            self.file.module = _string(args[0])
        elif verb == "use":
            self.file.uses.append(_string(args[0]))
        else:
            _string(args[0])  # tool, ignore: packages and folders, no versions

    def requirement(self, verb: str, args: list[str], line: int) -> None:
        if len(args) != 2:
            raise _Rejected(f"usage: {verb} module/path v1.2.3")
        path = _string(args[0])
        version = _version(args[1], path, path_must_fit=True)
        if verb == "require":
            self.file.entries.append(Entry(path, version, line))
        else:
            self.file.excluded.add((path, version))

    def replace(self, args: list[str], line: int) -> None:
        arrow = 1 if args[1:2] == ["=>"] else 2
        if not arrow + 2 <= len(args) <= arrow + 3 or args[arrow] != "=>":
            raise _Rejected("usage: replace module/path [v1.2.3] => other/module v1.4, or => ../local/directory")
        old = _string(args[0])
        if not module.split_path_version(old)[2]:
            raise _Rejected(f"replace {old}: invalid module path")
        old_version = _version(args[1], old, path_must_fit=True) if arrow == 2 else ""
        new, new_version = _string(args[arrow + 1]), ""
        folder = bool(_FOLDER.fullmatch(new))
        if len(args) == arrow + 3:
            new_version = _version(args[arrow + 2], new)
            if folder:
                raise _Rejected(f'replacement module directory path "{new}" cannot have version')
            self.file.entries.append(Entry(new, new_version, line))
        elif not folder:
            raise _Rejected("replacement module without version must be directory path (rooted or starting with .)")
        elif os.sep == "/" and "\\" in new:
            raise _Rejected("replacement directory appears to be Windows path (on a non-windows system)")
        self.file.replacements.append(Replacement(old, old_version, new, new_version))

    def retract(self, args: list[str]) -> None:
        versions = args[1::2] if len(args) == 5 and args[::2] == ["[", ",", "]"] else args
        if versions is args and (len(args) != 1 or args[0] in ("(", "[")):
            raise _Rejected("retract expects a version or an interval [v1.0.0, v1.9.9]")
        for token in versions:
            _string(token)


def _version(token: str, path: str, path_must_fit: bool = False) -> str:
    """Return the canonical form of a version token, as ``go mod edit`` does."""
    version = module.canonical_version(_string(token))
    if not version:
        raise _Rejected(f"{path}: version {token} invalid: must be of the form v1.2.3")
    if path_must_fit:
        _, path_major, valid = module.split_path_version(path)
        if problem := (module.check_path_major(version, path_major) if valid else "invalid module path"):
            raise _Rejected(f"{path}: {problem}")
    return version
