"""What a person reads who is about to commit: what is wrong, who said what, why, and the one command."""

from collections.abc import Callable, Iterator
from itertools import groupby
from textwrap import wrap
from typing import TextIO

from goproxy_check.report.commands import commands, once, quoted
from goproxy_check.report.outcome import Run
from goproxy_check.system.redact import harmless, one_line
from goproxy_check.verdict.evidence import Diagnosis
from goproxy_check.verdict.reasons import FIXABLE, Remedy, Verdict
from goproxy_check.verdict.words import explained, said

_COLOURS = {Verdict.SKIPPED: "dim", Verdict.UNAVAILABLE: "yellow"}
_FEW = 5


def print_text(run: Run, stream: TextIO, *, colour: bool, summary: bool, width: int = 0) -> None:
    """Write RUN for a person: findings, then the commands that help; with SUMMARY a line if all is well.

    Prose is broken after WIDTH characters (0: never), commands are not: what is pasted must stay whole.
    """
    write = _writer(stream, colour)
    tolerated = [item for item in run.findings if run.tolerated(item)]
    listed = [item for item in run.diagnoses if run.show_skipped and item.verdict is Verdict.SKIPPED]
    again = {item.ref for item in run.findings if item.fixed and not run.to_add}  # one line is enough the second time
    shown = [item for item in run.findings if item not in tolerated and item.ref not in again] + listed
    sections = 0
    for _, alike in groupby(shown, _kind):
        group = list(alike)
        write("") if sections else None
        sections += 1
        for item in group:
            write(_what(item, run), item.verdict.value + " (fixed here)" * item.fixed, item.verdict)
            if len(group) > 1 and item.nearest:
                write(f"  nearest: {', '.join(item.nearest)}")
        for line in explanation(group, run, fetch_last=True):
            for part in _wrapped(line, width - 2):
                write(f"  {part}")
    for section in (_remedies(run), _fixed(run), _way_out(run)):
        lines = [part for line in section for part in _wrapped(line, width)]
        for line in ([""] if lines and sections else []) + lines:
            write(line)
        sections += bool(lines)
    for item in run.unchecked:
        why, _ = explained(item)
        write(f"warning: not checked: {f'{item.ref} ({why})' if item.ref.module else why}")
    if tolerated:
        answer = next(iter(said(tolerated[0])), "no answer")
        write(f"warning: not checked: {_names(tolerated)} ({answer})")
    if not (run.findings or listed or run.unchecked) and summary:
        write(_summary(run))


def _summary(run: Run) -> str:
    counts = run.counts()
    checked, passed = counts["checked"], f", {counts['skipped']} skipped" if counts["skipped"] else ""
    if not checked:
        return f"goproxy-check: no new module version{passed.replace(',', ' but')}"
    what = "version resolves" if checked == 1 else "versions resolve"
    return f"goproxy-check: {checked} module {what}{passed} ({run.seconds:.2f}s)"


def _what(item: Diagnosis, run: Run) -> str:
    """Return where the version of ITEM is named, and which one it is."""
    ref = item.ref
    place = f"{run.reader.path(ref.locations[0].file)}:{ref.locations[0].line}: " if ref.locations else ""
    if ref.is_toolchain:
        return f"{place}Go {ref.version.removeprefix('v0.0.1-go').rpartition('.')[0]}: "
    return f"{place}{ref.module} {ref.version}".rstrip() + ": " if ref.module else place


def explanation(group: list[Diagnosis], run: Run, *, fetch_last: bool = False) -> list[str]:
    """Return what the findings of GROUP share, a line each: who said what, why, and what to do; commands are indented.

    Of more than one, only what is true of all. FETCH_LAST: what --fix can fetch gets its command elsewhere.
    """
    last, alone = group[-1], len(group) == 1
    why, steps = explained(last, alone=alone)
    lines = [*said(last, alone=alone), why]
    if last.fixed:
        return lines
    if last.not_fixed:
        lines.append(f"Not fixed: {last.not_fixed[0].text.format(one_line(last.not_fixed[1]))}.")
    for step in steps:
        elsewhere = fetch_last and last.verdict in FIXABLE and step.remedy is Remedy.DIRECT and not last.not_fixed
        pasted = commands(step.remedy, group, run.reader) if step.remedy and not elsewhere else []
        lines += [step.text] if step.text and (pasted or not step.remedy) else []
        lines += [f"  {line}" for line in pasted]
    return lines


