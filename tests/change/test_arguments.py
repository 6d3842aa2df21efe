"""MODULE@VERSION on the command line: no repository is needed, and one mistake does not hide the other answers."""

import pytest

from tests.support.goproxy import GoProxy
from tests.support.world import LIB, World


def test_need_no_repository(world: World, proxy: GoProxy) -> None:
    proxy.put("example.com/a", "v1.0.0")
    proxy.put("example.com/b", "v1.0.0")
    versions = ["example.com/a@v1.0.0", "example.com/b@v1.0.0"]
    assert world.verdicts(*versions, cwd=world.home) == dict.fromkeys(versions, "ok")


def test_are_told_and_fixed(world: World) -> None:
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    done = world.main(f"{LIB}@v1.1.0", f"{LIB}@v1.9.0", cwd=world.home)
    assert done.returncode == 1
    assert done.stdout.startswith(f"{LIB} v1.1.0: stale\n") and f"\n{LIB} v1.9.0: unpublished\n" in done.stdout
    assert f"GOPROXY=direct go mod download {LIB}@v1.1.0\n" in done.stdout
    assert not [path for path in world.proxy.asked() if "v1.9.0" in path]
    assert world.main("--fix", f"{LIB}@v1.1.0", cwd=world.home).returncode == 0
    assert world.go("list", "-m", f"{LIB}@v1.1.0", cwd=world.home, GOPROXY="off").returncode == 0


BAD = {
    f"{LIB}@latest": "",
    f"{LIB}@main": "",
    f"{LIB}@1.0.0": f"{LIB}@v1.0.0",
    f"{LIB}@": "",
    f"{LIB}@v2.0.0": f"{LIB}/v2@v2.0.0",
    f"{LIB}/v2@v1.0.0": f"{LIB}@v1.0.0",
    "UPPER.example/x@v1.0.0": "",
    "a b@v1.0.0": "",
}


def test_bad_ones_are_invalid_and_name_what_may_be_meant(world: World, proxy: GoProxy) -> None:
    proxy.put("example.com/a", "v1.0.0")
    assert world.verdicts(*BAD, "example.com/a@v1.0.0", cwd=world.home) == {
        **dict.fromkeys(BAD, "invalid"),
        "example.com/a@v1.0.0": "ok",
    }
    assert all(path.startswith("/example.com/a/") for path in proxy.asked())
    for version, right in BAD.items():
        done = world.main(version, cwd=world.home)
        assert done.returncode == 1 and right in done.stdout


@pytest.mark.parametrize("rest", [["go.mod"], ["--pre-push"], ["--all"], ["--from-ref", "A", "--to-ref", "B"]])
def test_go_with_nothing_else(world: World, rest: list[str]) -> None:
    done = world.main(f"{LIB}@v1.0.0", *rest, cwd=world.home)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "MODULE@VERSION" in done.stderr
