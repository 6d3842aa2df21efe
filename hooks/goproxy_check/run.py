"""One run: from a change to a report. What is slow to import is imported where it is needed."""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from goproxy_check.change import scope
from goproxy_check.change.git import Git
from goproxy_check.go.env import GoEnv, downloaded, read_go_env
from goproxy_check.gofiles.reference import Reference, Skip, joined, of_argument
from goproxy_check.options import Options
from goproxy_check.system.programs import CommandError, Programs
from goproxy_check.system.terminal import Progress, complain, is_terminal
from goproxy_check.verdict.evidence import UNASKED, Diagnosis, Run, without_asking


def run(options: Options, programs: Programs, progress: Progress, stop: threading.Event) -> int:
    """Check what OPTIONS ask for, report, and return the exit status; once STOP is set, a wait ends."""
    started = time.monotonic()
    pool, git = ThreadPoolExecutor(2), Git(programs, options.folder)
    settings = pool.submit(read_go_env, programs, options.timeout / 2)  # while git works
    if not options.all:  # where everything is cached as a rule
        pool.submit(__import__, "requests")
    changes = _changes(git, options)
    if not (changes or options.named or options.format != "text" or is_terminal(sys.stdout)):
        return 0
    refs = [*map(of_argument, options.versions), *(scope.tagged(git, tag) for tag in options.tag)]
    refs = joined([*refs, *(ref for change in changes for ref in scope.references(git, change))])
    known = {ref: without_asking(ref) for ref in refs}
    env = settings.result() if None in known.values() else None
    if env:
        seconds = options.timeout - (time.monotonic() - started)
        refs = downloaded(refs, env, programs, seconds / 2)
        known = {ref: without_asking(ref, env, cache_suffices=options.all) for ref in refs}
        off = any(item and item.ref.skipped and item.ref.skipped.why is Skip.OFF for item in known.values())
        if options.releasing and off:
            raise CommandError("GOPROXY=off: nothing may be asked (see go env GOPROXY)")
        if unknown := [ref for ref, item in known.items() if item is None]:
            known |= {item.ref: item for item in _asked(unknown, env, options, programs, progress, stop, seconds)}
    diagnoses = list(filter(None, known.values()))
    to_add: tuple[str, ...] = ()
    if options.fix and env and env.go and not stop.is_set():
        from goproxy_check.verdict.fix import fix

        root = changes[0].root if changes else options.folder
        diagnoses, to_add = fix(diagnoses, env, programs, root, options.timeout, options.nosumdb)
    if stop.is_set() and (options.wait is None or None in known.values()):
        raise KeyboardInterrupt  # there is nothing to report
    folder = changes[0].folder if changes else ""
    finished = Run(options, diagnoses, env or UNASKED, folder, to_add, seconds=time.monotonic() - started)
    progress.close()
    _report(finished)
    return finished.exit_status()


def _changes(git: Git, options: Options) -> list[scope.Change]:
    """Return the changes that OPTIONS ask about."""
    if options.pre_push is not None:
        return scope.pushed(git, sys.stdin.buffer.read().decode("utf-8", "surrogateescape"), options.pre_push)
    if options.named:
        return []
    if options.all:
        return scope.everything(git)
    if options.from_ref and options.to_ref:
        return scope.between(git, options.from_ref, options.to_ref, options.files, options.pushed_ref)
    return scope.staged(git, options.files)


def _asked(
    refs: list[Reference],
    env: GoEnv,
    options: Options,
    programs: Programs,
    progress: Progress,
    stop: threading.Event,
    seconds: float,
) -> list[Diagnosis]:
    """Return the verdicts on REFS; asks for at most SECONDS, unless it waits."""
    from goproxy_check.go.questions import Go
    from goproxy_check.proxy.quick import Quick
    from goproxy_check.verdict.ask import Ask
    from goproxy_check.verdict.examine import examine_all

    quick = Quick(env.proxies, options.jobs, options.trace) if env.proxies else None
    ask = Ask(Go(env, programs), quick, progress, options, seconds)
    if options.wait is None:
        return examine_all(refs, ask)
    from goproxy_check.verdict.wait import wait

    return wait(refs, ask, progress, stop)


def _report(finished: Run) -> None:
    """Write the report in the format that the options want."""
    from goproxy_check.report.formats import as_github, as_json
    from goproxy_check.report.text import after_fix, print_text

    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    if finished.options.format == "text":
        print_text(finished, sys.stdout, terminal=is_terminal(sys.stdout))
        return
    print(as_json(finished) if finished.options.format == "json" else as_github(finished), end="")
    for line in after_fix(finished):
        complain(f"goproxy-check: {line}")
