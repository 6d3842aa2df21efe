"""Module files for tests: real ones, and Hypothesis strategies for right and wrong ones."""

import re

from hypothesis import strategies as st

GO_MOD = """\
// Deprecated: use example.com/app/v2
module example.com/app // the application

go 1.23.4
toolchain go1.23.5

require example.com/one v1.2.3
require (
\t"example.com/two/v2" v2.0.0 // indirect
\texample.com/three v1.0.0 //indirect
\tgopkg.in/yaml.v3 v3.0.1
\texample.com/old v2.0.0+incompatible
\texample.com/build v1.0.0
)

exclude example.com/one v1.2.2
replace (
\texample.com/one => ../one
\texample.com/two/v2 v2.0.0 => example.com/fork/v2 v2.0.1
)
retract [v1.0.0, v1.0.5] // broken
retract v1.1.0
tool example.com/one/cmd/x
ignore ./node_modules
godebug default=go1.21
"""
# What a Go after ours might add.
NEWER = """\
newer-directive ( of ) some [ kind
newer kind (
\tof block
)
"""
GO_WORK = """\
go 1.23
toolchain default
use ./app
use (
\t.
\t"./with space"
)
replace example.com/one v1.0.0 => example.com/two v1.5.0
godebug panicnil=1
"""
GO_SUM = """\
example.com/one v1.2.3 h1:one=
example.com/one v1.2.3/go.mod h1:onemod=

\texample.com/two\u00a0v2.0.0\u2003h1:two=\r
example.com/none v1.0.0/go.mod h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=
"""

# What module files are made of, right and wrong.
PATHS = [
    "example.com/a", "example.com/b/v2", "gopkg.in/yaml.v2", "gopkg.in/x.v1", "a", "./x", "../y", ".", "..", "/abs",
    "C:\\x", ".\\x", "c:", "..x", "example.com/a/v1", "example.com/a/v2.0", "gopkg.in/x", "a'b", 'a"b', "a`b",
    "caf\u00e9", "a@v1.0.0", "a//b", "a/*b", "*/", "/", "//", "\ufffd", "\U0001f600",
]  # fmt: skip
VERSIONS = [
    "v1.0.0", "v1", "v1.2", "v2.0.0", "v2.0.0+incompatible", "v1.0.0+meta", "v1.0.0-rc.1", "latest", "v01.0.0",
    "v0.0.0-20240102030405-abcdef123456",
]  # fmt: skip
QUOTED = [
    '""', "``", '"', "`", '"a b"', "`a b`", '"example.com/a"', '"v1.0.0"', '"go1.20"', r'"\x61\n"', r'"\101"',
    r'"\400"', r'"\u0061"', r'"\ud800"', r'"\U0001F600"', r'"\U00110000"', r'"\'"', r'"\""', '"\\', '"a\\\nb"',
    '"a\\\n', '"\\xff"', '"a\tb"', '"//"', '"a\x00b"', '"\xa0"',
]  # fmt: skip
ODD = [
    "(", ")", "[", "]", "{", "}", ",", "=>", "( )", "()", "=", "a=b", "a=b,c", "\x00", "\v", "\f", "\xa0", "\x85",
    "\u2028", "\ufeff", "\x1c", "\x7f", "\\", "/*", "/* c */", "//", "<<<<<<< HEAD", "<<<<<<<", "=======",
    ">>>>>>> b", "|||||||",
]  # fmt: skip
VERBS = ["module", "go", "toolchain", "require", "exclude", "replace", "retract", "use", "godebug", "tool", "ignore"]
GO_VERSIONS = ["1.23", "1.23.4", "1.21rc1", "1.2.x", "01.2", "go1.23.4", "go1", "go1.x y", "default", "local"]
END = st.sampled_from(["\n"] * 20 + ["\r\n", " // c\n", "//c\r\n", "\n\n", "\n // c\n", " /* c */\n", "\r", ""])
SPACE = st.sampled_from([" "] * 30 + ["\t", "  ", "\r", " \r ", "", "\v", "\u00a0"])


def words(*lists: list[str]) -> st.SearchStrategy[str]:
    return st.sampled_from([word for items in lists for word in items])


