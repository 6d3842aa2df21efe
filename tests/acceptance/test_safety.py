"""The user's repository is never harmed: real hooks, real go, every byte below .git compared."""

import os
import re
import sys
from pathlib import Path

import pytest

from tests.support.goproxy import GoProxy
from tests.support.repositories import hook, placed
from tests.support.world import LIB, World, go_mod

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the wrappers on PATH are shell scripts")


@pytest.fixture
def seen(world: World) -> Path:
    """Put a go on PATH that notes which GIT_* variables it sees, and return the notes."""
    notes = world.root / "seen"
    world.program("go", f'{{ echo "go $*"; env | grep ^GIT_; }} >> "{notes}"\nexec "{world.go_path}" "$@"')
    return notes


def local_variables(world: World) -> set[str]:
    return set(world.run("git", "rev-parse", "--local-env-vars").stdout.split())


def below_git(repository: Path) -> dict[str, bytes]:
    """Return every file below .git, save what a commit itself writes and what is compared apart."""
    own = ("objects/", "logs/", "index", "COMMIT_EDITMSG", "refs/heads/", "worktrees/linked/", "modules/")
    files = {str(path.relative_to(repository)): path for path in repository.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if not name.startswith(own)}


def refs(world: World, repository: Path) -> str:
    return world.git("for-each-ref", "--format=%(refname) %(objectname)", cwd=repository)


@pytest.mark.parametrize("where", ["main", "linked", "submodule"])
def test_commit_through_a_real_hook_with_fix_leaves_the_repository_as_it_was(
    world: World, seen: Path, where: str
) -> None:
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    app = world.app("example.com/none v1.0.0")
    world.commit(app, "first")
    place, store = placed(world, app, where)
    command = f'exec "{sys.executable}" -m goproxy_check --fix'
    (store / "hooks").mkdir(exist_ok=True)
    (store / "hooks" / "pre-commit").write_text(f"#!/bin/sh\n{command}\n")
    (store / "hooks" / "pre-commit").chmod(0o755)
    (place / "go.mod").write_text(go_mod([f"{LIB} v1.1.0"]))
    world.git("add", ".", cwd=place)
    files, names = below_git(store), refs(world, place)

    first = world.run("git", "commit", "-m", "bump", cwd=place, ok=False)
    assert first.returncode == 1 and "fixed here" in first.stdout + first.stderr
    assert (below_git(store), refs(world, place)) == (files, names)
    world.git("add", "go.sum", cwd=place)
    second = world.run("git", "commit", "-m", "bump", cwd=place, ok=False)
    assert second.returncode == 0, second.stderr
    assert below_git(store) == files
    assert world.git("status", "--porcelain", cwd=place) == ""
    assert world.git("fsck", "--strict", "--no-dangling", cwd=place) == ""

    notes = seen.read_text()
    assert "go mod download" in notes and "go list" in notes and "go env" in notes
    inherited = {line.partition("=")[0] for line in notes.splitlines() if line.startswith("GIT_")}
    assert not inherited & local_variables(world)


def test_go_that_inherited_the_variables_would_do_harm(world: World, seen: Path) -> None:
    """The test above can fail: without the cleaning, GIT_DIR does reach go."""
    app = world.app()
    world.commit(app, "first")
    hook(app, "exec go env GOPROXY")
    world.git("commit", "--allow-empty", "-m", "x", cwd=app)
    assert "GIT_INDEX_FILE=" in seen.read_text()


def test_index_of_a_partial_commit_is_left_alone(world: World, proxy: GoProxy) -> None:
    proxy.put("example.com/a", "v1.0.0")
    app = world.app("example.com/a v1.0.0")
    index = (app / ".git" / "index").read_bytes()
    world.main()
    world.main("go.mod")
    assert (app / ".git" / "index").read_bytes() == index


def test_nothing_is_left_in_the_temporary_folder(world: World) -> None:
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    world.app(f"{LIB} v1.1.0")
    folder = world.root / "tmp"
    folder.mkdir()
    world.check("--fix", TMPDIR=str(folder))
    assert list(folder.iterdir()) == []


def test_git_settings_of_the_user_reach_go_and_those_of_the_repository_do_not(world: World, seen: Path) -> None:
    """GIT_CONFIG_COUNT and its like are how CI systems hand over tokens; git sets none of them for a hook."""
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    app = world.app(f"{LIB} v1.1.0")
    hook(app, f'exec "{sys.executable}" -m goproxy_check --fix')
    passed = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.extraheader", "GIT_CONFIG_VALUE_0": "X-Token: abc"}
    world.run("git", "-c", "some.setting=1", "commit", "-m", "x", cwd=app, ok=False, **passed)
    notes = seen.read_text()
    for part in re.split("(?m)^go ", notes)[1:]:
        assert all(f"{name}={value}\n" in part for name, value in passed.items()), part
    assert {"env", "list", "mod"} <= {line.split()[1] for line in notes.splitlines() if line.startswith("go ")}
    assert "GIT_CONFIG_PARAMETERS" not in notes and "GIT_INDEX_FILE" not in notes and "some.setting" not in notes


HEAVY = "argparse subprocess threading tempfile re json dataclasses concurrent.futures requests urllib3 rich ssl"


@pytest.mark.skipif(not hasattr(os, "posix_spawnp"), reason="the quick answer is for POSIX systems")
@pytest.mark.parametrize("name", ["pre-commit", "commit-msg"])
def test_where_nothing_is_staged_neither_go_is_started_nor_anything_imported(
    world: World, seen: Path, name: str
) -> None:
    app = world.app()
    (app / "go.mod").unlink()
    (app / "README").write_text("x")
    world.git("add", "--all", cwd=app)
    program = "import sys, goproxy_check.cli as cli; code = cli.main([]); print(code, *sys.modules)"
    python = f'"{sys.executable}" -I -S -c "import sys; sys.path.insert(0, sys.argv[1]); {program}"'
    hook(app, f'{python} "{world.env["PYTHONPATH"]}" > "{world.root}/modules"', name)
    world.git("commit", "-m", "x", cwd=app)
    code, *modules = (world.root / "modules").read_text().split()
    assert code == "0" and not set(HEAVY.split()) & set(modules)
    assert [module for module in modules if module.startswith("goproxy_check.")] == ["goproxy_check.cli"]
    assert not seen.exists()
