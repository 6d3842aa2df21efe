"""Quick tests start no program and no server, which Python itself watches (sys.addaudithook)."""

import contextlib
import sys
import threading
from collections.abc import Iterator

import pytest

STARTS = {
    "subprocess.Popen",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
    "os.startfile",
    "os.system",
    "pty.spawn",
}
TALKS = {"socket.bind", "socket.connect"}


class _Watch:
    """While a quick test runs: the other threads that were there before it, and what it did that it must not."""

    def __init__(self) -> None:
        self.older: set[int] | None = None
        self.seen: list[str] = []

    def __call__(self, event: str, args: object) -> None:
        if self.older is None or event not in STARTS | TALKS:
            return
        if threading.get_ident() in self.older:
            return  # a thread that an earlier test has left to end by itself
        what = "start a program" if event in STARTS else "use the network"
        self.seen.append(f"a quick test must not {what} ({event}): use the world or the proxy fixture")
        # No OSError, which the tested code would take for a failure of the program.
        raise pytest.fail.Exception(f"{self.seen[-1]}, or mark it with starts_programs", pytrace=True)


_watch = _Watch()


def install() -> None:
    """Let Python tell what happens; it does so until it ends."""
    sys.addaudithook(_watch)


@contextlib.contextmanager
def watched() -> Iterator[None]:
    """Fail where a program or a server is started in the block, in whichever thread."""
    _watch.seen.clear()
    others = {thread.ident for thread in threading.enumerate() if thread.ident is not None}
    _watch.older = others - {threading.get_ident()}
    try:
        yield
    finally:
        _watch.older = None
    if _watch.seen:  # in a thread, where a failure ends nothing else
        pytest.fail(_watch.seen[0], pytrace=False)
