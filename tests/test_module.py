"""module.py: each function in a table, then the same questions to golang.org/x/mod, as the installed Go has it."""

import base64
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from goproxy_check import module
from tests.support.xmod import build_with_x_mod, go_source

# Answers each line of standard input, a JSON list [question, argument, ...], with one line of JSON.
ANSWERS_GO = r"""
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

type list = []any

func orNull(s string, err error) any {
	if err != nil {
		return nil
	}
	return s
}

func errorLines(err error) any {
	var found modfile.ErrorList
	if !errors.As(err, &found) {
		panic(err)
	}
	lines := list{}
	for _, e := range found {
		lines = append(lines, list{e.Pos.Line, e.Err.Error()})
	}
	return map[string]any{"errors": lines}
}

func replacements(found []*modfile.Replace) list {
	out := list{}
	for _, r := range found {
		out = append(out, list{r.Old.Path, r.Old.Version, r.New.Path, r.New.Version, r.Syntax.Start.Line})
	}
	return out
}

func goLines(g *modfile.Go, t *modfile.Toolchain, out map[string]any) {
	if g != nil {
		out["go"] = list{g.Version, g.Syntax.Start.Line}
	}
	if t != nil {
		out["toolchain"] = list{t.Name, t.Syntax.Start.Line}
	}
}

func goMod(data []byte) any {
	f, err := modfile.Parse("go.mod", data, nil)
	if err != nil {
		return errorLines(err)
	}
	out := map[string]any{"module": "", "replace": replacements(f.Replace)}
	if f.Module != nil {
		out["module"] = f.Module.Mod.Path
	}
	goLines(f.Go, f.Toolchain, out)
	require, exclude := list{}, list{}
	for _, r := range f.Require {
		require = append(require, list{r.Mod.Path, r.Mod.Version, r.Syntax.Start.Line})
	}
	for _, x := range f.Exclude {
		exclude = append(exclude, list{x.Mod.Path, x.Mod.Version})
	}
	out["require"], out["exclude"] = require, exclude
	return out
}

func goWork(data []byte) any {
	f, err := modfile.ParseWork("go.work", data, nil)
	if err != nil {
		return errorLines(err)
	}
	out := map[string]any{"replace": replacements(f.Replace)}
	goLines(f.Go, f.Toolchain, out)
	use := list{}
	for _, u := range f.Use {
		use = append(use, u.Path)
	}
	out["use"] = use
	return out
}

func goSum(data []byte) (answer any) {
	defer func() {
		if stop := recover(); stop != nil {
			answer = map[string]any{"error": stop}
		}
	}()
	found := map[module.Version][]string{}
	readGoSum(found, "go.sum", data)
	out := list{}
	for m, hashes := range found {
		out = append(out, list{m.Path, m.Version, hashes})
	}
	return map[string]any{"hashes": out}
}

func answer(what string, s []string, data []byte) any {
	switch what {
	case "go.mod":
		return goMod(data)
	case "go.work":
		return goWork(data)
	case "go.sum":
		return goSum(data)
	case "canonical_version":
		return module.CanonicalVersion(s[0])
	case "is_pseudo":
		return module.IsPseudoVersion(s[0])
	case "compare":
		return semver.Compare(s[0], s[1])
	case "split_path_version":
		prefix, major, ok := module.SplitPathVersion(s[0])
		return list{prefix, major, ok}
	case "check_path_major":
		return module.CheckPathMajor(s[0], s[1]) == nil
	case "check_path":
		return module.CheckPath(s[0]) == nil
	case "check":
		return module.Check(s[0], s[1]) == nil
	case "escape_path":
		return orNull(module.EscapePath(s[0]))
	case "escape_version":
		return orNull(module.EscapeVersion(s[0]))
	case "match_prefix_patterns":
		return module.MatchPrefixPatterns(s[0], s[1])
	}
	panic(what)
}

func main() {
	in := bufio.NewReader(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var question struct {
			What string
			Args []string
			Data []byte
		}
		if err := json.Unmarshal(line, &question); err != nil {
			panic(err)
		}
		if err := out.Encode(answer(question.What, question.Args, question.Data)); err != nil {
			panic(err)
		}
	}
}
"""

# readGoSum is internal to the go command: its source is put below this when the program is built.
GO_SUM_GO = r"""
package main

import (
	"bytes"
	"fmt"
	"strings"

	"golang.org/x/mod/module"
)

var cfg struct{ CmdName string }

type fatal struct{}

func (fatal) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

var base fatal

"""


