"""go.mod, go.work, go.sum and go.work.sum, read line by line, exactly as Go reads them.

The grammar is https://go.dev/ref/mod#go-mod-file-lexical and golang.org/x/mod/modfile (read.go, rule.go, work.go).
One thing is looser on purpose: a directive that this program does not know is left alone, for a newer Go may.
"""

import os
import re
from dataclasses import dataclass, field
from typing import NamedTuple, cast

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


def read(name: str, data: bytes) -> ModFile:
    """Return what the file called NAME (``go.mod``, ``go.sum``, …) with the content DATA says.

    Never raises: whatever Go would reject is in ``problems``, with its line, and the rest is read all the same.
    """
    text = data.decode("utf-8", "replace")
    marker = re.search(r"^(?:<{7}|>{7})(?: |$)", text, re.MULTILINE)
    if marker:
        line = text.count("\n", 0, marker.start()) + 1
        return ModFile(problems=[Problem(line, "merge conflict markers: resolve the conflict and git add the file")])
    if name.endswith(".sum"):
        return _read_sum(text)
    return _Reader(work=name == "go.work").read(text)


# Go writes this hash of an empty go.mod by an old bug, and ignores it (cmd/go/internal/modfetch: emptyGoModHash).
_EMPTY_GO_MOD = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY="


def _read_sum(text: str) -> ModFile:
    """Read go.sum (cmd/go/internal/modfetch: readGoSum)."""
    file = ModFile()
    for number, line in enumerate(text.split("\n"), 1):
        fields = line.split()
        if not fields:
            continue
        if len(fields) != 3:
            file.problems.append(Problem(number, f"malformed line: wrong number of fields ({len(fields)}, not 3)"))
        elif fields[2] != _EMPTY_GO_MOD:
            version = fields[1].removesuffix("/go.mod")
            file.entries.append(Entry(fields[0], version, number, fields[2], version != fields[1]))
    return file


_TOKEN = re.compile(
    r'[ \t\r]+|(?P<comment>//.*)|(?P<punctuation>[()\[\]{},])|(?P<string>["`])|(?P<word>[^ ()\[\]{},]+)'
)
_STRINGS = {'"': re.compile(r'"(?:\\.|[^"\\])*"'), "`": re.compile(r"`[^`]*`")}


def _tokens(line: str) -> list[str]:
    """Split a line into tokens, without its comment (x/mod/modfile: readToken)."""
    tokens, at = [], 0
    while at < len(line):
        match = cast("re.Match[str]", _TOKEN.match(line, at))  # every character begins one of the alternatives
        at = match.end()
        if match["comment"]:
            break
        if quote := match["string"]:
            string = _STRINGS[quote].match(line, match.start())
            if not string:
                raise _Rejected("a string that does not end on its line")
            tokens.append(string[0])
            at = string.end()
        elif match["punctuation"]:
            tokens.append(match[0])
        elif match["word"]:
            word = _word(match[0])
            at = match.start() + len(word)
            tokens.append(word)
    return tokens


def _word(text: str) -> str:
    """Return the identifier that TEXT begins with; it ends at a comment or a character that Go does not print."""
    comment = text.find("//")
    word = text if comment < 0 else text[:comment]
    if "/*" in word:
        raise _Rejected("mod files must use // comments (not /* */ comments)")
    if not word.isprintable():
        end = next(i for i, char in enumerate(word) if not char.isprintable())
        if end == 0 and word[0] not in "\t\r":
            raise _Rejected(f"unexpected input character {word[0]!a}")
        word = word[:end]
    return word


_ESCAPES = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, '"': 34}
_ESCAPE = re.compile(r'\\(?:([abfnrtv\\"])|x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))|[^\\]')


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
        char, byte, octal, short, long = match.groups()
        rune = int(short or long or "0", 16)
        if rune > 0x10FFFF or 0xD800 <= rune < 0xE000 or int(octal or "0", 8) > 255:
            raise _Rejected(f"invalid quoted string: {token}")
        if char:
            out.append(_ESCAPES[char])
        elif byte or octal:
            out.append(int(byte, 16) if byte else int(octal, 8))
        else:
            out += (chr(rune) if short or long else match[0]).encode("utf-8", "replace")
        at = match.end()
    return out.decode("utf-8", "replace")


