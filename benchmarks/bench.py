"""Measure goproxy-check side by side with its floor and with Go: ``python -m benchmarks.bench [--quick]``.

The output is medians and ratios (the first line's median by this line's), never a verdict. Nothing leaves the loopback
interface. POSIX only (os.wait4).
"""

import argparse
import json
import math
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from statistics import median

from tests.support.gitserver import GitServer
from tests.support.goproxy import GoProxy, hashes
from tests.support.world import World, go_mod

from benchmarks.measure import SCRIPT, Bench, Cost, Subject, show

LATENCY = 0.05  # seconds that the proxy, and the origins, think before each answer
JOBS = 64  # requests at once
MANY = 250
SIZES = (100, 500, 2000)
MODULES = [f"example.com/some/module{number:04}" for number in range(max(SIZES))]
GO_MOD = "module {}\n\ngo 1.21\n"
STALE = "github.com/acme/module00"


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
        proxy.put(path, "v1.2.3", GO_MOD.format(path))
    return proxy.running()


def go_sum(paths: list[str]) -> str:
    """Return the go.sum lines of the modules at PATHS, as the proxy serves them."""
    lines = []
    for path in paths:
        archive, mod = hashes(path, "v1.2.3", {"go.mod": GO_MOD.format(path).encode()})
        lines += [f"{path} v1.2.3 {archive}\n", f"{path} v1.2.3/go.mod {mod}\n"]
    return "".join(lines)


def requiring(world: World, count: int, *, recorded: bool) -> Path:
    """Return a repository with a staged go.mod that requires COUNT modules, once it is known that all are checked."""
    name = f"app{count}{'recorded' * recorded}"
    repository = world.app(*(f"{path} v1.2.3" for path in MODULES[:count]), name=name)
    if recorded:
        (repository / "go.sum").write_text(go_sum(MODULES[:count]))
        world.git("add", "go.sum", cwd=repository)
    done = world.check("--format", "json", cwd=repository)
    if not done.stdout or json.loads(done.stdout)["summary"]["ok"] != count:
        sys.exit(f"bench: not all of {count} versions were found\n{done.stdout}{done.stderr}")
    return repository


def waiting(count: int) -> float:
    """Return the seconds that COUNT recorded versions have to wait for the proxy: three files each, so many at once."""
    return math.ceil(3 * count / JOBS) * LATENCY


def nothing_to_check(bench: Bench) -> None:
    """Measure what every commit pays that touches no module file."""
    repository = bench.world.app(name="quiet")
    bench.world.commit(repository, "start")
    (repository / "README.md").write_text("staged\n")
    bench.world.git("add", "README.md", cwd=repository)

    def floor() -> Cost:
        interpreter = bench.cost(sys.executable, "-c", "pass", cwd=repository)
        return Cost(interpreter.seconds + bench.cost("git", "diff", "--cached", cwd=repository).seconds)

    subjects = {"goproxy-check": bench.check(repository), "python -c pass; git diff --cached (goal: 2.0)": floor}
    show("Nothing to check", bench.alternate(subjects))


def nothing_to_fetch(bench: Bench) -> None:
    """Measure what a second ``make deps`` pays: 500 modules, 1,000 lines of go.sum, all in the module cache."""
    paths = MODULES[:500]
    repository = bench.world.app(*(f"{path} v1.2.3" for path in paths), name="deps")
    (repository / "go.sum").write_text(go_sum(paths))
    cache = str(bench.world.root / "modcache")
    bench.world.go("mod", "download", cwd=repository, GOMODCACHE=cache, GOMAXPROCS="64")
    subjects: dict[str, Subject] = {
        "goproxy-check --all --fix": lambda: bench.cost(SCRIPT, "--all", "--fix", cwd=repository, GOMODCACHE=cache),
        "go mod download (goal: 2.0)": lambda: bench.cost("go", "mod", "download", cwd=repository, GOMODCACHE=cache),
    }
    show("Nothing to fetch, 500 modules in the cache", bench.alternate(subjects))


def one_recorded(bench: Bench) -> None:
    """Measure the commonest run: go get, then commit."""
    repository = requiring(bench.world, 1, recorded=True)
    subjects: dict[str, Subject] = {
        "goproxy-check": bench.check(repository),
        "import requests + one round (goal: 1.3)": lambda: bench.imports().plus(LATENCY),
    }
    show("One recorded version, served", bench.alternate(subjects))


