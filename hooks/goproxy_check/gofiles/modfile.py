"""go.mod, go.work, go.sum and go.work.sum, read line by line: what they name, and what Go replaces or leaves out.

Lines that name no module version are not judged: the next go command says what is wrong with them. Sources:
https://go.dev/ref/mod#go-mod-file-lexical, x/mod/modfile (rule.go), https://go.dev/doc/toolchain.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from goproxy_check.gofiles import module
from goproxy_check.gofiles.module import Invalid, Problem

TOOLCHAIN = "golang.org/toolchain"
# Go writes this hash of an empty go.mod by an old bug, and ignores it (cmd/go/internal/modfetch: emptyGoModHash).
_EMPTY_GO_MOD = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY="
# One token, such as  require  (  "quoted path"  v1.2.3  =>  // comment
_TOKEN = re.compile(r"""//.*|("(?:\\.|[^"\\])*"|`[^`]*`|[()\[\]{},]|[^\s()\[\]{},"`]+?(?=//|[\s()\[\]{},"`]|$))""")
_GO_VERSION = r"[1-9][0-9]*\.(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))?(?:[a-z]+[0-9]+)?"  # 1.23, 1.23.4, 1.23rc1
_RELEASE = r"([0-9]{1,6})\.([0-9]{1,6})(?:\.([0-9]{1,6}))?(?:(alpha|beta|rc)([0-9]{1,6}))?"  # in parts: 1.23beta1
_NAME = r"go[0-9][0-9A-Za-z.]*(?:-[0-9A-Za-z][0-9A-Za-z._-]*)?"  # go1.23.4, go1.23.4-custom
_FOLDER = r"\.\.?(?:[/\\].*)?|[/\\].*|[A-Za-z]:.*"  # ./folder, ..\folder, /folder, C:\folder
_REPLACE = "usage: replace module/path [v1.2.3] => other/module v1.4, or => ../local/directory"
# What Go takes for white space (unicode.IsSpace) is less than what Python's str.split() does.
_FIELD = r"[^\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+"


class Entry(NamedTuple):
    """A module version that a file names, on LINE (from 1); its first two items are the name of the version."""

    module: str
    version: str
    line: int
    hash: str = ""  # in go.sum
    go_mod: bool = False  # a /go.mod line of go.sum
    required: bool = False  # by a require line


class ModFile:
    """What a module file says, as far as downloads go."""

    def __init__(self, *problems: Problem) -> None:
        self.module = ""
        self.entries: list[Entry] = []
        # (old path, version or "" for all) → what stands in for it: (new path, version), or (folder, "")
        self.replacements: dict[tuple[str, str], tuple[str, str]] = {}
        self.excluded: set[tuple[str, str]] = set()
        self.uses: list[str] = []
        self.go, self.toolchain = ("", 0), ("", 0)  # the version, and its line
        self.problems = list(problems)


@lru_cache(maxsize=8192)  # most files are the same before and after
def read(name: str, data: bytes) -> ModFile:
    """Return what the file called NAME (``go.mod``, …) with the content DATA says; of a merge conflict no more."""
    most = 4 if name.endswith(".sum") else 1
    if len(data) > most << 20:  # 40,000 lines
        return ModFile(Problem(1, Invalid.OTHER, f"larger than {most} MB, as no {name} is: it is not read"))
    lines = data.decode("utf-8", "replace").split("\n")
    for number, line in enumerate(lines, 1):
        if len(line) > 1 << 16:
            return ModFile(Problem(number, Invalid.OTHER, "a line of more than 64 KB: nothing is read"))
        if line[:1] in "<|=>" and re.match(r"([<|=>])\1{6}(?:\s|$)", line):  # git writes <<<<<<< HEAD and so on
            return ModFile(Problem(number, Invalid.OTHER, "merge conflict markers"))
    return _read_sum(lines) if name.endswith(".sum") else _read_mod(lines, work=name == "go.work")


def _read_sum(lines: list[str]) -> ModFile:
    """Read go.sum: ``MODULE VERSION[/go.mod] HASH`` (cmd/go/internal/modfetch: readGoSum)."""
    file = ModFile()
    for number, line in enumerate(lines, 1):
        # For a printable ASCII line split() does the same, and is much quicker.
        fields = line.split() if line.isascii() and line.isprintable() else re.findall(_FIELD, line)
        if len(fields) not in (0, 3):
            detail = f"malformed line: wrong number of fields ({len(fields)}, not 3)"
            file.problems.append(Problem(number, Invalid.OTHER, detail))
        elif fields and fields[2] != _EMPTY_GO_MOD:
            version = fields[1].removesuffix("/go.mod")
            file.entries.append(Entry(fields[0], version, number, fields[2], version != fields[1]))
    return file


