"""What a person reads who is about to commit: what is wrong, who said what, why, and the one command."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from textwrap import wrap
from typing import TextIO

from goproxy_check.gofiles.reference import Skip
from goproxy_check.report.commands import commands, once, quoted
from goproxy_check.report.outcome import Run
from goproxy_check.system.redact import harmless, one_line
from goproxy_check.system.terminal import styled
from goproxy_check.verdict.evidence import Diagnosis
from goproxy_check.verdict.reasons import FIXABLE, Remedy, Verdict
from goproxy_check.verdict.words import explained, said

_COLOURS = {Verdict.SKIPPED: "dim", Verdict.UNAVAILABLE: "yellow"}
_FEW = 5


def print_text(run: Run, stream: TextIO, *, terminal: bool) -> None:
    """Write RUN for a person: findings, then the commands that help, or perhaps a line if all is well.

    For a TERMINAL prose is broken, commands are not: what is pasted must stay whole.
    """
    write = _writer(stream, styled(run.options.color, stream))
    width = shutil.get_terminal_size().columns if terminal else 0
    tolerated = [item for item in run.findings if run.tolerated(item)]
    skipped = [item for item in run.diagnoses if item.verdict is Verdict.SKIPPED]
    unchecked = [item for item in skipped if item.ref.skipped and item.ref.skipped.why in (Skip.OFF, Skip.LINK)]
    again = {item.ref for item in run.findings if item.fixed and not run.to_add}  # one line is enough the second time
    shown = [item for item in run.findings if item not in tolerated and item.ref not in again]
    shown += skipped if run.options.trace else []
    for number, section in enumerate(filter(None, _sections(shown, run, width))):
        for line in [("",)] * bool(number) + section:
            write(*line)
    for item in unchecked:
        why, _ = explained(item)
        write(f"warning: not checked: {f'{item.ref} ({why})' if item.ref.module else why}")
    if tolerated:
        answer = next(iter(said(tolerated[0])), "no answer")
        write(f"warning: not checked: {_names(tolerated)} ({answer})")
    asked = terminal or run.options.all or run.options.releasing
    if asked and not (run.findings or unchecked or (skipped and run.options.trace)):
        number = len(run.diagnoses) - len(skipped)
        words = {0: "no new module version", 1: "1 module version resolves"}
        text = words.get(number, f"{number} module versions resolve") + f", {len(skipped)} skipped" * bool(skipped)
        write(f"goproxy-check: {text} ({run.seconds:.2f}s)")


def _sections(shown: list[Diagnosis], run: Run, width: int) -> Iterator[list[tuple[str, ...]]]:
    """Yield what goes together as lines, some of which end with a word in a style of its own."""
    for _, alike in groupby(shown, _kind):
        group = list(alike)
        lines: list[tuple[str, ...]] = []
        for item in group:
            style = f"bold {_COLOURS.get(item.verdict, 'red')}"
            lines.append((_what(item, run), item.verdict.value + " (fixed here)" * item.fixed, style))
            lines += [(f"  nearest: {', '.join(item.nearest)}",)] if len(group) > 1 and item.nearest else []
        yield lines + [(f"  {line}",) for line in _wrapped(explanation(group, run, fetch_last=True), width - 2)]
    for remarks in (_remedies(run), _fixed(run), _way_out(run)):
        yield [(line,) for line in _wrapped(remarks, width)]


def _what(item: Diagnosis, run: Run) -> str:
    """Return where the version of ITEM is named, and which one it is."""
    ref = item.ref
    place = f"{run.path(ref.locations[0].file)}:{ref.locations[0].line}: " if ref.locations else ""
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
    elsewhere = fetch_last and last.verdict in FIXABLE and not last.not_fixed
    for step in steps:
        if not step.remedy:
            lines.append(step.text)
        elif not (elsewhere and step.remedy is Remedy.DIRECT) and (pasted := commands(step.remedy, group, run)):
            lines += [step.text, *(f"  {command}" for command in pasted)]
    return lines


def _kind(item: Diagnosis) -> tuple[object, ...]:
    """Return what findings have in common that one explanation serves."""
    own = item.ref if item.ref.invalid or item.declares else None
    return item.why, said(item, alone=False), item.fixed, item.not_fixed and item.not_fixed[0], item.ref.skipped, own


def _remedies(run: Run) -> Iterator[str]:
    """Yield the commands that fetch what is stale or unlisted, one for each module folder."""
    fixable = [item for item in run.diagnoses if item.verdict in FIXABLE]
    if not fixable or run.options.fix:
        return
    if wanted := [item for item in fixable if item.ref.unrecorded or not item.ref.locations]:
        if run.env and run.env.end != "direct":
            yield "GOPROXY has no direct: a rule (a cooldown, a block list) may be against going around the proxy."
        yield "Fetch it here, past the proxy; go.sum gets its lines:"
        for line in commands(Remedy.DIRECT, wanted, run):
            yield f"  {line}"
    hook, it = run.options.hook, _it(fixable)
    stops = ", and this check stops it again" if hook else ""
    here = "" if wanted else "Here go.sum has its lines already. "
    yield f"{here}Until the proxy has {it}, CI and others behind it can't get {it}{stops}."
    fixing = "the hook goproxy-fix" if hook == "pre-commit" else "goproxy-check --fix"
    yield f"To go on with a warning: {fixing}{' in the hook' * (hook == 'git')}."


def _fixed(run: Run) -> Iterator[str]:
    """Yield what --fix did, and what is left to do."""
    if fixed := [item for item in run.diagnoses if item.fixed]:
        stale = [item for item in fixed if item.verdict in FIXABLE]
        what = "fixed: fetched from the origin" if stale else "fixed: fetched without the checksum database"
        what = what if run.to_add else "warning: here, but not at the proxy"
        others = f"; others behind the proxy can't get {_it(stale)} until it asks again" if stale else ""
        yield f"{what}: {_names(fixed)}{others}"
    yield from to_add(run)


def to_add(run: Run) -> Iterator[str]:
    """Yield what is to be done with the go.sum files that --fix has changed."""
    files = " ".join(quoted(run.path(file)) for file in run.to_add)
    if files and run.options.all:
        yield f"go.sum has new lines: {files}"
    elif files and run.options.action == "push":
        yield f"The push needs the new lines of go.sum in a commit: git add {files} && git commit"
    elif files:
        name = "" if run.options.plain else ", so name go.sum in the same git commit, after"
        yield f"The commit needs the new lines of go.sum{name}: git add {files}"


def _way_out(run: Run) -> Iterator[str]:
    """Yield how to go on all the same."""
    stopping = [item for item in run.diagnoses if run.stops(item)]
    if any(item.verdict is Verdict.UNAVAILABLE for item in stopping):
        where = "in the hook's arguments" if run.options.hook else "after the same command"
        yield f"To let it pass with a warning: --allow-unavailable {where}"
    if stopping and run.options.hook:
        yield f"To {run.options.action} without this check, once: {once(run)}"


def _it(items: list[Diagnosis]) -> str:
    return "it" if len(items) == 1 else "them"


def _names(items: list[Diagnosis]) -> str:
    return ", ".join(str(item.ref) for item in items) if len(items) <= _FEW else f"{len(items)} versions"


def _wrapped(lines: Iterable[str], width: int) -> Iterator[str]:
    """Yield LINES, those of prose broken before WIDTH; commands, which are indented, stay whole."""
    for line in lines:
        if line.startswith(" ") or not 38 <= width < len(line):
            yield line
        else:
            yield from wrap(line, width, break_long_words=False, break_on_hyphens=False)


def _writer(stream: TextIO, colour: bool) -> Callable[..., None]:
    """Return what writes a line, with a word in a style of its own at the end."""
    if not colour:
        return lambda text, word="", style="": print(harmless(text + word), file=stream)
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, force_terminal=True, highlight=False, soft_wrap=True)
    return lambda text, word="", style="": console.print(Text.assemble(harmless(text), (word, style)))
