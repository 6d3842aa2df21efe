"""What a person reads who is about to commit: what is wrong, who said what, why, and the one command."""

import sys
import time
from collections.abc import Iterator
from itertools import groupby

from goproxy_check.report.commands import commands, quoted
from goproxy_check.system.redact import harmless, one_line
from goproxy_check.system.terminal import styled
from goproxy_check.verdict.evidence import Diagnosis, Run
from goproxy_check.verdict.reasons import FETCHES, FINE, FIXABLE, NO_DIRECT, Remedy, Verdict, Why

_COLOURS = {Verdict.SKIPPED: "1;2", Verdict.UNAVAILABLE: "1;33"}  # ECMA-48: dim, yellow; the others are red


def as_text(run: Run) -> str:
    """Return RUN for a person: findings with the commands that help; on a terminal also a line if all is well."""
    findings = [item for item in run.diagnoses if item.verdict not in FINE]
    tolerated = [item for item in findings if not (item.fixed or run.stops(item))]
    skipped = [item for item in run.diagnoses if item.verdict is Verdict.SKIPPED]
    listed = skipped if run.options.trace else []
    unchecked = [item for item in skipped if item.why in (Why.OFF, Why.LINK)]
    # Of what is fixed one line is enough the second time.
    shown = [item for item in findings if run.stops(item) or (item.fixed and run.to_add)]
    lines = ["\n\n".join(filter(None, _sections(shown + listed, run)))]
    warnings = [f"{item.ref} ({_why(item)})" if item.ref.module else _why(item) for item in unchecked]
    warnings += [f"{_names(tolerated)} ({tolerated[0].answers()[0]})"] if tolerated else []
    lines += [harmless(f"warning: not checked: {warning}") for warning in warnings]
    if (run.terminal or run.options.all or run.options.releasing) and not (unchecked or findings or listed):
        number = len(run.diagnoses) - len(skipped)
        words = {0: "no new module version", 1: "1 module version resolves"}
        text = words.get(number, f"{number} module versions resolve") + f", {len(skipped)} skipped" * bool(skipped)
        lines.append(f"goproxy-check: {text} ({run.seconds:.2f}s)")
    return "".join(f"{line}\n" for line in lines if line)


def _sections(shown: list[Diagnosis], run: Run) -> Iterator[str]:
    """Yield the lines that go together: what one explanation serves, and what is left to do."""
    coloured = styled(run.options.color, sys.stdout)
    for _, alike in groupby(shown, lambda item: (_why(item), item.answers(alone=False), (item.not_fixed or ("",))[0])):
        group, lines = list(alike), []
        for item in group:
            place = "".join(f"{run.path(file)}:{line}: " for file, line in item.ref.locations[:1])
            release = item.ref.version.removeprefix("v0.0.1-go").rpartition(".")[0]
            name = f"Go {release}" if item.ref.is_toolchain else f"{item.ref.module} {item.ref.version}".strip()
            verdict = item.verdict.value + " (fixed here)" * item.fixed
            verdict = f"\x1b[{_COLOURS.get(item.verdict, '1;31')}m{verdict}\x1b[0m" if coloured else verdict
            lines.append(harmless(place + f"{name}: " * bool(name)) + verdict)
            lines += [harmless(f"  nearest: {', '.join(item.nearest)}")] if len(group) > 1 and item.nearest else []
        yield "\n".join(lines + [harmless(f"  {line}") for line in explanation(group, run)])
    yield "\n".join(map(harmless, after_fix(run)))
    yield "\n".join(map(harmless, _way_out(run)))


