"""The command line: arguments, one run, an exit status.

Nothing is imported here that a commit without module files has to pay for.
"""

import argparse
import os
import re
import signal
import sys
import threading
from collections.abc import Sequence

from goproxy_check import __version__
from goproxy_check.changes import MODULE_FILES, Change, between, staged
from goproxy_check.process import CommandError, stop_all

_EPILOG = "exit status: 0 nothing found, or all of it fixed; 1 findings, or go.sum changed; 2 could not run"


class UsageError(Exception):
    """The command line asks for something that can't be done; the text is one line."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> "NoReturn":  # type: ignore[name-defined]  # noqa: F821
        raise UsageError(f"{message} (see goproxy-check --help)")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="goproxy-check",
        usage="goproxy-check [options] [FILE ...]",
        description="Check that every newly referenced Go module version resolves through the configured proxy.",
        epilog=_EPILOG,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "targets",
        nargs="*",
        metavar="FILE",
        help="go.mod, go.sum, go.work or go.work.sum (default: whatever is staged)",
    )
    add("--from-ref", metavar="A", help="with --to-ref: what B has and the merge base of A and B has not")
    add("--to-ref", metavar="B", help="see --from-ref")
    add("--fix", action="store_true", help="fetch stale versions from their origin; go.sum gets its lines")
    add("--nosumdb", action="store_true", help="with --fix: do without the checksum database where it has no record")
    add("--allow-unavailable", action="store_true", help="a proxy that can't be reached is a warning")
    add("--format", choices=["text", "json", "github"], default="text", help="how to report (default: text)")
    add("-x", action="store_true", dest="trace", help="trace every request on standard error, and say what was skipped")
    add("-j", type=_count, default=32, metavar="N", dest="jobs", help="how many requests at once (default: 32)")
    add(
        "--timeout",
        type=_duration,
        default=60.0,
        metavar="DURATION",
        help="give up asking after this time (default: 60s)",
    )
    add("-C", default=".", metavar="DIR", dest="folder", help="run as if started in DIR")
    add(
        "--color",
        choices=["auto", "always", "never"],
        default="auto",
        help="colour the report (default: on a terminal)",
    )
    add("--version", action="version", version=f"goproxy-check {__version__}")
    return parser


def _count(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 9999")
    return int(text)


def _duration(text: str) -> float:
    """Return a duration such as 90s, 1m30s or 500ms in seconds (https://pkg.go.dev/time#ParseDuration)."""
    units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
    parts = re.findall(r"([0-9]+(?:\.[0-9]+)?)(ms|h|m|s)", text)
    seconds = sum(float(number) * units[unit] for number, unit in parts)
    if "".join(number + unit for number, unit in parts) != text or not 0 < seconds <= 86400:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration such as 30s or 1m30s")
    return seconds


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ARGV (default: this process's) and return the exit status."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _run(_parser().parse_args(argv))
    except KeyboardInterrupt:
        stop_all()
        if threading.active_count() > 1:
            os._exit(130)  # a thread that waits for a connection can't be stopped, and nobody waits for it
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left; nothing more to say
        return 1
    except (UsageError, CommandError) as error:
        sys.stderr.write(f"goproxy-check: {error}\n")
    except Exception as error:  # a fault of this program is one line too; -x shows where
        sys.stderr.write(f"goproxy-check: internal error, please report it: {type(error).__name__}: {error}\n")
        if "-x" in (argv if argv is not None else sys.argv):
            raise
    return 2


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _run(options: argparse.Namespace) -> int:
    if not os.path.isdir(options.folder):
        raise UsageError(f"-C {options.folder}: no such folder")
    if options.nosumdb and not options.fix:
        raise UsageError("--nosumdb goes with --fix")
    change = _change(options)
    if change is None and options.format == "text" and not sys.stdout.isatty():
        return 0
    from goproxy_check.session import run

    return run(change, options)


def _change(options: argparse.Namespace) -> Change | None:
    """Return the change that the command line asks about; None if it touches no module file."""
    ends = (options.from_ref, options.to_ref)
    if any(ends) and not all(ends):
        raise UsageError("--from-ref and --to-ref go together")
    if not any(ends):  # pre-commit says so where it was asked about a range, in every stage but the first
        ends = (os.environ.get("PRE_COMMIT_FROM_REF"), os.environ.get("PRE_COMMIT_TO_REF"))
    for target in options.targets:
        if os.path.basename(target) not in MODULE_FILES:
            raise UsageError(f"{target} is no go.mod, go.sum, go.work or go.work.sum")
    if all(ends):
        return between(options.folder, str(ends[0]), str(ends[1]), options.targets)
    return staged(options.folder, options.targets)
