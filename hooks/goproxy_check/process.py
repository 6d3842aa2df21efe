"""The one place that starts git and go.

Every child gets no standard input, a deadline, and a process group of its own, so that it can be ended together
with whatever it started, and can't ask for a password on the terminal.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from goproxy_check.quick import UNASKED, git_environment

git_seconds = 60.0  # for one question; the command line sets it

_running: set["subprocess.Popen[bytes]"] = set()
_lock = threading.Lock()


class CommandError(Exception):
    """A program that could not be started or did not do what was asked; the text is one line for the user."""


class _Interrupts:
    """The user's wish to end this run, which waits while HELD: nobody would know of a program that is being started.

    Used ``with``, which is idle in other threads than the main one, who alone hears of signals.
    """

    held = wanted = False

    def __call__(self, *_: object) -> None:
        """Raise KeyboardInterrupt, as the handler of a signal, as soon as may be."""
        self.wanted = self.held
        if not self.held:
            raise KeyboardInterrupt

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            self.held = True

    def __exit__(self, *_: object) -> None:
        if threading.current_thread() is threading.main_thread():
            self.held = False
            if self.wanted:
                self()


interrupt = _Interrupts()


class Result(NamedTuple):
    """What a program that has ended left behind; CODE is negative for a signal, None if the time was up."""

    code: int | None
    stdout: bytes
    stderr: str


def run(
    command: Sequence[str],
    *,
    cwd: str | None = None,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    timeout: float = 60,
    told: str = "",
) -> Result:
    """Run COMMAND in the folder CWD for at most TIMEOUT seconds and return what it printed.

    TOLD is what a trace on standard error says of it, with the time it took, as ``go get -x`` does; "" is nothing.
    Raises CommandError if it cannot be started at all. A child that outlives TIMEOUT is ended with its children.
    """
    started = time.monotonic()
    child = None
    try:
        with interrupt:
            child = subprocess.Popen(
                command,
                cwd=cwd,
                env=env,
                stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # the same on Windows
            )
            with _lock:
                _running.add(child)
        stdout, stderr = child.communicate(stdin or None, timeout=timeout)
        return Result(child.returncode, stdout, stderr.decode("utf-8", "replace"))
    except BaseException as error:
        if child:
            with child:  # which closes its pipes, and waits for it
                _kill(child)
        if isinstance(error, subprocess.TimeoutExpired):
            return Result(None, b"", f"no answer within {timeout:.0f}s")
        if isinstance(error, OSError):
            raise CommandError(f"cannot run {command[0]}: {error.strerror or error}") from None
        raise
    finally:
        with _lock:
            _running.discard(child)
        if told:
            from goproxy_check.redact import trace  # not what every commit has to pay for

            trace(f"# {told} ({time.monotonic() - started:.3f}s)")


def _kill(child: "subprocess.Popen[bytes]") -> None:
    """End CHILD and everything in its process group."""
    if sys.platform == "win32":
        kill = ["taskkill", "/T", "/F", "/PID", str(child.pid)]
        subprocess.run(kill, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)


def stop_all() -> None:
    """End every program that is still running; whoever waits for one then gets its result."""
    with _lock:
        children = list(_running)
    for child in children:
        if child.poll() is None:
            _kill(child)


def git(*args: str, cwd: str | None = None, stdin: bytes = b"", check: bool = True) -> bytes:
    """Run git on the user's repository and return what it printed; raises CommandError with git's own words.

    GIT_DIR, GIT_INDEX_FILE and the like stay in the environment: they are how git tells a hook which index is
    being committed (githooks(5)).
    """
    result = run(["git", *args], cwd=cwd, env=git_environment(), stdin=stdin, timeout=git_seconds)
    ended = result.code is None or result.code < 0  # nobody's answer, not even a no
    if ended or (result.code != 0 and check):
        lines = [line.strip() for line in result.stderr.splitlines() if line.strip()]
        words = next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[0] if lines else "")
        if "not a git repository" in words:
            raise CommandError("not in a git repository: change into one, or name it with -C DIR")
        if "dubious ownership" in words:
            words += ": if you trust it, git config --global --add safe.directory THAT_FOLDER"
        raise CommandError(f"git {args[2] if args[0] == '-c' else args[0]}: {words or f'exit status {result.code}'}")
    return result.stdout


def json_objects(output: bytes) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects that stand in OUTPUT one after the other, as go prints them, as far as they are any."""
    import json  # not what every commit has to pay for

    decoder, text, at = json.JSONDecoder(), output.decode("utf-8", "replace"), 0
    while start := re.compile(r"\s*(?=\S)").match(text, at):
        try:
            item, at = decoder.raw_decode(text, start.end())
        except (ValueError, RecursionError):
            return
        if isinstance(item, dict):
            yield item


@lru_cache(maxsize=1)
def _local_variables() -> frozenset[str]:
    try:
        return frozenset(git("rev-parse", "--local-env-vars").decode().split())
    except CommandError:
        return frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"})


def go_environment(**changes: str) -> dict[str, str]:
    """Return the environment for a go process: the user's own, without the repository's, with CHANGES.

    Inside a hook GIT_DIR and the like point at the user's repository. Go runs git for its own module cache, and a
    git that inherited them would work on the user's repository instead. git says which names those are.
    """
    local = _local_variables()
    env = {name: value for name, value in os.environ.items() if name not in local and name != "GIT_QUARANTINE_PATH"}
    return {**env, **UNASKED, **changes}
