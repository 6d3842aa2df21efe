"""What a person reads who is about to commit: what is wrong, who said what, why, and the one command."""

import shutil
import time
from collections.abc import Iterable, Iterator
from itertools import groupby
from textwrap import wrap
from typing import TextIO

from goproxy_check.gofiles.reference import Skip
from goproxy_check.report.commands import commands, quoted
from goproxy_check.system.redact import harmless, one_line
from goproxy_check.system.terminal import styled
from goproxy_check.verdict.evidence import Diagnosis, Run
from goproxy_check.verdict.reasons import CORRECT, FIXABLE, INVALID_STEPS, NEAREST, SKIPPED, Remedy, Verdict

_COLOURS = {Verdict.SKIPPED: "1;2", Verdict.UNAVAILABLE: "1;33"}  # ECMA-48: dim, yellow; the others red
_RED = "1;31"
_DAY = 24 * 60  # minutes


def print_text(run: Run, stream: TextIO, *, terminal: bool) -> None:
    """Write RUN for a person: findings, then the commands that help, or perhaps a line if all is well.

    For a TERMINAL prose is broken, commands are not: what is pasted must stay whole.
    """
    width = shutil.get_terminal_size().columns if terminal else 0
    tolerated = [item for item in run.findings if run.tolerated(item)]
    skipped = [item for item in run.diagnoses if item.verdict is Verdict.SKIPPED]
    unchecked = [item for item in skipped if item.ref.skipped and item.ref.skipped.why in (Skip.OFF, Skip.LINK)]
    again = {item.ref for item in run.findings if item.fixed and not run.to_add}  # one line is enough the second time
    shown = [item for item in run.findings if item not in tolerated and item.ref not in again]
    shown += skipped if run.options.trace else []
    sections = filter(None, _sections(shown, run, width, styled(run.options.color, stream)))
    lines = ["\n\n".join("\n".join(section) for section in sections)]
    warnings = [f"{item.ref} ({_why(item)})" if item.ref.module else _why(item) for item in unchecked]
    warnings += [f"{_names(tolerated)} ({next(iter(tolerated[0].answers()), 'no answer')})"] if tolerated else []
    lines += [harmless(f"warning: not checked: {warning}") for warning in warnings]
    asked = terminal or run.options.all or run.options.releasing
    if asked and not (run.findings or unchecked or (skipped and run.options.trace)):
        number = len(run.diagnoses) - len(skipped)
        words = {0: "no new module version", 1: "1 module version resolves"}
        text = words.get(number, f"{number} module versions resolve") + f", {len(skipped)} skipped" * bool(skipped)
        lines.append(f"goproxy-check: {text} ({run.seconds:.2f}s)")
    for line in filter(None, lines):
        print(line, file=stream)


def _sections(shown: list[Diagnosis], run: Run, width: int, coloured: bool) -> Iterator[list[str]]:
    """Yield the lines that go together."""
    for _, alike in groupby(shown, _kind):
        group, lines = list(alike), []
        for item in group:
            verdict = item.verdict.value + " (fixed here)" * item.fixed
            verdict = f"\x1b[{_COLOURS.get(item.verdict, _RED)}m{verdict}\x1b[0m" if coloured else verdict
            lines.append(harmless(_what(item, run)) + verdict)
            lines += [harmless(f"  nearest: {', '.join(item.nearest)}")] if len(group) > 1 and item.nearest else []
        yield lines + [f"  {line}" for line in _wrapped(explanation(group, run, fetch_last=True), width - 2)]
    for remarks in (_remedies(run), _fixed(run), _way_out(run)):
        yield list(_wrapped(remarks, width))