def one_stale(bench: Bench) -> None:
    """Measure how long it takes to explain a stale version, without and with its lines in go.sum."""
    world = bench.world
    plain = world.app(f"{STALE} v1.1.0", name="stale")
    recorded = world.app(f"{STALE} v1.1.0", name="stalerecorded")
    (recorded / "go.sum").write_text(world.sum_lines(STALE, "v1.1.0"))
    world.git("add", "go.sum", cwd=recorded)

    def floor() -> Cost:
        command = ("list", "-m", "-e", "-retracted", "-versions", "-json", STALE)
        with tempfile.TemporaryDirectory(dir=world.root) as folder:
            (Path(folder) / "go.mod").write_text("module x\n\ngo 1.21\n")
            origin = bench.cost("go", *command, cwd=Path(folder), GOPROXY="direct", GOMODCACHE=f"{folder}/cache")
        return bench.imports().plus(2 * LATENCY + origin.seconds)

    costs = bench.alternate({"a": bench.check(plain, ends=1), "b": bench.check(recorded, ends=1), "floor": floor})
    name = "imports + two rounds + go list at the origin (goal: 1.3)"
    show("One stale version", {"goproxy-check": costs["a"], name: costs["floor"]})
    show("One stale version, recorded in go.sum", {"goproxy-check": costs["b"], name: costs["floor"]})


def many_versions(bench: Bench) -> None:
    """Measure a change with many new versions against its floor, and against Go fetching the same."""
    recorded, wait = requiring(bench.world, MANY, recorded=True), waiting(MANY)
    plain = bench.world.app(*(f"{path} v1.2.3" for path in MODULES[:MANY]), name="judged")
    subjects = {
        "recorded": bench.check(recorded),
        "judged": bench.check(plain),
        "floor": lambda: bench.imports().plus(wait),
        "go mod download": bench.afresh(plain, "go", "mod", "download"),
        "the same, GOMAXPROCS=64": bench.afresh(plain, "go", "mod", "download", GOMAXPROCS="64"),
    }
    costs = bench.alternate(subjects)
    go = {name: costs[name] for name in ("go mod download", "the same, GOMAXPROCS=64")}
    conditions = f"a proxy that takes {LATENCY} s to answer, {os.cpu_count()} processors"
    floor = {f"imports + {wait:.2f}s waiting (goal: 1.4)": costs["floor"]}
    show(f"{MANY} recorded versions, {conditions}", {"goproxy-check": costs["recorded"], **floor, **go})
    show(f"{MANY} versions that only go can settle (goal: 0.1)", {"goproxy-check": costs["judged"], **go})


def monorepo(bench: Bench) -> None:
    """Measure one new version in a repository of 2,000 modules."""
    world = bench.world
    repository = world.app(name="monorepo")
    for number in range(2000):
        folder = repository / f"service{number:04}"
        folder.mkdir()
        (folder / "go.mod").write_text(
            go_mod([f"{path} v1.0.{number % 7}" for path in MODULES[:10]], module=f"m/{number}")
        )
        (folder / "go.sum").write_text(go_sum(MODULES[:10]).replace("v1.2.3", f"v1.0.{number % 7}"))
    world.commit(repository, "all")
    (repository / "service0000" / "go.mod").write_text(go_mod([f"{MODULES[0]} v1.2.3"], module="m/0"))
    world.git("add", ".", cwd=repository)
    show("One new version in 2,000 modules (goal: 1.5 s)", bench.alternate({"goproxy-check": bench.check(repository)}))


def growth(bench: Bench) -> None:
    """Measure what one more recorded version costs."""
    subjects: dict[str, Subject] = {f"{n}": bench.check(requiring(bench.world, n, recorded=True)) for n in SIZES}
    costs = bench.alternate({**subjects, "imports": bench.imports})
    print("\nCost per recorded version\n  versions    median   per version  of it waiting   processor")
    for size in SIZES:
        seconds, cpu = (median(each) for each in list(zip(*costs[f"{size}"], strict=True))[:2])
        each = [f"{1000 * item / size:.2f} ms" for item in (seconds, waiting(size), cpu)]
        print(f"  {size:>8}{seconds:>9.3f}s{each[0]:>14}{each[1]:>15}{each[2]:>12}")
    peak, least = (median(cost.peak for cost in costs[name]) / 1e6 for name in (f"{SIZES[-1]}", "imports"))
    print(f"  peak memory with {SIZES[-1]} versions: {peak:.0f} MB (goal: 80; imports alone: {least:.0f} MB)")


def main() -> None:
    """Run all measurements."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds: 2 in place of 5")
    parser.add_argument("only", nargs="*", help="names of measurements, such as one_stale (default: all)")
    options = parser.parse_args()
    rounds = 2 if options.quick else 5
    proxy = GoProxy(latency=LATENCY)
    with tempfile.TemporaryDirectory(prefix="bench-") as root:
        world = World(Path(root), proxy)
        world.env |= {"GOPROXY": proxy.url, "GOFLAGS": "-modcacherw -mod=mod"}
        origins = GitServer(world.root / "origins", LATENCY)
        world.origins_at = origins.url
        world.origin(STALE, "v1.0.0")
        world.stale(STALE, "v1.1.0")
        serve(origins.running)
        serve(lambda: warm(proxy))
        short = (nothing_to_check, nothing_to_fetch, one_recorded, one_stale)  # a few runs of these say little
        for measurement in (*short, monorepo, many_versions, growth):
            if not options.only or measurement.__name__ in options.only:
                measurement(Bench(world, rounds * (4 if measurement in short else 1)))


if __name__ == "__main__":
    main()
