"""Text for people, JSON for programs, workflow commands for GitHub."""

import json
import posixpath
import shlex
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TextIO

from goproxy_check.diagnose import FIXABLE, Diagnosis, Verdict
from goproxy_check.fix import Outcome, by_folder, command
from goproxy_check.redact import one_line

_COLOURS = {Verdict.SKIPPED: "dim", Verdict.UNAVAILABLE: "yellow"}


@dataclass(frozen=True)
class Run:
    """One finished run: the verdicts, what --fix did if it ran, how long it took, in seconds.

    FOLDER is where the user stands, from the top of the repository. TOLERANT: --allow-unavailable was given.
    """

    diagnoses: list[Diagnosis]
    outcome: Outcome | None = None
    seconds: float = 0.0
    folder: str = ""
    tolerant: bool = False
    show_skipped: bool = False

    @property
    def findings(self) -> list[Diagnosis]:
        """Return what the user has to hear of."""
        return [item for item in self.diagnoses if item.finding]

    def stops(self, item: Diagnosis) -> bool:
        """Tell whether ITEM is a reason to fail."""
        passes = item.fixed or (self.tolerant and item.verdict is Verdict.UNAVAILABLE)
        return item.finding and not passes

    def exit_status(self) -> int:
        """Return 0 if nothing was found, or all of it fixed without changing a file that the commit needs, else 1."""
        changed = self.outcome is not None and bool(self.outcome.changed)
        return int(changed or any(self.stops(item) for item in self.diagnoses))

    def counts(self) -> dict[str, int]:
        """Return how many versions there are of each kind."""
        verdicts = [item.verdict for item in self.diagnoses]
        skipped = verdicts.count(Verdict.SKIPPED)
        return {
            "checked": len(verdicts) - skipped,
            "ok": verdicts.count(Verdict.OK),
            "findings": len(self.findings),
            "skipped": skipped,
        }


def as_json(run: Run) -> str:
    """Return RUN as the JSON document that the README describes (schema 1)."""
    results = []
    for item in run.diagnoses:
        ref, origin = item.reference, item.origin
        results.append(
            {
                "module": ref.module,
                "version": ref.version,
                "verdict": item.verdict.value,
                "finding": item.finding,
                "fixed": item.fixed,
                "locations": [{"file": place.file, "line": place.line} for place in ref.locations],
                "proxies": [
                    {"url": answer.proxy.shown, "status": answer.status or None, "detail": answer.detail}
                    for answer in item.proxies
                ],
                "origin": origin and {"url": origin.url, "published": origin.published, "nearest": list(item.nearest)},
                "cached_until": _utc(item.cached_until) if item.cached_until else None,
                "message": " ".join(filter(None, (*item.said, item.why, *item.do))),
                "fix": command([ref], next(iter(by_folder([item])))) if item.bypass else None,
            }
        )
    summary: dict[str, float] = {**run.counts(), "seconds": round(run.seconds, 3)}
    return json.dumps({"schema": 1, "summary": summary, "results": results}, indent=2)


def as_github(run: Run) -> str:
    """Return RUN as workflow commands of GitHub Actions, one annotation per finding."""
    lines = []
    for item in run.findings:
        ref = item.reference
        place = ref.locations[0] if ref.locations else None
        level = "error" if run.stops(item) else "warning"
        title = f"{ref}: {item.verdict.value}" if ref.module else item.verdict.value
        fix = (command([ref], next(iter(by_folder([item])))),) if item.bypass else ()
        text = "\n".join(filter(None, (*item.said, item.why, *item.do, *fix)))
        where = f"file={_property(place.file)},line={place.line}," if place else ""
        lines.append(f"::{level} {where}title={_property(title)}::{_data(text)}")
    return "\n".join(lines)


