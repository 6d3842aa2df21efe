"""The command line: arguments, one run, an exit status. Every commit pays for what is imported at the top."""

import contextlib
import os
import signal
import sys
import time

from goproxy_check.gofiles.names import PATHSPECS

_QUICK_SECONDS = 5.0


def main(argv: list[str] | None = None) -> int:
    """Run the command line ARGV (default: this process's) and return the exit status."""
    code = _status(sys.argv[1:] if argv is None else argv)
    if argv is None:  # this process is ours: threads that still wait for an answer need not end first
        os._exit(code)
    return code


def _status(argv: list[str]) -> int:
    """Return 0 to 2, or 130 after an interrupt; every failure is one line on standard error."""
    try:
        _handle_signals()
        code = 0 if _nothing_staged(argv) else _run(argv)
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
        return code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _discard_output()  # whoever read it has gone
        return 1
    except OSError as error:  # no temporary folder, a full disk behind standard output
        _discard_output()
        where = f"{error.filename}: " if error.filename else ""
        problem = f"cannot go on: {where}{error.strerror or error}"
    except Exception as error:
        from goproxy_check.system.programs import CommandError

        known = isinstance(error, CommandError)
        problem = str(error) if known else f"internal error, please report it: {type(error).__name__}: {error}"
    from goproxy_check.system.terminal import complain

    complain(f"goproxy-check: {problem}")
    return 2


def _nothing_staged(argv: list[str]) -> bool:
    """Return whether it is certain that no module file is staged, and nothing else was asked for.

    What most commits pay for: ``subprocess`` alone would take longer to import than git takes to answer.
    """
    if {*argv} - {"--fix", "--allow-unavailable"} or "PRE_COMMIT_TO_REF" in os.environ:
        return False
    if not hasattr(os, "posix_spawnp") or (sys.stdout and sys.stdout.isatty()):
        return False
    command = ["git", "-c", "diff.relative=false", "-c", "index.sparse=false", "diff", "--cached", "--quiet"]
    command += ["--no-ext-diff", "--no-renames", "--ignore-submodules=all", "--", *PATHSPECS]
    env = {name: value for name, value in os.environ.items() if not name.endswith("_PATHSPECS")}
    silent = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
    env["GIT_OPTIONAL_LOCKS"] = "0"
    ended, status, end, child = 0, 0, time.monotonic() + _QUICK_SECONDS, 0
    signals = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # or one might come before the child's id is known
    try:
        child = os.posix_spawnp("git", command, env, file_actions=silent, setpgroup=0, setsigmask=())
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
        while not ended and time.monotonic() < end:
            time.sleep(0.0005)
            ended, status = os.waitpid(child, os.WNOHANG)
    except OSError:
        return False  # the long way says why
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
        if child and not ended:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
    return bool(ended) and status == 0


def _run(argv: list[str]) -> int:
    """Run in a thread, and see to the status line and to signals here, which never meet a program that is starting."""
    import threading
    from concurrent.futures import Future, wait

    from goproxy_check.options import parse
    from goproxy_check.run import run
    from goproxy_check.system.programs import Programs
    from goproxy_check.system.terminal import Progress, is_terminal, styled

    options = parse(argv)
    shown = is_terminal(sys.stderr) and styled(options.color, sys.stderr) and not options.trace
    programs, progress, stop = Programs(options.trace, options.timeout), Progress(shown), threading.Event()
    ended: Future[int] = Future()

    def work() -> None:
        try:
            ended.set_result(run(options, programs, progress, stop))
        except BaseException as error:
            ended.set_exception(error)

    try:
        threading.Thread(target=work, daemon=True).start()
        while not wait([ended], 0.2).done:  # a signal that another thread receives does not wake this one
            progress.draw()
    except KeyboardInterrupt:
        stop.set()
    finally:
        programs.stop()
        wait([ended], 0.7)
        programs.remove_scratch()
        progress.close()
    return 130 if stop.is_set() else ended.result()


def _handle_signals() -> None:
    """Let a signal to end this process raise KeyboardInterrupt, unless it is ignored, as nohup has it."""
    try:
        for number in (getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP")):
            if number and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, signal.default_int_handler)
        if hasattr(signal, "SIGCHLD"):
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # or no child's failure would be seen
    except ValueError:
        pass  # not in the main thread


def _discard_output() -> None:
    """Let what is still to be written to standard output go nowhere, so that Python does not try again at exit."""
    with contextlib.suppress(OSError, ValueError):  # a stream without a file
        if sys.stdout and sys.stdout.fileno() == 1:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
