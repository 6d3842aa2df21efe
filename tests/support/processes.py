"""What tests want to know of other processes."""

import contextlib
import os
import signal
import time
from pathlib import Path


def is_gone(pid: int) -> bool:
    """Tell whether the process PID has ended; the system may take a moment to bury it."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def survivors(home: Path) -> list[str]:
    """Return the command lines of what still runs with HOME in its environment, after two seconds' grace, and end it.

    Only where there is a /proc; elsewhere nothing is found.
    """
    for _ in range(40):
        found = _running(f"HOME={home}".encode())
        if not found:
            break
        time.sleep(0.05)
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return list(found.values())


def _running(mark: bytes) -> dict[int, str]:
    found = {}
    for entry in Path("/proc").glob("[0-9]*") if Path("/proc").is_dir() else ():
        with contextlib.suppress(OSError):
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found
