"""action.yml: its steps, run as the runner of GitHub Actions runs them."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import check_jsonschema  # type: ignore[import-untyped]
import pip
import pytest
import yaml
from click.testing import CliRunner

from tests.support.world import LIB, World, go_mod

HERE = Path(__file__).parents[2]
ACTION = HERE / "action.yml"
EXAMPLES = HERE / "examples"
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
        env = {**self.world.env, **self.variables, **env}
        return subprocess.run(bash, cwd=self.place, env=env, capture_output=True, text=True, timeout=600, check=False)

    def __call__(self, **inputs: str) -> "subprocess.CompletedProcess[str]":
        """Run the last step."""
        return self.step(-1, **inputs)


def inputs_of(example: str, job: str) -> dict[str, str]:
    """Return the inputs that the workflow EXAMPLE gives to the action, in the only step of JOB that uses it."""
    steps = yaml.safe_load((EXAMPLES / example).read_text(encoding="utf-8"))["jobs"][job]["steps"]
    checkout, *_ = steps
    if job == "goproxy-check":
        assert checkout["with"]["fetch-depth"] == 0
    (step,) = [step for step in steps if step.get("uses", "").partition("@")[0].endswith("/goproxy-check")]
    return dict(step.get("with", {}))


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
    def test_bad_version_is_an_annotation_and_a_good_one_is_silent(self, pull_request: Runner) -> None:
        inputs = inputs_of("github-actions.yml", "goproxy-check")
        done = pull_request(**inputs)
        assert done.returncode == 1
        assert done.stdout.startswith(f"::error file=go.mod,line=6,title={LIB}@v1.0.5%3A unpublished::")
        assert done.stdout.count("\n") == 1
        pull_request.world.publish(LIB, "v1.0.5")
        done = pull_request(**inputs)
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
        done = release(**inputs_of("release.yml", "published"))
        assert done.returncode == 0 and f"{LIB}@v1.1.0: there" in done.stderr + done.stdout, done.stderr
        assert f"/{LIB}/@v/v1.1.0.info" in release.world.proxy.asked()

    def test_several_tags(self, release: Runner) -> None:
        done = release(use="wait", tags="v1.0.0  v1.1.0")
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


@pytest.mark.parametrize("value", [HOSTILE, "*"], ids=["hostile", "star"])
def test_inputs_are_words_and_nothing_else(release: Runner, value: str) -> None:
    (release.place / "0").touch()  # the first file that a star would stand for
    before = sorted(release.place.iterdir())
    usual = release.variables
    for name in ("use", "tags", "timeout", "args", "GITHUB_REF_NAME", "GITHUB_BASE_REF"):
        inputs = {"use": "check" if name == "GITHUB_BASE_REF" else "wait"}
        release.variables = {**usual, name: value} if name.isupper() else usual
        done = release(**inputs) if name.isupper() else release(**{**inputs, name: value})
        assert done.returncode == 2 and "Traceback" not in done.stderr, name
        assert sorted(release.place.iterdir()) == before, name
        assert not re.search(r"\b0\b", done.stderr), f"{name}: a star stands for no file"


@pytest.mark.starts_programs
def test_scripts_hold_no_expressions() -> None:
    """What stands in ${{ }} is put into a script before the shell reads it, so it belongs into env."""
    action = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
    for step in action["runs"]["steps"]:
        assert "${{" not in step["run"]
        subprocess.run(["bash", "-n"], input=step["run"], text=True, check=True)


def valid(schema: str, *paths: Path) -> bool:
    """Check files against a published SCHEMA that check-jsonschema brings: without a network."""
    done = CliRunner().invoke(check_jsonschema.main, ["--builtin-schema", schema, *map(str, paths)])
    assert done.exit_code == 0 or "Schema validation errors" in done.output, done.output
    return done.exit_code == 0


def test_files_are_what_their_published_schemas_say() -> None:
    assert valid("vendor.github-actions", ACTION)
    assert valid("vendor.github-workflows", EXAMPLES / "github-actions.yml", EXAMPLES / "release.yml")
    assert valid("vendor.gitlab-ci", EXAMPLES / "gitlab-ci.yml")


def test_schema_notices_a_broken_action(tmp_path: Path) -> None:
    broken = tmp_path / "action.yml"
    broken.write_text(ACTION.read_text(encoding="utf-8").replace("shell: bash", "shel: bash"))
    assert not valid("vendor.github-actions", broken)


@pytest.mark.registry
@pytest.mark.long
def test_installs_itself(world: World, hooks: Path) -> None:
    """The first step, with wheels instead of a package registry, and a copy of this project.

    ensurepip, which is most of the work of python3 -m venv, is left out: the pip of the tests is linked instead.
    """
    world.origin(LIB, "v1.0.0")
    link = f'ln -s "{Path(pip.__file__).parent}" "$3"/lib/python*/site-packages/'
    world.program("python3", f'test "$1 $2" = "-m venv" && "{sys.executable}" "$@" --without-pip && {link}')
    runner = Runner(world, world.app(), GITHUB_ACTION_PATH=str(hooks))
    done = runner.step(0)
    assert done.returncode == 0, done.stdout + done.stderr
    program = runner.temp / "goproxy-check" / "bin" / "goproxy-check"
    assert world.run(str(program), f"{LIB}@v1.0.0", cwd=world.home).returncode == 0
