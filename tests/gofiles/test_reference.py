"""From the files of two trees to the versions that are new, which of them Go would never fetch, and what go.sum has."""

import pytest

from goproxy_check.gofiles.modfile import TOOLCHAIN
from goproxy_check.gofiles.module import Invalid
from goproxy_check.gofiles.reference import (
    Location,
    Reference,
    Skip,
    Skipped,
    by_folder,
    joined,
    new_references,
    of_argument,
)

X = "a.com/x v1.0.0"
NEW = {"a.com/x@v1.0.0"}
Texts = dict[str, str]


def files(texts: Texts) -> dict[str, bytes]:
    return {path: text.encode() for path, text in texts.items()}


def references(
    after: Texts, *before: Texts, context: Texts | None = None, fresh: frozenset[str] = frozenset()
) -> dict[str, Reference]:
    found = new_references(files(after), files(context or {}), [files(tree) for tree in before], fresh)
    return {str(ref): ref for ref in found}


@pytest.fixture(autouse=True)
def no_gowork(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOWORK", raising=False)


KNOWN = {
    "the same file": ({"go.mod": f"require {X}\n"}, {"go.mod": f"require {X}\n"}),
    "another go.mod": ({"b/go.mod": f"require {X}\n"}, {"a/go.mod": f"require {X}\n"}),
    "a go.sum": ({"go.mod": f"require {X}\n"}, {"go.sum": f"{X} h1:x=\n"}),
    "the go.mod line of a go.sum": ({"go.mod": f"require {X}\n"}, {"go.sum": f"{X}/go.mod h1:x=\n"}),
    "a go.mod, and go.sum gets its lines": ({"go.sum": f"{X} h1:x=\n{X}/go.mod h1:y=\n"}, {"go.mod": f"require {X}\n"}),
    "a replacement": ({"go.mod": f"require {X}\n"}, {"b/go.mod": f"replace a.com/y => {X}\n"}),
    "a go.work": ({"go.mod": f"require {X}\n"}, {"go.work": f"replace a.com/y => {X}\n"}),
}


@pytest.mark.parametrize(("after", "before"), KNOWN.values(), ids=KNOWN)
def test_what_any_file_before_names_is_not_new(after: Texts, before: Texts) -> None:
    assert references(after, before) == {}
    assert references(after, {}, before) == {}, "one of the trees to compare with is enough"
    assert references(after, {}).keys() == NEW
    assert references(after, before, fresh=frozenset(after)).keys() == NEW


SKIPPED = {
    "replaced by a folder": f"require {X}\nreplace a.com/x => ../x\n",
    "replaced by a module": f"require {X}\nrequire b.com/y v1.2.0\nreplace a.com/x => b.com/y v1.2.0\n",
    "excluded": f"require {X}\nexclude {X}\n",
}


class TestSkippedBefore:
    @pytest.mark.parametrize("text", SKIPPED.values(), ids=SKIPPED)
    def test_is_not_listed_again(self, text: str) -> None:
        assert references({"go.mod": f"// changed\n{text}"}, {"go.mod": text}) == {}

    @pytest.mark.parametrize("text", SKIPPED.values(), ids=SKIPPED)
    def test_is_new_once_nothing_stands_in_for_it(self, text: str) -> None:
        after = "".join(line for line in text.splitlines(True) if line.startswith("require"))
        refs = references({"go.mod": after}, {"go.mod": text})
        assert refs.keys() == NEW and not refs["a.com/x@v1.0.0"].skipped

    def test_is_new_once_the_workspace_is_left(self) -> None:
        mods = {"go.mod": f"module a.com/a\nrequire {X}\n", "x/go.mod": "module a.com/x\n"}
        work = {"go.work": "use (\n\t.\n\t./x\n)\n"}
        assert references(mods, {**mods, **work}, context=work) == {}
        assert references(mods, {**mods, **work}).keys() == NEW

    def test_is_new_where_the_replacement_of_a_go_sum_line_goes(self) -> None:
        before = {"go.mod": f"require {X}\nreplace a.com/x => ../x\n", "go.sum": f"{X} h1:x=\n"}
        assert references({"go.mod": f"require {X}\n"}, before, context={"go.sum": f"{X} h1:x=\n"}).keys() == NEW

    def test_is_skipped_where_it_was_known(self) -> None:
        assert references({"go.mod": SKIPPED["excluded"]}, {"go.mod": f"require {X}\n"}) == {}


def test_version_that_one_tree_names_and_another_replaces_is_known() -> None:
    replaced = {"go.mod": SKIPPED["replaced by a folder"]}
    assert references({"go.mod": f"require {X}\n"}, replaced, {"go.mod": f"require {X}\n"}) == {}


@pytest.mark.parametrize("line", [f"{X} h1:other=\n", f"{X}/go.mod h1:other=\n"])
def test_hash_that_contradicts_an_earlier_one_makes_the_version_new(line: str) -> None:
    before = {"go.sum": f"{X} h1:x=\n{X}/go.mod h1:y=\n"}
    ref = references({"go.sum": line}, before)["a.com/x@v1.0.0"]
    assert ref.rehashed is ("/go.mod" not in line)
    assert references({"go.sum": f"{X} h1:x=\n"}, before) == {}
    assert references({"go.sum": line}, before, {"go.sum": line}) == {}, "a merge takes one of the two sides"


REPLACED = [
    ("replace a.com/x => ../x", Skipped(Skip.REPLACED, "../x (go.mod)")),
    ("replace a.com/x v1.0.0 => ../x", Skipped(Skip.REPLACED, "../x (go.mod)")),
    ("replace a.com/x v1.0.1 => ../x", None),
    ("replace a.com/x => b.com/y v1.2.0", Skipped(Skip.REPLACED, "b.com/y v1.2.0 (go.mod)")),
    ("replace (\na.com/x => ../x\na.com/x v1.0.0 => ../y\n)", Skipped(Skip.REPLACED, "../y (go.mod)")),
    (f"replace a.com/x => {X}", None),
    (f"exclude {X}", Skipped(Skip.EXCLUDED, "go.mod")),
    ("exclude a.com/x v1.0.1", None),
]


@pytest.mark.parametrize(("line", "skipped"), REPLACED)
def test_what_is_replaced_or_excluded_is_skipped(line: str, skipped: Skipped | None) -> None:
    assert references({"go.mod": f"require {X}\n{line}\n"})["a.com/x@v1.0.0"].skipped == skipped


def test_replaced_path_need_not_be_one_that_can_be_downloaded() -> None:
    ref = references({"go.mod": "require nodot v1.0.0\nreplace nodot => ./nodot\n"})["nodot@v1.0.0"]
    assert ref.skipped and not ref.invalid


def test_right_side_of_a_replacement_is_a_reference() -> None:
    ref = references({"go.mod": f"require {X}\nreplace a.com/x => b.com/y v1.2.0\n"})["b.com/y@v1.2.0"]
    assert (ref.skipped, ref.required, ref.locations) == (None, False, (Location("go.mod", 2),))


def test_version_that_one_module_replaces_and_another_needs_is_asked_for() -> None:
    replaced = {"a/go.mod": SKIPPED["replaced by a folder"]}
    ref = references({**replaced, "b/go.mod": f"require {X}\n"})["a.com/x@v1.0.0"]
    assert (ref.skipped, ref.locations) == (None, (Location("b/go.mod", 1),))


@pytest.mark.parametrize("folder", ["testdata", "a/vendor/b", "_x", ".x"])
def test_folder_that_go_leaves_out_is_skipped(folder: str) -> None:
    ref = references({f"{folder}/go.mod": f"require {X}\n"})["a.com/x@v1.0.0"]
    assert ref.skipped and ref.skipped.why is Skip.IGNORED_FOLDER


class TestWorkspace:
    FILES: Texts = {  # noqa: RUF012
        "go.work": "go 1.21\nuse (\n.\n./b\n)\nreplace c.com/c => ./c\n",
        "go.mod": "module a.com/a\nrequire a.com/b v1.0.0\nrequire c.com/c v1.0.0\nrequire d.com/d v1.0.0\n",
        "b/go.mod": "module a.com/b\n",
        "alone/go.mod": "module a.com/alone\nrequire a.com/b v1.0.1\n",
    }

    def test_skips_its_modules_and_what_it_replaces(self) -> None:
        refs = references(self.FILES)
        assert refs["a.com/b@v1.0.0"].skipped == Skipped(Skip.WORKSPACE, "go.work")
        assert refs["c.com/c@v1.0.0"].skipped == Skipped(Skip.REPLACED, "./c (go.work)")
        assert not refs["d.com/d@v1.0.0"].skipped and refs["d.com/d@v1.0.0"].workspace
        assert not refs["a.com/b@v1.0.1"].skipped and not refs["a.com/b@v1.0.1"].workspace

    def test_may_lie_in_files_that_have_not_changed(self) -> None:
        changed = {"go.mod": self.FILES["go.mod"]}
        refs = references(changed, context={path: text for path, text in self.FILES.items() if path not in changed})
        assert refs["a.com/b@v1.0.0"].skipped == Skipped(Skip.WORKSPACE, "go.work")

    def test_is_off_with_gowork_off(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GOWORK", "off")
        assert not any(ref.skipped or ref.workspace for ref in references(self.FILES).values())


class TestGoSum:
    def test_lines_and_requirement_are_one_reference(self) -> None:
        lines = f"{X} h1:x=\n{X}/go.mod h1:y=\n"
        ref = references({"go.mod": f"module m\nrequire {X}\n", "go.sum": lines})["a.com/x@v1.0.0"]
        assert ref.locations == (Location("go.mod", 2), Location("go.sum", 1), Location("go.sum", 2))
        assert ref.go_sums == (tuple(lines.splitlines()),)
        assert ref.archive and ref.required and not ref.go_mod_only and ref.unrecorded == ()
        assert ref.go_mod_hashes == {"h1:y="}

    def test_that_has_not_changed_is_known_too(self) -> None:
        lines = f"{X} h1:x=\n{X}/go.mod h1:y=\n"
        ref = references({"go.mod": f"require {X}\n"}, context={"go.sum": lines})["a.com/x@v1.0.0"]
        assert ref.go_sums == (tuple(lines.splitlines()),)

    def test_is_that_of_the_folder(self) -> None:
        ref = references({"go.mod": f"require {X}\n"}, context={"b/go.sum": f"{X} h1:x=\n"})["a.com/x@v1.0.0"]
        assert (ref.go_sums, ref.unrecorded) == ((), ("",))

    def test_with_a_go_mod_line_alone(self) -> None:
        ref = references({"go.sum": f"{X}/go.mod h1:y=\n"})["a.com/x@v1.0.0"]
        assert ref.go_mod_only and not ref.archive and ref.unrecorded == ()

    def test_with_other_hashes_in_another_folder(self) -> None:
        texts = {f"{folder}/go.sum": f"{X}/go.mod h1:{folder}=\n" for folder in "ab"}
        ref = references(texts)["a.com/x@v1.0.0"]
        assert ref.go_mod_hashes == {"h1:a=", "h1:b="} and len(ref.go_sums) == 2

    def test_takes_the_first_of_two_hashes_as_go_does(self) -> None:
        ref = references({"go.sum": f"{X}/go.mod h1:one=\n{X}/go.mod h1:two=\n"})["a.com/x@v1.0.0"]
        assert ref.go_mod_hashes == {"h1:one="}

    def test_hash_of_an_unknown_kind_is_none(self) -> None:
        assert references({"go.sum": f"{X} h2:x=\n"})["a.com/x@v1.0.0"].go_sums == ()

    def test_alone_is_read_with_the_go_mod_beside_it(self) -> None:
        sub = {"sub/go.mod": "module m\nreplace a.com/x => ../x\n"}
        ref = references({"sub/go.sum": f"{X} h1:x=\n"}, context=sub)["a.com/x@v1.0.0"]
        assert ref.skipped == Skipped(Skip.REPLACED, "../x (sub/go.mod)")


class TestInvalid:
    def test_line_has_its_place(self) -> None:
        texts = {"go.mod": "module m\nrequire a.com/x master\n", "go.sum": "a.com/x v1.0.0\n\nUP.com/x v1.0.0 h1:=\n"}
        refs = new_references(files(texts), {})
        assert [(*ref.locations[0], ref.invalid and ref.invalid.kind) for ref in refs] == [
            ("go.mod", 2, Invalid.QUERY),
            ("go.sum", 1, Invalid.OTHER),
            ("go.sum", 3, Invalid.PATH),
        ]

    def test_lines_are_at_most_20_of_a_file(self) -> None:
        assert len(new_references(files({"go.sum": "bad\n" * 5000}), {})) == 20

    def test_version_of_go_sum_must_be_canonical(self) -> None:
        ref = references({"go.sum": "a.com/x v1.0 h1:x=\n"})["a.com/x@v1.0"]
        assert ref.invalid and ref.invalid.kind is Invalid.QUERY


def test_order_is_that_of_folders_files_and_lines() -> None:
    texts = {
        "b/go.mod": "require x.com/b v1.0.0\n",
        "go.sum": "x.com/z v1.0.0 h1:=\n",
        "go.mod": "require x.com/y v1.0.0\nrequire x.com/a v1.0.0\n",
    }
    order = ["x.com/y@v1.0.0", "x.com/a@v1.0.0", "x.com/z@v1.0.0", "x.com/b@v1.0.0"]
    assert list(references(texts)) == order


def test_own_tag_of_a_push_is_skipped() -> None:
    texts = {"sub/go.mod": "module a.com/x\n", "go.mod": f"module a.com\nrequire {X}\nrequire a.com/y v1.0.0\n"}
    refs = new_references(files(texts), {}, tags=[("sub", "v1.0.0"), ("elsewhere", "v1.0.0")])
    assert {str(ref): ref.skipped for ref in refs} == {
        "a.com/x@v1.0.0": Skipped(Skip.PUSHED),
        "a.com/y@v1.0.0": None,
    }


class TestToolchains:
    def demands(self, after: Texts, *before: Texts) -> dict[str, tuple[Location, ...]]:
        refs = new_references(files(after), {}, [files(tree) for tree in before])
        assert all(ref.module == TOOLCHAIN and ref.is_toolchain for ref in refs)
        return {ref.version: ref.locations for ref in refs}

    def test_of_several_files_are_one_reference(self) -> None:
        found = self.demands({"go.mod": "go 1.23.1\n", "b/go.mod": "\ngo 1.23.1\n"})
        assert found == {"go1.23.1": (Location("go.mod", 1), Location("b/go.mod", 2))}

    @pytest.mark.parametrize(
        ("before", "after", "wanted"),
        [
            ("go 1.22.1\n", "go 1.22.0\ntoolchain go1.23.1\n", {"go1.23.1"}),
            ("go 1.22.0\ntoolchain go1.23.1\n", "go 1.22.1\n", set()),
            ("go 1.22.1\n", "go 1.22.1\n", set()),
            ("go 1.22\n", "go 1.22.0\n", set()),
            ("module m\n", "go 1.22.1\n", {"go1.22.1"}),
        ],
    )
    def test_count_only_if_raised(self, before: str, after: str, wanted: set[str]) -> None:
        assert self.demands({"go.mod": after}, {"go.mod": before}).keys() == wanted
        assert self.demands({"go.mod": after}, {"go.mod": before}, {"go.mod": after}) == {}, "a parent has it"

    def test_are_not_demanded_by_folders_that_go_leaves_out(self) -> None:
        assert self.demands({"testdata/go.mod": "go 1.99.0\n"}) == {}


class TestSeveralChanges:
    def test_name_a_version_once(self) -> None:
        one, two = references({"go.mod": f"require {X}\n"}), references({"b/go.mod": f"require {X}\n"})
        assert joined([*one.values(), *two.values()]) == list(one.values())

    def test_skip_a_version_only_if_all_do(self) -> None:
        (skipped,) = references({"testdata/go.mod": f"require {X}\n"}).values()
        (needed,) = references({"go.mod": f"require {X}\n"}).values()
        assert joined([skipped, needed]) == joined([needed, skipped]) == [needed]

    def test_keep_each_line_that_names_no_version(self) -> None:
        bad = new_references(files({"go.mod": "require a.b\nrequire c.d\n"}), {})
        assert joined([*bad, *bad]) == bad and len(bad) == 2


def test_folders_are_those_of_modules_else_of_workspaces() -> None:
    (ref,) = references(
        {"a/go.mod": f"require {X}\n", "b/go.sum": f"{X} h1:x=\n", "go.work.sum": f"{X} h1:x=\n"}
    ).values()
    assert by_folder([ref]) == {"a": [ref], "b": [ref]}
    (ref,) = references({"w/go.work.sum": f"{X} h1:x=\n"}).values()
    assert by_folder([ref]) == {"w": [ref]}
    assert by_folder([of_argument("a.com/x@v1.0.0")]).keys() == {""}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a.com/x@v1.0.0", None),
        ("a.com/x@v2.0.0", (Invalid.OTHER, "a.com/x/v2@v2.0.0")),
        ("a.com/x@latest", (Invalid.QUERY, "")),
        ("a.com/x@1.0.0", (Invalid.OTHER, "a.com/x@v1.0.0")),
        ("a.com/x@", (Invalid.OTHER, "")),
        ("@v1.0.0", (Invalid.PATH, "")),
        ("x@y@v1.0.0", (Invalid.PATH, "")),
    ],
)
def test_argument(text: str, wanted: tuple[Invalid, str] | None) -> None:
    ref = of_argument(text)
    assert str(ref) == text and ref.required
    assert (ref.invalid and (ref.invalid.kind, ref.invalid.right)) == wanted
