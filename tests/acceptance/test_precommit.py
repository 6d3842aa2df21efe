"""Installed as a user's configuration does it: pre-commit, this repository, an id, and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.world import LIB, World, go_mod

pytestmark = [pytest.mark.registry, pytest.mark.long]


def configure(world: World, app: Path, hooks: Path, hook: str) -> None:
    """Write the user's configuration, and install the hook."""
    rev = world.git("rev-parse", "HEAD", cwd=hooks)
    world.pre_commit(app, f"repos:\n- repo: {hooks}\n  rev: {rev}\n  hooks:\n  - id: {hook}\n")


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


def test_every_hook_says_where_it_runs(hooks: Path) -> None:
    listed = yaml.safe_load((hooks / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert {hook["id"]: hook["entry"] for hook in listed} == {
        "goproxy-check": "goproxy-check",
        "goproxy-fix": "goproxy-check --fix",
    }
    for hook in listed:
        assert hook["language"] == "python" and hook["require_serial"] is True
        assert {"pre-commit", "pre-merge-commit", "pre-push", "manual"} == set(hook["stages"])
