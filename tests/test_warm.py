"""The quick ways give the answer of the long way, or none."""

import os
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goproxy_check import module, toolchain
from goproxy_check.changes import Change, File
from goproxy_check.goenv import GoEnv
from goproxy_check.references import joined, new_references
from goproxy_check.warm import _Tree, all_cached
from tests.support.goproxy import GoProxy
from tests.support.processes import is_gone
from tests.support.world import LIB, World

pytestmark = pytest.mark.skipif(not hasattr(os, "posix_spawnp"), reason="the quick ways are for POSIX systems")

SUM = "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
CACHED = ["example.com/a v1.0.0", "example.com/B v1.1.0-RC1", "example.com/own v1.0.0", "example.com/m v1.2.0"]
MOD = "module example.com/own\n\ngo 1.21\n\nrequire (\n\texample.com/a v1.0.0 // indirect\n)\n"


@pytest.fixture(scope="module")
def modcache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a module cache with CACHED, the last one without its archive."""
    folder = tmp_path_factory.mktemp("modcache")
    for name in CACHED:
        path, version = name.split()
        place = folder / "cache" / "download" / module.escape(path) / "@v"
        place.mkdir(parents=True)
        for end in ("mod", *(("info", "zip") if name != CACHED[-1] else ())):
            (place / f"{module.escape(version)}.{end}").touch()
    return folder


def glance(files: dict[str, str], modcache: Path) -> tuple[int, int] | None:
    """Return the quick answer for FILES."""
    tree = _Tree([1, 26, 0])
    with tempfile.TemporaryDirectory() as folder:
        for path, text in files.items():
            place = Path(folder, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text.encode())
        try:
            if all(tree.reads(folder, path) for path in reversed(files)):
                return tree.count(str(modcache / "cache" / "download"))
        except (OSError, ValueError):
            pass
    return None


def closer_look(files: dict[str, str], modcache: Path) -> tuple[int, int] | None:
    """Return the long way's answer for FILES: how many are resolved, how many skipped; None if there is a problem."""
    whole = [File(path, text.encode()) for path, text in files.items()]
    refs = joined(new_references(Change("", "", [], [], whole, [])))
    refs = [ref for ref in refs if ref.module != toolchain.MODULE or toolchain.newer(ref.version, "go1.26.0")]
    env = GoEnv("go", (), "", "", "", "", "", "", str(modcache))
    if any(not ref.skipped and (ref.invalid or not env.is_cached(ref)) for ref in refs):
        return None
    return sum(not ref.skipped for ref in refs), sum(bool(ref.skipped) for ref in refs)


PLAIN: list[tuple[dict[str, str], tuple[int, int]]] = [
    ({"go.mod": MOD}, (1, 0)),
    ({"go.mod": MOD.replace("\n", "\r\n")}, (1, 0)),
    ({"go.mod": "module example.com/own\nrequire example.com/B v1.1.0-RC1\ntoolchain go1.22.1\n"}, (1, 0)),
    ({"go.mod": MOD, "go.sum": f"example.com/a v1.0.0 {SUM}\nexample.com/m v1.2.0/go.mod {SUM}\n"}, (2, 0)),
    ({"go.mod": MOD, "testdata/go.mod": "module x.y/z\nrequire x.y/a v1.0.0\n"}, (1, 1)),
    ({"go.mod": MOD, "sub/_x/go.sum": f"x.y/a v1.0.0 {SUM}\nexample.com/a v1.0.0 {SUM}\n"}, (1, 1)),
    ({"go.mod": MOD + "require x.y/a v1.0.0\nreplace x.y/a => ../a\n", "go.sum": f"x.y/a v1.0.0 {SUM}\n"}, (1, 1)),
    ({"go.mod": MOD, "go.work": "go 1.21\n\nuse (\n\t.\n\t./sub\n)\n"}, (1, 0)),
    ({"go.mod": MOD, "go.sum": f"example.com/a v1.0.0 {SUM}"}, (1, 0)),  # without a newline at its end
    ({"go.mod": MOD + "require x.y/a v0.0.0-20200101000000-0123456789ab\nreplace x.y/a => ./a\n"}, (1, 1)),
    ({"go.mod": MOD + "tool example.com/a/cmd\n", "go.sum": ""}, (1, 0)),
]