def _kind(item: Diagnosis) -> tuple[object, ...]:
    """Return what findings have in common that one explanation serves."""
    own = item.ref if item.ref.invalid or item.declares else None
    reason = item.not_fixed and item.not_fixed[0]
    return item.why, item.answers(alone=False), item.fixed, reason, item.ref.skipped, own


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
    lines = [*last.answers(alone=alone), _why(last)]
    if last.fixed:
        return lines
    invalid, elsewhere = last.ref.invalid, fetch_last and last.verdict in FIXABLE
    steps = (INVALID_STEPS.get(invalid.kind, CORRECT),) if invalid else last.why.steps
    if last.not_fixed:
        reason, words = last.not_fixed
        lines.append(f"Not fixed: {reason.text.format(one_line(words))}.")
        steps, elsewhere = (*(step for step in steps if step.remedy is not Remedy.DIRECT), reason.step), False
    for step in steps:
        pasted = commands(step.remedy, group, run) if step.remedy else []
        needless = step is NEAREST and not (last.nearest and alone)
        if not (needless or (step.remedy and not pasted) or (elsewhere and step.remedy is Remedy.DIRECT)):
            text = step.text.format(ref=last.ref, nearest=", ".join(last.nearest))
            lines += [text, *(f"  {command}" for command in pasted)]
    return lines


def _why(item: Diagnosis) -> str:
    skipped = item.ref.skipped
    words = SKIPPED[skipped.why].format(skipped.detail) if skipped else ""
    remembers = _remembers(item.until)
    return item.why.text.format(ref=item.ref, declares=item.declares, skipped=words, remembers=remembers)


def _remembers(until: float | None) -> str:
    """Return how long a proxy repeats its answer: the clock time and the minutes."""
    if until is None:
        return "may remember the miss; until when is unknown (half an hour or a day are usual): ask whoever runs it"
    left = max(1, round((until - time.time()) / 60))
    clock = time.strftime("%H:%M" if left <= _DAY else "%Y-%m-%d %H:%M", time.localtime(until))
    minutes = f" ({left} more minute{'s' if left > 1 else ''})" if left <= _DAY else ""
    return f"remembers the miss until {clock}{minutes}"


def _remedies(run: Run) -> Iterator[str]:
    """Yield the commands that fetch what is stale or unlisted, one for each module folder."""
    fixable = [item for item in run.diagnoses if item.verdict in FIXABLE]
    if not fixable or run.options.fix:
        return
    wanted = [item for item in fixable if item.ref.unrecorded or not item.ref.locations]
    if wanted and run.env and run.env.end != "direct":
        yield "GOPROXY has no direct: a rule (a cooldown, a block list) may be against going around the proxy."
    if wanted:
        yield "Fetch it here, past the proxy; go.sum gets its lines:"
        yield from (f"  {line}" for line in commands(Remedy.DIRECT, wanted, run))
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
    """Yield how the same commit or push goes on without its hook: a command where it is sure to be the same."""
    hook, action = run.options.hook, run.options.action
    stopping = [item for item in run.diagnoses if run.stops(item)]
    if any(item.verdict is Verdict.UNAVAILABLE for item in stopping):
        where = "in the hook's arguments" if hook else "after the same command"
        yield f"To let it pass with a warning: --allow-unavailable {where}"
    # Either id; of an unknown one pre-commit takes no notice.
    skip = "SKIP=goproxy-check,goproxy-fix" if hook == "pre-commit" else ""
    once = f"the same git {action} with {f'{skip} in front' if skip else '--no-verify'}"
    if run.options.plain and action == "commit":
        once = f"{skip} git commit" if skip else "git commit --no-verify"
    if stopping and hook:
        yield f"To {action} without this check, once: {once}"


def _it(items: list[Diagnosis]) -> str:
    return "it" if len(items) == 1 else "them"


def _names(items: list[Diagnosis]) -> str:
    return ", ".join(str(item.ref) for item in items) if len(items) <= 5 else f"{len(items)} versions"


def _wrapped(lines: Iterable[str], width: int) -> Iterator[str]:
    """Yield LINES, those of prose broken before WIDTH; commands, which are indented, stay whole."""
    for line in lines:
        prose = not line.startswith(" ") and 38 <= width < len(line)
        parts = wrap(line, width, break_long_words=False, break_on_hyphens=False) if prose else [line]
        yield from map(harmless, parts)
