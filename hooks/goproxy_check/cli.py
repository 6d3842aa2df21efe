"""The command line: arguments, one run, an exit status.

Nothing is imported at the top that a commit without module files would pay for.
"""

import os
import sys
import time

from goproxy_check import quick


def main(argv: list[str] | None = None) -> int:
    """Run the command line ARGV (default: this process's) and return the exit status."""
    code = _status(sys.argv[1:] if argv is None else argv)
    if argv is None:  # this process is ours: what Python would still tidy up, or wait for, is nobody's concern
        os._exit(code)
    return code


def _status(argv: list[str]) -> int:
    try:
        code = 0 if _is_settled(argv) else _run(argv)
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
    except KeyboardInterrupt:
        if process := sys.modules.get("goproxy_check.process"):
            process.stop_all()
        return 130
    except BrokenPipeError:
        _forget_output()  # the reader left; nothing more to say
        return 1
    except OSError as error:  # no temporary folder, a full disk behind standard output
        _forget_output()
        _complain(f"cannot go on: {error.strerror or error}")
    except Exception as error:
        from goproxy_check.process import CommandError

        known = isinstance(error, CommandError)  # a fault of this program is one line too
        _complain(str(error) if known else f"internal error, please report it: {type(error).__name__}: {error}")
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


def _is_settled(argv: list[str]) -> bool:
    """Tell whether there is nothing to find, as far as can be seen at a glance, and nothing more to say about it."""
    started = time.monotonic()
    choices = {*argv} - {"--fix", "--allow-unavailable"}
    if choices == {"--all"}:
        from goproxy_check.warm import all_cached

        counts = all_cached(".")
        if counts:
            print(quick.summary(*counts, time.monotonic() - started))
        return counts is not None
    return not (
        choices or "PRE_COMMIT_FROM_REF" in os.environ or quick.is_terminal(sys.stdout)
    ) and quick.nothing_staged(".")


def _run(argv: list[str]) -> int:
    import signal
    import threading

    from goproxy_check import process
    from goproxy_check.changes import selected
    from goproxy_check.options import parse

    if threading.current_thread() is threading.main_thread():
        for number in (getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP")):
            if number and signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
                signal.signal(number, process.interrupt)
        if hasattr(signal, "SIGCHLD"):
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # or no child's failure would be seen
    options = parse(argv)
    process.git_seconds = options.timeout
    changes, tags = selected(options)
    if not (changes or options.versions or options.format != "text" or quick.is_terminal(sys.stdout)):
        return 0
    from goproxy_check.session import run

    return run(changes, tags, options)
