"""modfiles.py: what it reads from a file, and that Go reads the same and rejects the same lines."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from goproxy_check.modfiles import Entry, ModFile, Replacement, may_be_newer, read
from tests.support.modulefiles import GO_MOD, GO_SUM, GO_WORK, ODD, PATHS, VERBS, VERSIONS, contents, mutated, words
from tests.support.xmod import XMod, ask_go

MARKERS = "merge conflict markers: resolve the conflict and git add the file"


def problem_lines(name: str, text: str) -> list[int]:
    return [problem.line for problem in read(name, text.encode()).problems]


class TestValidFiles:
    def test_go_mod(self) -> None:
        assert read("go.mod", GO_MOD.encode()) == ModFile(
            module="example.com/app",
            entries=[
                Entry("example.com/one", "v1.2.3", 7),
                Entry("example.com/two/v2", "v2.0.0", 9),
                Entry("example.com/three", "v1.0.0", 10),
                Entry("gopkg.in/yaml.v3", "v3.0.1", 11),
                Entry("example.com/old", "v2.0.0+incompatible", 12),
                Entry("example.com/build", "v1.0.0", 13),
                Entry("example.com/fork/v2", "v2.0.1", 19),
            ],
            replacements=[
                Replacement("example.com/one", "", "../one", ""),
                Replacement("example.com/two/v2", "v2.0.0", "example.com/fork/v2", "v2.0.1"),
            ],
            excluded={("example.com/one", "v1.2.2")},
            go=("1.23.4", 4),
            toolchain=("go1.23.5", 5),
        )

    def test_go_work(self) -> None:
        assert read("go.work", GO_WORK.encode()) == ModFile(
            entries=[Entry("example.com/two", "v1.5.0", 8)],
            replacements=[Replacement("example.com/one", "v1.0.0", "example.com/two", "v1.5.0")],
            uses=["./app", ".", "./with space"],
            go=("1.23", 1),
            toolchain=("default", 2),
        )

    @pytest.mark.parametrize("name", ["go.sum", "go.work.sum"])
    def test_go_sum(self, name: str) -> None:
        assert read(name, GO_SUM.encode()) == ModFile(
            entries=[
                Entry("example.com/one", "v1.2.3", 1, "h1:one="),
                Entry("example.com/one", "v1.2.3", 2, "h1:onemod=", go_mod=True),
                Entry("example.com/two", "v2.0.0", 4, "h1:two="),
            ]
        )

    @pytest.mark.parametrize("name", ["go.mod", "go.work", "go.sum"])
    def test_empty_file(self, name: str) -> None:
        assert read(name, b"") == ModFile()

    def test_windows_line_ends(self) -> None:
        assert read("go.mod", GO_MOD.replace("\n", "\r\n").encode()) == read("go.mod", GO_MOD.encode())

    def test_lone_carriage_return_ends_no_comment(self) -> None:
        assert read("go.mod", b"module a.b // c\rd\n") == ModFile(module="a.b")

    def test_every_byte_that_is_no_utf_8_is_one_character(self) -> None:
        assert read("go.work", b"use a\xe2\x82b\n").uses == ["a\ufffd\ufffdb"]

    def test_later_of_two_replacements_counts(self) -> None:
        assert read("go.mod", b"replace a => ./x\nreplace a => ./y\n").replacements == [Replacement("a", "", "./y", "")]

    @pytest.mark.parametrize(
        ("token", "wanted"),
        [
            (r'"a\tb\\\"c"', 'a\tb\\"c'),
            (r'"\x61\142\u0063\U00000064"', "abcd"),
            (r'"\xc3\xa9\U0001F600"', "\u00e9\U0001f600"),
            (r'"\xff\xfe"', "\ufffd\ufffd"),
            ('"\u00e9 ( // "', "\u00e9 ( // "),
            ("a/b//c", "a/b"),
            ("a'b", None),
            ("`a`", None),
            (r'"\q"', None),
            (r'"\400"', None),
            (r'"\ud800"', None),
            (r'"\U00110000"', None),
            (r'"\U0000D800"', None),
            (r'"\x6"', None),
        ],
    )
    def test_value_of_a_string(self, token: str, wanted: str | None) -> None:
        file = read("go.work", f"use {token}\n".encode())
        assert (file.uses, len(file.problems)) == (([], 1) if wanted is None else ([wanted], 0))


class TestRejectedFiles:
    @pytest.mark.parametrize(
        ("text", "line", "why"),
        [
            ("go 1.x\n", 1, "invalid go version '1.x': must match format 1.23.0"),
            ("toolchain local\n", 1, "invalid toolchain version 'local': must match format go1.23.0 or default"),
            ("go 1.20\n\ngo 1.21\n", 3, "repeated go statement"),
            ("module a.b\nmodule a.b\n", 2, "repeated module statement"),
            ("module a b\n", 1, "module directive expects exactly one argument"),
            ("require a.b\n", 1, "usage: require module/path v1.2.3"),
            ("require a.b latest\n", 1, "a.b: version latest invalid: must be of the form v1.2.3"),
            ("require a.b v2.0.0\n", 1, 'a.b: version "v2.0.0" invalid: should be v0 or v1, not v2'),
            ("exclude a.b/v1 v1.0.0\n", 1, "a.b/v1: invalid module path"),
            ("replace a.b/v1 => ./x\n", 1, "replace a.b/v1: invalid module path"),
            ("replace a.b => c.d\n", 1, "replacement module without version must be directory path"),
            ("replace a.b => ./c v1.0.0\n", 1, 'replacement module directory path "./c" cannot have version'),
            ("replace a.b => \n", 1, "usage: replace module/path [v1.2.3] =>"),
            *(
                [("replace a.b => .\\c\n", 1, "replacement directory appears to be Windows path")]
                if os.sep == "/"
                else []
            ),
            ("retract [v1.0.0]\n", 1, "retract expects a version or an interval"),
            ("retract [v1.0.0, v1.1.0] x\n", 1, "retract expects a version or an interval"),
            ("retract (\n(\n)\n", 2, "retract expects a version or an interval"),
            ("godebug a\n", 1, "usage: godebug key=value"),
            ("/ a\n", 1, "unknown directive: /"),
            ("requir a.b v1.0.0\n", 1, "unknown directive: requir"),
            ("modul a.b\nrequires (\n\ta.b v1.0.0\n)\n", 1, "unknown directive: modul"),
            ("requires (\n\ta.b v1.0.0\n)\n", 1, "unknown block type: requires"),
            ("go (\n1.20\n)\n", 1, "unknown block type: go"),
            ("require x (\n)\n", 1, "unknown block type: require x"),
            ("require (\n\n", 3, "syntax error (unterminated block started at line 1)"),
            ("require (\n) x\n", 2, "syntax error (expected newline after closing paren)"),
            ("module a\x00b\n", 1, "unexpected input character: 'a\\x00b'"),
            ("\ufeffmodule a.b\n", 1, "unexpected input character: '\\ufeffmodule'"),
            ('\nuse "a\n', 2, "a string that does not end on its line"),
            ('use "a\\\nb', 1, "a string that does not end on its line"),
            ('use "a\\\nb\n', 2, "a string that does not end on its line"),
            ("module a.b /* c */\n", 1, "mod files must use // comments (not /* */ comments)"),
        ],
    )
    def test_problem_has_a_line_and_a_reason(self, text: str, line: int, why: str) -> None:
        problem = read("go.mod", text.encode()).problems[0]
        assert (problem.line, problem.why[: len(why)]) == (line, why)

    def test_what_go_reports_first_is_first(self) -> None:
        assert problem_lines("go.mod", "go x\nrequire a\nmodule `\n") == [3, 1, 2]

    def test_go_line_without_version_does_not_count(self) -> None:
        file = read("go.mod", b"go\ngo 1.23\n")
        assert ([problem.line for problem in file.problems], file.go) == ([1], ("1.23", 2))

    def test_rest_of_a_rejected_file_is_read(self) -> None:
        file = read("go.mod", b"require ( /* deps */\n\tone latest\n\ta.b v1.0.0\n)\nmodule \x00\nrequire c.d v1.0.0\n")
        assert file.entries == [Entry("a.b", "v1.0.0", 3), Entry("c.d", "v1.0.0", 6)]

    def test_go_sum_line_without_three_fields(self) -> None:
        file = read("go.sum", b"a.b v1.0.0 h1:x=\na.b v1.0.0\n\na.b v1 h1:x= y\n")
        assert [problem.line for problem in file.problems] == [2, 4]
        assert file.problems[0].why == "malformed line: wrong number of fields (2, not 3)"
        assert file.entries == [Entry("a.b", "v1.0.0", 1, "h1:x=")]

    @pytest.mark.parametrize("name", ["go.mod", "go.sum"])
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_merge_conflict_is_one_problem(self, name: str, end: str) -> None:
        lines = ["require (", "<<<<<<< HEAD", "a.b v1.0.0", "||||||| 1234567 (Don't)", "=======", "a.b v1.1.0"]
        lines = [*lines, ">>>>>>> feature", ")", "\x00"] if name == "go.mod" else lines[1:]
        file = read(name, end.join(lines).encode())
        wanted = [(9, "unexpected input character: '\\x00'"), (2, MARKERS)] if name == "go.mod" else [(1, MARKERS)]
        assert [tuple(problem) for problem in file.problems] == wanted
        assert not file.entries

    def test_comment_of_equal_signs_is_no_conflict(self) -> None:
        assert read("go.mod", b"// =======\nmodule a.b\n") == ModFile(module="a.b")

    @pytest.mark.parametrize(
        "text",
        ["frobnicate a b\n", "frob_n-1 (\n ( [\n)\n", "frob a (\nb\n)\n", "frob ( )\n", 'frob "a\\\nb" c\n'],
    )
    def test_directive_of_a_newer_go_is_left_alone(self, text: str) -> None:
        assert read("go.mod", text.encode()) == ModFile()
        assert read("go.work", text.encode()) == ModFile()


REAL = [
    ("go.mod", GO_MOD[: GO_MOD.index("newer-directive")]),
    ("go.work", GO_WORK),
    ("go.mod", "replace a => ./x\nreplace a v1.0.0 => b v1.0.0\nreplace a => ./y\nexclude a v1.0.0\nexclude a v1.0.0"),
    ("go.mod", 'module "a\\xff\\xffb"\r\nrequire (\r\n\ta.b v1.0.0\r\n)\r\n'),
    ("go.mod", "module a\xa0b"),
    ("go.mod", "go x\nrequire a\nmodule `\n"),
    ("go.mod", "module a\n\nrequire (\n\ta.b v1.0.0\n"),
    ("go.mod", "module a\nrequire (\n\ta.b v1.0.0\n) // fine\nrequire (\n) c\n"),
    ("go.mod", 'module a\nrequire "a\\\nb" v1.0.0\n'),
    ("go.mod", 'module a\nrequire "a\\\nb\n'),
    ("go.mod", "module a\n\nreplace a => b@v1.0.0\n"),
    ("go.mod", "require (\n<<<<<<< HEAD\n\ta.b v1.0.0\n=======\n\ta.b v1.1.0\n>>>>>>> b\n)\n"),
    ("go.work", "use (\n\t./a ./b\n)\n"),
    ("go.work", 'use (\n\t"./a\\u0062"\n)\nuse `./b`\n'),
]


@pytest.mark.starts_programs
@pytest.mark.parametrize(("name", "text"), REAL)
def test_go_edit_json_says_the_same(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(text.encode())
    go = shutil.which("go") or pytest.fail("the tests need go: run them with make test, which provides one")
    env = {**os.environ, "GOENV": "off", "GOFLAGS": "", "GOTOOLCHAIN": "local", "GOWORK": "off", "GOTELEMETRY": "off"}
    command = [go, name.removeprefix("go."), "edit", "-json", name]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, encoding="utf-8", check=False)
    file = read(name, text.encode())
    if done.returncode:
        match = re.search(r"^go\.(?:mod|work):(\d+)", done.stderr, re.MULTILINE)
        assert match
        assert file.problems[0].line == int(match[1])
        return
    said = json.loads(done.stdout)
    replaced = [
        Replacement(
            one["Old"]["Path"], one["Old"].get("Version", ""), one["New"]["Path"], one["New"].get("Version", "")
        )
        for one in said.get("Replace") or []
    ]
    required = [(one["Path"], one["Version"]) for one in said.get("Require") or []]
    assert not file.problems
    assert file.module == said.get("Module", {}).get("Path", "")
    assert [entry[:2] for entry in file.entries] == required + [one[2:] for one in replaced if one.new_version]
    assert set(file.replacements) == set(replaced)
    assert file.excluded == {(one["Path"], one["Version"]) for one in said.get("Exclude") or []}
    assert file.uses == [one["DiskPath"] for one in said.get("Use") or []]
    assert (file.go or ("",))[0] == said.get("Go", "")
    if name == "go.mod":  # go work edit -json does not print the toolchain line
        assert (file.toolchain or ("",))[0] == said.get("Toolchain", "")


KNOWN = {"go.mod": {*VERBS} - {"use"}, "go.work": {"go", "toolchain", "use", "replace", "godebug"}}


def of_a_newer_go(name: str, error: str) -> bool:
    """Tell whether Go's ERROR is of a directive that is left alone here, as a newer Go may know it."""
    match = re.match(r"unknown (?:directive|block type): ([a-z][a-z0-9_-]*)(?: |\Z)", error)
    return match is not None and may_be_newer(match[1], KNOWN[name])


