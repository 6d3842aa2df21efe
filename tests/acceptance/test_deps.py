"""examples/deps.mk in a workspace: its modules are never asked for, and what only the proxy lacks is fetched."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.world import LIB, World, go_mod

DEPS = Path(__file__).parents[2] / "examples" / "deps.mk"
TWO = "github.com/acme/two"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the commands are for a shell")


def write(folder: Path, module: str, *requires: str, imports: str = "") -> None:
    """Write a module with a package that IMPORTS another one."""
    folder.mkdir(exist_ok=True)
    (folder / "go.mod").write_text(go_mod(requires, module=module))
    (folder / "code.go").write_text(f"package {module[-1]}\n" + (f'\nimport _ "{imports}"\n' if imports else ""))


B = "it's b"  # a folder with an odd name
USE = f'go 1.21\n\nuse (\n\t./a\n\t"./{B}"\n)\n'
REPLACE = f'\nreplace (\n\texample.com/app/a v0.2.0 => ./a\n\texample.com/app/b v0.1.0 => "./{B}"\n)\n'


@pytest.fixture
def workspace(world: World) -> Path:
    """Return a workspace whose modules require each other, at versions that were never published.

    Without REPLACE in go.work Go itself can't build it: it wants the go.mod of these versions.
    """
    world.goproxy_check()
    world.env["GOPROXY"] = world.proxy.url  # alone: what CI has
    world.origin(LIB, "v1.0.0")
    world.origin(TWO, "v1.0.0")
    app = world.app()
    (app / "go.mod").unlink()
    write(app / "a", "example.com/app/a", "example.com/app/b v0.1.0", f"{LIB} v1.0.0", imports=LIB)
    write(app / B, "example.com/app/b", "example.com/app/a v0.2.0", f"{TWO} v1.0.0", imports="example.com/app/a")
    (app / B / "two_test.go").write_text(f'package b\n\nimport _ "{TWO}"\n')
    (app / "go.work").write_text(USE + REPLACE)
    (app / "Makefile").write_text(f"include {DEPS}\n")
    world.commit(app, "first")
    return app


def deps(world: World, app: Path) -> "subprocess.CompletedProcess[str]":
    world.proxy.log.clear()
    return world.run("make", "deps", cwd=app, ok=False)


def builds_without_proxy(world: World, app: Path) -> None:
    """Check that packages and tests of all modules build with what is in the module cache."""
    world.go("vet", "./a/...", f"./{B}/...", cwd=app, GOPROXY="off")


def test_neighbours_that_nothing_replaces(world: World, workspace: Path) -> None:
    """Go builds this, since all imports are of neighbours, but go mod download asks for their versions, and fails."""
    write(workspace / "a", "example.com/app/a")
    write(workspace / B, "example.com/app/b", "example.com/app/a v0.2.0", imports="example.com/app/a")
    (workspace / B / "two_test.go").unlink()
    (workspace / "go.work").write_text(USE)
    plain = world.go("mod", "download", cwd=workspace / "a", ok=False)
    assert plain.returncode != 0 and "example.com/app/a@v0.2.0" in plain.stderr
    done = deps(world, workspace)
    assert done.returncode == 0, done.stdout + done.stderr
    builds_without_proxy(world, workspace)


def test_everything_is_fetched_once_and_no_neighbour_asked_for(world: World, workspace: Path) -> None:
    done = deps(world, workspace)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not [path for path in world.proxy.asked() if "example.com" in path]
    builds_without_proxy(world, workspace)

    done = deps(world, workspace)
    assert (done.returncode, world.proxy.log) == (0, []), done.stderr


def test_what_the_proxy_lacks_is_fetched_past_it_or_stops_make(world: World, workspace: Path) -> None:
    world.stale(LIB, "v1.1.0")
    write(workspace / "a", "example.com/app/a", "example.com/app/b v0.1.0", f"{LIB} v1.1.0", imports=LIB)
    done = deps(world, workspace)
    assert done.returncode == 0 and f"a/go.mod:7: {LIB} v1.1.0: stale (fixed here)" in done.stdout, done.stdout
    assert world.sum_lines(LIB, "v1.1.0") in (workspace / "a" / "go.sum").read_text()
    builds_without_proxy(world, workspace)

    write(workspace / "a", "example.com/app/a", "example.com/app/b v0.1.0", f"{LIB} v1.1.9", imports=LIB)
    done = deps(world, workspace)
    assert done.returncode == 2 and f"{LIB} v1.1.9: unpublished" in done.stdout
    assert not [path for path in world.proxy.asked() if "v1.1.9" in path]


def test_failure_of_go_stops_make(world: World, workspace: Path) -> None:
    (workspace / "go.work").write_text("go 1.21\n\nuse (\n\t./a\n\t./nowhere\n)\n")
    assert deps(world, workspace).returncode == 2
