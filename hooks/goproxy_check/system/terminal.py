"""Standard error while a run goes on: the trace of -x, and the line that says what is being waited for."""

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Iterator
from typing import TextIO

from goproxy_check.system.redact import harmless, one_line

_ERASE = "\r\x1b[2K"  # back to the beginning of the line, with nothing on it


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
        status_line = _ERASE if styled("auto", sys.stderr) else ""
        sys.stderr.write(f"{status_line}{harmless(one_line(text, 1000))}\n")


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

    def _line(self) -> str:
        """Return what is to be shown: the oldest question, and since when it is waited for."""
        since, question = min(self._asked.copy(), default=(time.time(), ""))  # other threads change it
        if self.text or time.time() - since < 1.0:  # who waits longer sees what for
            return self.text
        return f"waiting since {time.strftime('%H:%M:%S', time.localtime(since))} for {question}"

    def draw(self) -> None:
        """Bring the status line up to date; called a few times per second."""
        line = harmless(self._line())[: shutil.get_terminal_size().columns - 1] if self.shown else ""
        if line != self._drawn:
            sys.stderr.write(_ERASE + line)
            sys.stderr.flush()
            self._drawn = line

    def close(self) -> None:
        """Remove the status line."""
        self.shown = False
        self.draw()
