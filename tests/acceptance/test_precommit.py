"""Installed as a user's configuration does it: pre-commit, this repository, an id, and nothing else.

What examples/pre-commit-config.yaml does from commit to push, test_hook_managers.py shows.
"""

import sys
from pathlib import Path

import pytest
import yaml

from tests.support.world import LIB, World, go_mod

HERE = Path(__file__).parents[2]


@pytest.mark.registry
@pytest.mark.long
def test_goproxy_check_in_every_stage(world: World, hooks: Path) -> None:
    """The stages that test_every_hook_says_where_it_runs names."""
    world.origin(LIB, "v1.0.0")
    app = world.app()
    rev = world.git("rev-parse", "HEAD", cwd=hooks)
    world.pre_commit(app, f"repos:\n- repo: {hooks}\n  rev: {rev}\n  hooks:\n  - id: goproxy-check\n")
    world.commit(app, "first")

    def stopped(*command: str) -> None:
        done = world.run(*command, cwd=app, ok=False)
        assert done.returncode == 1 and f"{LIB} v1.0.5: unpublished" in done.stdout + done.stderr, done

    world.git("checkout", "-q", "-b", "topic", cwd=app)
    (app / "go.mod").write_text(go_mod([f"{LIB} v1.0.5"]))
    world.git("add", ".", cwd=app)
    stopped("git", "commit", "-m", "bump")
    world.commit(app, "all the same")

    world.git("init", "-q", "--bare", str(world.root / "remote.git"), cwd=world.root)
    world.git("remote", "add", "origin", str(world.root / "remote.git"), cwd=app)
    world.git("push", "-q", "--no-verify", "origin", "main", cwd=app)
    stopped("git", "push", "origin", "topic")

    stopped(sys.executable, "-m", "pre_commit", "run", "--all-files", "--hook-stage", "manual")

    # A merge only brings what one of its parents has: the hook runs, and lets it through.
    world.git("checkout", "-q", "main", cwd=app)
    merged = world.run("git", "merge", "--no-ff", "--no-edit", "topic", cwd=app)
    assert "hook id: goproxy-check" in merged.stdout + merged.stderr, merged


def test_every_hook_says_where_it_runs() -> None:
    listed = yaml.safe_load((HERE / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert {hook["id"]: hook["entry"] for hook in listed} == {
        "goproxy-check": "goproxy-check",
        "goproxy-fix": "goproxy-check --fix",
    }
    for hook in listed:
        assert hook["language"] == "python" and hook["require_serial"] is True
        assert {"pre-commit", "pre-merge-commit", "pre-push", "manual"} == set(hook["stages"])