@pytest.mark.parametrize(("files", "counts"), PLAIN)
def test_plain_files_need_no_closer_look(files: dict[str, str], counts: tuple[int, int], modcache: Path) -> None:
    assert glance(files, modcache) == counts
    assert closer_look(files, modcache) == counts


NOT_PLAIN: list[dict[str, str]] = [
    {"go.mod": MOD + "require x.y/a v1.0.0\n"},  # not in the cache
    {"go.mod": MOD + "require example.com/m v1.2.0\n"},  # no more than its go.mod is
    {"go.mod": MOD.replace("1.21", "1.99")},  # newer than Go here
    {"go.mod": MOD + "go 1.22\n"},
    {"go.mod": MOD + "toolchain go1.99.1\n"},
    {"go.mod": MOD.replace("1.21", "1.021")},
    {"go.mod": MOD + "module example.com/b\n"},
    {"go.mod": MOD + "exclude example.com/a v1.0.0\n"},
    {"go.mod": MOD + "replace example.com/a v1.0.0 => ../a\n"},
    {"go.mod": MOD + "replace example.com/a => example.com/b v1.0.0\n"},
    {"go.mod": MOD + 'require "example.com/a" v1.0.0\n'},
    {"go.mod": MOD + "require example.com/a v1.0.0 /* x */\n"},
    {"go.mod": MOD + "require (\n"},
    {"go.mod": MOD + "<<<<<<< HEAD\n"},
    {"go.mod": MOD + "// caf\u00e9\n"},
    {"go.mod": MOD, "go.sum": f"example.com/a v1.0.0 {SUM} x\n"},
    {"go.mod": MOD, "go.sum": "example.com/a v1.0.0\n"},
    {"go.mod": MOD, "go.sum": f"example.com/a v1.0.0 {SUM}\nexample.com/a v1.0.0 h1:else\n"},
    {"go.mod": MOD, "go.sum": f"../../../a v1.0.0/go.mod {SUM}\n"},
    {"go.mod": MOD, "go.work": "go 1.21\nuse .\n", "sub/go.mod": "module m.n/o\nrequire example.com/own v1.0.0\n"},
    {"go.mod": MOD, "go.work": "go 1.21\nuse .\nreplace example.com/a => ./a\n"},
    {"go.work": "go 1.21\nrequire example.com/a v1.0.0\n"},
    {"go.mod": MOD + "require x.y/a/v3 v1.0.0\nreplace x.y/a/v3 => ./a\n"},
    {"go.mod": MOD + "require x.y/a master\nreplace x.y/a => ./a\n"},
    {"go.mod": MOD + "require x.y/a v1.0.01\nreplace x.y/a => ./a\n"},
    {"go.mod": MOD + "require x.y/a v1.0.0-rc.01\nreplace x.y/a => ./a\n"},
    {"go.mod": MOD + "replace x.y/a/v1 => ./a\n"},
    {"go.mod": MOD + "toolchain 1.21.0\n"},
    {"go.mod": MOD + "toolchain go0.9\n"},
    {"go.mod": MOD.replace("1.21", "0.9")},
    {"go.mod": MOD + "require example.com/./a v1.0.0\n"},
    {"go.mod": MOD + "require example.com/a/ v1.0.0\n"},
    {"go.mod": MOD + "require example.com/a ./v1.0.0\n"},
    {"go.mod": MOD, "go.sum": f"example.com/!b v1.1.0-RC1 {SUM}\n"},
    {"go.mod": MOD, "go.sum": f"example.com//a v1.0.0 {SUM}\n"},
    {"go.mod": MOD, "go.sum": "example.com/a v1.0.0/go.mod h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=\n"},
]


@pytest.mark.parametrize("files", NOT_PLAIN)
def test_all_else_is_looked_at_closely(files: dict[str, str], modcache: Path) -> None:
    assert glance(files, modcache) is None


