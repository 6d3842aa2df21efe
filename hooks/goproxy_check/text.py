"""What a person reads, who is about to commit: what is wrong, why, and the one command."""

from collections.abc import Callable, Iterator
from itertools import groupby
from textwrap import wrap
from typing import TextIO

from goproxy_check.fix import Outcome, by_folder, command, quoted
from goproxy_check.quick import summary as summary_line
from goproxy_check.redact import printable
from goproxy_check.report import Run, body
from goproxy_check.verdict import FIXABLE, OFF, Diagnosis, Verdict

_COLOURS = {Verdict.SKIPPED: "dim", Verdict.UNAVAILABLE: "yellow"}
_FEW = 5


def print_text(run: Run, stream: TextIO, *, colour: bool, summary: bool, width: int = 0) -> None:
    """Write RUN for a person: a block per finding, then the commands that help; with SUMMARY a line if all is well.

    Prose is broken after WIDTH characters, 0 is never; what may be pasted into a shell is left to the terminal.
    """
    write = _writer(stream, colour)
    tolerated = [item for item in run.findings if run.tolerated(item)]
    skipped = [item for item in run.diagnoses if run.show_skipped and item.verdict is Verdict.SKIPPED]
    shown = [item for item in run.findings if item not in tolerated] + skipped
    for _, alike in groupby(shown, _what_is_shared):
        group = list(alike)
        for item in group:
            fixed = " (fixed here)" if item.fixed else ""
            write(_what(item, run), f"{item.verdict.value}{fixed}", item.verdict)
        for line in body(group[-1]) if len(group) == 1 else _body_of_all(group):
            for part in _wrapped(line, width):
                write(f"  {part}")
        for item in group:
            if item.verdict not in FIXABLE and item.bypass and not item.fixed:
                write(f"    {run.bypass(item)}")
    for item in run.diagnoses:
        for note in item.notes:
            write(f"note: {_what(item, run)}{note}")
    for line in (*(_fixed(run.outcome, run) if run.outcome else _commands(run)), *_let_pass(run)):
        write(line)
    off = [item for item in run.diagnoses if item.why == OFF]
    for unchecked, why in ((tolerated, next(iter(tolerated[0].said), "no answer") if tolerated else ""), (off, OFF)):
        if unchecked:
            write(f"warning: not checked: {_names(unchecked)} ({why})")
    if not (shown or tolerated or off) and summary:
        counts = run.counts()
        write(summary_line(counts["checked"], counts["skipped"], run.seconds))


def _what(item: Diagnosis, run: Run) -> str:
    """Return where the version of ITEM is named, and which one it is."""
    ref = item.reference
    place = f"{run.path(ref.locations[0].file)}:{ref.locations[0].line}: " if ref.locations else ""
    return f"{place}{ref.module} {ref.version}: " if ref.module else place


def _writer(stream: TextIO, colour: bool) -> Callable[..., None]:
    def harmless(text: str) -> str:
        """CI systems take these for commands: GitHub at the beginning of a line, Azure Pipelines in the middle too."""
        text = printable(text).replace("##", "# #")
        return f"./{text}" if text.lstrip().startswith("::") else text

    if not colour:
        return lambda text, word="", verdict=None: print(harmless(text + word), file=stream)
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, force_terminal=True, highlight=False, soft_wrap=True)

    def write(text: str, word: str = "", verdict: Verdict | None = None) -> None:
        line = Text(harmless(text))
        line.append(word, style=f"bold {_COLOURS.get(verdict, 'red')}" if verdict else "")
        console.print(line)

    return write


def _wrapped(line: str, width: int) -> list[str]:
    if line.startswith(" ") or not 40 <= width < len(line) + 2:
        return [line]
    return wrap(line, width - 2, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _what_is_shared(item: Diagnosis) -> tuple[object, ...]:
    """Return what two findings must have in common to be explained once: all but the names, times and versions."""
    asked = tuple((answer.proxy, answer.status, answer.detail if not answer.status else "") for answer in item.proxies)
    alone = () if item.verdict in (Verdict.STALE, Verdict.UNAVAILABLE, Verdict.SKIPPED) else (item.reference,)
    failed = () if item.fixed else item.do if item.verdict is Verdict.STALE else ()
    return item.verdict, item.why, item.fixed, asked, alone, failed


def _body_of_all(group: list[Diagnosis]) -> Iterator[str]:
    """Yield what the findings of GROUP share, in the words of the last one but without names."""
    last = group[-1]
    for answer in last.proxies:
        status = f"{answer.status} {answer.reason}" if answer.status else answer.detail
        yield f"{answer.proxy.shown}: {status}"
    if last.origin and last.origin.published:
        yield "their origins have them"
    yield from list(body(last))[len(last.said) :]


def _commands(run: Run) -> Iterator[str]:
    """Yield the commands that fetch what is stale or unlisted, one for each module folder, and how to go on."""
    fixable = [item for item in run.diagnoses if item.verdict in FIXABLE]
    fetch = [item for item in fixable if item.reference.unrecorded or not item.reference.locations]
    if fetch:
        yield ""
        yield "Fetch it here, past the proxy; go.sum gets its lines:"
        for folder, refs in by_folder(fetch).items():
            yield f"  {command(refs, run.path(folder))}"
    if fixable:
        yield "" if not fetch else f"CI and others behind the proxy can't get {_it(fixable)} until it asks again."
        fixing = "the hook goproxy-fix" if run.hook == "pre-commit" else "--fix in the hook"
        before = f"To {run.action} before that: {fixing}, or for once {_once(run)}"
        yield before if run.hook else "To go on before that, with a warning: the same with --fix (the hook goproxy-fix)"


def _once(run: Run) -> str:
    """Return what lets a commit or a push go on without its hook."""
    if run.hook == "pre-commit":
        return f"SKIP={'goproxy-fix' if run.outcome else 'goproxy-check'} git {run.action}"
    return f"git {run.action} --no-verify"


def _let_pass(run: Run) -> Iterator[str]:
    """Yield how to go on although nobody answers."""
    if not any(run.stops(item) and item.verdict is Verdict.UNAVAILABLE for item in run.diagnoses):
        return
    yield ""
    without = f"To {run.action} without this check: {_once(run)}, or --allow-unavailable in the hook"
    yield without if run.hook else "To let it pass for now: the same with --allow-unavailable"


def _fixed(outcome: Outcome, run: Run) -> Iterator[str]:
    """Yield what --fix did, and what is left to do."""
    fixed = [item for item in outcome.diagnoses if item.fixed]
    if fixed:
        yield ""
        stale = [item for item in fixed if item.verdict in FIXABLE]
        what = "fixed: fetched from the origin" if stale else "fixed: fetched without the checksum database"
        what = what if outcome.to_add else "warning: here, but not at the proxy"
        others = f"; others behind the proxy can't get {_it(stale)} until it asks again" if stale else ""
        yield f"{what}: {_names(fixed)}{others}"
    if outcome.to_add:
        files = " ".join(quoted(run.path(file)) for file in outcome.to_add)
        needs = f"The {run.action} needs the new lines of go.sum: git add {files}"
        if run.action == "push":
            needs = f"The push needs the new lines of go.sum in a commit: git add {files} && git commit"
        yield needs if run.commits else f"go.sum has new lines: {files}"


def _it(items: list[Diagnosis]) -> str:
    return "it" if len(items) == 1 else "them"


def _names(items: list[Diagnosis]) -> str:
    names = [str(item.reference) for item in items]
    return ", ".join(names) if len(names) <= _FEW else f"{len(names)} versions"