def what_go_reads(name: str, said: dict[str, Any]) -> ModFile:
    replaced = [Replacement(*one[:4]) for one in said["replace"]]
    targets = [Entry(one[2], one[3], one[4]) for one in said["replace"] if one[3]]
    required = [Entry(*one) for one in said.get("require", [])]
    return ModFile(
        module=said.get("module", ""),
        entries=sorted(required + targets, key=lambda entry: entry.line),
        replacements=list({one[:2]: one for one in replaced}.values()),
        excluded={(path, version) for path, version in said.get("exclude", [])},
        uses=said.get("use", []),
        go=tuple(said["go"]) if "go" in said else None,
        toolchain=tuple(said["toolchain"]) if "toolchain" in said else None,
    )


class TestGoSaysTheSame:
    @ask_go(700)
    @given(st.sampled_from(["go.mod", "go.work"]), contents())
    @example("go.mod", GO_MOD.encode())
    @example("go.mod", b'a\t"/*"\n')
    @example("go.work", b"use (\n<<<<<<<\n)\n")
    @example("go.mod", b'require (\n) "a\\\nb"\n')
    @example("go.mod", b'exclude (\n)\r("a\\\nb"\x00\n')
    @example("go.mod", b'frob "a\\\nb" (\n')
    @example("go.mod", b"go\ngo x\ngo 1.23\ngo 1.24\n")
    @example("go.mod", b"module a b\nmodule c\n")
    @example("go.mod", b"go 1.23\nmodule a\n")
    @example("go.mod", b"require x (\na\n)\ngo x\n")
    @example("go.mod", b"module a // c\rd\n")
    @example("go.mod", b"retract (\n(\n[v1, v2] x\n)\n")
    @example("go.mod", b'require a v1\nuse "a\\\nb')
    @example("go.work", b'use a\xe2\x82b\nuse "\\xe2\x82"\n')
    @example("go.mod", b"\n<<<<<<< a\n=======\n>>>>>>> b (Don't `)\n")
    def test_of_a_go_mod_or_go_work(self, x_mod: XMod, name: str, data: bytes) -> None:
        file, said = read(name, data), x_mod.ask(name, data=data)
        if "errors" not in said:
            assert file == what_go_reads(name, said)
            return
        lines = [line for line, error in said["errors"] if not of_a_newer_go(name, error)]
        found = [problem.line for problem in file.problems]
        if any(problem.why == MARKERS for problem in file.problems):
            assert lines[0] == found[0]
        elif len(said["errors"]) == 1:  # a syntax error is the only one that Go reports
            assert lines[:1] == found[:1]
        else:
            assert lines == found

    @ask_go()
    @given(
        st.lists(
            words(
                PATHS, VERSIONS, ODD, ["v1.0.0/go.mod", "h1:x=", "\n", "\n", "\r\n", "a b c\n", " ", " ", " ", "\u3000"]
            )
        ).map("".join)
        | mutated(GO_SUM)
    )
    @example(GO_SUM)
    @example("a\x1cb c d\n")
    def test_of_a_go_sum(self, x_mod: XMod, text: str) -> None:
        file, said = read("go.sum", text.encode()), x_mod.ask("go.sum", data=text.encode())
        if "error" in said:
            assert f"go.sum:{file.problems[0].line}: " in said["error"]
            return
        wanted = {(path, version): hashes for path, version, hashes in said["hashes"]}
        found: dict[tuple[str, str], list[str]] = {}
        for entry in file.entries:
            version = entry.version + ("/go.mod" if entry.go_mod else "")
            found.setdefault((entry.module, version), []).append(entry.hash)
        assert (found, file.problems) == (wanted, [])
