"""The command line, and what pre-commit and git say in the environment, as one value."""

import argparse
import os
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, NoReturn

from goproxy_check import MODULE_FILES, __version__
from goproxy_check.system.programs import CommandError


class Options(NamedTuple):
    """What one run is asked to do; times are in seconds."""

    files: tuple[str, ...]
    versions: tuple[str, ...]  # MODULE@VERSION
    all: bool
    from_ref: str | None
    to_ref: str | None
    pre_push: str | None  # the name of the remote, "" for any; None: this is no push
    tag: list[str]
    wait: float | None
    latest: bool
    fix: bool
    nosumdb: bool
    allow_unavailable: bool
    format: str
    trace: bool
    jobs: int
    timeout: float
    folder: str
    color: str
    hook: str  # what started this: "pre-commit", "git" (a hook of git), or "" (a person)
    plain: bool  # what is staged is what will be committed: no git commit -a, no git commit FILE
    action: str  # what the hook stops: "commit" or "push"
    pushed_ref: str  # the ref that pre-commit says is pushed to, or ""

    @property
    def named(self) -> bool:
        """Whether versions are named on the command line."""
        return bool(self.versions or self.tag)

    @property
    def releasing(self) -> bool:
        """Whether this is about a release: a version that is named, or waited for."""
        return self.named or self.wait is not None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise CommandError(f"{message} (see goproxy-check --help)")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="goproxy-check",
        usage="goproxy-check [options] [FILE ... | MODULE@VERSION ...]",
        description="Check that every newly referenced Go module version resolves through the configured proxy.",
        epilog="exit status: 0 all is well, or fixed; 1 findings, or go.sum changed; 2 could not run; 130 interrupted",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("targets", nargs="*", metavar="FILE|MODULE@VERSION", help="module files (default: what is staged), or versions")
    add("--all", action="store_true", help="the whole work tree; what the module cache has is taken as resolved")
    add("--from-ref", metavar="A", help="with --to-ref: check what B adds since it forked from A")
    add("--to-ref", metavar="B", help="see --from-ref")
    add("--pre-push", nargs="?", const="", metavar="REMOTE", help="what a push brings that REMOTE (default: any) lacks")
    add("--tag", action="append", default=[], metavar="TAG", help="what TAG of this repository publishes; repeatable")
    add("--wait", type=_duration, nargs="?", const=1800.0, metavar="DURATION", help="until all are served, or for 30m")
    add("--latest", action="store_true", help="with --wait: also until go get MODULE@latest takes it")
    add("--fix", action="store_true", help="fetch stale versions from their origin; go.sum gets its lines")
    add("--nosumdb", action="store_true", help="with --fix: do without the checksum database where it has no record")
    add("--allow-unavailable", action="store_true", help="a proxy that can't be reached is a warning")
    add("--format", choices=["text", "json", "github"], default="text", help="how to report (default: text)")
    add("-x", action="store_true", dest="trace", help="trace every request on standard error, and say what was skipped")
    add("-j", type=int, default=64, metavar="N", dest="jobs", help="how many requests at once (default: 64)")
    add("--timeout", type=_duration, default=60.0, metavar="DURATION", help="for asking, and again for --fix (60s)")
    add("-C", default=".", metavar="DIR", dest="folder", help="run as if started in DIR")
    add("--color", choices=["auto", "always", "never"], default="auto", help="when to colour (auto: on a terminal)")
    add("--version", action="version", version=f"goproxy-check {__version__}")
    return parser


def parse(argv: Sequence[str]) -> Options:
    """Return the options of the command line ARGV; raises CommandError, or SystemExit for --help and --version."""
    # What follows --wait or --pre-push is its value only if it is no target.
    targets = [word for word in argv if "@" in os.path.basename(word) or os.path.basename(word) in MODULE_FILES]
    defaults = {"--wait": "=30m", "--pre-push": "="}
    words = [word + defaults.get(word, "") * (following in targets) for word, following in pairwise([*argv, ""])]
    given, env = vars(_parser().parse_args(words)), os.environ
    targets = given.pop("targets")
    versions = tuple(name for name in targets if "@" in os.path.basename(name))
    # pre-commit sets both for a range; prek the second alone where a remote has nothing yet, and then passes all files.
    ends = [env.get("PRE_COMMIT_FROM_REF"), env.get("PRE_COMMIT_TO_REF")]
    if all(ends) and not (versions or given["tag"] or given["all"] or given["pre_push"] is not None):
        given["from_ref"], given["to_ref"] = given["from_ref"] or ends[0], given["to_ref"] or ends[1]
    index = env.get("GIT_INDEX_FILE", "")
    pushing = given["pre_push"] is not None or any(ends) or "PRE_COMMIT_REMOTE_NAME" in env
    pre_commit = bool(env.get("PRE_COMMIT")) and not any(name.startswith("PREK_") for name in env)
    options = Options(
        files=tuple(name for name in targets if name not in versions),
        versions=versions,
        hook="pre-commit" if pre_commit else "git" if pushing or index or env.get("PRE_COMMIT") else "",
        plain=os.path.basename(index) in ("", "index"),
        action="push" if pushing else "commit",
        pushed_ref=env.get("PRE_COMMIT_REMOTE_BRANCH", ""),
        **given,
    )
    if problem := next((problem for wrong, problem in _checks(options) if wrong), ""):
        raise CommandError(problem)
    return options


def _checks(options: Options) -> Iterator[tuple[bool, str]]:
    """Yield what makes no sense together, with the line that says so."""
    waits, pushes, ends = options.wait is not None, options.pre_push is not None, (options.from_ref, options.to_ref)
    odd = [name for name in options.files if os.path.basename(name) not in MODULE_FILES]
    ways = [options.all, pushes, bool(options.files or all(ends))]  # files may be those of a range
    yield not os.path.isdir(options.folder), f"-C {options.folder}: no such folder"
    yield options.jobs < 1, f"-j {options.jobs}: at least 1 request at once"
    yield options.fix and waits, "--wait and --fix exclude each other: the first waits for the proxy"
    yield options.nosumdb and not options.fix, "--nosumdb goes with --fix"
    yield ends != (None, None) and not all(ends), "--from-ref and --to-ref go together, and neither is empty"
    yield bool(odd), f"{''.join(odd[:1])} is not a go.mod, go.sum, go.work or go.work.sum, nor MODULE@VERSION"
    yield options.latest and not waits, "--latest goes with --wait"
    yield options.named and any(ways), "MODULE@VERSION and --tag go with neither files nor refs"
    yield sum(ways) > 1, "FILE, --all, --pre-push and --from-ref exclude each other"
    yield pushes and (not sys.stdin or sys.stdin.isatty()), "--pre-push reads the lines that git gives its hook"


def _duration(text: str) -> float:
    """Return a duration such as 90s, 1m30s or 500ms in seconds (https://pkg.go.dev/time#ParseDuration)."""
    units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
    parts = re.findall(r"([0-9]+(?:\.[0-9]+)?)(ms|h|m|s)", text)
    seconds = sum(float(number) * units[unit] for number, unit in parts)
    if "".join(number + unit for number, unit in parts) != text or not 0 < seconds <= 86400:
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration (try 30s or 1m30s)")
    return seconds
