"""The examples, run as their readers would run them."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.support.world import LIB, World, go_mod

EXAMPLES = Path(__file__).parents[2] / "examples"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the commands are for a shell")


@pytest.fixture
def pull_request(world: World) -> Path:
    """Return a repository with a branch ``topic`` that brings an unpublished version, and a remote ``origin``."""
    world.goproxy_check()
    world.origin(LIB, "v1.0.0")
    app = world.app()
    world.commit(app, "first")
    remote = world.root / "remote.git"
    world.git("init", "-q", "--bare", str(remote), cwd=world.root)
    world.git("remote", "add", "origin", str(remote), cwd=app)
    world.git("push", "-q", "origin", "main", cwd=app)
    world.git("checkout", "-qb", "topic", cwd=app)
    (app / "go.mod").write_text(go_mod([f"{LIB} v1.0.5"]))
    return app


def load(name: str) -> Any:
    return yaml.safe_load((EXAMPLES / name).read_text(encoding="utf-8"))


def run_action(world: World, repository: Path, step: dict[str, Any], **env: str) -> "subprocess.CompletedProcess[str]":
    """Run what action.yml runs once it has installed the program, for the STEP of a workflow that uses it."""
    assert step["uses"].partition("@")[0].endswith("/goproxy-check")
    action = yaml.safe_load((EXAMPLES.parent / "action.yml").read_text(encoding="utf-8"))
    inputs = {name: about["default"] for name, about in action["inputs"].items()} | step.get("with", {})
    run = action["runs"]["steps"][-1]
    given = {
        name: re.sub(r"\$\{\{ inputs\.(\w+) }}", lambda match: inputs[match[1]], value)
        for name, value in run["env"].items()
    }
    installed = world.root / "runner" / "goproxy-check" / "bin"
    if not installed.exists():
        installed.mkdir(parents=True)
        (installed / "goproxy-check").symlink_to(world.root / "bin" / "goproxy-check")
    env = {**given, "RUNNER_TEMP": str(world.root / "runner"), **env}
    return world.run("bash", "-e", "-o", "pipefail", "-c", run["run"], cwd=repository, ok=False, **env)


def test_github_actions(world: World, pull_request: Path) -> None:
    world.commit(pull_request, "bump")
    steps = load("github-actions.yml")["jobs"]["goproxy-check"]["steps"]
    assert steps[0]["with"]["fetch-depth"] == 0
    done = run_action(world, pull_request, steps[-1], GITHUB_BASE_REF="main")
    assert done.returncode == 1
    assert done.stdout.startswith(f"::error file=go.mod,line=6,title={LIB}@v1.0.5%3A unpublished::")
    world.publish(LIB, "v1.0.5")
    done = run_action(world, pull_request, steps[-1], GITHUB_BASE_REF="main")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_action_says_what_is_no_use(world: World, pull_request: Path) -> None:
    done = run_action(world, pull_request, {"uses": "x/goproxy-check@1", "with": {"use": "$(touch pwned)"}})
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert not list(world.root.rglob("pwned"))


def test_gitlab_ci(world: World, pull_request: Path) -> None:
    commit = world.commit(pull_request, "bump")
    job = load("gitlab-ci.yml")["goproxy-check"]
    assert job["variables"]["GIT_DEPTH"] == 0
    base = world.git("rev-parse", "main", cwd=pull_request)
    env = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": base, "CI_COMMIT_SHA": commit}
    done = world.run("sh", "-c", job["script"][-1], cwd=pull_request, ok=False, **env)
    assert done.returncode == 1 and f"go.mod:6: {LIB} v1.0.5: unpublished" in done.stdout


def test_release(world: World) -> None:
    """The job runs in the checkout of the tag: the proxy has never heard of it, and fetches it when it is asked."""
    world.goproxy_check()
    library = world.origin(LIB, "v1.0.0", "v1.1.0")
    steps = load("release.yml")["jobs"]["published"]["steps"]
    waits = [step for step in steps if "goproxy-check" in step.get("uses", "")]
    done = run_action(world, library, waits[0], GITHUB_REF_NAME="v1.1.0", GOPROXY=world.proxy.url)
    assert done.returncode == 0 and f"{LIB}@v1.1.0: there" in done.stderr, done


def test_schema_is_one() -> None:
    """That what is printed fits report.schema.json, all tests see that read JSON (tests/support/world.py)."""
    jsonschema.Draft202012Validator.check_schema(json.loads((EXAMPLES / "report.schema.json").read_text()))


def stopped_until_published(world: World, pull_request: Path) -> None:
    """Commit and push with the hooks that are installed: both are stopped until the version is there."""
    world.git("add", ".", cwd=pull_request)
    stopped = world.run("git", "commit", "-m", "bump", cwd=pull_request, ok=False)
    assert stopped.returncode == 1 and "unpublished" in stopped.stdout + stopped.stderr
    world.commit(pull_request, "all the same")
    pushed = world.run("git", "push", "origin", "topic", cwd=pull_request, ok=False)
    assert pushed.returncode == 1 and "unpublished" in pushed.stdout + pushed.stderr
    world.publish(LIB, "v1.0.5")
    world.run("git", "push", "-q", "origin", "topic", cwd=pull_request)


@pytest.mark.registry
@pytest.mark.long
def test_pre_commit_config(world: World, pull_request: Path, hooks: Path) -> None:
    config = load("pre-commit-config.yaml")
    config["repos"][0].update(repo=str(hooks), rev=world.git("rev-parse", "HEAD", cwd=hooks))
    world.pre_commit(pull_request, yaml.safe_dump(config))
    stopped_until_published(world, pull_request)


@pytest.mark.registry
@pytest.mark.long
def test_examples_are_all_put_to_a_test() -> None:
    tests = Path(__file__).parents[1].rglob("test_*.py")
    text = "".join(path.read_text(encoding="utf-8") for path in tests)
    for example in EXAMPLES.iterdir():
        assert example.name in text
