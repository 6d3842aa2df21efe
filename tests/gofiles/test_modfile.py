"""What the reader takes from the four files, and that it is what Go's own parser takes from those that Go accepts."""

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from goproxy_check.gofiles.modfile import Entry, ModFile, read
from goproxy_check.gofiles.module import Invalid
from tests.support.modulefiles import (
    GO_MOD,
    GO_SUM,
    GO_WORK,
    NEWER,
    ODD,
    PATHS,
    VERSIONS,
    contents,
    mutated,
    right_files,
    words,
)
from tests.support.xmod import XMod, ask_go


def required(path: str, version: str, line: int) -> Entry:
    return Entry(path, version, line, required=True)


def problems(name: str, text: str) -> list[tuple[int, str]]:
    return [(problem.line, problem.detail) for problem in read(name, text.encode()).problems]


def says(**given: object) -> dict[str, object]:
    """Return the attributes of what a module file says."""
    return {**vars(ModFile()), **given}


class TestRightFiles:
    def test_go_mod(self) -> None:
        assert vars(read("go.mod", GO_MOD.encode())) == says(
            module="example.com/app",
            entries=[
                required("example.com/one", "v1.2.3", 7),
                required("example.com/two/v2", "v2.0.0", 9),
                required("example.com/three", "v1.0.0", 10),
                required("gopkg.in/yaml.v3", "v3.0.1", 11),
                required("example.com/old", "v2.0.0+incompatible", 12),
                required("example.com/build", "v1.0.0", 13),
                Entry("example.com/fork/v2", "v2.0.1", 19),
            ],
            replacements={
                ("example.com/one", ""): ("../one", ""),
                ("example.com/two/v2", "v2.0.0"): ("example.com/fork/v2", "v2.0.1"),
            },
            excluded={("example.com/one", "v1.2.2")},
            go=("1.23.4", 4),
            toolchain=("go1.23.5", 5),
        )

    def test_go_work(self) -> None:
        assert vars(read("go.work", GO_WORK.encode())) == says(
            entries=[Entry("example.com/two", "v1.5.0", 8)],
            replacements={("example.com/one", "v1.0.0"): ("example.com/two", "v1.5.0")},
            uses=["./app", ".", "./with space"],
            go=("1.23", 1),
            toolchain=("default", 2),
        )

    @pytest.mark.parametrize("name", ["go.sum", "go.work.sum"])
    def test_go_sum(self, name: str) -> None:
        assert vars(read(name, GO_SUM.encode())) == says(
            entries=[
                Entry("example.com/one", "v1.2.3", 1, "h1:one="),
                Entry("example.com/one", "v1.2.3", 2, "h1:onemod=", go_mod=True),
                Entry("example.com/two", "v2.0.0", 4, "h1:two="),
            ]
        )

    @pytest.mark.parametrize("name", ["go.mod", "go.work", "go.sum", "go.work.sum"])
    def test_empty_file(self, name: str) -> None:
        assert vars(read(name, b"")) == says()

    def test_directives_of_a_newer_go_are_left_alone(self) -> None:
        assert vars(read("go.mod", (GO_MOD + NEWER).encode())) == vars(read("go.mod", GO_MOD.encode()))

    @pytest.mark.parametrize(("name", "text"), [("go.mod", GO_MOD), ("go.work", GO_WORK), ("go.sum", GO_SUM)])
    def test_windows_line_ends(self, name: str, text: str) -> None:
        text = text.replace("\r\n", "\n")
        assert vars(read(name, text.replace("\n", "\r\n").encode())) == vars(read(name, text.encode()))

    def test_byte_that_is_no_utf_8_is_a_replacement_character(self) -> None:
        assert read("go.work", b"use a\xe2b\n").uses == ["a\ufffdb"]

    def test_later_of_two_replacements_counts(self) -> None:
        assert read("go.mod", b"replace a => ./x\nreplace a => ./y\n").replacements == {("a", ""): ("./y", "")}


