"""The arguments: what they are called, what they mean, what is no use."""

import argparse
import os
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import NoReturn

from goproxy_check import __version__
from goproxy_check.module import canonical_version, check
from goproxy_check.process import CommandError
from goproxy_check.quick import MODULE_FILES

_EPILOG = "exit status: 0 nothing found, or all of it fixed; 1 findings, or go.sum changed; 2 could not run; "
_EPILOG += "130 interrupted"


class UsageError(CommandError):
    """The command line asks for something that can't be done; the text is one line."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see goproxy-check --help)")


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Return the options of the command line ARGV; raises UsageError, or SystemExit for --help and --version."""
    parser = _Parser(
        prog="goproxy-check",
        usage="goproxy-check [options] [FILE ... | MODULE@VERSION ...]",
        description="Check that every newly referenced Go module version resolves through the configured proxy.",
        epilog=_EPILOG,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "targets",
        nargs="*",
        metavar="FILE|MODULE@VERSION",
        help="module files (default: whatever is staged), or module versions",
    )
    add("--all", action="store_true", help="the whole work tree; what the module cache has is taken as resolved")
    add("--from-ref", metavar="A", help="with --to-ref: check what B adds since it forked from A")
    add("--to-ref", metavar="B", help="see --from-ref")
    add(
        "--pre-push",
        nargs="?",
        const="*",
        metavar="REMOTE",
        help="what a push brings that REMOTE (default: any) lacks, as git tells a pre-push hook on standard input",
    )
    add(
        "--wait",
        type=_duration,
        nargs="?",
        const=1800.0,
        metavar="DURATION",
        help="until every version is served, for at most this time (default: 30m)",
    )
    add("--fix", action="store_true", help="fetch stale versions from their origin; go.sum gets its lines")
    add("--nosumdb", action="store_true", help="with --fix: do without the checksum database where it has no record")
    add("--allow-unavailable", action="store_true", help="a proxy that can't be reached is a warning")
    add("--format", choices=["text", "json", "github"], default="text", help="how to report (default: text)")
    add("-x", action="store_true", dest="trace", help="trace every request on standard error, and say what was skipped")
    add("-j", type=_count, default=64, metavar="N", dest="jobs", help="how many requests at once (default: 64)")
    add(
        "--timeout",
        type=_duration,
        default=60.0,
        metavar="DURATION",
        help="give up asking after this time (default: 60s); --fix may take as long again",
    )
    add("-C", default=".", metavar="DIR", dest="folder", help="run as if started in DIR")
    add(
        "--color",
        choices=["auto", "always", "never"],
        default="auto",
        help="colour the report (default: on a terminal)",
    )
    add("--version", action="version", version=f"goproxy-check {__version__}")
    options = parser.parse_args(list(_unambiguous(argv)))
    if not os.path.isdir(options.folder):
        raise UsageError(f"-C {options.folder}: no such folder")
    if options.fix and options.wait is not None:
        raise UsageError("--wait and --fix exclude each other: one waits for the proxy, the other goes past it")
    if options.nosumdb and not options.fix:
        raise UsageError("--nosumdb goes with --fix")
    if "" in (options.from_ref, options.to_ref):
        raise UsageError("--from-ref and --to-ref need a commit: is a variable empty?")
    if (options.from_ref is None) != (options.to_ref is None):
        raise UsageError("--from-ref and --to-ref go together")
    ways = [options.all, options.pre_push is not None, options.from_ref is not None]
    options.versions = [target for target in options.targets if _is_version(target)]
    for target in options.versions:
        path, _, version = target.rpartition("@")
        if not version:
            raise UsageError(f"{target}: there is no version after the @")
        if canonical_version(f"v{version}"):
            raise UsageError(f"{target}: a version begins with a v: {path}@v{version}")
        if not canonical_version(version):
            raise UsageError(f"{target} is a query, not a version: go list -m {target} says which one it is now")
        if problem := check(path, version):
            raise UsageError(problem)
    for target in options.targets:
        if target not in options.versions and os.path.basename(target) not in MODULE_FILES:
            raise UsageError(f"{target} is not a go.mod, go.sum, go.work or go.work.sum, nor MODULE@VERSION")
    if options.versions and (len(options.versions) < len(options.targets) or any(ways)):
        raise UsageError("MODULE@VERSION goes with nothing else: ask for files, refs and versions one after the other")
    if sum(ways) > 1 or (options.targets and (options.all or options.pre_push is not None)):
        raise UsageError("FILE, --all, --pre-push and --from-ref exclude each other")
    if options.pre_push is not None and (sys.stdin is None or sys.stdin.isatty()):
        raise UsageError("--pre-push reads the lines that git gives a pre-push hook on standard input")
    return options


def _is_version(target: str) -> bool:
    return "@" in os.path.basename(target)


def _unambiguous(argv: Sequence[str]) -> Iterator[str]:
    """Yield ARGV so that what follows --wait is its duration, and not what to wait for; so for --pre-push."""
    defaults = {"--wait": "30m", "--pre-push": "*"}
    for word, following in zip_longest(argv, argv[1:], fillvalue=""):
        target = _is_version(following) or os.path.basename(following) in MODULE_FILES
        yield f"{word}={defaults[word]}" if word in defaults and target else word


def _count(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 9999")
    return int(text)


def _duration(text: str) -> float:
    """Return a duration such as 90s, 1m30s or 500ms in seconds (https://pkg.go.dev/time#ParseDuration)."""
    units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
    parts = re.findall(r"([0-9]+(?:\.[0-9]+)?)(ms|h|m|s)", text)
    seconds = sum(float(number) * units[unit] for number, unit in parts)
    if "".join(number + unit for number, unit in parts) != text or not 0 < seconds <= 86400:
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration (try 30s or 1m30s)")
    return seconds
