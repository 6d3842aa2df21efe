"""go and toolchain lines: which Go is demanded, and which of two is newer."""

import pytest

from goproxy_check.gofiles.modfile import demanded, read, release

ORDER = ["1.9beta2", "1.9rc1", "1.9", "1.9.1", "1.20rc1", "1.20", "1.20.1", "1.21", "1.21rc2", "1.21.0", "1.21.10"]
ORDER += ["1.22rc1", "1.22.0", "1.99", "1.99.0"]


def newer(name: str, than: str) -> bool:
    return release(name) > release(than)


@pytest.mark.parametrize("index", range(len(ORDER) - 1))
def test_order_of_releases(index: int) -> None:
    one, other = ORDER[index : index + 2]
    assert newer(f"go{other}", f"go{one}") and newer(other, one)
    assert not newer(one, other) and not newer(one, one)


def test_release_is_newer_than_none_and_a_suffix_does_not_count() -> None:
    assert newer("1.21", "") and not newer("", "1.21") and not newer("default", "1.21")
    assert newer("go1.22.0-corp", "go1.21.0") and not newer("go1.22.0-corp", "go1.22.0")
    assert not newer("go1.21.0", "go1.26.8-mygo")
    assert newer("1.27", "devel go1.26-0123abc Mon Jan 1") and not newer("1.26rc1", "go1.26.1 X:experiment")


@pytest.mark.parametrize("name", ["", "default", "local", "path", "1", "1.x", "v1.21.0", f"1.{'9' * 7}", "go1.21.0\n"])
def test_name_that_stands_for_no_release(name: str) -> None:
    assert release(name) == ()


DEMANDS = [
    ("go 1.23\n", ("go1.23.0", 1)),
    ("go 1.20\n", ("go1.20", 1)),
    ("go 1.23rc1\n", ("go1.23rc1", 1)),
    ("go 1.23.4\ntoolchain go1.24.1\n", ("go1.24.1", 2)),
    ("go 1.25.4\ntoolchain go1.24.1\n", ("go1.25.4", 1)),
    ("go 1.23.4\ntoolchain go1.24.1-corp\n", ("go1.24.1-corp", 2)),
    ("go 1.99.4\ntoolchain default\n", ("", 0)),
    ("toolchain go1.24.1\n", ("", 0)),
    ("go 1.21\ntoolchain go1.99.0-\u00e9\n", ("go1.21.0", 1)),
    ("go 1.21\ntoolchain go1.99.0-a/b\n", ("go1.21.0", 1)),
    ("go 1.21\ntoolchain go1.99.0-a*b\n", ("go1.21.0", 1)),
    ("go 1.21\ntoolchain go1.21.0-go1.99.0\n", ("go1.21.0-go1.99.0", 2)),
    ("go 1.21\ntoolchain go1.99.1-mygo\n", ("go1.99.1-mygo", 2)),
    (f"go {'9' * 5000}.1\n", ("", 0)),
    ("", ("", 0)),
]


@pytest.mark.parametrize(("text", "wanted"), DEMANDS)
def test_demanded(text: str, wanted: tuple[str, int]) -> None:
    assert demanded(read("go.mod", text.encode())) == wanted