def mostly(usual: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    odd = words(PATHS, VERSIONS, QUOTED, ODD, GO_VERSIONS, VERBS)
    return st.integers(0, 15).flatmap(lambda die: usual if die else odd)


PATH, VERSION = mostly(words(PATHS, QUOTED[4:8])), mostly(words(VERSIONS, ['"v1.0.0"']))
ARROW, NONE = mostly(st.just("=>")), st.just("")
ARGUMENTS = {
    "module": [[PATH]],
    "go": [[mostly(words(GO_VERSIONS))]],
    "toolchain": [[mostly(words(GO_VERSIONS))]],
    "require": [[PATH, VERSION]],
    "exclude": [[PATH, VERSION]],
    "replace": [[PATH, ARROW, PATH], [PATH, VERSION, ARROW, PATH, VERSION], [PATH, ARROW, PATH, VERSION]],
    "retract": [[VERSION], [st.just("["), VERSION, st.just(","), VERSION, st.just("]")]],
    "use": [[PATH]],
    "godebug": [[mostly(st.just("a=b"))]],
    "tool": [[PATH]],
    "ignore": [[PATH]],
    "frob": [[PATH, mostly(NONE)]],
}


@st.composite
def directives(draw: st.DrawFn) -> str:
    verb = draw(st.sampled_from(sorted(ARGUMENTS)))

    def arguments() -> str:
        chosen = draw(st.sampled_from(ARGUMENTS[verb]))
        return "".join(draw(SPACE) + draw(word) for word in chosen) + draw(END)

    shape = draw(st.integers(0, 9))
    if shape < 5:
        return verb + " " + arguments()
    if shape == 5:
        return "".join(draw(st.lists(words([verb, " ", "\n"], ODD, PATHS, VERSIONS, QUOTED), max_size=6))) + draw(END)
    head, open_, close = draw(mostly(st.just(verb))), draw(mostly(st.just("("))), draw(mostly(st.just(")")))
    inside = "".join(arguments() for _ in range(draw(st.integers(0, 3))))
    return head + draw(SPACE) + open_ + draw(END) + inside + close + draw(END)


PIECES = words(ODD, QUOTED, PATHS, VERSIONS) | st.characters(codec="utf-8", max_codepoint=0x2FFF)  # costly to make


@st.composite
def mutated(draw: st.DrawFn, text: str) -> str:
    """TEXT after some characters, words or lines were dropped, doubled, swapped or put in."""
    for _ in range(draw(st.integers(1, 4))):
        pieces = re.split(draw(st.sampled_from([r"()", r"(\s+)", r"(\n)", r"(\W)"])), text)
        at = draw(st.integers(0, len(pieces) - 1))
        to = draw(st.integers(0, len(pieces) - 1))
        change = draw(st.sampled_from(["drop", "double", "move", "put in", "put in"]))
        piece = draw(PIECES)
        if change != "put in":
            piece = pieces[at] if change == "double" else pieces.pop(at)
        if change != "drop":
            pieces.insert(to, piece)
        text = "".join(pieces)
    return text


# What Go accepts; nobody quotes what need not be quoted with an escape in it.
RIGHT_PATHS = ["example.com/a", "example.com/B", '"example.com/c"', "a"]
RIGHT_FOLDERS = ["./x", "../y", ".", "/abs", '"./a b"', "./caf\u00e9"]
RIGHT_VERSIONS = ["v1.0.0", '"v1.0.0"', "v2.0.0+incompatible", "v1.0.0-rc.1"]
RIGHT_LINES = {
    "require": [[RIGHT_PATHS, RIGHT_VERSIONS], [["example.com/b/v2", "gopkg.in/x.v2"], ["v2.0.0", "v2.0.1"]]],
    "exclude": [[RIGHT_PATHS, RIGHT_VERSIONS]],
    "replace": [
        [RIGHT_PATHS, ["=>"], RIGHT_FOLDERS],
        [RIGHT_PATHS, RIGHT_VERSIONS, ["=>"], RIGHT_FOLDERS],
        [RIGHT_PATHS, ["=>"], ["example.com/b/v2"], ["v2.0.0"]],
        [RIGHT_PATHS, ["=>"], RIGHT_PATHS, RIGHT_VERSIONS],
        [RIGHT_PATHS, RIGHT_VERSIONS, ["=>"], RIGHT_PATHS, RIGHT_VERSIONS],
    ],
    "godebug": [[["default=go1.21", "panicnil=1"]]],
    "tool": [[["example.com/a/cmd"]]],
    "ignore": [[["./node_modules"]]],
    "use": [[RIGHT_FOLDERS]],
}
RIGHT_VERBS = {
    "go.mod": ["require", "require", "exclude", "replace", "replace", "godebug", "tool", "ignore"],
    "go.work": ["use", "use", "replace", "replace", "godebug"],
}
RIGHT_SPACE = st.sampled_from([" "] * 9 + ["\t", "  ", "\r "])
RIGHT_END = st.sampled_from(["\n"] * 9 + ["\r\n", "\n\n", " // c\n", ' //c ( => "\r\n', "//\n", "\n// c\n", " \t\n"])


@st.composite
def right_files(draw: st.DrawFn, name: str) -> str:
    """A go.mod or go.work that Go accepts, as people lay them out."""

    def arguments(verb: str) -> str:
        chosen = draw(st.sampled_from(RIGHT_LINES[verb]))
        return "".join(draw(RIGHT_SPACE) + draw(st.sampled_from(words)) for words in chosen) + draw(RIGHT_END)

    parts = []
    for _ in range(draw(st.integers(0, 6))):
        verb = draw(st.sampled_from(RIGHT_VERBS[name]))
        if draw(st.booleans()):
            parts.append(verb + arguments(verb))
        else:
            inside = "".join(arguments(verb) for _ in range(draw(st.integers(0, 3))))
            parts.append(f"{verb}{draw(RIGHT_SPACE)}({draw(RIGHT_END)}{inside}){draw(RIGHT_END)}")
    once = ["go 1.23", "go 1.22.3", "go 1.21rc1"], ["toolchain go1.23.4", "toolchain default"]
    heads = [*once, ["module example.com/app", 'module "example.com/app"', "module (\n\ta\n)"]]
    for lines in heads if name == "go.mod" else once:
        if draw(st.booleans()):
            at = draw(st.integers(0, len(parts)))
            parts.insert(at, draw(st.sampled_from(lines)) + draw(RIGHT_END))
    return "".join(parts)


FILES = st.lists(directives(), max_size=6).map("".join) | mutated(GO_MOD) | mutated(GO_WORK)
NOT_UTF_8 = st.sampled_from([b"", b"", b"", b"\xff", b"\xe2\x82", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80"])


@st.composite
def contents(draw: st.DrawFn) -> bytes:
    data = draw(FILES).encode()
    at = draw(st.integers(0, len(data)))
    return data[:at] + draw(NOT_UTF_8) + data[at:]
