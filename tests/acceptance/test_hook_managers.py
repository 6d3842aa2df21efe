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


def pre_commit(world: World, app: Path, hooks: Path) -> str:
    """Use examples/pre-commit-config.yaml, with this project as it stands."""
    world.pre_commit(app, config(hooks, world.git("rev-parse", "HEAD", cwd=hooks)))
    return "SKIP=goproxy-fix,goproxy-check"


def prek(world: World, app: Path, hooks: Path) -> str:
    """Use examples/pre-commit-config.yaml, with this project as it stands."""
    (app / ".pre-commit-config.yaml").write_text(config(hooks, world.git("rev-parse", "HEAD", cwd=hooks)))
    world.env["PREK_HOME"] = world.env["PRE_COMMIT_HOME"] + "-prek"
    # prek installs uv with pip, from the registry; nothing after this gets the network.
    names = ("PIP_", "SSL_", "HTTP", "http")
    network = {name: value for name, value in os.environ.items() if name.startswith(names)}
    kept = {name: value for name, value in world.env.items() if not name.startswith("HTTP") and name != "PIP_NO_INDEX"}
    install = ["prek", "install", "--prepare-hooks", *(f"--hook-type={stage}" for stage in STAGES)]
    env = {**kept, **network, "PREK_UV_SOURCE": "pip", "PIP_COMPILE": "0"}
    subprocess.run(install, cwd=app, env=env, capture_output=True, timeout=600, check=True)
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
        pytest.param(pre_commit, id="pre-commit", marks=[pytest.mark.registry, pytest.mark.long]),
    ]
)
def manager(request: pytest.FixtureRequest, world: World) -> Manager:
    """Install the hook as the examples show, in a repository with a first commit and an empty remote."""
    install: Callable[..., str] = request.param
    if install in (lefthook, prek) and not shutil.which(install.__name__):
        pytest.skip(f"needs {install.__name__} from a package registry")
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    app = world.app()
    world.git("init", "-q", "--bare", str(world.root / "remote.git"), cwd=world.root)
    world.git("remote", "add", "origin", str(world.root / "remote.git"), cwd=app)
    if install in (prek, pre_commit):
        skip = install(world, app, request.getfixturevalue("hooks"))
    else:
        world.goproxy_check()
        skip = install(world, app)
    world.commit(app, "first")
    return Manager(world, app, skip)


def bump(manager: Manager, version: str) -> None:
    (manager.app / "go.mod").write_text(go_mod([f"{LIB} {version}"]))
    manager.world.git("add", "go.mod", cwd=manager.app)


def test_commit_is_stopped_and_goes_through_when_repaired_or_skipped(manager: Manager) -> None:
    world, app = manager.world, manager.app
    bump(manager, "v1.2.0")
    passed, report = manager.git("commit", "-m", "bump")
    assert not passed and f"go.mod:6: {LIB} v1.2.0: unpublished" in report, report
    assert world.git("status", "--porcelain", cwd=app) == "M  go.mod"

    # The way out that is printed, and what the README says.
    readme = f"{manager.skip} git commit -m bump" if manager.skip else "git commit --no-verify -m bump"
    for command in (way_out(report, "git commit -m pasted"), readme):
        paste(world, command, app)
        assert world.git("show", "HEAD:go.mod", cwd=app) + "\n" == go_mod([f"{LIB} v1.2.0"])
        world.git("reset", "-q", "--soft", "HEAD~", cwd=app)

    bump(manager, "v1.1.0")
    passed, report = manager.git("commit", "-m", "bump")
    assert not passed and f"{LIB} v1.1.0: stale (fixed here)" in report, report
    paste(world, only(report, "git add"), app)
    passed, report = manager.git("commit", "-m", "bump")
    assert passed and "warning: here, but not at the proxy" in report, report
    assert world.git("show", "HEAD:go.sum", cwd=app) + "\n" == world.sum_lines(LIB, "v1.1.0")


def test_push_is_stopped_until_it_is_published_or_skipped(manager: Manager) -> None:
    world, app = manager.world, manager.app

    def pushed() -> bool:
        remote = world.git("ls-remote", "origin", "main", cwd=app)
        return remote.startswith(world.git("rev-parse", "main", cwd=app))

    # To an empty remote.
    bump(manager, "v1.2.0")
    world.commit(app, "bump")
    passed, report = manager.git("push", "-u", "origin", "main")
    assert not passed and f"{LIB} v1.2.0: unpublished" in report, report
    assert "git commit" not in report, report
    paste(world, way_out(report, "git push -u origin main"), app)
    assert pushed()

    # To a branch that the remote has.
    bump(manager, "v1.3.0")
    world.commit(app, "bump")
    passed, report = manager.git("push", "origin", "main")
    assert not passed and f"{LIB} v1.3.0: unpublished" in report and not pushed(), report
    world.publish(LIB, "v1.3.0")
    passed, report = manager.git("push", "origin", "main")
    assert passed and pushed(), report


@pytest.mark.parametrize(
    ("program", "hook_id", "entry"),
    [
        ("pre-commit", "goproxy-check", "goproxy-check --fix"),  # with args: [--fix] under the id goproxy-check
        ("pre-commit", "goproxy-fix", "goproxy-check"),  # and the other way round
        ("prek", "goproxy-fix", "goproxy-check"),
    ],
)
def test_way_out_fits_the_id_of_the_hook(world: World, program: str, hook_id: str, entry: str) -> None:
    if program == "prek" and not shutil.which("prek"):
        pytest.skip("needs prek from a package registry")
    world.goproxy_check()
    world.origin(LIB, "v1.0.0")
    app = world.app()
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
