"""Measure goproxy-check side by side with its floor and with Go: ``python -m benchmarks.bench [--quick]``.

The output is medians and ratios (the first line's median by this line's), never a verdict. Nothing leaves the loopback
interface. POSIX only (os.wait4).
"""

import argparse
import json
import math
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from statistics import median

from tests.support.gitserver import GitServer
from tests.support.goproxy import GoProxy
from tests.support.world import World

from benchmarks.measure import SCRIPT, Bench, Cost, Subject, show
from goproxy_check.changes import Change, File
from goproxy_check.options import parse
from goproxy_check.references import new_references

LATENCY = 0.05  # seconds that the proxy, and the origins, think before each answer
MANY = 250
SIZES = (100, 500, 2000)
MODULES = [f"example.com/some/module{number:04}" for number in range(max(MANY, *SIZES))]
STALE = [f"github.com/acme/module{number:02}" for number in range(20)]


def serve(running: Callable[[], AbstractContextManager[object]]) -> None:
    """Let a server that listens already serve from a process of its own, until this one ends.

    In a thread of this one, the lock of the interpreter that it holds would delay the reading of the clock, and what
    it keeps would count as memory: on Linux ru_maxrss is never less than what the parent of a process had in use.
    """

    def stay() -> None:
        with running():
            signal.pause()

    multiprocessing.get_context("fork").Process(target=stay, daemon=True).start()


def warm(proxy: GoProxy) -> AbstractContextManager[GoProxy]:
    """Let PROXY hold all modules, and serve them."""
    for path in MODULES:
        proxy.put(path, "v1.2.3", f"module {path}\n\ngo 1.21\n")
    return proxy.running()


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


def many_lines(bench: Bench) -> None:
    """Measure how long it takes to read 5,000 lines of go.sum before and after, and to find the new one."""
    lines = [f"{path} v1.{n}.3/go.mod h1:{'A' * 43}=\n" for n in range(3) for path in MODULES][:5000]
    before, new = "".join(lines), f"example.com/new v1.0.0/go.mod h1:{'A' * 43}=\n"
    change = Change("", "", [File("go.sum", before.encode())], [File("go.sum", (before + new).encode())], [], [])
    costs = []
    for _ in range(bench.rounds):
        started = time.perf_counter()
        found = new_references(change)
        costs.append(Cost(time.perf_counter() - started))
        if [ref.module for ref in found] != ["example.com/new"]:
            sys.exit("bench: the new line was not found")
    show("5,000 lines of go.sum, one of them new (goal: 0.1 s)", {"read and compared": costs})


def many_versions(bench: Bench) -> None:
    """Measure a change with many new versions against its floor, and against Go fetching the same."""
    repository, wait = requiring(bench.world, MANY), waiting(MANY)

    def floor() -> Cost:
        cost = bench.imports()
        return cost._replace(seconds=cost.seconds + wait)

    subjects = {"goproxy-check (goal: 1.4 and 15.0)": bench.check(repository), f"imports + {wait:.2f}s waiting": floor}
    if shutil.which("go"):  # it asks for as many modules at once as it may use processors
        subjects["go list -m all"] = bench.afresh(repository, "go", "list", "-m", "all")
        subjects["the same, GOMAXPROCS=64"] = bench.afresh(repository, "go", "list", "-m", "all", GOMAXPROCS="64")
        subjects["go mod download"] = bench.afresh(repository, "go", "mod", "download")
    conditions = f"a warm proxy that takes {LATENCY} s to answer, {os.cpu_count()} processors"
    show(f"{MANY} new versions, {conditions}", bench.alternate(subjects))


def stale_versions(bench: Bench) -> None:
    """Measure how long it takes to explain what is stale, and to fetch it."""
    world = bench.world
    one, all_ = (world.app(*(f"{path} v1.1.0" for path in STALE[:n]), name=f"stale{n}") for n in (1, len(STALE)))

    def floor(imports: bool) -> Cost:
        rounds = bench.imports().seconds * imports + 2 * LATENCY  # what the proxy holds, and what it says plainly
        return Cost(rounds + bench.cost("git", "ls-remote", "-q", f"https://{STALE[0]}", cwd=world.root).seconds)

    subjects: dict[str, Subject] = {
        f"{len(STALE)} of {len(STALE)} modules": bench.check(all_, ends=1),
        "one (goal: 3.0)": bench.check(one, ends=1),
    }
    costs = bench.alternate({**subjects, "floor": lambda: floor(False), "imports and floor": lambda: floor(True)})
    show("Stale versions explained", {name: costs[name] for name in subjects})
    named = {
        "one": "one (goal: 3.0)",
        f"git ls-remote + {2 * LATENCY} s (goal: 1.5)": "floor",
        "imports +": "imports and floor",
    }
    show("One stale version explained", {name: costs[key] for name, key in named.items()})
    download = ("go", "mod", "download", *(f"{path}@v1.1.0" for path in STALE))
    fetching = {
        "goproxy-check --fix": bench.afresh(all_, SCRIPT, "--fix", ends=1),
        "GOPROXY=direct go mod download (goal: 1.2)": bench.afresh(all_, *download, GOPROXY="direct"),
    }
    show(f"{len(STALE)} stale versions fetched", bench.alternate(fetching))


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
    proxy = GoProxy(latency=LATENCY)
    with tempfile.TemporaryDirectory(prefix="bench-") as root:
        world = World(Path(root), proxy)
        world.env |= {"GOPROXY": proxy.url, "GOFLAGS": "-modcacherw -mod=mod"}
        origins = GitServer(world.root / "origins", LATENCY)
        world.origins_at = origins.url
        for path in STALE:
            world.origin(path, "v1.0.0")
            world.stale(path, "v1.1.0")
        serve(origins.running)
        serve(lambda: warm(proxy))
        rounds = 2 if quick else 5
        nothing_to_check(Bench(world, 4 * rounds))  # so short that a few runs say little
        nothing_to_fetch(Bench(world, 4 * rounds))
        many_lines(Bench(world, rounds))
        stale_versions(Bench(world, rounds))
        many_versions(Bench(world, rounds))
        growth(Bench(world, rounds))


if __name__ == "__main__":
    main()