def _read_mod(lines: list[str], work: bool) -> ModFile:
    """Read go.mod, or go.work if WORK (x/mod/modfile: parseToFile, parseWork)."""
    file, block = ModFile(), ""  # in require ( … ) the verb stands before the parenthesis
    for number, line in enumerate(lines, 1):
        tokens = [token for token in _TOKEN.findall(line) if token]
        if block and tokens[:1] == [")"]:
            block = ""
        elif not block and len(tokens) > 1 and tokens[-1] == "(":
            block = tokens[0] if len(tokens) == 2 else "?"
        elif tokens and (block or tokens[1:] != ["(", ")"]):
            verb, *args = (block, *tokens) if block else tokens
            try:
                _directive(file, verb, args, number, work)
            except ValueError as rejected:
                file.problems.append(Problem(number, *rejected.args))
    return file


def _directive(file: ModFile, verb: str, args: list[str], line: int, work: bool) -> None:
    """Note in FILE what VERB ARGS says; raises ValueError with what a Problem has but the line, as the next two do."""
    match verb, args:
        case "replace", [_, "=>", *right] | [_, _, "=>", *right]:
            folder = re.fullmatch(_FOLDER, "".join(right[:1]).strip('"'), re.DOTALL)
            if len(right) != (1 if folder else 2):
                raise ValueError(Invalid.OTHER, _REPLACE)
            old, new = _path_version(args[: -len(right) - 1]), _path_version(right)
            file.entries += [] if folder else [Entry(*new, line)]
            file.replacements[old] = new  # of two for one version the later counts (x/mod/modfile: removeDups)
        case "replace", _:
            raise ValueError(Invalid.OTHER, _REPLACE)
        case "require", [_, _] if not work:
            file.entries.append(Entry(*_path_version(args), line, required=True))
        case "exclude", [_, _] if not work:
            file.excluded.add(_path_version(args))
        case (("require" | "exclude"), _) if not work:
            raise ValueError(Invalid.OTHER, f"usage: {verb} module/path v1.2.3")
        case "go", [version] if not file.go[0] and re.fullmatch(_GO_VERSION, version):
            file.go = (version, line)
        case "toolchain", [name] if not file.toolchain[0]:
            file.toolchain = (name, line)
        case "module", [path] if not work:
            file.module = file.module or _string(path)
        case "use", [path] if work:
            file.uses.append(_string(path))


def _string(token: str) -> str:
    """Return the value of a token: "quoted" loses its quotes (x/mod/modfile: parseString)."""
    value = token[1:-1] if len(token) > 1 and token[0] == token[-1] == '"' else token
    if re.search(r"""["'`\\]""", value) and not value.startswith((".", "/")):
        raise ValueError(Invalid.OTHER, f"invalid quoted string: {token}")
    return value


def _path_version(tokens: list[str]) -> tuple[str, str]:
    """Return the module path and the canonical version, "" if there is none, in TOKENS (x/mod/modfile: fixVersion)."""
    path, *version = map(_string, tokens)
    problem = module.check(path, *version) if version else None
    if problem and problem.kind is not Invalid.PATH:
        raise ValueError(*problem[1:])
    return path, version[0] if version else ""


def release(name: str) -> tuple[object, ...]:
    """Return a key for the order of releases (``1.23rc1``, ``go1.23.4-custom``), empty for other names."""
    if not (match := re.fullmatch(_RELEASE, re.split(r"[ \t-]", name.removeprefix("devel ").removeprefix("go"))[0])):
        return ()
    major, minor, patch, kind, number = match.groups()
    # Since 1.21 a language version, 1.23, comes before the candidates of its first release, 1.23.0 (internal/gover).
    language = not (patch or kind) and (int(major), int(minor)) >= (1, 21)
    return int(major), int(minor), int(patch or 0), "" if language else kind or "~", int(number or 0)


def demanded(file: ModFile) -> tuple[str, int]:
    """Return the name of the toolchain that FILE demands, and the line that says so; "" if it demands none."""
    (number, line), (toolchain, _) = file.go, file.toolchain
    first = release(number)
    if not first or toolchain == "default":
        return "", 0
    if re.fullmatch(_NAME, toolchain) and release(toolchain) > first:
        return file.toolchain
    return (f"go{number}" if first[3] else f"go{number}.0"), line
