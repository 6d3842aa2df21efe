"""Measure goproxy-check side by side with its floor and with Go: ``python -m benchmarks.bench [--quick]``.

Everything that is compared runs in turn (A B A B …) in one run, so that a busy machine slows all of it alike. The
output is medians and ratios (the first line's median by this line's), never a verdict. Nothing leaves the loopback
interface. POSIX only (os.wait4).
"""

import argparse
import json
import math
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.support.goproxy import GoProxy
from tests.support.world import World

from goproxy_check.options import parse

LATENCY = 0.05  # seconds that the proxy thinks before each answer
MANY = 250
SIZES = (100, 500, 2000)
MODULES = [f"example.com/some/module{number:04}" for number in range(max(MANY, *SIZES))]
SCRIPT = Path(sys.executable).with_name("goproxy-check")


class Cost(NamedTuple):
    """Seconds of the clock and of processors, bytes of the largest process at its peak."""

    seconds: float
    cpu: float = 0.0
    peak: int = 0


Subject = Callable[[], Cost]


class Bench:
    """Runs programs in WORLD, ROUNDS times each; every go command gets a module cache and a folder of its own."""

    def __init__(self, world: World, rounds: int) -> None:
        self.world = world
        self.rounds = rounds

    def cost(self, *command: str | Path, cwd: Path, **env: str) -> Cost:
        """Run COMMAND in CWD, which must succeed, and return what it took, with the programs that it started."""
        quiet = subprocess.DEVNULL
        started = time.perf_counter()
        child = subprocess.Popen(command, cwd=cwd, env={**self.world.env, **env}, stdin=quiet, stdout=quiet)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)  # or subprocess would wait for it again
        if child.returncode:
            sys.exit(f"bench: {command}: exit status {child.returncode}")
        unit = 1 if sys.platform == "darwin" else 1024  # getrusage(2): bytes on macOS, KiB elsewhere
        return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit)

    def check(self, repository: Path) -> Subject:
        """Return the measurement of the console script on what is staged in REPOSITORY."""
        return lambda: self.cost(SCRIPT, cwd=repository)

    def imports(self) -> Cost:
        """Measure an interpreter that imports all that a run needs."""
        return self.cost(sys.executable, "-c", "import goproxy_check.session", cwd=self.world.root)

    def go(self, repository: Path, *args: str, **env: str) -> Subject:
        """Return the measurement of ``go ARGS`` on the go.mod of REPOSITORY, with nothing fetched before."""

        def measure() -> Cost:
            with tempfile.TemporaryDirectory(dir=self.world.root) as folder:
                shutil.copy(repository / "go.mod", folder)  # go writes a go.sum beside it
                return self.cost("go", *args, cwd=Path(folder), GOMODCACHE=f"{folder}/cache", **env)

        return measure

    def alternate(self, subjects: dict[str, Subject]) -> dict[str, list[Cost]]:
        """Return the costs of each of SUBJECTS, measured in turn; the first time of each is not counted."""
        costs: dict[str, list[Cost]] = {name: [] for name in subjects}
        for _ in range(self.rounds + 1):
            for name, measure in subjects.items():
                costs[name].append(measure())
        return {name: some[1:] for name, some in costs.items()}


def warm_proxy() -> GoProxy:
    """Return a proxy that holds all modules; it serves from a process of its own, until this one ends.

    In a thread of this one, the lock of the interpreter that it holds would delay the reading of the clock, and its
    modules would count as memory: on Linux ru_maxrss is never less than what the parent of a process had in use.
    """
    proxy = GoProxy(latency=LATENCY)  # listens from here on; what comes early waits

    def serve() -> None:
        for path in MODULES:
            proxy.put(path, "v1.2.3", f"module {path}\n\ngo 1.21\n")
        with proxy.running():
            signal.pause()

    multiprocessing.get_context("fork").Process(target=serve, daemon=True).start()
    return proxy


def requiring(world: World, count: int) -> Path:
    """Return a repository with a staged go.mod that requires COUNT modules, once it is known that all are checked."""
    repository = world.app(*(f"{path} v1.2.3" for path in MODULES[:count]), name=f"app{count}")
    done = world.check("--format", "json", cwd=repository)
    if not done.stdout or json.loads(done.stdout)["summary"]["ok"] != count:
        sys.exit(f"bench: not all of {count} versions were found\n{done.stdout}{done.stderr}")
    return repository


def waiting(count: int) -> float:
    """Return the seconds that COUNT versions have to wait for the proxy: two files each, so many at once."""
    jobs: int = parse([]).jobs
    return math.ceil(2 * count / jobs) * LATENCY