def _kind(item: Diagnosis) -> tuple[object, ...]:
    """Return what findings have in common that one explanation serves."""
    own = item.ref if item.ref.invalid or item.declares else None
    return item.why, said(item, alone=False), item.fixed, item.not_fixed and item.not_fixed[0], item.ref.skipped, own


def _remedies(run: Run) -> Iterator[str]:
    """Yield the commands that fetch what is stale or unlisted, one for each module folder."""
    if run.reader.fixes:
        return
    fixable = [item for item in run.diagnoses if item.verdict in FIXABLE]
    wanted = [item for item in fixable if item.ref.unrecorded or not item.ref.locations]
    if wanted:
        if not run.direct_allowed:
            yield "GOPROXY has no direct: a rule (a cooldown, a block list) may be against going around the proxy."
        yield "Fetch it here, past the proxy; go.sum gets its lines:"
        for line in commands(Remedy.DIRECT, wanted, run.reader):
            yield f"  {line}"
    if fixable:
        stops = ", and this check stops it again" if run.reader.hook else ""
        it = _it(fixable)
        yield f"Until the proxy has {it}, CI and others behind it can't get {it}{stops}."
        fixing = "the hook goproxy-fix" if run.reader.hook == "pre-commit" else "goproxy-check --fix"
        yield f"To go on with a warning: {fixing}{' in the hook' * (run.reader.hook == 'git')}."


def _fixed(run: Run) -> Iterator[str]:
    """Yield what --fix did, and what is left to do."""
    fixed = [item for item in run.diagnoses if item.fixed]
    if fixed:
        stale = [item for item in fixed if item.verdict in FIXABLE]
        what = "fixed: fetched from the origin" if stale else "fixed: fetched without the checksum database"
        what = what if run.to_add else "warning: here, but not at the proxy"
        others = f"; others behind the proxy can't get {_it(stale)} until it asks again" if stale else ""
        yield f"{what}: {_names(fixed)}{others}"
    yield from to_add(run)


def to_add(run: Run) -> Iterator[str]:
    """Yield what is to be done with the go.sum files that --fix has changed."""
    files = " ".join(quoted(run.reader.path(file)) for file in run.to_add)
    if files and not run.reader.commits:
        yield f"go.sum has new lines: {files}"
    elif files and run.reader.action == "push":
        yield f"The push needs the new lines of go.sum in a commit: git add {files} && git commit"
    elif files and not run.reader.plain:
        yield f"The commit needs the new lines of go.sum, so name go.sum in the same git commit, after: git add {files}"
    elif files:
        yield f"The commit needs the new lines of go.sum: git add {files}"


def _way_out(run: Run) -> Iterator[str]:
    """Yield how to go on all the same."""
    stopping = [item for item in run.diagnoses if run.stops(item)]
    if stopping and run.reader.hook:
        yield f"To {run.reader.action} without this check, once: {once(run.reader)}"
    elif any(item.verdict is Verdict.UNAVAILABLE for item in stopping):
        yield "To let it pass for now: the same with --allow-unavailable"


def _it(items: list[Diagnosis]) -> str:
    return "it" if len(items) == 1 else "them"


def _names(items: list[Diagnosis]) -> str:
    names = [str(item.ref) for item in items]
    return ", ".join(names) if len(names) <= _FEW else f"{len(names)} versions"


def _wrapped(line: str, width: int) -> list[str]:
    if line.startswith(" ") or not 38 <= width < len(line):
        return [line]
    return wrap(line, width, break_long_words=False, break_on_hyphens=False)


def _writer(stream: TextIO, colour: bool) -> Callable[..., None]:
    """Return what writes a line, with a word in the colour of its verdict at the end."""
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
