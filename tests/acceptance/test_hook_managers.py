"""The managers that start the hook, for real: a commit and a push are stopped, repaired, and let through."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.support.pasting import only, paste, way_out
from tests.support.repositories import hook
from tests.support.world import LIB, World, go_mod

EXAMPLES = Path(__file__).parents[2] / "examples"
STAGES = ("pre-commit", "pre-merge-commit", "pre-push")

pytestmark = [pytest.mark.skipif(os.name == "nt", reason="the commands are pasted into a POSIX shell")]


@dataclass(frozen=True)
class Manager:
    """What starts the hook of the user's repository ``app``."""

    world: World
    app: Path
    skip: str  # in front of a command: this hook alone does not run

    def git(self, *args: str, **env: str) -> tuple[bool, str]:
        """Run git, and return whether it went through, and all that was printed."""
        done = self.world.run("git", *args, cwd=self.app, ok=False, **env)
        return done.returncode == 0, done.stdout + done.stderr


def plain(world: World, app: Path) -> str:
    for stage in STAGES[:2]:
        hook(app, "exec goproxy-check --fix", stage)
    shutil.copy(EXAMPLES / "pre-push", app / ".git" / "hooks" / "pre-push")
    (app / ".git" / "hooks" / "pre-push").chmod(0o755)
    return ""


def lefthook(world: World, app: Path) -> str:
    shutil.copy(EXAMPLES / "lefthook.yml", app / "lefthook.yml")
    world.run("lefthook", "install", cwd=app)
    return "LEFTHOOK_EXCLUDE=goproxy-check"


def prek(world: World, app: Path) -> str:
    """Use examples/pre-commit-config.yaml, with this project as it stands."""
    world.run("prek", "install", *(f"--hook-type={stage}" for stage in STAGES), cwd=app)
    return "SKIP=goproxy-fix,goproxy-check"


def config(repository: Path, commit: str) -> str:
    """Return examples/pre-commit-config.yaml for the hooks of REPOSITORY at COMMIT."""
    example = yaml.safe_load((EXAMPLES / "pre-commit-config.yaml").read_text(encoding="utf-8"))
    example["repos"][0].update(repo=str(repository), rev=commit)
    other = {"id": "other", "name": "other", "entry": "true", "language": "system"}  # as in most configurations
    example["repos"].append({"repo": "local", "hooks": [other]})
    return yaml.safe_dump(example)


@pytest.fixture(
    params=[
        pytest.param(plain, id="plain git"),
        pytest.param(lefthook, id="lefthook", marks=[pytest.mark.registry]),
        pytest.param(prek, id="prek", marks=[pytest.mark.registry, pytest.mark.long]),
    ]
)
def manager(request: pytest.FixtureRequest, world: World) -> Manager:
    """Install the hook as the examples show, in a repository with a first commit and an empty remote."""
    install: Callable[[World, Path], str] = request.param
    if install is not plain and not shutil.which(install.__name__):
        pytest.skip(f"needs {install.__name__} from a package registry")
    if install is not prek:
        world.goproxy_check()
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    app = world.app()
    world.git("init", "-q", "--bare", str(world.root / "remote.git"), cwd=world.root)
    world.git("remote", "add", "origin", str(world.root / "remote.git"), cwd=app)
    if install is prek:
        hooks = request.getfixturevalue("hooks")
        (app / ".pre-commit-config.yaml").write_text(config(hooks, world.git("rev-parse", "HEAD", cwd=hooks)))
        world.env["PREK_HOME"] = str(world.env["PRE_COMMIT_HOME"]) + "-prek"
        with_network(world, app, "prek", "prepare-hooks")
    skip = install(world, app)
    world.commit(app, "first")
    return Manager(world, app, skip)


def with_network(world: World, app: Path, *command: str) -> None:
    """Run COMMAND with what pip needs to reach a package registry, which nothing after this gets."""
    network = ("PIP_", "UV_", "SSL_", "HTTP", "http")
    found = {name: value for name, value in os.environ.items() if name.startswith(network)}
    kept = {name: value for name, value in world.env.items() if not name.startswith("HTTP")}
    subprocess.run(command, cwd=app, env={**kept, **found}, capture_output=True, timeout=300, check=True)


def bump(manager: Manager, version: str) -> None:
    (manager.app / "go.mod").write_text(go_mod([f"{LIB} {version}"]))
    manager.world.git("add", "go.mod", cwd=manager.app)