CONFLICT = "merge conflict markers"
REJECTED = [
    ("require a.b\n", (1, Invalid.OTHER, "usage: require")),
    ("require a.b v1.0.0 v1.1.0\n", (1, Invalid.OTHER, "usage: require")),
    ("require a.b latest\n", (1, Invalid.QUERY, "must be of the form v1.2.3")),
    ("require a.b 1.2.3\n", (1, Invalid.OTHER, "must be of the form v1.2.3")),
    ("require (\n\n\ta.b v1.2.3-\n)\n", (3, Invalid.OTHER, "must be of the form v1.2.3")),
    ("require a.b v2.0.0\n", (1, Invalid.OTHER, "invalid: should be")),
    ("require a.b/v2 v1.0.0\n", (1, Invalid.OTHER, "invalid: should be")),
    ("exclude a.b v2.0.0\n", (1, Invalid.OTHER, "invalid: should be")),
    ("exclude a.b main\n", (1, Invalid.QUERY, "must be of the form v1.2.3")),
    ("replace a.b main => ./x\n", (1, Invalid.QUERY, "must be of the form v1.2.3")),
    ("replace a.b v3.0.0 => ./x\n", (1, Invalid.OTHER, "invalid: should be")),
    ("replace a.b => c.d master\n", (1, Invalid.QUERY, "must be of the form v1.2.3")),
    ("replace a.b => c.d\n", (1, Invalid.OTHER, "usage: replace")),
    ("replace a.b => ./c v1.0.0\n", (1, Invalid.OTHER, "usage: replace")),
    ("replace a.b => \n", (1, Invalid.OTHER, "usage: replace")),
    ("replace a.b ./x\n", (1, Invalid.OTHER, "usage: replace")),
    ("require 'a.b' v1.0.0\n", (1, Invalid.OTHER, "invalid quoted string: ")),
    ("require `a.b` v1.0.0\n", (1, Invalid.OTHER, "invalid quoted string: ")),
]


class TestRejectedLines:
    @pytest.mark.parametrize(("text", "problem"), REJECTED)
    def test_of_a_module_version(self, text: str, problem: tuple[int, Invalid, str], x_mod: XMod) -> None:
        (found,) = read("go.mod", text.encode()).problems
        assert (found.line, found.kind) == problem[:2] and problem[2] in found.detail
        assert problem[0] in [line for line, _ in x_mod.ask("go.mod", data=text.encode())["errors"]]

    @pytest.mark.parametrize(
        "text", ["go 1.x\n", "toolchain local\n", "modul a.b\n", "module a b\n", "retract [v1\n", "use ./a\n", '"\n']
    )
    def test_that_name_no_version_are_left_to_go(self, text: str, x_mod: XMod) -> None:
        assert problems("go.mod", text) == []
        assert x_mod.ask("go.mod", data=text.encode())["errors"]

    def test_correction_of_a_major_version_is_named(self) -> None:
        assert read("go.mod", b"require a.b v2.0.0\n").problems[0].right == "a.b/v2@v2.0.0"

    def test_do_not_hide_the_others(self) -> None:
        file = read("go.mod", b"require (\n\tone latest\n\ta.b v1.0.0\n)\nmodule \x00\nrequire c.d v1.0.0\n")
        assert file.entries == [required("a.b", "v1.0.0", 3), required("c.d", "v1.0.0", 6)]

    def test_of_go_sum(self) -> None:
        text = "a.b v1.0.0 h1:x=\na.b v1.0.0\n\na.b v1 h1:x= y\n"
        words = "malformed line: wrong number of fields"
        assert problems("go.sum", text) == [(2, f"{words} (2, not 3)"), (4, f"{words} (4, not 3)")]
        assert read("go.sum", text.encode()).entries == [Entry("a.b", "v1.0.0", 1, "h1:x=")]


class TestMergeConflicts:
    @pytest.mark.parametrize("name", ["go.mod", "go.work", "go.sum", "go.work.sum"])
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    @pytest.mark.parametrize("ancestor", [["||||||| 1234567"], ["|||||||"], []])
    def test_is_one_problem(self, name: str, end: str, ancestor: list[str]) -> None:
        lines = ["a.b v1.0.0 x", "<<<<<<< HEAD", "c.d v1.0.0 x", *ancestor, "=======", "c.d v1.1.0", ">>>>>>> topic"]
        assert problems(name, end.join(lines)) == [(2, CONFLICT)]
        assert not read(name, end.join(lines).encode()).entries

    @pytest.mark.parametrize("marker", ["<<<<<<< HEAD", "|||||||", "=======", ">>>>>>> topic"])
    def test_marker_that_was_left_behind_is_found(self, marker: str) -> None:
        assert problems("go.mod", f"module a.b\n{marker}\n") == [(2, CONFLICT)]

    @pytest.mark.parametrize("line", ["// =======", " =======", "========", "<<<<<< x"])
    def test_look_alike_is_none(self, line: str) -> None:
        assert CONFLICT not in [detail for _, detail in problems("go.mod", f"{line}\n")]


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(["go.mod", "go.work", "go.sum"]), contents())
def test_no_file_is_an_error(name: str, data: bytes) -> None:
    file = read(name, data)
    assert all(1 <= problem.line <= data.count(b"\n") + 1 for problem in file.problems)


