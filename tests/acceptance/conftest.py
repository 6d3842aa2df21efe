"""Fixtures for whole runs: a stale version, and a check that nothing is left behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import survivors
from tests.support.world import LIB, World


@pytest.fixture
def stale(world: World) -> Path:
    """Stage a go.mod that requires a version which the proxy denies and the origin has, and the go.sum of another."""
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    app = world.app(f"{LIB} v1.1.0")
    (app / "go.sum").write_text(world.sum_lines(LIB, "v1.0.0"))
    world.git("add", ".", cwd=app)
    return app


@pytest.fixture
def clean(world: World) -> Iterator[None]:
    """Nothing is left running, and nothing in the temporary folder, when the test is over."""
    folder = world.root / "tmp"
    folder.mkdir()
    world.env["TMPDIR"] = str(folder)
    yield
    assert survivors(world.home) == []
    assert list(folder.iterdir()) == []
