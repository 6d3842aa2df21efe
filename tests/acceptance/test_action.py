"""action.yml: its steps, run as the runner of GitHub Actions runs them."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.world import LIB, World, go_mod

HERE = Path(__file__).parents[2]
ACTION = HERE / "action.yml"
HOSTILE = '$(touch a) `touch b` "; touch c; " \'; touch d # && touch e | touch f\ntouch g > h ${{ 1 }}'

pytestmark = pytest.mark.skipif(os.name == "nt", reason="its steps are for bash")


class Runner:
    """Runs the steps of the action in the work tree PLACE, with the variables that the runner sets."""

    def __init__(self, world: World, place: Path, **variables: str) -> None:
        self.world = world
        self.place = place
        self.temp = world.root / "runner temp"  # with a space, as on Windows
        self.temp.mkdir()
        self.action: dict[str, Any] = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
        # https://docs.github.com/actions/reference/workflows-and-actions/variables: what does not apply is empty.
        self.variables = {
            "GITHUB_ACTIONS": "true",
            "CI": "true",
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_ACTION_PATH": str(HERE),
            "GITHUB_WORKSPACE": str(place),
            "GITHUB_BASE_REF": "",
            "GITHUB_REF_NAME": "",
            "GITHUB_REF_TYPE": "",
            **variables,
        }

    def installed(self) -> None:
        """Put the goproxy-check of this work tree where the first step installs it."""
        program = self.temp / "goproxy-check" / "bin" / "goproxy-check"
        program.parent.mkdir(parents=True)
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m goproxy_check "$@"\n')
        program.chmod(0o755)

    def step(self, number: int, **inputs: str) -> "subprocess.CompletedProcess[str]":
        """Run step NUMBER with INPUTS, or their defaults."""
        step = self.action["runs"]["steps"][number]
        assert step["shell"] == "bash"
        given = {name: value["default"] for name, value in self.action["inputs"].items()} | inputs
        env = {
            name: re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda match: given[match[1]], value)
            for name, value in step.get("env", {}).items()
        }
        script = self.temp / "script.sh"
        script.write_text(step["run"], encoding="utf-8")
        bash = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)]
        return self.world.run(*bash, cwd=self.place, ok=False, **{**self.variables, **env})

    def __call__(self, **inputs: str) -> "subprocess.CompletedProcess[str]":
        """Run the last step."""
        return self.step(-1, **inputs)


@pytest.fixture
def pull_request(world: World) -> Runner:
    """Check out a branch that brings an unpublished version."""
    world.origin(LIB, "v1.0.0")
    app = world.app()
    world.commit(app, "first")
    world.git("init", "-q", "--bare", str(world.root / "remote.git"), cwd=world.root)
    world.git("remote", "add", "origin", str(world.root / "remote.git"), cwd=app)
    world.git("push", "-q", "origin", "main", cwd=app)
    world.git("checkout", "-qb", "topic", cwd=app)
    (app / "go.mod").write_text(go_mod([f"{LIB} v1.0.5"]))
    world.commit(app, "bump")
    runner = Runner(world, app, GITHUB_BASE_REF="main", GITHUB_REF_NAME="1/merge", GITHUB_REF_TYPE="branch")
    runner.installed()
    return runner


@pytest.fixture
def release(world: World) -> Runner:
    """Check out a tag that was just pushed: the proxy has never heard of it."""
    library = world.origin(LIB, "v1.0.0", "v1.1.0")
    runner = Runner(world, library, GITHUB_REF_NAME="v1.1.0", GITHUB_REF_TYPE="tag")
    runner.installed()
    return runner


class TestCheck:
    def test_bad_version_is_an_annotation(self, pull_request: Runner) -> None:
        done = pull_request()
        assert done.returncode == 1
        assert done.stdout.startswith(f"::error file=go.mod,line=6,title={LIB}@v1.0.5%3A unpublished::")
        assert done.stdout.count("\n") == 1

    def test_good_version_is_silent(self, pull_request: Runner) -> None:
        pull_request.world.publish(LIB, "v1.0.5")
        done = pull_request()
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    def test_more_options(self, pull_request: Runner) -> None:
        pull_request.world.env["GOPROXY"] = "http://127.0.0.1:9"
        pull_request.world.publish(LIB, "v1.0.5")
        done = pull_request(args="--allow-unavailable --timeout 20s")
        assert done.returncode == 0 and done.stdout.startswith("::warning "), done.stdout + done.stderr

    def test_without_a_pull_request_there_is_one_line_that_says_so(self, pull_request: Runner) -> None:
        """A workflow that runs on push as well: GITHUB_BASE_REF is empty."""
        pull_request.variables["GITHUB_BASE_REF"] = ""
        done = pull_request()
        assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
        assert "pull request" in done.stderr or "pull_request" in done.stderr, done.stderr

    def test_shallow_clone_is_one_line_that_says_so(self, pull_request: Runner) -> None:
        shallow = pull_request.world.root / "shallow"
        remote = (pull_request.world.root / "remote.git").as_uri()
        pull_request.world.git("push", "-q", "origin", "topic", cwd=pull_request.place)
        clone = ["clone", "-q", "--depth", "1", "-b", "topic", remote, str(shallow)]
        pull_request.world.git(*clone, cwd=pull_request.world.root)
        pull_request.place = shallow
        done = pull_request()
        assert done.returncode == 2 and done.stderr.count("\n") == 1 and done.stdout == "", done.stderr
        assert "fetch-depth" in done.stderr or "history" in done.stderr, done.stderr


class TestWait:
    def test_pushed_tag(self, release: Runner) -> None:
        done = release(use="wait")
        assert done.returncode == 0 and f"{LIB}@v1.1.0" in done.stderr + done.stdout, done.stderr
        assert f"/{LIB}/@v/v1.1.0.info" in release.world.proxy.asked()

    def test_several_tags(self, release: Runner) -> None:
        done = release(use="wait", tags="v1.0.0  v1.1.0", args="--latest")
        assert done.returncode == 0 and "2 module versions resolve" in done.stdout, done.stderr
        assert {f"/{LIB}/@v/{version}.info" for version in ("v1.0.0", "v1.1.0")} <= set(release.world.proxy.asked())

    def test_tag_that_is_not_pushed_ends_with_the_time(self, release: Runner) -> None:
        own = release.world.root / "own"
        release.world.git("clone", "-q", str(release.place), str(own), cwd=release.world.root)
        release.world.git("tag", "v1.2.0", cwd=own)
        release.place = own
        done = release(use="wait", tags="v1.2.0", timeout="1s")
        assert done.returncode == 1 and f"{LIB} v1.2.0: unpublished" in done.stdout
        assert not [path for path in release.world.proxy.asked() if "v1.2.0" in path]

    def test_branch_is_one_line_that_says_so(self, release: Runner) -> None:
        release.variables |= {"GITHUB_REF_NAME": "main", "GITHUB_REF_TYPE": "branch"}
        done = release(use="wait")
        assert done.returncode == 2 and done.stderr.count("\n") == 1 and "main" in done.stderr, done.stderr


def test_unknown_use_is_one_line(release: Runner) -> None:
    done = release(use="chekc")
    assert (done.returncode, done.stdout) == (2, "")
    assert "chekc" in done.stderr and "check" in done.stderr and "wait" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["use", "tags", "timeout", "args", "GITHUB_REF_NAME", "GITHUB_BASE_REF"])
@pytest.mark.parametrize("value", [HOSTILE, "*"])
def test_inputs_are_words_and_nothing_else(release: Runner, name: str, value: str) -> None:
    inputs = {"use": "check" if name == "GITHUB_BASE_REF" else "wait"}
    if name.isupper():
        release.variables[name] = value
    else:
        inputs[name] = value
    (release.place / "0").touch()  # the first file that a star would stand for
    before = sorted(release.place.iterdir())
    done = release(**inputs)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert sorted(release.place.iterdir()) == before
    assert not re.search(r"\b0\b", done.stderr), "a star stands for no file"


@pytest.mark.starts_programs
def test_scripts_hold_no_expressions() -> None:
    """What stands in ${{ }} is put into a script before the shell reads it, so it belongs into env."""
    action = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
    for step in action["runs"]["steps"]:
        assert "${{" not in step["run"]
        subprocess.run(["bash", "-n"], input=step["run"], text=True, check=True)


def valid(path: Path, schema: str) -> bool:
    """Check the file PATH against a published SCHEMA that check-jsonschema brings, without a network."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    env = {**os.environ, "HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 0 or "Schema validation errors" in done.stdout, done.stdout + done.stderr
    return done.returncode == 0


