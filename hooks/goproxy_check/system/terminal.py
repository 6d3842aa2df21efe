"""Standard error while a run goes on: the trace of -x, and the line that says what is being waited for."""

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Iterator
from typing import TextIO

from goproxy_check.system.redact import harmless, one_line


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether STREAM is open, and a terminal."""
    return stream is not None and stream.isatty()


def styled(wanted: str, stream: TextIO | None) -> bool:
    """Return whether to write colours to STREAM, if the user WANTED auto, always or never (https://no-color.org)."""
    if wanted != "auto":
        return wanted == "always"
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def complain(text: str) -> None:
    """Write TEXT to standard error as one harmless line. A closed or full standard error is ignored."""
    with contextlib.suppress(AttributeError, OSError):
        status_line = _blank() if styled("auto", sys.stderr) else ""
        sys.stderr.write(f"{status_line}{harmless(one_line(text, 1000))}\n")


def _blank() -> str:
    """Return what empties the line of a terminal that the cursor is in, on every system."""
    return f"\r{' ' * (shutil.get_terminal_size().columns - 1)}\r"


class Progress:
    """A status line, if SHOWN, for questions that take longer than a second; safe to use from any thread."""

    def __init__(self, shown: bool) -> None:
        self.shown = shown
        self.text = ""  # takes the place of the questions, while it is set (--wait)
        self._asked: list[tuple[float, str]] = []  # questions, and when each was asked, by time.time()
        self._drawn = ""

    @contextlib.contextmanager
    def waiting_for(self, question: str) -> Iterator[None]:
        """Show QUESTION if the block takes long."""
        asked = (time.time(), question)
        self._asked.append(asked)
        try:
            yield
        finally:
            self._asked.remove(asked)

    def draw(self) -> None:
        """Bring the status line up to date: the oldest question; called a few times per second."""
        now = time.time()
        since, question = min(self._asked.copy(), default=(now, ""))  # other threads change it
        waiting = f"waiting since {time.strftime('%H:%M:%S', time.localtime(since))} for {question}"
        line = harmless(self.text or waiting * (now - since > 1))[: shutil.get_terminal_size().columns - 1] * self.shown
        if line != self._drawn:
            sys.stderr.write(_blank() + line)
            sys.stderr.flush()
            self._drawn = line

    def close(self) -> None:
        """Remove the status line."""
        self.shown = False
        self.draw()
