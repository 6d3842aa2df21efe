"""go and toolchain lines: which Go is demanded, and which one would be downloaded. Held against the real go."""

from pathlib import Path

import pytest

from goproxy_check.gofiles.modfile import read
from goproxy_check.gofiles.toolchain import demanded, newer, release
from tests.support.goproxy import GoProxy, hashes
from tests.support.sumdb import SumDB
from tests.support.world import World

ORDER = ["1.9beta2", "1.9rc1", "1.9", "1.9.1", "1.20rc1", "1.20", "1.20.1", "1.21", "1.21rc2", "1.21.0", "1.21.10"]
ORDER += ["1.22rc1", "1.22.0", "1.99", "1.99.0"]


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
    assert release(name) is None


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


MODULE = "golang.org/toolchain"
LINES = [
    ("go.mod", "go 1.99\n", "auto", "go1.99.0"),
    ("go.work", "go 1.99.2\n", "auto", "go1.99.2"),
    ("go.mod", "go 1.99rc1\n", "local+auto", "go1.99rc1"),
    ("go.mod", "go 1.21\ntoolchain go1.99.1\n", "auto", "go1.99.1"),
    ("go.work", "go 1.99\ntoolchain go1.99.1\n", "go1.21.1+auto", "go1.99.1"),
    ("go.mod", "go 1.21\ntoolchain default\n", "auto", ""),
    ("go.work", "go 1.99\n", "local", ""),
    ("go.mod", "go 1.99\n", "path", ""),
    ("go.mod", "go 1.99\n", "go1.98.0+path", ""),
    ("go.mod", "go 1.21\ntoolchain go1.21.5\n", "auto", ""),
    ("go.work", "go 1.21\n", "auto", ""),
]


@pytest.fixture
def platform(world: World) -> str:
    return world.go("env", "GOHOSTOS").stdout.strip() + "-" + world.go("env", "GOHOSTARCH").stdout.strip()


def staged(world: World, lines: str, name: str = "go.mod") -> Path:
    app = world.app()
    (app / name).write_text(("module example.com/app\n\n" if name == "go.mod" else "") + lines)
    world.git("add", ".", cwd=app)
    return app


@pytest.mark.parametrize(("name", "lines", "setting", "wanted"), LINES)
def test_asked_for_where_go_would_download_it(
    world: World, proxy: GoProxy, platform: str, name: str, lines: str, setting: str, wanted: str
) -> None:
    app = staged(world, lines, name)
    verdicts = world.verdicts(GOTOOLCHAIN=setting, GOPROXY=proxy.url)
    version = f"v0.0.1-{wanted}.{platform}"
    assert verdicts == ({f"{MODULE}@{version}": "missing"} if wanted else {})
    proxy.log.clear()
    world.go("list", cwd=app, ok=False, GOTOOLCHAIN=setting, GOPROXY=proxy.url)
    assert bool([path for path in proxy.asked() if version in path and MODULE in path]) == bool(wanted)


def test_served_toolchain_needs_a_record(world: World, proxy: GoProxy, platform: str) -> None:
    version = f"v0.0.1-go1.99.1.{platform}"
    proxy.put(MODULE, version)
    proxy.sumdb = SumDB("sum.example")
    staged(world, "go 1.99.1\n")
    env = {"GOTOOLCHAIN": "auto", "GOPROXY": proxy.url, "GOSUMDB": proxy.sumdb.key, "GONOSUMDB": "golang.org"}
    assert world.verdicts(**env) == {f"{MODULE}@{version}": "unverifiable"}
    assert world.verdicts(**{**env, "GOSUMDB": "off"}) == {f"{MODULE}@{version}": "unavailable"}
    proxy.sumdb.add(MODULE, version, *hashes(MODULE, version, {"go.mod": f"module {MODULE}\n".encode()}))
    assert world.verdicts(**env) == {f"{MODULE}@{version}": "ok"}


def test_toolchain_on_path_is_not_downloaded(world: World, proxy: GoProxy) -> None:
    world.program("go1.99.1", "exit 0")
    staged(world, "go 1.99.1\n")
    assert world.verdicts(GOTOOLCHAIN="auto", GOPROXY=proxy.url) == {}


def test_line_that_was_there_is_no_news(world: World, proxy: GoProxy) -> None:
    app = staged(world, "go 1.99.1\n")
    world.commit(app, "first")
    staged(world, "go 1.99.0\n")
    assert world.verdicts(GOTOOLCHAIN="auto", GOPROXY=proxy.url) == {}
    staged(world, "go 1.99.2\n")
    (found,) = world.verdicts(GOTOOLCHAIN="auto", GOPROXY=proxy.url)
    assert found.startswith(f"{MODULE}@v0.0.1-go1.99.2.")
    assert world.main(GOTOOLCHAIN="auto", GOPROXY=proxy.url).stdout.startswith("go.mod:3: ")


def test_without_go_nothing_is_demanded(world: World, proxy: GoProxy) -> None:
    staged(world, "go 1.99.1\n")
    git = Path(world.run("sh", "-c", "command -v git").stdout.strip()).parent
    bare = world.root / "path"
    bare.mkdir()
    (bare / "git").symlink_to(git / "git")
    assert world.verdicts(PATH=str(bare), GOPROXY=proxy.url) == {}


@pytest.mark.parametrize("script", ["exit 1", "kill -9 $$", "sleep 60 & wait"])
def test_go_that_does_not_say_is_no_reason_to_pass(world: World, script: str) -> None:
    app = world.app()
    (app / "go.mod").write_text("module m.example/x\n\ngo 1.99.0\n")
    world.git("add", ".", cwd=app)
    world.wrap("go", f'case "$*" in "env GOTOOLCHAIN") {script};; esac')
    done = world.check("--timeout", "2s", GOTOOLCHAIN="auto")
    assert (done.returncode, done.stdout) == (2, "") and done.stderr.startswith("goproxy-check: go env")