def show(title: str, costs: dict[str, list[Cost]]) -> None:
    """Print the medians of COSTS, and how the first of them compares with each of the others."""
    print(f"\n{title}\n{'':50}{'median':>9}{'least':>9}{'ratio':>8}")
    middle = {name: median(cost.seconds for cost in some) for name, some in costs.items()}
    for name, some in costs.items():
        ratio = next(iter(middle.values())) / middle[name]
        print(f"  {name:48}{middle[name]:8.3f}s{min(some).seconds:8.3f}s{ratio:8.2f}", flush=True)


def nothing_to_check(bench: Bench) -> None:
    """Measure what every commit pays that touches no module file."""
    repository = bench.world.app(name="quiet")
    bench.world.commit(repository, "start")
    (repository / "README.md").write_text("staged\n")
    bench.world.git("add", "README.md", cwd=repository)

    def floor() -> Cost:
        interpreter = bench.cost(sys.executable, "-c", "pass", cwd=repository)
        return Cost(interpreter.seconds + bench.cost("git", "diff", "--cached", cwd=repository).seconds)

    subjects = {"goproxy-check": bench.check(repository), "python -c pass; git diff --cached": floor}
    show("Nothing to check (goal: 2.0)", bench.alternate(subjects))


def nothing_to_fetch(bench: Bench) -> None:
    """Measure what a second ``make deps`` pays: 2,000 lines of go.sum, all of them in the module cache."""
    repository = bench.world.app(*(f"{path} v1.2.3" for path in MODULES[:500]), name="deps")
    cache = bench.world.root / "modcache"
    lines = []
    for path in MODULES[:1000]:
        place = cache / "cache" / "download" / path / "@v"
        place.mkdir(parents=True)
        for end in ("info", "mod", "zip"):
            (place / f"v1.2.3.{end}").touch()
        lines += [f"{path} v1.2.3 h1:{'A' * 43}=\n", f"{path} v1.2.3/go.mod h1:{'A' * 43}=\n"]
    (repository / "go.sum").write_text("".join(lines))

    def deps() -> Cost:
        return bench.cost(SCRIPT, "--all", "--fix", cwd=repository, GOMODCACHE=str(cache))

    def floor() -> Cost:
        return bench.cost(sys.executable, "-c", "pass", cwd=repository)

    show("Nothing to fetch, --all --fix (goal: 3.0)", bench.alternate({"goproxy-check": deps, "python -c pass": floor}))


def many_versions(bench: Bench) -> None:
    """Measure a change with many new versions against its floor, and against Go fetching the same."""
    repository, wait = requiring(bench.world, MANY), waiting(MANY)

    def floor() -> Cost:
        cost = bench.imports()
        return cost._replace(seconds=cost.seconds + wait)

    subjects = {"goproxy-check": bench.check(repository), f"imports + {wait:.2f}s of waiting": floor}
    if shutil.which("go"):  # it asks for as many modules at once as it may use processors
        subjects["go list -m all"] = bench.go(repository, "list", "-m", "all")
        subjects["the same, GOMAXPROCS=64"] = bench.go(repository, "list", "-m", "all", GOMAXPROCS="64")
        subjects["go mod download"] = bench.go(repository, "mod", "download")
    conditions = f"a warm proxy that takes {LATENCY} s to answer, {os.cpu_count()} processors"
    show(f"{MANY} new versions, {conditions}", bench.alternate(subjects))


def growth(bench: Bench) -> None:
    """Measure what one more version costs."""
    subjects: dict[str, Subject] = {f"{size}": bench.check(requiring(bench.world, size)) for size in SIZES}
    costs = bench.alternate({**subjects, "imports": bench.imports})
    print("\nCost per version\n  versions    median   per version  of it waiting   processor")
    for size in SIZES:
        seconds, cpu = (median(each) for each in list(zip(*costs[f"{size}"], strict=True))[:2])
        each = [f"{1000 * item / size:.2f} ms" for item in (seconds, waiting(size), cpu)]
        print(f"  {size:>8}{seconds:>9.3f}s{each[0]:>14}{each[1]:>15}{each[2]:>12}")
    peak, least = (median(cost.peak for cost in costs[name]) / 1e6 for name in (f"{SIZES[-1]}", "imports"))
    print(f"  peak memory with {SIZES[-1]} versions: {peak:.0f} MB (imports alone: {least:.0f} MB)")


def main() -> None:
    """Run all measurements."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds: 2 in place of 5")
    quick = parser.parse_args().quick
    proxy = warm_proxy()
    with tempfile.TemporaryDirectory(prefix="bench-") as root:
        world = World(Path(root), proxy)
        world.env |= {"GOPROXY": proxy.url, "GOFLAGS": "-modcacherw -mod=mod"}
        rounds = 2 if quick else 5
        nothing_to_check(Bench(world, 4 * rounds))  # so short that a few runs say little
        nothing_to_fetch(Bench(world, 4 * rounds))
        many_versions(Bench(world, rounds))
        growth(Bench(world, rounds))


if __name__ == "__main__":
    main()
