"""The command line: arguments, one run, an exit status. Every commit pays for what is imported at the top."""

import os
import signal
import sys
import time

from goproxy_check import PATHSPECS

_QUICK_SECONDS = 5.0
_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def main(argv: list[str] | None = None) -> int:
    """Run the command line ARGV (default: this process's) and return the exit status."""
    code = _status(sys.argv[1:] if argv is None else argv)
    if argv is None:  # this process is ours: neither threads nor output that nobody takes keep it from ending
        os._exit(code)
    return code


def _status(argv: list[str]) -> int:
    """Return 0 to 2, or 130 after an interrupt; every failure is one line on standard error."""
    try:
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
                signal.signal(number, signal.default_int_handler)  # raises KeyboardInterrupt
        if hasattr(signal, "SIGCHLD"):
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # or no child's failure would be seen
        if _nothing_staged(argv):
            return 0
        from goproxy_check.run import start

        return start(argv)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read the output has gone
        return 1
    except Exception as error:
        from goproxy_check.system import programs, terminal

        known = isinstance(error, programs.CommandError | OSError)  # such as a full disk behind standard output
        what = "" if known else f"internal error, please report it: {type(error).__name__}: "
        terminal.complain(f"goproxy-check: {what}{error}")
        return 2


def _nothing_staged(argv: list[str]) -> bool:
    """Return whether it is certain that no module file is staged, and nothing else was asked for."""
    if {*argv} - {"--fix", "--allow-unavailable"} or "PRE_COMMIT_TO_REF" in os.environ:
        return False
    if not hasattr(os, "posix_spawnp") or (sys.stdout and sys.stdout.isatty()):
        return False
    command = ["git", "--no-optional-locks", "-c", "diff.relative=false", "-c", "index.sparse=false"]
    command += ["diff", "--cached", "--quiet", "--no-ext-diff", "--no-renames", "--ignore-submodules=all", "--"]
    env = {name: value for name, value in os.environ.items() if not name.endswith("_PATHSPECS")}
    silent = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
    child, ended, status, end = 0, 0, 0, time.monotonic() + _QUICK_SECONDS
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # or one might come before the child's id is known
    try:
        child = os.posix_spawnp("git", [*command, *PATHSPECS], env, file_actions=silent, setpgroup=0, setsigmask=())
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        while not ended and time.monotonic() < end:
            time.sleep(0.0005)
            ended, status = os.waitpid(child, os.WNOHANG)
    except OSError:
        pass  # the long way says why
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        if child and not ended:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
    return bool(ended) and status == 0
