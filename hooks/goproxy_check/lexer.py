"""The words of go.mod and go.work: lines, tokens, strings (https://go.dev/ref/mod#go-mod-file-lexical)."""

import re
from collections.abc import Iterator
from typing import NamedTuple


class Problem(NamedTuple):
    """A line that Go rejects, and why."""

    line: int
    why: str


class Rejected(Exception):
    """What Go says of a line that it does not accept."""


def decode(data: bytes) -> str:
    """Decode as Go does: each byte that is no UTF-8 becomes one U+FFFD, where Python makes one of several."""
    return re.sub("[\udc80-\udcff]", "\ufffd", data.decode("utf-8", "surrogateescape"))


_TOKEN = re.compile(
    r"""[ \t\r]+ | //[^\n]* | (?P<newline>\n) | (?P<token> [()\[\]{},] | "(?:\\.|[^"\\\n])*" | `[^`\n]*` )
      | (?P<string> "(?:\\.|[^"\\\n])*\\? | `[^\n]* ) | (?P<slash> /\*[^\n]* )
      | (?P<word> .+?(?=[ \t\r\n()\[\]{},]|//|/\*|\Z) )""",
    re.DOTALL | re.VERBOSE,
)
_BAD_TOKENS = {
    "string": "a string that does not end on its line",
    "slash": "mod files must use // comments (not /* */ comments)",
    "word": "unexpected input character",
}


def token_lines(text: str) -> Iterator[tuple[int, list[str], Problem | None]]:
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


def string(token: str) -> str:
    """Return the value of a token: unquoted if it is an interpreted string (x/mod/modfile: parseString)."""
    if not token.startswith('"'):
        if any(quote in token for quote in "\"'`"):
            raise Rejected("invalid quoted string: unquoted string cannot contain quote")
        return token
    out, at = bytearray(), 1
    while at < len(token) - 1:
        match = _ESCAPE.match(token, at)
        if not match:
            raise Rejected(f"invalid quoted string: {token}")
        char, byte, octal, short, long, plain = match.groups()
        if byte or octal:
            out.append(int(byte, 16) if byte else int(octal, 8))
        else:
            out += (plain or _ESCAPED.get(char) or chr(int(short or long, 16))).encode()
        at = match.end()
    return decode(bytes(out))
