"""Fixtures: a proxy and a world for each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.goproxy import GoProxy
from tests.support.world import World


@pytest.fixture
def proxy() -> Iterator[GoProxy]:
    with GoProxy().running() as proxy:
        yield proxy


@pytest.fixture
def world(tmp_path: Path, proxy: GoProxy) -> World:
    if not shutil.which("go"):
        pytest.fail("the tests need go: run them with make test, which provides one")
    return World(tmp_path, proxy)
