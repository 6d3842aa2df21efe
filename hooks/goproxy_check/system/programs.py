"""The one place that starts git and go, and that ends them. Each has a time limit, and no terminal to ask on."""

import contextlib
import os
import re
import shutil
import signal
import sys
import threading
import time
from functools import cached_property
from subprocess import PIPE, Popen, TimeoutExpired, run
from typing import NamedTuple

from goproxy_check.system.terminal import complain

Env = dict[str, str] | None  # None: this process's own


class CommandError(Exception):
    """The run cannot go on: a program could not be started or failed, or an argument is wrong; the text is one line."""


class Result(NamedTuple):
    """What a program that has ended left behind; CODE is negative for a signal, None if the time was up."""

    code: int | None
    stdout: bytes
    stderr: str


class Programs:
    """Starts programs for one run, whose folder is SCRATCH; with TRACED, -x shows go commands on standard error."""

    def __init__(self, traced: bool = False, git_seconds: float = 60.0, scratch: str | None = None) -> None:
        self.traced, self.scratch, self._git_seconds = traced, scratch, git_seconds
        self.stopped = threading.Event()
        self._lock = threading.Lock()
        self._running: set[Popen[bytes]] = set()

    def run(
        self, command: list[str], timeout: float, cwd: str = ".", env: Env = None, stdin: bytes = b"", shown: str = ""
    ) -> Result:
        """Run COMMAND for at most TIMEOUT seconds; -x shows it as SHOWN. Raises CommandError if it can't be started."""
        started = time.monotonic()
        with self._lock:  # so that stop() knows of every child
            if self.stopped.is_set():
                return Result(None, b"", "interrupted")
            try:
                child = Popen(command, cwd=cwd, env=env, stdin=PIPE, stdout=PIPE, stderr=PIPE, start_new_session=True)
            except OSError as error:
                raise CommandError(f"cannot run {command[0]}: {error.strerror or error}") from None
            self._running.add(child)
        try:
            stdout, stderr = child.communicate(stdin, timeout=max(timeout, 0.01))
            return Result(child.returncode, stdout, stderr.decode("utf-8", "replace"))
        except TimeoutExpired:
            with child:  # closes its pipes, and waits for it
                _kill(child)
            return Result(None, b"", f"no answer within {timeout:.0f}s")
        finally:
            with self._lock:
                self._running.discard(child)
            if shown and self.traced:
                complain(f"# {shown} ({time.monotonic() - started:.3f}s)")

    def stop(self) -> None:
        """End every program that runs, with what it has started, and start no more: ``run`` then returns at once."""
        with self._lock:
            self.stopped.set()
            for child in self._running:
                if child.poll() is None:
                    _kill(child)

    def git(self, *args: str, cwd: str, stdin: bytes = b"", check: bool = True) -> bytes:
        """Run git on the user's repository and return what it printed; raises CommandError with git's own words."""
        # GIT_INDEX_FILE and the like stay: they say which index is being committed (githooks(5)).
        env = _environment(set(), GIT_OPTIONAL_LOCKS="0", LC_ALL="C")  # writes nothing while it reads (git(1))
        result = self.run(["git", *args], self._git_seconds, cwd, env, stdin)
        if result.code is None or result.code < 0 or (result.code != 0 and check):
            words = re.sub("^.*?(?=fatal:|error:)", "", result.stderr, flags=re.DOTALL)
            if "not a git repository" in words:
                raise CommandError("not in a git repository: change into one, or name it with -C DIR")
            raise CommandError(f"git {args[0]}: {' '.join(words.split()) or f'exit status {result.code}'}")
        return result.stdout

    def go_environment(self, **changes: str) -> dict[str, str]:
        """Return the user's environment with CHANGES, without GIT_DIR and the like, which go's own git would follow."""
        return _environment(self._local_variables, **changes)

    @cached_property
    def _local_variables(self) -> set[str]:
        """What git says, if there is one to heed it, but GIT_CONFIG_COUNT: users put tokens there, git does not."""
        names = self.git("rev-parse", "--local-env-vars", cwd=os.curdir) if shutil.which("git") else b""
        return {*names.decode().split(), "GIT_QUARANTINE_PATH"} - {"GIT_CONFIG_COUNT"}


def _environment(without: set[str], **changes: str) -> dict[str, str]:
    """Return this process's environment with CHANGES, WITHOUT some names, and without prompts of git on a terminal."""
    kept = {name: value for name, value in os.environ.items() if not (name in without or name.endswith("_PATHSPECS"))}
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GCM_INTERACTIVE": "never"}  # as Go does it (vcs.InitVCS); GIT_ASKPASS stays
    return {**kept, **{name: value for name, value in quiet.items() if not kept.get(name)}, **changes}


def _kill(child: "Popen[bytes]") -> None:
    """End CHILD and everything in its process group."""
    if sys.platform == "win32":
        run(["taskkill", "/T", "/F", "/PID", str(child.pid)], capture_output=True, check=False)
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
