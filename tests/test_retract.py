"""Retracted versions resolve, and a note says so, in the words of their authors; held against the real go."""

import json
from pathlib import Path

import pytest

from goproxy_check.retract import latest, retractions
from tests.support.goproxy import GoProxy
from tests.support.world import LIB, World, document

TEXTS = [
    ("retract v1.0.0 // Published by accident.\n", "Published by accident."),
    ("// Loses data.\nretract v1.0.0\n", "Loses data."),
    ("// Loses data.\n// All of it.\nretract [v1.0.0, v1.2.0]\n", "Loses data."),
    ("// Not this.\n\nretract v1.0.0\n", ""),
    ("// Broken.\nretract (\n\tv0.9.0\n\t[v1.0.0, v1.1.0]\n)\n", "Broken."),
    ("// Broken.\nretract (\n\t// Worse.\n\tv1.0.0 // Really.\n)\n", "Worse."),
    ("retract v1.0.0\n", ""),
    ("retract [v1.0.1, v1.9.0]\n", None),
    ("retract v1.1.0 // Retracts itself.\nretract v1.0.0 // And that.\n", "And that."),
    ("retract(\n\tv1.0.0 // Tight.\n)\n", "Tight."),
    ("retract v1.0.0\nretract [v1.0.0, v1.1.0] // Why.\n", "Why."),
    ("retract (\n\t// One.\n\n\tv1.0.0\n)\n", "One."),
    ("retract ( // Beside.\n\tv1.0.0\n)\n", ""),
    ("", None),
]


@pytest.mark.parametrize(("text", "wanted"), TEXTS)
def test_note_is_what_go_says(world: World, proxy: GoProxy, text: str, wanted: str | None) -> None:
    proxy.put(LIB, "v1.0.0")
    proxy.put(LIB, "v1.1.0", f"module {LIB}\n\n{text}")
    target = f"{LIB}@v1.0.0"
    done = world.main(target, "--format", "json", cwd=world.home)
    assert done.returncode == 0
    result = document(done)["results"][0]
    said = world.go("list", "-m", "-json", "-retracted", "-u", target, cwd=world.home, GOPROXY=proxy.url).stdout
    theirs = json.loads(said).get("Retracted")
    if wanted is None:
        assert (result["notes"], theirs) == ([], None)
    else:
        assert result["notes"] == [f"retracted: {wanted or 'by its authors, who do not say why'}"]
        assert theirs and wanted in theirs[0]
    assert result["verdict"] == "ok"


def test_note_is_shown_and_stops_nothing(world: World, proxy: GoProxy) -> None:
    proxy.put(LIB, "v1.0.0")
    proxy.put(LIB, "v1.1.0", f"module {LIB}\n\nretract v1.0.0 // Evil\x1b[2J:: words.\n")
    app = world.app(f"{LIB} v1.0.0")
    done = world.main()
    assert (done.returncode, done.stdout) == (0, f"note: go.mod:6: {LIB} v1.0.0: retracted: Evil:: words.\n")
    out = world.main("--format", "github").stdout
    assert out == f"::notice file=go.mod,line=6,title={LIB}@v1.0.0%3A ok::retracted: Evil:: words.\n"
    assert proxy.asked(hold=False) == []
    world.go("mod", "download", f"{LIB}@v1.0.0", cwd=app)  # it is resolvable


def test_what_only_go_sum_names_and_many_at_once_are_not_worth_it(world: World, proxy: GoProxy) -> None:
    names = [f"example.com/m{number}" for number in range(65)]
    for name in names:
        proxy.put(name, "v1.0.0")
    app = world.app(*(f"{name} v1.0.0" for name in names))
    world.main()
    assert not any(path.endswith("/list") for path in proxy.asked())
    world.commit(app, "first")
    proxy.put(LIB, "v1.0.0")
    (app / "go.sum").write_text(f"{LIB} v1.0.0/go.mod h1:{'A' * 43}=\n")
    world.git("add", ".", cwd=app)
    world.main()
    assert not any(path.endswith("/list") for path in proxy.asked())


def test_private_module_is_not_looked_up(world: World, proxy: GoProxy) -> None:
    world.origin(LIB, "v1.0.0")
    world.app(f"{LIB} v1.0.0")
    assert world.main(GOPRIVATE=LIB).returncode == 0 and proxy.log == []


@pytest.mark.parametrize(
    ("versions", "wanted"),
    [
        (["v1.0.0", "v1.10.0", "v1.9.0"], "v1.10.0"),
        (["v1.0.0", "v1.1.0-rc.1"], "v1.0.0"),
        (["v1.1.0-rc.1", "v1.1.0-rc.2"], "v1.1.0-rc.2"),
        (["v2.0.0+incompatible", "v1.0.0"], "v1.0.0"),
        ([], ""),
        (["hello/world", "../../etc", "con", "v1*", "v1.0.0-\u00e9", "v1.0"], ""),
    ],
)
def test_latest(versions: list[str], wanted: str) -> None:
    assert latest(versions) == wanted


def test_huge_go_mod_is_read_to_its_end() -> None:
    assert len(list(retractions("//\n" * 300_000 + "retract v1.0.0\n"))) == 1


def test_intervals() -> None:
    text = Path(__file__).name + "\nretract [v1.0.0, v1.1.0] // a\nretract (\n)\nretract v2.0.0\n"
    assert list(retractions(text)) == [("v1.0.0", "v1.1.0", "a"), ("v2.0.0", "v2.0.0", "")]
