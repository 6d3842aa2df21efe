"""Ctrl-C, and the signals that end a hook from outside: at once, silently, with nothing left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.support.goproxy import GoProxy
from tests.support.world import LIB, World

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals")

SECONDS = 5.0  # about one, on a busy machine; what is interrupted would take much longer
HANGS = "sleep 300 & wait"


def begun(mark: Path, script: str) -> str:
    return f'echo >>"{mark}"; {script}'


def hang_in(name: str, when: str) -> Callable[[World, Path], None]:
    """Let the program NAME hang where WHEN is among its arguments."""

    def prepare(world: World, mark: Path) -> None:
        world.wrap(name, f'case " $* " in *" {when} "*) {begun(mark, HANGS)};; esac')

    return prepare


def stall_at(pattern: str) -> Callable[[World, Path], None]:
    """Let the proxy hang at what matches PATTERN."""

    def prepare(world: World, mark: Path) -> None:
        def act(_: BaseHTTPRequestHandler) -> None:
            mark.touch()
            time.sleep(3 * SECONDS)

        world.proxy.fault(pattern, act)

    return prepare


# Each way a run can be busy: the arguments, the version that is staged, what hangs, the signal.
PHASES: dict[str, tuple[list[str], str, Callable[[World, Path], None], signal.Signals]] = {
    "git, the quick answer": ([], "v1.0.0", hang_in("git", "diff"), signal.SIGINT),
    "git, the quick answer, TERM": ([], "v1.0.0", hang_in("git", "diff"), signal.SIGTERM),
    "git, the long way": ([], "v1.0.0", hang_in("git", "cat-file"), signal.SIGHUP),
    "go env": ([], "v1.0.0", hang_in("go", "env"), signal.SIGTERM),
    "the list": ([], "v1.0.0", stall_at("/@v/list$"), signal.SIGINT),
    "the origin": ([], "v1.5.0", hang_in("git", "ls-remote"), signal.SIGINT),
    "the judge": ([], "v1.0.0", stall_at("/@v/v1.0.0.info$"), signal.SIGTERM),
    "the quick question": (["recorded"], "v1.0.0", stall_at("/@v/v1.0.0.mod$"), signal.SIGINT),
    "--fix": (["--fix"], "v1.1.0", hang_in("go", "download"), signal.SIGHUP),
    "--wait": (["--wait", "5m"], "v1.5.0", hang_in("git", "ls-remote"), signal.SIGINT),
}


def start(world: World, *args: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "goproxy_check", *args],
        cwd=world.root / "app",
        env=world.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition: Callable[[], object]) -> None:
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < 30
        time.sleep(0.02)


@pytest.mark.parametrize("phase", PHASES)
def test_signal_ends_a_run_at_once_and_leaves_nothing(world: World, clean: None, phase: str) -> None:
    args, version, prepare, number = PHASES[phase]
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    app = world.app(f"{LIB} {version}")
    if args == ["recorded"]:
        args = []
        (app / "go.sum").write_text(world.sum_lines(LIB, version))
        world.git("add", ".", cwd=app)
    mark = world.root / "mark"
    prepare(world, mark)
    child = start(world, *args)
    wait_for(mark.exists)
    started = time.monotonic()
    child.send_signal(number)
    out, err = child.communicate(timeout=60)
    assert time.monotonic() - started < SECONDS
    assert (child.returncode, out, err) == (130, "", "")


def test_signal_between_two_questions_of_wait_ends_it(world: World, clean: None) -> None:
    world.origin(LIB, "v1.0.0")
    world.app(f"{LIB} v1.5.0")
    child = start(world, "--wait", "5m")
    assert child.stderr
    assert "not published" in child.stderr.readline()
    started = time.monotonic()
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=60)
    assert time.monotonic() - started < SECONDS and child.returncode == 130


def test_fix_that_is_interrupted_amid_writing_go_sum_puts_it_back(world: World, stale: Path, clean: None) -> None:
    before = (stale / "go.sum").read_bytes()
    world.wrap("go", 'case " $* " in *" download "*) printf torn >"$PWD/go.sum"; kill -INT $PPID; sleep 300;; esac')
    done = world.check("--fix")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
    assert (stale / "go.sum").read_bytes() == before


def test_signal_that_the_caller_ignores_ends_nothing(world: World, proxy: GoProxy) -> None:
    """As nohup does it with SIGHUP, and a shell's background with SIGINT."""
    proxy.put("example.com/a", "v1.0.0")
    world.app("example.com/a v1.0.0")
    gate, mark = world.root / "gate", world.root / "mark"
    world.wrap("go", f'touch "{mark}"; while [ ! -e "{gate}" ]; do sleep 0.02; done')
    child = subprocess.Popen(
        ["nohup", sys.executable, "-m", "goproxy_check"],
        cwd=world.root / "app",
        env=world.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(mark.exists)
    child.send_signal(signal.SIGHUP)
    gate.touch()
    out, _ = child.communicate(timeout=60)
    assert (child.returncode, out) == (0, "")
