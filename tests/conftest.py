"""Fixtures: a proxy and a world for each test, and this project as pre-commit installs it."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.goproxy import GoProxy
from tests.support.world import World

HERE = Path(__file__).parents[1]


@pytest.fixture
def proxy() -> Iterator[GoProxy]:
    with GoProxy().running() as proxy:
        yield proxy


@pytest.fixture
def world(tmp_path: Path, proxy: GoProxy) -> World:
    if not shutil.which("go"):
        pytest.fail("the tests need go: run them with make test, which provides one")
    return World(tmp_path, proxy)


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
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