def test_stale_version_is_fetched_and_then_goes_through(manager: Manager) -> None:
    bump(manager, "v1.1.0")
    passed, report = manager.git("commit", "-m", "bump")
    assert not passed and f"{LIB} v1.1.0: stale (fixed here)" in report, report
    paste(manager.world, only(report, "git add"), manager.app)
    passed, report = manager.git("commit", "-m", "bump")
    assert passed and "warning: here, but not at the proxy" in report, report
    committed = manager.world.git("show", "HEAD:go.sum", cwd=manager.app)
    assert committed + "\n" == manager.world.sum_lines(LIB, "v1.1.0")


def test_unpublished_version_is_stopped_until_it_is_published(manager: Manager) -> None:
    bump(manager, "v1.2.0")
    for _ in range(2):
        passed, report = manager.git("commit", "-m", "bump")
        assert not passed and f"go.mod:6: {LIB} v1.2.0: unpublished" in report, report
    manager.world.publish(LIB, "v1.2.0")
    passed, report = manager.git("commit", "-m", "bump")
    assert passed, report


def test_commit_goes_through_with_the_way_out_that_is_printed(manager: Manager) -> None:
    bump(manager, "v1.2.0")
    _, report = manager.git("commit", "-m", "bump")
    paste(manager.world, way_out(report, "git commit -m pasted"), manager.app)
    assert manager.world.git("log", "-1", "--format=%s", cwd=manager.app) == "pasted"


def test_commit_goes_through_with_what_the_readme_says(manager: Manager) -> None:
    bump(manager, "v1.2.0")
    if manager.skip:
        manager.world.run("sh", "-c", f"{manager.skip} git commit -m bump", cwd=manager.app)
    else:
        manager.world.git("commit", "--no-verify", "-m", "bump", cwd=manager.app)


@pytest.mark.parametrize("known", [False], ids=["empty remote"])
def test_push_is_stopped_until_it_is_published(manager: Manager, known: bool) -> None:
    world, app = manager.world, manager.app
    if known:
        world.git("push", "-q", "--no-verify", "-u", "origin", "main", cwd=app)
    bump(manager, "v1.2.0")
    world.commit(app, "bump")
    passed, report = manager.git("push", "origin", "main")
    assert not passed and f"{LIB} v1.2.0: unpublished" in report, report
    assert "git commit" not in report, report
    world.publish(LIB, "v1.2.0")
    passed, report = manager.git("push", "origin", "main")
    assert passed, report
    assert world.git("ls-remote", "origin", "main", cwd=app).startswith(world.git("rev-parse", "main", cwd=app))


@pytest.mark.parametrize("known", [True], ids=["known remote"])
def test_push_goes_through_with_the_way_out_that_is_printed(manager: Manager, known: bool) -> None:
    world, app = manager.world, manager.app
    if known:
        world.git("push", "-q", "--no-verify", "-u", "origin", "main", cwd=app)
    bump(manager, "v1.2.0")
    world.commit(app, "bump")
    _, report = manager.git("push", "origin", "main")
    paste(world, way_out(report, "git push origin main"), app)
    assert world.git("ls-remote", "origin", "main", cwd=app).startswith(world.git("rev-parse", "main", cwd=app))


@pytest.mark.parametrize("hook_id", ["goproxy-check", "goproxy-fix"])
@pytest.mark.parametrize("program", ["pre-commit", "prek"])
@pytest.mark.registry
def test_way_out_fits_the_id_of_the_hook(world: World, registry: None, program: str, hook_id: str) -> None:
    """With args: [--fix] under the id goproxy-check, and the other way round."""
    world.goproxy_check()
    world.origin(LIB, "v1.0.0")
    app = world.app()
    entry = "goproxy-check --fix" if hook_id == "goproxy-check" else "goproxy-check"
    local = {"id": hook_id, "name": "x", "entry": entry, "language": "system", "files": r"go\.mod$"}
    (app / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [{"repo": "local", "hooks": [local]}]}))
    command = [sys.executable, "-m", "pre_commit"] if program == "pre-commit" else ["prek"]
    world.run(*command, "install", cwd=app)
    world.commit(app, "first")
    manager = Manager(world, app, "")
    bump(manager, "v1.2.0")
    _, report = manager.git("commit", "-m", "bump")
    paste(world, way_out(report, "git commit -m pasted"), app)
    assert world.git("log", "-1", "--format=%s", cwd=app) == "pasted"