_VERB = re.compile(r"[a-z][a-z0-9_-]*")
_GO_VERSION = re.compile(r"[1-9][0-9]*\.(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))?(?:[a-z]+[0-9]+)?")
_TOOLCHAIN = re.compile(r"default|go1(?:\..*)?", re.DOTALL)
_FOLDER = re.compile(r"\.\.?(?:[/\\].*)?|[/\\].*|[A-Za-z]:.*", re.DOTALL)
_MOD_BLOCKS = {"module", "godebug", "require", "exclude", "replace", "retract", "tool", "ignore"}
_WORK_BLOCKS = {"godebug", "use", "replace"}


class _Reader:
    """Reads go.mod or go.work; each directive has a method that raises _Rejected where Go reports an error."""

    def __init__(self, work: bool) -> None:
        self.file = ModFile()
        self.blocks = _WORK_BLOCKS if work else _MOD_BLOCKS
        self.verbs = {*self.blocks, "go", "toolchain"}
        self.seen: set[str] = set()

    def read(self, text: str) -> ModFile:
        block: list[str] | None = None
        opened = number = 0
        for number, line in enumerate(text.split("\n"), 1):
            try:
                tokens = _tokens(line)
                if not tokens:
                    continue
                if block is not None and tokens[0] == ")":
                    block = None
                    if len(tokens) > 1:
                        raise _Rejected("syntax error (expected newline after closing paren)")
                elif block is not None:
                    if len(block) == 1 and block[0] in self.blocks:
                        self.directive(block[0], tokens, number)
                elif len(tokens) > 1 and tokens[-1] == "(":
                    block, opened = tokens[:-1], number
                    self.header(block)
                elif len(tokens) > 2 and tokens[-2:] == ["(", ")"]:
                    self.header(tokens[:-2])
                else:
                    self.directive(tokens[0], tokens[1:], number)
            except _Rejected as rejected:
                self.file.problems.append(Problem(number, str(rejected)))
        if block is not None:
            why = f"syntax error (the block that line {opened} opens is never closed)"
            self.file.problems.append(Problem(number, why))
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
        if verb in ("go", "toolchain", "module"):
            if verb in self.seen:
                raise _Rejected(f"repeated {verb} statement")
            if len(args) == 1:
                self.seen.add(verb)
        if verb in ("require", "exclude"):
            self.requirement(verb, args, line)
        elif verb == "replace":
            self.replace(args, line)
        elif verb == "retract":
            self.retract(args)
        elif len(args) != 1:
            raise _Rejected(f"{verb} directive expects exactly one argument")
        elif verb in ("go", "toolchain"):
            pattern = _GO_VERSION if verb == "go" else _TOOLCHAIN
            if not pattern.fullmatch(args[0]):
                example = "1.23.0" if verb == "go" else "go1.23.0 or default"
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
            raise _Rejected(
                "replacement module without version must be directory path (rooted or starting with . or ..)"
            )
        elif os.sep == "/" and "\\" in new:
            raise _Rejected("replacement directory appears to be Windows path (on a non-windows system)")
        self.file.replacements.append(Replacement(old, old_version, new, new_version))

    def retract(self, args: list[str]) -> None:
        interval = len(args) == 5 and (args[0], args[2], args[4]) == ("[", ",", "]")
        if not interval and (len(args) != 1 or args[0] in ("(", "[")):
            raise _Rejected("retract expects a version or an interval [v1.0.0, v1.9.9]")
        for token in (args[1], args[3]) if interval else args:
            _string(token)


def _version(token: str, path: str, path_must_fit: bool = False) -> str:
    """Return the canonical form of a version token, as ``go mod edit`` does."""
    version = module.canonical_version(_string(token))
    if not version:
        raise _Rejected(f'{path}: version "{_string(token)}" invalid: must be of the form v1.2.3')
    if path_must_fit:
        _, path_major, valid = module.split_path_version(path)
        problem = module.check_path_major(version, path_major) if valid else "invalid module path"
        if problem:
            raise _Rejected(f"{path}: {problem}")
    return version
