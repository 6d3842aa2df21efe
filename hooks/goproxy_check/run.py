"""One run: from a change to a report. What is slow to import is imported where it is needed."""

import sys
import tempfile
import time
from concurrent import futures

from goproxy_check.change import scope
from goproxy_check.change.git import Git
from goproxy_check.go.env import downloaded, read_go_env
from goproxy_check.gofiles.reference import Reference, joined, of_argument
from goproxy_check.options import Options, parse
from goproxy_check.system.programs import CommandError, Programs
from goproxy_check.system.terminal import Progress, complain, is_terminal, styled
from goproxy_check.verdict.evidence import UNASKED, Run, without_asking
from goproxy_check.verdict.reasons import Why


def start(argv: list[str]) -> int:
    """Run ARGV in a thread, so that no signal comes amid the start of a program, and return the exit status."""
    options = parse(argv)
    progress = Progress(is_terminal(sys.stderr) and styled(options.color, sys.stderr) and not options.trace)
    with tempfile.TemporaryDirectory(prefix="goproxy-check-", ignore_cleanup_errors=True) as scratch:
        programs = Programs(options.trace, options.timeout, scratch)
        ended = futures.ThreadPoolExecutor(1).submit(_run, options, programs, progress)
        try:
            while not futures.wait([ended], 0.2).done:  # a signal that another thread receives does not wake this one
                progress.draw()
            return ended.result()
        finally:
            programs.stop()
            futures.wait([ended], 0.7)
            progress.close()


def _run(options: Options, programs: Programs, progress: Progress) -> int:
    """Check what OPTIONS ask for, report, and return the exit status; once PROGRAMS are stopped, a wait ends."""
    started = time.monotonic()
    pool, git = futures.ThreadPoolExecutor(2), Git(programs, options.folder)
    settings = pool.submit(read_go_env, programs, options.timeout / 2)  # while git works
    if not options.all:  # where everything is cached as a rule
        pool.submit(__import__, "requests")
    refs = joined(_references(git, options))
    if not (refs or options.all or options.format != "text" or is_terminal(sys.stdout)):
        return 0
    root, folder = (options.folder, "") if options.named else git.place
    env = settings.result() if any(not (ref.invalid or ref.skipped) for ref in refs) else UNASKED
    seconds = options.timeout - (time.monotonic() - started)
    refs = downloaded(refs, env, programs, seconds / 2)
    known = {ref: without_asking(ref, env, cache_suffices=options.all) for ref in refs}
    if options.releasing and Why.OFF in [item.why for item in known.values() if item]:
        raise CommandError("GOPROXY=off: nothing may be asked (see go env GOPROXY)")
    if rest := [ref for ref, item in known.items() if item is None]:
        from goproxy_check.go.questions import Go
        from goproxy_check.proxy.quick import Quick
        from goproxy_check.verdict import examine, wait

        quick = Quick(env.proxies, options.jobs, options.trace) if env.proxies else None
        ask, stopped = examine.Ask(Go(env, programs), quick, progress, options, seconds), programs.stopped
        found = examine.examine_all(rest, ask) if options.wait is None else wait.wait(rest, ask, progress, stopped)
        known |= {item.ref: item for item in found}
    diagnoses, to_add = list(filter(None, known.values())), tuple[str, ...]()
    if options.fix and env.go and not programs.stopped.is_set():
        from goproxy_check.verdict.fix import fix

        diagnoses, to_add = fix(diagnoses, env, programs, root, options.timeout, options.nosumdb)
    if programs.stopped.is_set() and (options.wait is None or None in known.values()):
        raise KeyboardInterrupt  # there is nothing to report
    progress.close()
    return _reported(Run(options, diagnoses, env, folder, to_add, time.monotonic() - started, is_terminal(sys.stdout)))


def _references(git: Git, options: Options) -> list[Reference]:
    """Return what OPTIONS ask about."""
    if options.pre_push is not None:
        return scope.pushed(git, sys.stdin.buffer.read().decode("utf-8", "surrogateescape"), options.pre_push)
    if options.named:
        return [*map(of_argument, options.versions), *(scope.tagged(git, tag) for tag in options.tag)]
    if options.all:
        return scope.everything(git)
    if options.from_ref and options.to_ref:
        return scope.between(git, options.from_ref, options.to_ref, options.files, options.pushed_ref)
    return scope.staged(git, options.files)


def _reported(finished: Run) -> int:
    """Write the report in the format that the options want, and return the exit status."""
    from goproxy_check.report import formats, text

    style = {"text": text.as_text, "json": formats.as_json, "github": formats.as_github}[finished.options.format]
    for line in text.after_fix(finished) if style is not text.as_text else ():
        complain(f"goproxy-check: {line}")
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    print(style(finished), end="", flush=True)
    # What is fixed stops a commit too, while its lines of go.sum are not added.
    return int(any(map(finished.stops, finished.diagnoses)) or bool(finished.to_add and not finished.options.all))
