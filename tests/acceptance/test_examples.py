"""The examples, run as their readers would run them.

Workflows with the action are in test_action.py, hooks in test_hook_managers.py, and deps.mk is in test_deps.py.
"""

import json
import os
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.support.world import LIB, World, go_mod

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.skipif(os.name == "nt", reason="the commands are for a shell")
def test_gitlab_ci(world: World) -> None:
    world.goproxy_check()
    world.origin(LIB, "v1.0.0")
    app = world.app()
    base = world.commit(app, "first")
    (app / "go.mod").write_text(go_mod([f"{LIB} v1.0.5"]))
    commit = world.commit(app, "bump")
    job = yaml.safe_load((EXAMPLES / "gitlab-ci.yml").read_text(encoding="utf-8"))["goproxy-check"]
    assert job["variables"]["GIT_DEPTH"] == 0
    env = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": base, "CI_COMMIT_SHA": commit}
    done = world.run("sh", "-c", job["script"][-1], cwd=app, ok=False, **env)
    assert done.returncode == 1 and f"go.mod:6: {LIB} v1.0.5: unpublished" in done.stdout


def test_schema_is_one() -> None:
    """That what is printed fits report.schema.json, all tests see that read JSON (tests/support/world.py)."""
    jsonschema.Draft202012Validator.check_schema(json.loads((EXAMPLES / "report.schema.json").read_text()))


def test_examples_are_all_put_to_a_test() -> None:
    tests = Path(__file__).parents[1].rglob("test_*.py")
    text = "".join(path.read_text(encoding="utf-8") for path in tests)
    for example in EXAMPLES.iterdir():
        assert example.name in text