class XMod:
    """The packages of golang.org/x/mod that the installed go command is made of, in a process that answers."""

    def __init__(self, program: Path) -> None:
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, what: str, *args: str, data: bytes = b"") -> Any:
        assert self.process.stdin
        assert self.process.stdout
        question = {"What": what, "Args": args, "Data": base64.b64encode(data).decode()}
        self.process.stdin.write(json.dumps(question).encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        self.process.communicate(timeout=10)


def build_answers(folder: Path) -> Path:
    """Build the program that answers in FOLDER, and return its path."""
    fetch = (go_source() / "go" / "internal" / "modfetch" / "fetch.go").read_text(encoding="utf-8")
    parts = [
        re.search(pattern, fetch, re.MULTILINE | re.DOTALL)
        for pattern in (r"^const emptyGoModHash = .*?\n", r"^func readGoSum\(.*?\n}\n")
    ]
    sum_ = GO_SUM_GO + "".join(part[0] for part in parts if part)
    return build_with_x_mod(folder, "answers", {"main.go": ANSWERS_GO, "gosum.go": sum_})


@pytest.fixture(scope="session")
def x_mod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[XMod]:
    # Other test modules take this fixture too; the first to need it builds the program for all.
    folder = tmp_path_factory.getbasetemp() / "x_mod"
    built = folder / "answers.exe"
    asked = XMod(built if built.exists() else build_answers(folder))
    yield asked
    asked.close()


def ask_go(examples: int = 300) -> settings:
    """Settings of a test that compares with Go; GO_EXAMPLES=20000 in the environment looks longer."""
    return settings(
        max_examples=int(os.environ.get("GO_EXAMPLES", examples)),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )


CANONICAL = {
    "v1.2.3": "v1.2.3",
    "v1": "v1.0.0",
    "v1.2": "v1.2.0",
    "v1.2.3-rc.1": "v1.2.3-rc.1",
    "v1.2.3+meta": "v1.2.3",
    "v1.2.3-rc.1+meta.01": "v1.2.3-rc.1",
    "v2.0.0+incompatible": "v2.0.0+incompatible",
    "v2.0.0+incompatible.1": "v2.0.0",
    "v1.2.3-0a": "v1.2.3-0a",
    "v1.2.3--": "v1.2.3--",
    "v1.2.3-01": "",
    "v1.2-rc.1": "",
    "v1+incompatible": "",
    "v01.2.3": "",
    "v1.2.3-": "",
    "v1.2.3-a..b": "",
    "v1.2.3+": "",
    "v1.2.3.4": "",
    "v1.2.3\n": "",
    "v1.2.\u0663": "",  # a digit, but no ASCII digit
    "V1.2.3": "",
    "1.2.3": "",
    "v": "",
    "latest": "",
    "": "",
}


@pytest.mark.parametrize(("version", "wanted"), CANONICAL.items())
def test_canonical_version(version: str, wanted: str, x_mod: XMod) -> None:
    assert module.canonical_version(version) == wanted == x_mod.ask("canonical_version", version)


PSEUDO = {
    "v0.0.0-20240102030405-abcdef123456": True,
    "v2.0.0-20240102030405-abcdef123456": True,
    "v1.2.4-0.20240102030405-abcdef123456": True,
    "v1.2.3-rc.1.0.20240102030405-abcdef123456": True,
    "v2.3.4-0.20240102030405-abcdef123456+incompatible": True,
    "v0.0.0-20240102030405-abcdef123456+a.b-c": True,
    "v1.2.3": False,
    "v1.2.3-20240102030405-abcdef123456": False,  # without .0. only vX.0.0 has a time
    "v1.0.0-2024010203040-abcdef123456": False,
    "v0.0.0-20240102030405": False,
    "v0.0.0-20240102030405-": False,
    "v0.0.0-20240102030405-abcdef_23456": False,
    "v00.0.0-20240102030405-abcdef123456": False,
    "v0.0.0-20240102030405-abcdef123456+a..b": False,
    "v0.0.0-20240102030405-abcdef123456\n": False,
}


@pytest.mark.parametrize(("version", "wanted"), PSEUDO.items())
def test_is_pseudo(version: str, wanted: bool, x_mod: XMod) -> None:
    assert module.is_pseudo(version) is wanted is x_mod.ask("is_pseudo", version)


# Each is lower than the next; those of one row are equal.
ASCENDING = [
    ["", "latest", "v1.2.3-01"],
    ["v0.0.0-20240102030405-abcdef123456"],
    ["v1.0.0-alpha"],
    ["v1.0.0-alpha.1"],
    ["v1.0.0-alpha.beta"],
    ["v1.0.0-beta"],
    ["v1.0.0-beta.2"],
    ["v1.0.0-beta.11"],
    ["v1.0.0-beta.11a"],
    ["v1.0.0-rc.1"],
    ["v1.0.0", "v1", "v1.0", "v1.0.0+meta"],
    ["v1.9.0"],
    ["v1.10.0"],
    ["v2.0.0+incompatible", "v2"],
    [f"v{'9' * 5000}.0.0"],  # more digits than int() takes
    [f"v1{'0' * 5000}.0.0"],
]


def test_semver_key_puts_versions_in_order(x_mod: XMod) -> None:
    ranked = [(rank, version) for rank, row in enumerate(ASCENDING) for version in row]
    for rank, version in ranked:
        for other_rank, other in ranked:
            wanted = (rank > other_rank) - (rank < other_rank)
            one, two = module.semver_key(version), module.semver_key(other)
            assert (one > two) - (one < two) == wanted == x_mod.ask("compare", version, other), (version, other)


SPLIT = {
    "example.com/a": ("example.com/a", "", True),
    "example.com/a/v2": ("example.com/a", "/v2", True),
    "example.com/a/v10": ("example.com/a", "/v10", True),
    "example.com/a/v2/v3": ("example.com/a/v2", "/v3", True),
    "/v2": ("", "/v2", True),
    "v2": ("v2", "", True),
    "example.com/av2": ("example.com/av2", "", True),
    "example.com/a/v2\n": ("example.com/a/v2\n", "", True),
    "example.com/a/v1": ("example.com/a/v1", "", False),
    "example.com/a/v0": ("example.com/a/v0", "", False),
    "example.com/a/v02": ("example.com/a/v02", "", False),
    "example.com/a/v2.1": ("example.com/a/v2.1", "", False),
    "example.com/a/v.": ("example.com/a/v.", "", False),
    "gopkg.in/yaml.v2": ("gopkg.in/yaml", ".v2", True),
    "gopkg.in/yaml.v0": ("gopkg.in/yaml", ".v0", True),
    "gopkg.in/a/yaml.v1-unstable": ("gopkg.in/a/yaml", ".v1-unstable", True),
    "gopkg.in/yaml.v-unstable": ("gopkg.in/yaml", ".v-unstable", True),  # an oddity of Go's
    "gopkg.in/yaml.v0-unstable": ("gopkg.in/yaml.v0-unstable", "", False),
    "gopkg.in/yaml.v01": ("gopkg.in/yaml.v01", "", False),
    "gopkg.in/yaml.v": ("gopkg.in/yaml.v", "", False),
    "gopkg.in/yaml/v2": ("gopkg.in/yaml/v2", "", False),
    "gopkg.in/yaml": ("gopkg.in/yaml", "", False),
    "gopkg.in/.v2": ("gopkg.in/", ".v2", True),
    "": ("", "", True),
}


@pytest.mark.parametrize(("path", "wanted"), SPLIT.items())
def test_split_path_version(path: str, wanted: tuple[str, str, bool], x_mod: XMod) -> None:
    assert module.split_path_version(path) == wanted == tuple(x_mod.ask("split_path_version", path))


MAJOR_FITS = {
    ("v0.1.0", ""): True,
    ("v1.1.0", ""): True,
    ("v2.1.0", ""): False,
    ("v2.1.0+incompatible", ""): True,
    ("v2.1.0", "/v2"): True,
    ("v3.1.0", "/v2"): False,
    ("v2.1.0+incompatible", "/v3"): False,
    ("v2.1.0", ".v2"): True,
    ("v2.1.0", ".v2-unstable"): True,
    ("v1.1.0", ".v2"): False,
    ("v0.0.0-20240102030405-abcdef123456", ".v1"): True,
    ("v0.0.0-20240102030405-abcdef123456", ".v2"): False,
    ("v1", ""): True,
    ("v1x", ""): False,
    ("v2.x", "/v2"): False,
    ("x+incompatible", ""): False,
    ("", ""): False,
}


@pytest.mark.parametrize(("version", "path_major", "wanted"), [(*key, wanted) for key, wanted in MAJOR_FITS.items()])
def test_check_path_major(version: str, path_major: str, wanted: bool, x_mod: XMod) -> None:
    assert (not module.check_path_major(version, path_major)) is wanted
    assert x_mod.ask("check_path_major", version, path_major) is wanted


PATHS = {
    "example.com": True,
    "example.com/A_b-c~d.e": True,
    "exa-mple.com/a/v2": True,
    "1.2/a": True,
    "example.com/a~b": True,
    "example.com/a~1b": True,
    "example.com/console": True,
    "": False,
    "/a.b": False,
    "-a.b/c": False,
    "localhost/a": False,
    "Example.com/a": False,
    "exam_ple.com/a": False,
    "example.com/": False,
    "example.com//a": False,
    "example.com/.a": False,
    "example.com/a.": False,
    "example.com/..": False,
    "example.com/a b": False,
    "example.com/a+b": False,
    "example.com/\u00e9": False,
    "example.com/a\n": False,
    "example.com/CON": False,
    "example.com/com1.txt": False,
    "example.com/a~1": False,
    "example.com/a~1.b": False,
    "example.com/a/v1": False,
    "gopkg.in/yaml": False,
}


@pytest.mark.parametrize(("path", "wanted"), PATHS.items())
def test_check_path(path: str, wanted: bool, x_mod: XMod) -> None:
    assert (not module.check_path(path)) is wanted is x_mod.ask("check_path", path)


CHECKS = {
    ("example.com/a", "v1.2.3"): "",
    ("example.com/a/v2", "v2.0.0"): "",
    ("example.com/a", "v2.0.0+incompatible"): "",
    ("example.com/a b", "v1.2.3"): 'malformed module path "example.com/a b": invalid character in path element "a b"',
    ("example.com/a", "v2.0.0"): 'version "v2.0.0" invalid: should be v0 or v1, not v2',
    ("example.com/a/v2", "v1.0.0"): 'version "v1.0.0" invalid: should be v2, not v1',
    ("example.com/a", "latest"): 'version "latest" invalid: must be of the form v1.2.3',
    ("example.com/a", ""): 'version "" invalid: must be of the form v1.2.3',
}


@pytest.mark.parametrize(("path", "version", "wanted"), [(*key, wanted) for key, wanted in CHECKS.items()])
def test_check(path: str, version: str, wanted: str, x_mod: XMod) -> None:
    assert module.check(path, version) == wanted
    assert x_mod.ask("check", path, version) is (wanted == "")


def test_check_wants_the_canonical_form_which_alone_a_proxy_serves(x_mod: XMod) -> None:
    assert module.check("example.com/a", "v1.2") == 'version "v1.2" invalid: must be of the form v1.2.3'
    assert x_mod.ask("check", "example.com/a", "v1.2")


ESCAPED = {
    "example.com/a": "example.com/a",
    "example.com/BurntSushi/TOML": "example.com/!burnt!sushi/!t!o!m!l",
    "v1.0.0-RC1": "v1.0.0-!r!c1",
    "v2.0.0+incompatible": "v2.0.0+incompatible",
    "v0.0.1-go1.23.4.linux-amd64": "v0.0.1-go1.23.4.linux-amd64",
    "v1 (copy)": "v1 (copy)",
    "": None,
    "v1!": None,
    "v1/x": None,
    "..": None,
    "a.b/../c": None,
    "v1.": None,
    "nul.x": None,
    "v1\u00e9": None,
    "v1?x": None,
    "v1#\n": None,
}


@pytest.mark.parametrize(("text", "wanted"), ESCAPED.items())
def test_escape(text: str, wanted: str | None, x_mod: XMod) -> None:
    assert escaped(text) == wanted
    assert (x_mod.ask("escape_path", text) or x_mod.ask("escape_version", text)) == wanted


def escaped(text: str) -> str | None:
    try:
        return module.escape(text)
    except ValueError:
        return None


GLOBS = {
    ("example.com", "example.com/a"): True,
    ("example.com", "example.community/a"): False,
    ("example.com/a/", "example.com/a/b"): True,
    ("example.com/a/b", "example.com/a"): False,
    ("*.example.com", "git.example.com/a"): True,
    ("*.example.com", "a/b.example.com"): False,
    ("example.com/*/b", "example.com/a/b/c"): True,
    ("example.com/**", "example.com/a/b"): True,
    ("x.y,,example.com/?", "example.com/a"): True,
    ("example.com/?", "example.com/ab"): False,
    (" example.com", "example.com"): False,
    ("[a-c]x", "bx"): True,
    ("[^a-c]x", "bx"): False,
    (r"[\]]x", "]x"): True,
    (r"[a\-c]x", "-x"): True,
    (r"[a\-c]x", "bx"): False,
    ("[[&&~~||]x", "[x"): True,
    ("[c-a]x", "bx"): False,
    ("[c-ab]x", "bx"): True,
    ("[^c-a]x", "bx"): True,
    ("[^-a]x", "bx"): False,
    ("[^]x", "^x"): False,
    ("[]x", "]x"): False,
    ("[a-]x", "-x"): False,
    ("[a", "a"): False,
    ("a\\", "a\\"): False,
    (r"\*", "*"): True,
    (r"\*", "a"): False,
    ("a]", "a]"): True,
    ("a.c", "abc"): False,
    ("\u00e9?", "\u00e9\U0001f600"): True,
    ("a?", "a\n"): True,
    ("", "a"): False,
    ("", ""): False,
    (",", ""): False,
}


@pytest.mark.parametrize(("globs", "path", "wanted"), [(*key, wanted) for key, wanted in GLOBS.items()])
def test_match_prefix_patterns(globs: str, path: str, wanted: bool, x_mod: XMod) -> None:
    assert module.match_prefix_patterns(globs, path) is wanted is x_mod.ask("match_prefix_patterns", globs, path)


def texts(*parts: str) -> st.SearchStrategy[str]:
    """Strings joined from PARTS and from single characters."""
    return st.lists(st.sampled_from(parts) | st.characters(codec="utf-8"), max_size=8).map("".join)


VERSIONS = (
    texts("v", "v1", ".", "0", "01", "12", "-", "+", "rc", "X", "20240102030405", "-0.", "abcdef123456")
    | st.from_regex(r"v[0-9]{1,2}(\.[0-9]{1,2}(\.[0-9]{1,2}([-+.][0-9a-zA-Z.+-]{1,9})?)?)?", fullmatch=True)
    | st.from_regex(r"v[0-9]\.[01]\.0-(rc\.)?(0\.)?[0-9]{13,15}-[a-f0-9]{1,3}([+.]incompatible)?", fullmatch=True)
    | st.sampled_from(sorted([*CANONICAL, *PSEUDO, "v2.0.0", "v3.0.0"]))
)
MODULE_PATHS = texts(
    "example.com", "gopkg.in/", "/", "//", "/v", ".v", "-unstable", "~", "con", ".", "0", "1", "2", "A"
) | (st.sampled_from(sorted([*SPLIT, *PATHS])))
PATTERNS = texts("*", "?", "[", "]", "^", "-", "\\", "/", ",", "a", "b", "c", "[a-c]", "[^b]", "[c-a", "[b-ac]", "\\]")


class TestGoSaysTheSame:
    @ask_go()
    @given(VERSIONS)
    def test_of_one_version(self, x_mod: XMod, version: str) -> None:
        assert module.canonical_version(version) == x_mod.ask("canonical_version", version)
        assert module.is_pseudo(version) == x_mod.ask("is_pseudo", version)

    @ask_go()
    @given(VERSIONS, VERSIONS)
    def test_of_the_order_of_two_versions(self, x_mod: XMod, version: str, other: str) -> None:
        one, two = module.semver_key(version), module.semver_key(other)
        assert (one > two) - (one < two) == x_mod.ask("compare", version, other)

    @ask_go()
    @given(MODULE_PATHS, VERSIONS)
    def test_of_a_path_and_a_version(self, x_mod: XMod, path: str, version: str) -> None:
        split = module.split_path_version(path)
        assert list(split) == x_mod.ask("split_path_version", path)
        assert (not module.check_path(path)) == x_mod.ask("check_path", path)
        assert (not module.check_path_major(version, split[1])) == x_mod.ask("check_path_major", version, split[1])
        canonical = module.canonical_version(version) == version
        assert (not module.check(path, version)) == (canonical and x_mod.ask("check", path, version))

    @ask_go()
    @given(MODULE_PATHS | VERSIONS)
    def test_of_escaping(self, x_mod: XMod, text: str) -> None:
        assert escaped(text) == (x_mod.ask("escape_path", text) or x_mod.ask("escape_version", text))

    # A class that matches a slash is left out: Go takes the first match of what follows a star, a regular expression
    # any match, and these differ only where a slash is reached by something other than a slash.
    @ask_go(500)
    @given(PATTERNS, st.lists(st.sampled_from("abc/^-][\\*?\u00e9"), max_size=6).map("".join))
    @example("*a*b/c", "xaxb/c")
    def test_of_globs(self, x_mod: XMod, globs: str, path: str) -> None:
        assert module.match_prefix_patterns(globs, path) == x_mod.ask("match_prefix_patterns", globs, path)
