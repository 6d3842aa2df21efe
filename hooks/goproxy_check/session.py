"""One run: from a change to a report. Everything heavy is imported here, and only when there is something to ask."""

import argparse
import os
import shutil
import sys
import tempfile
import time

from goproxy_check.changes import Change
from goproxy_check.check import check
from goproxy_check.diagnose import diagnose
from goproxy_check.fix import Outcome, fix, quoted
from goproxy_check.goenv import read_go_env
from goproxy_check.origin import OriginClient
from goproxy_check.parallel import Deadline
from goproxy_check.proxy import ProxyClient
from goproxy_check.redact import trace
from goproxy_check.references import Reference, joined, new_references
from goproxy_check.report import Run, as_github, as_json
from goproxy_check.text import print_text
from goproxy_check.transport import Transport
from goproxy_check.verdict import Diagnosis, Evidence


def run(changes: list[Change], tags: set[tuple[str, str]], options: argparse.Namespace) -> int:
    """Check CHANGES, which come with TAGS, or the versions that OPTIONS name; report, and return the exit status."""
    started = time.monotonic()
    asked = [Reference(*version.rsplit("@", 1)) for version in options.versions]
    references = joined([*asked, *(ref for change in changes for ref in new_references(change, tags))])
    diagnoses, outcome = _settle(references, changes[0].root if changes else options.folder, options)
    finished = Run(
        diagnoses,
        outcome,
        seconds=time.monotonic() - started,
        folder=changes[0].folder if changes else "",
        tolerant=options.allow_unavailable,
        show_skipped=options.trace,
        hook=_hook(options.pre_push),
        commits=not options.all,
        action="push" if options.pre_push or "PRE_COMMIT_FROM_REF" in os.environ else "commit",
    )
    on_terminal = bool(sys.stdout and sys.stdout.isatty())
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    if options.format == "json":
        print(as_json(finished))
    elif options.format == "github":
        print(as_github(finished), end="\n" if finished.findings else "")
    else:
        colour, summary = _colour(options.color, on_terminal), on_terminal or options.all or bool(asked)
        print_text(finished, sys.stdout, colour=colour, summary=summary)
    if options.format != "text" and outcome and outcome.to_add and finished.commits:
        trace(f"goproxy-check: git add {' '.join(map(quoted, outcome.to_add))}")
    return finished.exit_status()


def _hook(pre_push: bool) -> str:
    """Return what started this: pre-commit, git, or a person (githooks(5) has the variables that git sets)."""
    if os.environ.get("PRE_COMMIT"):
        return "pre-commit"
    return "git" if pre_push or os.environ.get("GIT_INDEX_FILE") else ""


def _settle(
    references: list[Reference], root: str, options: argparse.Namespace
) -> tuple[list[Diagnosis], Outcome | None]:
    """Return the verdicts, and what --fix did about them."""
    if all(ref.skipped or ref.invalid for ref in references):
        return [diagnose(Evidence(ref)) for ref in references], None  # nobody to ask, no settings needed
    scratch = tempfile.mkdtemp(prefix="goproxy-check-")
    transport = Transport(options.jobs, options.trace)
    try:
        with open(os.path.join(scratch, "go.mod"), "w", encoding="ascii") as file:
            file.write("module goproxy-check.invalid\n")  # so that no go.mod further up is taken for ours
        deadline = Deadline(options.timeout)
        env = read_go_env(scratch, deadline.left() / 2)
        proxies = ProxyClient(env, transport, options.jobs)
        origins = OriginClient(env, scratch, options.jobs, options.trace)
        diagnoses = check(references, env, proxies, origins, deadline.left(), cache_suffices=options.all)
        if not options.fix or not env.go:
            return diagnoses, None
        outcome = fix(diagnoses, env, root, options.timeout, nosumdb=options.nosumdb, traced=options.trace)
        return outcome.diagnoses, outcome
    finally:
        transport.close()
        shutil.rmtree(scratch, ignore_errors=True)


def _colour(wanted: str, on_terminal: bool) -> bool:
    """Tell whether to colour the report (https://no-color.org)."""
    if wanted != "auto":
        return wanted == "always"
    return on_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