class TestSizes:
    """The bounds: 1 MB of go.mod, 4 MB of go.sum, 64 KB of a line."""

    @pytest.mark.parametrize(("name", "most"), [("go.mod", 1), ("go.work", 1), ("go.sum", 4), ("go.work.sum", 4)])
    def test_file_beyond_is_not_read(self, name: str, most: int) -> None:
        text = f"//{'x' * 1021}\n" * (most << 10)
        larger = (1, f"larger than {most} MB, as no {name} is: it is not read")
        assert larger not in problems(name, text)
        assert problems(name, text + "\n") == [larger]

    @pytest.mark.parametrize("name", ["go.mod", "go.sum"])
    def test_line_beyond_is_named(self, name: str) -> None:
        line = "\n//" + "x" * ((1 << 16) - 2)
        longer = (2, "a line of more than 64 KB: nothing is read")
        assert longer not in problems(name, line)
        assert problems(name, f"{line}x\n") == [longer]


def what_go_reads(said: dict[str, Any]) -> dict[str, object]:
    targets = [Entry(item[2], item[3], item[4]) for item in said["replace"] if item[3]]
    return says(
        module=said.get("module", ""),
        entries=sorted([*(required(*item) for item in said.get("require", [])), *targets], key=lambda item: item.line),
        replacements={(item[0], item[1]): (item[2], item[3]) for item in said["replace"]},
        excluded={(path, version) for path, version in said.get("exclude", [])},
        uses=said.get("use", []),
        go=tuple(said.get("go", ("", 0))),
        toolchain=tuple(said.get("toolchain", ("", 0))),
    )


# "a`b", "\\x61": Go takes them, but nobody writes them, and a file that has one is `invalid`.
QUOTE_IN_QUOTES = re.compile(rb'"[^"\n]*[`\'\\]')
NAMES = st.sampled_from(["go.mod", "go.work"])


class TestGoReadsTheSame:
    @ask_go(150)
    @given(NAMES.flatmap(lambda name: st.tuples(st.just(name), right_files(name))))
    @example(("go.mod", GO_MOD))
    @example(("go.work", GO_WORK))
    @example(("go.mod", "module (\n\ta.b\n)\n"))
    @example(("go.mod", "module a.b // c\rd\n"))
    @example(("go.mod", 'require "a.b"v1.0.0\n'))
    @example(("go.mod", "module a.b\nretract [v1.0.0,v1.1.0]\nretract (\n\t[v1.2.0 , v1.3.0]\n)\n"))
    def test_in_right_files(self, x_mod: XMod, file: tuple[str, str]) -> None:
        name, text = file
        said = x_mod.ask(name, data=text.encode())
        assert "errors" not in said, "the strategy writes what Go accepts"
        assert vars(read(name, text.encode())) == what_go_reads(said)

    @ask_go(200)
    @given(NAMES.flatmap(lambda name: st.tuples(st.just(name), right_files(name).flatmap(mutated).map(str.encode))))
    @example(("go.mod", b"require ()\n"))
    @example(("go.mod", b"module a.b\nrequire ( )\n"))
    def test_in_odd_files_that_it_accepts(self, x_mod: XMod, file: tuple[str, bytes]) -> None:
        said = x_mod.ask(file[0], data=file[1])
        found = read(*file)
        assume(not QUOTE_IN_QUOTES.search(file[1]))
        if "errors" not in said and not any(problem.detail == CONFLICT for problem in found.problems):
            assert vars(found) == what_go_reads(said)

    @ask_go()
    @given(
        st.sampled_from(["require a.b {}", "exclude a.b {}", "replace a.b {} => ./x", "replace a.b => c.d {}"]),
        words(VERSIONS, ["1.2.3", "v1.2.3.4", "v1.2.x", "main", "v3", "v1.0.0-01", "v1.0.0+", "V1.0.0", "HEAD~1"]),
    )
    def test_which_versions_are_wrong(self, x_mod: XMod, line: str, version: str) -> None:
        text = f"module m\n{line.format(version)}\n"
        errors = x_mod.ask("go.mod", data=text.encode()).get("errors", [])
        assert [number for number, _ in problems("go.mod", text)] == [number for number, _ in errors]

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
        if "error" in said:  # Go stops at the first line that is wrong
            assert f"go.sum:{file.problems[0].line}: " in said["error"] or file.problems[0].detail == CONFLICT
            return
        assume(not file.problems or file.problems[0].detail != CONFLICT)
        wanted = {(path, version): hashes for path, version, hashes in said["hashes"]}
        found: dict[tuple[str, str], list[str]] = {}
        for entry in file.entries:
            version = entry.version + ("/go.mod" if entry.go_mod else "")
            found.setdefault((entry.module, version), []).append(entry.hash)
        assert (found, file.problems) == (wanted, [])