def explanation(group: list[Diagnosis], run: Run) -> list[str]:
    """Return what is true of all GROUP, a line each: who said what, why, and what to do; commands are indented."""
    last, alone = group[-1], len(group) == 1
    lines, invalid = [*last.answers(alone=alone), _why(last)], last.ref.invalid
    instead: tuple[str | Remedy, ...] = ()  # of fetching it from its origin
    if last.fixed:
        return lines
    if last.not_fixed:
        (text, step), words = last.not_fixed[0].value, one_line(last.not_fixed[1])
        lines.append(f"Not fixed: {text.format(words)}.")
        instead = (step,)
    elif last.verdict in FIXABLE and not any(item.ref.unrecorded or not item.ref.locations for item in group):
        instead = ("go.sum has its lines already: there is nothing to fetch.",)
    lines += [f"Nearest: {', '.join(last.nearest)}."] if last.nearest and alone else []
    right = invalid.right.replace("@", " " if last.ref.locations else "@") if invalid else ""
    lines += [f"If this is what you mean: {right}"] if right else []
    for step in (*(step for step in last.why.steps if not (instead and step in FETCHES)), *instead):
        if isinstance(step, str):
            lines.append(step)
        elif pasted := [f"  {command}" for command in commands(step, group, run)]:
            lines += [NO_DIRECT] if step in FETCHES and run.env.end != "direct" else []
            lines += [step.value, *pasted]
    return lines


def _why(item: Diagnosis) -> str:
    """Return why ITEM is so: also how long a proxy repeats its answer, as the clock time and the minutes."""
    remembers = "may remember the miss; until when is unknown (half an hour or a day are usual): ask whoever runs it"
    if item.until:
        left = max(1, round((item.until - time.time()) / 60))
        clock = time.strftime("%H:%M" if left < 24 * 60 else "%Y-%m-%d %H:%M", time.localtime(item.until))
        remembers = f"remembers the miss until {clock} ({left} more minute{'s' * (left > 1)})"
    return item.why.text.format(ref=item.ref, declares=item.declares, remembers=remembers)


def after_fix(run: Run) -> Iterator[str]:
    """Yield what --fix did, and what is to be done with the go.sum files that it has changed."""
    if fixed := [item for item in run.diagnoses if item.fixed]:
        stale = [item for item in fixed if item.verdict in FIXABLE]
        what = "fixed: fetched from the origin" if stale else "fixed: fetched without the checksum database"
        what = what if run.to_add else "warning: here, but not at the proxy"
        yield f"{what}: {_names(fixed)}" + f"; {_others(stale)}" * bool(stale)
    files = " ".join(quoted(run.path(file)) for file in run.to_add)
    if files and run.options.all:
        yield f"go.sum has new lines: {files}"
    elif files and run.options.action == "push":
        yield f"The push needs the new lines of go.sum in a commit: git add {files} && git commit"
    elif files:
        again = "" if run.options.plain else ", then the same git commit (with go.sum, if it names files)"
        yield f"The commit needs the new lines of go.sum: git add {files}{again}"


def _way_out(run: Run) -> Iterator[str]:
    """Yield how the same commit or push goes on without its hook: a command where it is sure to be the same."""
    hook, action = run.options.hook, run.options.action
    stopping = [item for item in run.diagnoses if run.stops(item)]
    if (stale := [item for item in stopping if item.verdict in FIXABLE]) and not run.options.fix:
        yield f"CI and {_others(stale)}{', and this check stops it until then' * bool(hook)}."
        some, fixing = " for what is stale" * (len(stale) < len(stopping)), "goproxy-check --fix"
        if run.options.wait is None:
            yield f"To go on with a warning{some}: {f'the hook goproxy-fix ({fixing})' if hook else fixing}."
    if any(item.verdict is Verdict.UNAVAILABLE for item in stopping):
        where = {"pre-commit": "in the hook's arguments", "git": "after goproxy-check in the hook"}
        yield f"To let it pass with a warning: --allow-unavailable {where.get(hook, 'after the same command')}"
    # Either id; of an unknown one pre-commit takes no notice.
    skip = "SKIP=goproxy-check,goproxy-fix" if hook == "pre-commit" else ""
    once = f"the same git {action} with {f'{skip} in front' if skip else '--no-verify'}"
    if run.options.plain and action == "commit":
        once = f"{skip} git commit" if skip else "git commit --no-verify"
    if stopping and hook:
        yield f"To {action} without this check, once: {once}"


def _others(stale: list[Diagnosis]) -> str:
    return f"others behind the proxy can't get {'it' if len(stale) == 1 else 'them'} until the proxy asks again"


def _names(items: list[Diagnosis]) -> str:
    return ", ".join(str(item.ref) for item in items) if len(items) <= 5 else f"{len(items)} versions"
