"""The command line: arguments, one run, an exit status.

Nothing is imported at the top that a commit without module files would pay for.
"""

import os
import signal
import sys
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from goproxy_check.changes import Change, anything_staged, between, staged
from goproxy_check.process import CommandError, stop_all

if TYPE_CHECKING:
    import argparse

# With no more than these, and nothing staged that matters, nothing needs parsing.
_QUICK = {"--fix", "--allow-unavailable"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ARGV (default: this process's) and return the exit status."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _interrupt)
    argv = sys.argv[1:] if argv is None else argv
    try:
        if _is_default(argv) and not anything_staged("."):
            return 0
        return _run(argv)
    except KeyboardInterrupt:
        stop_all()
        if threading.active_count() > 1:
            os._exit(130)  # a thread that waits for a connection can't be stopped, and nobody waits for it
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left; nothing more to say
        return 1
    except CommandError as error:
        sys.stderr.write(f"goproxy-check: {error}\n")
    except Exception as error:  # a fault of this program is one line too; -x shows where
        sys.stderr.write(f"goproxy-check: internal error, please report it: {type(error).__name__}: {error}\n")
        if "-x" in argv:
            raise
    return 2


def _is_default(argv: Sequence[str]) -> bool:
    """Tell whether what is staged is asked for, and silence where it is nothing."""
    return _QUICK.issuperset(argv) and "PRE_COMMIT_FROM_REF" not in os.environ and not sys.stdout.isatty()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _run(argv: Sequence[str]) -> int:
    from goproxy_check.options import parse

    options = parse(argv)
    change = _change(options)
    if change is None and options.format == "text" and not sys.stdout.isatty():
        return 0
    from goproxy_check.session import run

    return run(change, options)


def _change(options: "argparse.Namespace") -> Change | None:
    """Return the change that the command line asks about; None if it touches no module file."""
    # pre-commit says so where it was asked about a range: before a push, and with --from-ref and --to-ref.
    base = options.from_ref or os.environ.get("PRE_COMMIT_FROM_REF")
    head = options.to_ref or os.environ.get("PRE_COMMIT_TO_REF")
    if base and head:
        return between(options.folder, base, head, options.targets)
    return staged(options.folder, options.targets)