def _data(text: str) -> str:
    """Escape the message of a workflow command (GitHub's toolkit, packages/core/src/command.ts)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def print_text(run: Run, stream: TextIO, *, colour: bool, summary: bool) -> None:
    """Write RUN for a person: a block per finding, then the commands that help; with SUMMARY a line if all is well."""
    write = _writer(stream, colour)
    shown = [item for item in run.diagnoses if item.finding or (run.show_skipped and item.verdict is Verdict.SKIPPED)]
    last = None
    for index, item in enumerate(shown):
        ref = item.reference
        name = f" {ref.module} {ref.version}:" if ref.module or ref.version else ""
        place = f"{_from(run.folder, ref.locations[0].file)}:{ref.locations[0].line}:" if ref.locations else ""
        fixed = " (fixed here)" if item.fixed else ""
        write(one_line(f"{place}{name}".strip(), 600) + " ", f"{item.verdict.value}{fixed}", item.verdict)
        body = (*item.said, item.why)
        following = shown[index + 1] if index + 1 < len(shown) else None
        if following and (*following.said, following.why, following.verdict) == (*body, item.verdict):
            continue  # what many versions share is said once, below the last of them
        for line in filter(None, (*body, *_advice(run, item))):
            write(f"  {line}")
        last = item
    for line in _commands(run) if not run.outcome else _fixed(run, run.outcome):
        write(line)
    if summary and not (last and run.findings):
        write(_summary(run))


def _writer(stream: TextIO, colour: bool) -> Callable[..., None]:
    if not colour:
        return lambda text, word="", verdict=None: print(text + word, file=stream)
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, force_terminal=True, highlight=False, soft_wrap=True)

    def write(text: str, word: str = "", verdict: Verdict | None = None) -> None:
        line = Text(text)
        line.append(word, style=f"bold {_COLOURS.get(verdict, 'red')}" if verdict else "")
        console.print(line)

    return write


def _advice(run: Run, item: Diagnosis) -> Iterable[str]:
    """Yield until when a stale version stays so, and what to do about ITEM unless --fix has done it."""
    if item.verdict in FIXABLE:
        if item.cached_until:
            left = max(1, round((item.cached_until - time.time()) / 60))
            clock = time.strftime("%H:%M", time.localtime(item.cached_until))
            yield f"It may go on saying so until {clock} ({left} more minute{'s' if left > 1 else ''})."
        else:
            yield "It does not say for how long; half an hour is usual."
    if not item.fixed:
        yield from item.do
    if item.bypass and item.verdict not in FIXABLE:
        folder = next(iter(by_folder([item])))
        yield f"  {command([item.reference], _from(run.folder, folder))}"


def _commands(run: Run) -> Iterable[str]:
    """Yield the commands that fetch what is stale or unlisted, one for each module folder."""
    fixable = [item for item in run.diagnoses if item.verdict in FIXABLE]
    if not fixable:
        return
    yield ""
    yield "Fetch it here, past the proxy; go.sum gets its lines:"
    for folder, refs in by_folder(fixable).items():
        yield f"  {command(refs, _from(run.folder, folder))}"
    yield "Everybody else misses it until the proxy asks again. To go on before that, with a warning:"
    yield "  goproxy-check --fix   (as a pre-commit hook: goproxy-fix in place of goproxy-check)"


def _fixed(run: Run, outcome: Outcome) -> Iterable[str]:
    """Yield what --fix did, and what is left to do."""
    fixed = [str(item.reference) for item in outcome.diagnoses if item.fixed]
    if fixed:
        yield ""
        what = "fixed: {} came from the origin" if outcome.changed else "warning: {} is on this machine"
        yield f"{what.format(', '.join(fixed))}; everybody else misses it until the proxy asks again"
    if outcome.changed:
        files = shlex.join(_from(run.folder, file) for file in outcome.changed)
        yield f"{files} changed, and the commit needs it: git add {files}"


def _summary(run: Run) -> str:
    counts = run.counts()
    noun = "version" if counts["checked"] == 1 else "versions"
    skipped = f", {counts['skipped']} skipped" if counts["skipped"] else ""
    return f"goproxy-check: {counts['checked']} new module {noun}, all resolve{skipped} ({run.seconds:.2f}s)"


def _from(folder: str, path: str) -> str:
    """Return PATH, which is relative to the top of the repository, from FOLDER, which is too."""
    if path == folder:
        return ""
    return posixpath.relpath(path or ".", folder or ".") if folder else path


def _utc(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