@pytest.mark.starts_programs
@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("action.yml", "vendor.github-actions"),
        ("examples/github-actions.yml", "vendor.github-workflows"),
        ("examples/release.yml", "vendor.github-workflows"),
        ("examples/gitlab-ci.yml", "vendor.gitlab-ci"),
    ],
)
def test_files_are_what_their_published_schemas_say(name: str, schema: str) -> None:
    assert valid(HERE / name, schema)


@pytest.mark.starts_programs
def test_schema_notices_a_broken_action(tmp_path: Path) -> None:
    broken = tmp_path / "action.yml"
    broken.write_text(ACTION.read_text(encoding="utf-8").replace("shell: bash", "shel: bash"))
    assert not valid(broken, "vendor.github-actions")


@pytest.mark.registry
@pytest.mark.long
def test_installs_itself(world: World, hooks: Path) -> None:
    """Both steps, with nothing that the tests provide but the network, and a copy of this project."""
    world.origin(LIB, "v1.0.0")
    network = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "HTTP", "http"))}
    without = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), "")
    runner = Runner(world, world.app(f"{LIB} v1.0.0"), GITHUB_ACTION_PATH=str(hooks))
    runner.variables |= {**without, **network}
    done = runner.step(0)
    assert done.returncode == 0, done.stdout + done.stderr
    program = runner.temp / "goproxy-check" / "bin" / "goproxy-check"
    assert world.run(str(program), "--version").stdout.startswith("goproxy-check ")
    assert world.run(str(program), f"{LIB}@v1.0.0", cwd=world.home).returncode == 0
