"""Installed as a user's configuration does it: pre-commit, this repository, an id, and nothing else."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.world import LIB, World, go_mod

HERE = Path(__file__).parents[1]

pytestmark = pytest.mark.registry


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skip where pip reaches no package registry: pre-commit installs the hook's dependencies from there."""
    folder = str(tmp_path_factory.mktemp("pip"))
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, "setuptools"]
    try:
        done = subprocess.run(pip, capture_output=True, text=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("needs a package registry: pip got no answer")
    if done.returncode:
        pytest.skip(f"needs a package registry: {done.stderr.strip().splitlines()[-1]}")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which pre-commit keeps what it has installed, for all tests here."""
    return tmp_path_factory.mktemp("pre-commit")


@pytest.fixture
def hooks(world: World, registry: None, store: Path) -> Path:
    """Return a repository with this project as it stands in the working tree."""
    world.env["PRE_COMMIT_HOME"] = str(store)
    del world.env["PYTHONPATH"]
    copy = store / "goproxy-check"
    if not copy.exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=HERE,
            capture_output=True,
            check=True,
        )
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (HERE / name).is_file():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(HERE / name, copy / name)
        world.git("init", "--quiet", cwd=copy)
        world.commit(copy, "as it stands")
    return copy


def configure(world: World, app: Path, hooks: Path, hook: str) -> None:
    """Write the user's configuration, and install the hook: with the network, which nothing after this gets."""
    rev = world.git("rev-parse", "HEAD", cwd=hooks)
    (app / ".pre-commit-config.yaml").write_text(f"repos:\n- repo: {hooks}\n  rev: {rev}\n  hooks:\n  - id: {hook}\n")
    install = [sys.executable, "-m", "pre_commit", "install", "--install-hooks", "-t", "pre-commit", "-t", "pre-push"]
    pip = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "HTTP", "http"))}
    kept = {name: value for name, value in world.env.items() if not name.startswith("HTTP")}
    subprocess.run(install, cwd=app, env={**kept, **pip}, capture_output=True, timeout=300, check=True)


def commit(world: World, app: Path) -> "subprocess.CompletedProcess[str]":
    """Commit what is staged, as a user would; pre-commit may have to install the hook first."""
    done = subprocess.run(
        ["git", "commit", "-m", "bump"],
        cwd=app,
        env=world.env,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    done.stdout += done.stderr
    return done


def test_goproxy_fix_stops_once_and_then_passes_with_a_warning(world: World, hooks: Path) -> None:
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    app = world.app()
    configure(world, app, hooks, "goproxy-fix")
    world.commit(app, "first")
    (app / "go.mod").write_text(go_mod([f"{LIB} v1.1.0"]))
    world.git("add", ".", cwd=app)
    first = commit(world, app)
    assert first.returncode == 1 and f"go.mod:6: {LIB} v1.1.0: stale (fixed here)" in first.stdout, first.stdout
    world.git("add", "go.sum", cwd=app)
    second = commit(world, app)
    assert second.returncode == 0, second.stdout
    assert "warning: here, but not at the proxy" in second.stdout
    assert world.git("show", "HEAD:go.sum", cwd=app) + "\n" == world.sum_lines(LIB, "v1.1.0")


def test_goproxy_check_in_every_stage(world: World, hooks: Path) -> None:
    world.origin(LIB, "v1.0.0")
    app = world.app()
    configure(world, app, hooks, "goproxy-check")
    world.commit(app, "first")
    (app / "go.mod").write_text(go_mod([f"{LIB} v1.0.5"]))
    world.git("add", ".", cwd=app)
    stopped = commit(world, app)
    assert stopped.returncode == 1 and f"{LIB} v1.0.5: unpublished" in stopped.stdout, stopped.stdout
    assert world.git("status", "--porcelain", cwd=app) == "M  go.mod"

    world.commit(app, "all the same")
    every = world.run(sys.executable, "-m", "pre_commit", "run", "--all-files", cwd=app, ok=False)
    assert every.returncode == 1 and "unpublished" in every.stdout
    remote = world.root / "remote.git"
    world.git("init", "-q", "--bare", str(remote), cwd=world.root)
    world.git("remote", "add", "origin", str(remote), cwd=app)
    world.git("push", "-q", "--no-verify", "origin", "HEAD~:refs/heads/main", cwd=app)
    pushed = world.run("git", "push", "origin", "main", cwd=app, ok=False)
    assert pushed.returncode == 1 and "unpublished" in pushed.stdout + pushed.stderr
    world.publish(LIB, "v1.0.5")
    world.run("git", "push", "-q", "origin", "main", cwd=app)


def test_hooks_are_what_the_readme_says(hooks: Path) -> None:
    text = (hooks / ".pre-commit-hooks.yaml").read_text()
    assert text.count("language: python") == text.count("require_serial: true") == 2
    assert text.count("stages: [pre-commit, pre-push, manual]") == 2
