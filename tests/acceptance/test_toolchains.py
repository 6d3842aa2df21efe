"""go and toolchain lines name a version too, where the real go would download it."""

from pathlib import Path

import pytest

from tests.support.goproxy import GoProxy, hashes
from tests.support.sumdb import SumDB
from tests.support.world import World

MODULE = "golang.org/toolchain"


@pytest.fixture
def platform(world: World) -> str:
    return "-".join(world.go("env", "GOHOSTOS", "GOHOSTARCH").stdout.split())


def staged(world: World, lines: str, name: str = "go.mod") -> Path:
    app = world.app()
    (app / name).write_text(("module example.com/app\n\n" if name == "go.mod" else "") + lines)
    world.git("add", ".", cwd=app)
    return app


@pytest.mark.parametrize(
    ("name", "lines", "setting", "wanted"),
    [
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
    ],
)
def test_looked_for_where_go_would_download_it(
    world: World, proxy: GoProxy, platform: str, name: str, lines: str, setting: str, wanted: str
) -> None:
    app = staged(world, lines, name)
    env = {"GOTOOLCHAIN": setting, "GOPROXY": proxy.url}
    version = f"v0.0.1-{wanted}.{platform}"
    assert world.verdicts(**env) == ({f"{MODULE}@{version}": "missing"} if wanted else {})
    proxy.log.clear()
    world.go("list", cwd=app, ok=False, **env)
    assert bool([path for path in proxy.asked() if version in path and MODULE in path]) == bool(wanted)


def test_needs_a_record_of_the_database(world: World, proxy: GoProxy, platform: str) -> None:
    version = f"v0.0.1-go1.99.1.{platform}"
    proxy.put(MODULE, version)
    proxy.sumdb = SumDB("sum.example")
    app = staged(world, "go 1.99.1\n")
    env = {"GOTOOLCHAIN": "auto", "GOPROXY": proxy.url, "GOSUMDB": proxy.sumdb.key, "GONOSUMDB": "golang.org"}
    assert world.verdicts(**env) == {f"{MODULE}@{version}": "unverifiable"}
    # Go takes no toolchain without the database.
    assert world.verdicts(**{**env, "GOSUMDB": "off"}) == {f"{MODULE}@{version}": "unavailable"}
    proxy.sumdb.add(MODULE, version, *hashes(MODULE, version, {"go.mod": f"module {MODULE}\n".encode()}))
    assert world.verdicts(**env) == {f"{MODULE}@{version}": "ok"}
    # The real one downloads it, and then finds no go command in it.
    assert "verifying" not in world.go("version", cwd=app, ok=False, **env).stderr
    assert (world.home / "go" / "pkg" / "mod" / MODULE.rpartition("/")[0] / f"toolchain@{version}").is_dir()


def test_on_path_it_is_not_downloaded(world: World, proxy: GoProxy) -> None:
    world.program("go1.99.1", "exit 0")
    staged(world, "go 1.99.1\n")
    assert world.verdicts(GOTOOLCHAIN="auto", GOPROXY=proxy.url) == {}


def test_only_a_line_that_demands_more_is_news(world: World, proxy: GoProxy, platform: str) -> None:
    app = staged(world, "go 1.99.1\n")
    world.commit(app, "first")
    env = {"GOTOOLCHAIN": "auto", "GOPROXY": proxy.url}
    for line, wanted in (("go 1.99.0\n", ""), ("go 1.99.1\n\n", ""), ("go 1.99.2\n", "go1.99.2")):
        staged(world, line)
        assert world.verdicts(**env) == ({f"{MODULE}@v0.0.1-{wanted}.{platform}": "missing"} if wanted else {})
    assert world.main(**env).stdout.startswith("go.mod:3: ")


def test_without_go_none_is_looked_for(world: World, proxy: GoProxy) -> None:
    staged(world, "go 1.99.1\n")
    git = Path(world.run("sh", "-c", "command -v git").stdout.strip()).parent
    bare = world.root / "path"
    bare.mkdir()
    (bare / "git").symlink_to(git / "git")
    assert world.verdicts(PATH=str(bare), GOPROXY=proxy.url) == {}


@pytest.mark.parametrize("script", ["exit 1", "exit 0", "kill -9 $$", "sleep 60 & wait"])
def test_go_that_does_not_say_whether_is_no_reason_to_pass(world: World, script: str) -> None:
    staged(world, "go 1.99.0\n")
    world.wrap("go", f'case "$*" in "env GOTOOLCHAIN") {script};; esac')
    done = world.main("--timeout", "2s", GOTOOLCHAIN="auto")
    assert (done.returncode, done.stdout) == (2, "") and done.stderr.startswith("goproxy-check: go env")