words = st.sampled_from(
    "module go require replace exclude use tool toolchain retract ( ) => // , [ ] example.com/own example.com/a "
    "example.com/./a x.y/a/v1 x.y/a/v3 v3.1.0 v1.0.01 master "
    "example.com/B example.com/m x.y/a v1.0.0 v1.1.0-RC1 v1.2.0 v1.0.0/go.mod 1.21 1.99 1.21rc1 default go1.22.0 "
    f'./a ../a .. {SUM} h1:B= "example.com/a" `x` /* \r \f'.split(" ")
)
lines = st.lists(words, max_size=5).map(" ".join)
texts = st.lists(lines | st.sampled_from([*MOD.split("\n"), *(f"{name} {SUM}" for name in CACHED)]), max_size=12)
paths = st.sampled_from(["go.mod", "go.sum", "go.work", "go.work.sum", "sub/go.mod", "sub/go.sum", "vendor/go.mod"])


@given(st.dictionaries(paths, texts.map("\n".join).map(lambda text: text + "\n"), max_size=4))
def test_quick_answer_is_never_another_one(modcache: Path, files: dict[str, str]) -> None:
    quick = glance(files, modcache)
    assert quick is None or quick == closer_look(files, modcache)


def test_real_work_tree(world: World, proxy: GoProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the real git and go: the first run asks, the second asks nobody, and both say the same."""
    world.origin(LIB, "v1.0.0")
    app = world.app(f"{LIB} v1.0.0")
    first = world.check("--all", cwd=app)
    assert first.stdout.startswith("goproxy-check: 1 module version resolves (") and proxy.log
    world.go("mod", "download", f"{LIB}@v1.0.0", cwd=app)
    proxy.log.clear()
    for name, value in world.env.items():
        monkeypatch.setenv(name, value)
    assert all_cached(str(app)) == (1, 0)
    second = world.check("--all", "--fix", cwd=app)
    assert second.stdout.startswith("goproxy-check: 1 module version resolves (") and proxy.log == []
    assert all_cached(str(world.home)) is None  # no repository
    for goproxy in ("nonsense", ","):
        monkeypatch.setenv("GOPROXY", goproxy)
        assert all_cached(str(app)) is None
    monkeypatch.setenv("GOPROXY", "off")
    monkeypatch.setenv("GIT_DIR", str(app / ".git"))
    assert all_cached(str(app)) is None  # git's paths are not from here
    monkeypatch.delenv("GIT_DIR")
    assert all_cached(str(app)) == (1, 0)
    (app / "go.sum").unlink(missing_ok=True)
    os.mkfifo(app / "go.sum")
    world.git("add", "--all", cwd=app, ok=False)
    assert all_cached(str(app)) in (None, (1, 0))  # git may not list it, and nobody waits for it
    monkeypatch.setenv("PATH", str(app))
    assert all_cached(str(app)) is None  # neither git nor go


@pytest.mark.parametrize("script", ["wait", "while :; do echo x; sleep 0.05; done"])
def test_program_that_hangs_is_ended_and_left_to_the_long_way(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    monkeypatch.setattr("goproxy_check.quick._GLANCE", 0.5)
    app = world.app(f"{LIB} v1.0.0")
    world.program("go", f'sleep 60 & echo $! > "{tmp_path}/pid"; {script}')
    for name, value in world.env.items():
        monkeypatch.setenv(name, value)
    started = time.monotonic()
    assert all_cached(str(app)) is None
    assert time.monotonic() - started < 10
    assert is_gone(int((tmp_path / "pid").read_text()))


def test_failure_of_git_is_seen_though_the_parent_ignores_its_children(world: World) -> None:
    script = f"trap '' CHLD; exec \"{sys.executable}\" -c 'import signal, subprocess, sys; "
    script += "signal.signal(signal.SIGCHLD, signal.SIG_IGN); import os; "
    script += 'os.execv(sys.executable, [sys.executable, "-m", "goproxy_check"])' + "'"
    done = world.run("sh", "-c", script, cwd=world.home, ok=False)
    assert done.returncode == 2 and "not in a git repository" in done.stderr
