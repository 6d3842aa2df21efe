"""Measure programs side by side: each in turn (A B A B …), so that a busy machine slows all of them alike."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.support.world import World

SCRIPT = Path(sys.executable).with_name("goproxy-check")


class Cost(NamedTuple):
    """Seconds of the clock and of processors, bytes of the largest process at its peak."""

    seconds: float
    cpu: float = 0.0
    peak: int = 0

    def plus(self, seconds: float) -> "Cost":
        """Return this cost with SECONDS more of the clock."""
        return self._replace(seconds=self.seconds + seconds)


Subject = Callable[[], Cost]


class Bench:
    """Runs programs in WORLD, ROUNDS times each; afresh means with a module cache of its own."""

    def __init__(self, world: World, rounds: int) -> None:
        self.world = world
        self.rounds = rounds

    def cost(self, *command: str | Path, cwd: Path, ends: int = 0, **env: str) -> Cost:
        """Run COMMAND in CWD and return what it took, with the programs that it started; its status must be ENDS."""
        quiet = subprocess.DEVNULL
        started = time.perf_counter()
        child = subprocess.Popen(command, cwd=cwd, env={**self.world.env, **env}, stdin=quiet, stdout=quiet)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)  # or subprocess would wait for it again
        if child.returncode != ends:
            sys.exit(f"bench: {command}: exit status {child.returncode}")
        unit = 1 if sys.platform == "darwin" else 1024  # getrusage(2): bytes on macOS, KiB elsewhere
        return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit)

    def check(self, repository: Path, ends: int = 0) -> Subject:
        """Return the measurement of the console script on what is staged in REPOSITORY."""
        return lambda: self.cost(SCRIPT, cwd=repository, ends=ends)

    def imports(self) -> Cost:
        """Measure an interpreter that imports what asks a proxy."""
        return self.cost(sys.executable, "-c", "import requests", cwd=self.world.root)

    def afresh(self, repository: Path, *command: str | Path, ends: int = 0, **env: str) -> Subject:
        """Return the measurement of COMMAND in REPOSITORY, with nothing fetched before, and no go.sum."""

        def measure() -> Cost:
            (repository / "go.sum").unlink(missing_ok=True)
            with tempfile.TemporaryDirectory(dir=self.world.root) as cache:
                return self.cost(*command, cwd=repository, ends=ends, GOMODCACHE=cache, **env)

        return measure

    def alternate(self, subjects: dict[str, Subject]) -> dict[str, list[Cost]]:
        """Return the costs of each of SUBJECTS, measured in turn; the first time of each is not counted."""
        costs: dict[str, list[Cost]] = {name: [] for name in subjects}
        for _ in range(self.rounds + 1):
            for name, measure in subjects.items():
                costs[name].append(measure())
        return {name: some[1:] for name, some in costs.items()}


def show(title: str, costs: dict[str, list[Cost]]) -> None:
    """Print the medians of COSTS, and how the first of them compares with each of the others."""
    print(f"\n{title}\n{'':50}{'median':>9}{'least':>9}{'ratio':>8}")
    middle = {name: median(cost.seconds for cost in some) for name, some in costs.items()}
    for name, some in costs.items():
        ratio = next(iter(middle.values())) / middle[name]
        print(f"  {name:48}{middle[name]:8.3f}s{min(some).seconds:8.3f}s{ratio:8.2f}", flush=True)
