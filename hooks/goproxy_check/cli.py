"""The command line: arguments, one run, an exit status.

Nothing is imported at the top that a commit without module files would pay for.
"""

import os
import signal
import sys
import threading
from collections.abc import Sequence

from goproxy_check.changes import Change, anything_staged, between, everything, pushed, staged
from goproxy_check.process import CommandError, stop_all

# With no more than these, and nothing staged that matters, nothing needs parsing.
_QUICK = {"--fix", "--allow-unavailable"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ARGV (default: this process's) and return the exit status."""
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), _interrupt)
    code = _status(sys.argv[1:] if argv is None else argv)
    parallel = sys.modules.get("goproxy_check.parallel")
    if argv is None and parallel and parallel.stuck():
        os._exit(code)  # this process is ours, and Python would wait for the thread
    return code


def _status(argv: Sequence[str]) -> int:
    try:
        if _is_default(argv) and not anything_staged("."):
            return 0
        code = _run(argv)
        if sys.stdout:
            sys.stdout.flush()
    except KeyboardInterrupt:
        stop_all()
        return 130
    except BrokenPipeError:
        _forget_output()  # the reader left; nothing more to say
        return 1
    except CommandError as error:
        _complain(str(error))
    except OSError as error:  # no temporary folder, a full disk behind standard output
        _forget_output()
        _complain(f"cannot go on: {error}")
    except Exception as error:  # a fault of this program is one line too
        _complain(f"internal error, please report it: {type(error).__name__}: {error}")
    else:
        return code
    return 2


def _forget_output() -> None:
    """Let what is still to be written to standard output go nowhere, so that Python does not try again at the end."""
    if sys.stdout and sys.stdout.fileno() == 1:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _complain(text: str) -> None:
    from goproxy_check.redact import trace

    trace(f"goproxy-check: {text}")


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def on_terminal() -> bool:
    """Tell whether standard output is there, and a terminal."""
    return bool(sys.stdout and sys.stdout.isatty())


def _is_default(argv: Sequence[str]) -> bool:
    """Tell whether what is staged is asked for, and silence where it is nothing."""
    return _QUICK.issuperset(argv) and "PRE_COMMIT_FROM_REF" not in os.environ and not on_terminal()


def _run(argv: Sequence[str]) -> int:
    from goproxy_check.options import parse

    options = parse(argv)
    # pre-commit says so where it was asked about a range: before a push, and with --from-ref and --to-ref.
    base = options.from_ref or os.environ.get("PRE_COMMIT_FROM_REF")
    head = options.to_ref or os.environ.get("PRE_COMMIT_TO_REF")
    tags: set[tuple[str, str]] = set()
    changes: list[Change | None] = []
    if options.pre_push:
        pushes, tags = pushed(options.folder, sys.stdin.buffer.read().decode("utf-8", "surrogateescape"))
        changes += pushes
    elif options.all:
        changes.append(everything(options.folder))
    elif options.versions:
        pass  # no change is asked about
    elif base and head:
        changes = [between(options.folder, base, head, options.targets)]
    else:
        changes = [staged(options.folder, options.targets)]
    found = [change for change in changes if change]
    if not (found or options.versions or options.format != "text" or on_terminal()):
        return 0
    from goproxy_check.session import run

    return run(found, tags, options)
