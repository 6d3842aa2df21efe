"""One run: from a change to a report. Everything heavy is imported here, and only when there is something to ask."""

import argparse
import os
import shutil
import sys
import tempfile
import time

from goproxy_check.changes import Change
from goproxy_check.check import Clients, ask, begin
from goproxy_check.credentials import Credentials
from goproxy_check.diagnose import diagnose
from goproxy_check.fix import Outcome, fix, quoted
from goproxy_check.goenv import downloaded, read_go_env
from goproxy_check.origin import OriginClient
from goproxy_check.parallel import Deadline
from goproxy_check.process import CommandError
from goproxy_check.proxy import ProxyClient
from goproxy_check.quick import is_terminal
from goproxy_check.redact import trace
from goproxy_check.references import Reference, joined, new_references
from goproxy_check.report import Run, as_github, as_json
from goproxy_check.sumdb import ChecksumDatabase
from goproxy_check.text import print_text
from goproxy_check.transport import Transport
from goproxy_check.verdict import OFF, Diagnosis, Evidence
from goproxy_check.wait import wait


def run(changes: list[Change], tags: set[tuple[str, str]], options: argparse.Namespace) -> int:
    """Check CHANGES, which come with TAGS, or the versions that OPTIONS name; report, and return the exit status."""
    started = time.monotonic()
    pre_push = options.pre_push is not None
    asked = [Reference(*version.rsplit("@", 1)) for version in options.versions]
    references = joined([*asked, *(ref for change in changes for ref in new_references(change, tags))])
    diagnoses, outcome, interrupted = _settle(references, changes[0].root if changes else options.folder, options)
    finished = Run(
        diagnoses,
        outcome,
        seconds=time.monotonic() - started,
        folder=changes[0].folder if changes else "",
        tolerant=options.allow_unavailable,
        show_skipped=options.trace,
        hook=_hook(pre_push),
        commits=not options.all,
        action="push" if pre_push or "PRE_COMMIT_FROM_REF" in os.environ else "commit",
    )
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    if options.format == "json":
        print(as_json(finished))
    elif options.format == "github":
        print(as_github(finished), end="")
    else:
        asks = options.all or bool(asked) or options.wait is not None
        terminal = is_terminal(sys.stdout)
        width = shutil.get_terminal_size().columns if terminal else 0
        styled = _styled(options.color, terminal)
        print_text(finished, sys.stdout, colour=styled, summary=asks or terminal, width=width)
    if options.format != "text" and outcome and outcome.to_add and finished.commits:
        trace(f"goproxy-check: git add {' '.join(map(quoted, outcome.to_add))}")
    return 130 if interrupted else finished.exit_status()


def _hook(pre_push: bool) -> str:
    """Return what started this: pre-commit, git, or a person (githooks(5) has the variables that git sets)."""
    if os.environ.get("PRE_COMMIT"):
        return "pre-commit"
    return "git" if pre_push or os.environ.get("GIT_INDEX_FILE") else ""


def _settle(
    references: list[Reference], root: str, options: argparse.Namespace
) -> tuple[list[Diagnosis], Outcome | None, bool]:
    """Return the verdicts, what --fix did about them, and whether the user ended the wait for better ones."""
    if not shutil.which("go"):
        references = downloaded(references, None)
    if all(ref.skipped or ref.invalid for ref in references):
        return [diagnose(Evidence(ref)) for ref in references], None, False  # nobody to ask, no settings needed
    scratch = tempfile.mkdtemp(prefix="goproxy-check-")
    transport: Transport | None = None
    try:
        with open(os.path.join(scratch, "go.mod"), "w", encoding="ascii") as file:
            file.write("module goproxy-check.invalid\n")  # so that no go.mod further up is taken for ours
        deadline = Deadline(options.timeout)
        env = read_go_env(scratch, deadline.left() / 2)
        references = downloaded(references, env, deadline.left() / 2)
        transport = Transport(options.jobs, options.trace, Credentials(env.auth, options.trace))
        origins = OriginClient(env, scratch, options.jobs, options.trace)
        clients = Clients(
            env, ProxyClient(env, transport, options.jobs), origins, ChecksumDatabase(env, transport, options.jobs)
        )
        found = begin(references, env, cache_suffices=options.all)
        if (options.versions or options.wait is not None) and any(item.skipped == OFF for item in found):
            raise CommandError(f"{OFF}: nobody can be asked (see go env GOPROXY)")
        if options.wait is not None:
            terminal = is_terminal(sys.stderr)
            shown = terminal and _styled(options.color, terminal) and not options.trace
            diagnoses, interrupted = wait(found, clients, options.wait, options.timeout, shown)
            return diagnoses, None, interrupted
        diagnoses = [diagnose(item) for item in ask(found, clients, deadline.left())]
        if not options.fix or not env.go:
            return diagnoses, None, False
        outcome = fix(diagnoses, env, root, scratch, options.timeout, nosumdb=options.nosumdb, traced=options.trace)
        return outcome.diagnoses, outcome, False
    finally:
        if transport:
            transport.close()
        shutil.rmtree(scratch, ignore_errors=True)


def _styled(wanted: str, terminal: bool) -> bool:
    """Tell whether to use colour, and a progress line, where there is a TERMINAL or not (https://no-color.org)."""
    if wanted != "auto":
        return wanted == "always"
    return terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
