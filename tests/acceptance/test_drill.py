"""The drill: the same action with and without the hooks must touch the same files below .git, and no others."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.support.goproxy import GoProxy
from tests.support.repositories import placed
from tests.support.world import LIB, World, go_mod

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="hooks are shell scripts"),
    pytest.mark.starts_programs,
]

HOOKS = {
    "pre-commit": "--fix",
    "pre-merge-commit": "--fix",
    "pre-push": '--fix --pre-push "$1"',
    "pre-rebase": "--all --fix",
    "post-checkout": "--all --fix",
}
# Beside what git itself sets: all that points at the repository, as scripts around git export it.
EXPORTS = """
cd "$(git rev-parse --show-toplevel)" && GIT_DIR=$(git rev-parse --absolute-git-dir) && GIT_WORK_TREE=$PWD
GIT_COMMON_DIR=$(git rev-parse --path-format=absolute --git-common-dir)
GIT_OBJECT_DIRECTORY=$GIT_COMMON_DIR/objects
export GIT_DIR GIT_WORK_TREE GIT_COMMON_DIR GIT_OBJECT_DIRECTORY GIT_PREFIX=
"""


class Drill:
    """A user's repository at PLACE, whose files below .git are in STORE, with a remote and a side branch."""

    def __init__(self, world: World, where: str, hooks: bool) -> None:
        self.world = world
        world.env |= {"GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z"}
        world.origin(LIB, "v1.0.0")
        world.stale(LIB, "v1.1.0")
        app = world.app(f"{LIB} v1.0.0")
        (app / "go.sum").write_text(world.sum_lines(LIB, "v1.0.0"))
        world.commit(app, "first")
        self.place, self.store = placed(world, app, where)
        remote = world.root / "remote.git"
        world.git("init", "-q", "--bare", str(remote), cwd=world.root)
        world.git("remote", "add", "other", str(remote), cwd=self.place)
        world.git("checkout", "-q", "-b", "side", cwd=self.place)
        self.write(f"{LIB} v1.1.0")
        world.commit(self.place, "side")
        world.git("checkout", "-q", "-b", "main2", "HEAD~1", cwd=self.place)
        (self.place / "README").write_text("x")
        self.base = world.commit(self.place, "main")
        (self.store / "hooks").mkdir(exist_ok=True)
        for name, args in HOOKS.items():
            path = self.store / "hooks" / name
            check = f'"{sys.executable}" -m goproxy_check {args} >>"{world.root}/said" 2>&1'
            check += f'; echo "{name} $?" >>"{world.root}/ran"'
            path.write_text(f"#!/bin/sh\n{EXPORTS}\n{check if hooks else ''}\nexit 0\n")
            path.chmod(0o755)

    def write(self, *requires: str) -> None:
        (self.place / "go.mod").write_text(go_mod(requires))
        (self.place / "go.sum").write_text(self.world.sum_lines(LIB, "v1.0.0") + self.world.sum_lines(LIB, "v1.1.0"))

    def touched(self, action: str) -> set[str]:
        """Do ACTION on a new branch, and return the names of the files below .git that it changed."""
        self.world.git(
            "-c", f"core.hooksPath={os.devnull}", "checkout", "-qb", f"a-{action}", self.base, cwd=self.place
        )
        command = {
            "commit": ["commit", "-q", "-a", "-m", "commit"],
            "partial": ["commit", "-q", "-m", "partial", "go.mod", "go.sum"],
            "push": ["push", "-q", "other", "side"],
            "merge": ["merge", "-q", "--no-edit", "side"],
            "rebase": ["rebase", "-q", "side"],
        }[action]
        if action in ("commit", "partial"):
            self.write(f"{LIB} v1.1.0")
        shutil.rmtree(self.world.home / "go", ignore_errors=True)  # what an earlier action fetched is fetched again
        before = self.files()
        self.world.git(*command, cwd=self.place)
        after = self.files()
        assert self.world.git("fsck", "--strict", "--no-dangling", cwd=self.place) == ""
        assert self.world.git("status", "--porcelain", cwd=self.place) == ""
        return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}

    def files(self) -> dict[str, bytes]:
        files = (path for path in self.store.rglob("*") if path.is_file() and not path.is_symlink())
        return {str(path.relative_to(self.store)): path.read_bytes() for path in files}


ACTIONS = [
    ("main", ["commit", "partial", "push", "merge", "rebase"]),
    ("linked", ["partial", "push"]),
    ("submodule", ["partial", "push"]),
]


@pytest.mark.parametrize(("where", "actions"), ACTIONS, ids=[where for where, _ in ACTIONS])
def test_hooks_touch_nothing_below_git_that_the_action_itself_leaves_alone(
    tmp_path: Path, where: str, actions: list[str]
) -> None:
    with GoProxy().running() as proxy:
        without = Drill(World(tmp_path / "without", proxy), where, hooks=False)
        touched = {action: without.touched(action) for action in actions}
    with GoProxy().running() as proxy:
        world = World(tmp_path / "with", proxy)
        drill = Drill(world, where, hooks=True)
        for action in actions:
            assert drill.touched(action) == touched[action], action
            ran = (world.root / "ran").read_text().splitlines()
            said = (world.root / "said").read_text()
            assert ran and not any(line.endswith(" 2") for line in ran), said
            if action not in ("merge", "rebase"):  # which bring no news
                assert f"here, but not at the proxy: {LIB}@v1.1.0" in said, said
            for name in ("ran", "said"):
                (world.root / name).unlink()


def test_drill_sees_what_a_hook_would_touch(tmp_path: Path) -> None:
    with GoProxy().running() as proxy:
        drill = Drill(World(tmp_path / "world", proxy), "main", hooks=False)
        before = drill.files()
        drill.world.git("config", "core.bare", "false", cwd=drill.place)
        drill.world.git("config", "some.thing", "else", cwd=drill.place)
        assert {name for name, data in drill.files().items() if data != before.get(name)} == {"config"}
