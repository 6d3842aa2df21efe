"""Which references Go would never fetch, and what go.sum knows of the others."""

import pytest

from goproxy_check.changes import Change, File
from goproxy_check.references import Reference, new_references


def change(after: dict[str, str], before: dict[str, str] | None = None, beside: dict[str, str] | None = None) -> Change:
    def files(texts: dict[str, str] | None) -> list[File]:
        return [File(path, text.encode()) for path, text in (texts or {}).items()]

    return Change("/root", "", files(before), files(after), [], files(beside))


def found(*args: dict[str, str], **kwargs: dict[str, str]) -> dict[str, Reference]:
    return {str(ref): ref for ref in new_references(change(*args, **kwargs))}


REPLACED = [
    ("require a.com/x v1.0.0\nreplace a.com/x => ../x\n", "replaced by ../x (go.mod)"),
    ("require a.com/x v1.0.0\nreplace a.com/x v1.0.0 => ../x\n", "replaced by ../x (go.mod)"),
    ("require a.com/x v1.0.0\nreplace a.com/x v1.0.1 => ../x\n", ""),
    ("require a.com/x v1.0.0\nreplace a.com/x => b.com/y v1.2.0\n", "replaced by b.com/y v1.2.0 (go.mod)"),
    ("require a.com/x v1.0.0\nreplace (\na.com/x => ../x\na.com/x v1.0.0 => ../y\n)\n", "replaced by ../y (go.mod)"),
    ("require a.com/x v1.0.0\nexclude a.com/x v1.0.0\n", "excluded (go.mod)"),
    ("require a.com/x v1.0.0\nexclude a.com/x v1.0.1\n", ""),
    ("replace a.com/x => a.com/x v1.0.0\n", ""),
    ("require nodot v1.0.0\nreplace nodot => ./nodot\n", "replaced by ./nodot (go.mod)"),
]


@pytest.mark.parametrize(("text", "reason"), REPLACED)
def test_what_is_replaced_or_excluded_is_skipped(text: str, reason: str) -> None:
    refs = found({"go.mod": text})
    ref = refs.get("a.com/x@v1.0.0") or refs["nodot@v1.0.0"]
    assert (ref.skipped, ref.invalid) == (reason, "")


def test_right_side_of_a_replacement_is_a_reference() -> None:
    ref = found({"go.mod": "require a.com/x v1.0.0\nreplace a.com/x => b.com/y v1.2.0\n"})["b.com/y@v1.2.0"]
    assert not ref.skipped
    assert ref.locations[0].line == 2


def test_go_sum_alone_is_read_with_the_go_mod_beside_it() -> None:
    refs = found(
        {"sub/go.sum": "a.com/x v1.0.0 h1:a=\nb.com/y v1.0.0/go.mod h1:b=\n"},
        beside={"sub/go.mod": "module m\nreplace a.com/x => ../x\n"},
    )
    assert refs["a.com/x@v1.0.0"].skipped == "replaced by ../x (sub/go.mod)"
    assert refs["b.com/y@v1.0.0"].go_mod_only
    assert refs["b.com/y@v1.0.0"].go_mod_hashes == ("h1:b=",)


def test_dropping_a_replacement_makes_the_version_new() -> None:
    before = {"go.mod": "require a.com/x v1.0.0\nreplace a.com/x => ../x\n"}
    assert found({"go.mod": "require a.com/x v1.0.0\n"}, before)["a.com/x@v1.0.0"].skipped == ""


def test_version_that_one_module_replaces_and_another_needs_is_asked_for() -> None:
    refs = found(
        {"a/go.mod": "require x.com/x v1.0.0\nreplace x.com/x => ../x\n", "b/go.mod": "require x.com/x v1.0.0\n"}
    )
    assert refs["x.com/x@v1.0.0"].skipped == ""
    assert [place.file for place in refs["x.com/x@v1.0.0"].locations] == ["b/go.mod"]


WORKSPACE = {
    "go.work": "go 1.21\nuse (\n.\n./b\n)\nreplace c.com/c => ./c\n",
    "go.mod": "module a.com/a\nrequire a.com/b v1.0.0\nrequire c.com/c v1.0.0\nrequire d.com/d v1.0.0\n",
    "b/go.mod": "module a.com/b\n",
    "alone/go.mod": "module a.com/alone\nrequire a.com/b v1.0.1\n",
}


def test_modules_of_one_workspace_are_skipped_and_its_replacements_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOWORK", raising=False)
    refs = found(WORKSPACE)
    assert refs["a.com/b@v1.0.0"].skipped == "a module of the same workspace (go.work)"
    assert refs["c.com/c@v1.0.0"].skipped == "replaced by ./c (go.work)"
    assert refs["d.com/d@v1.0.0"].skipped == "" and refs["d.com/d@v1.0.0"].workspace
    assert refs["a.com/b@v1.0.1"].skipped == "" and not refs["a.com/b@v1.0.1"].workspace


def test_gowork_off_means_no_workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOWORK", "off")
    assert not any(ref.skipped for ref in found(WORKSPACE).values())


def test_what_cannot_be_a_module_version_is_invalid_at_its_line() -> None:
    refs = new_references(
        change({"go.mod": "module m\nrequire a.com/x master\n", "go.sum": "a.com/x v1.0.0\n\nUP.com/x v1.0.0 h1:=\n"})
    )
    assert {(ref.locations[0].file, ref.locations[0].line) for ref in refs if ref.invalid} == {
        ("go.mod", 2),
        ("go.sum", 1),
        ("go.sum", 3),
    }


def test_order_is_that_of_the_files() -> None:
    refs = found(
        {
            "b/go.mod": "require x.com/b v1.0.0\n",
            "go.sum": "x.com/z v1.0.0 h1:=\n",
            "go.mod": "require x.com/a v1.0.0\n",
        }
    )
    assert list(refs) == ["x.com/a@v1.0.0", "x.com/z@v1.0.0", "x.com/b@v1.0.0"]
