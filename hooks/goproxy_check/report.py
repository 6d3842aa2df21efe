"""What a finished run amounts to, as JSON for programs and as workflow commands for GitHub."""

import json
import posixpath
import time
from collections.abc import Iterator
from dataclasses import dataclass

from goproxy_check.fix import Outcome, by_folder, command
from goproxy_check.redact import printable
from goproxy_check.verdict import FIXABLE, Diagnosis, Verdict

_DAY = 24 * 60  # minutes


@dataclass(frozen=True)
class Run:
    """One finished run: the verdicts, what --fix did if it ran, how long it took, in seconds.

    FOLDER is where the user stands, from the top of the repository. TOLERANT: --allow-unavailable was given. HOOK is
    what started this: "pre-commit", "git" (a plain hook), or "" for a person; ACTION is "commit" or "push".
    COMMITS: what --fix has changed must be added to a commit.
    """

    diagnoses: list[Diagnosis]
    outcome: Outcome | None = None
    seconds: float = 0.0
    folder: str = ""
    tolerant: bool = False
    show_skipped: bool = False
    hook: str = ""
    action: str = "commit"
    commits: bool = True

    @property
    def findings(self) -> list[Diagnosis]:
        """Return what the user has to hear of."""
        return [item for item in self.diagnoses if item.finding]

    def tolerated(self, item: Diagnosis) -> bool:
        """Tell whether ITEM passes because of --allow-unavailable."""
        return self.tolerant and item.verdict is Verdict.UNAVAILABLE

    def stops(self, item: Diagnosis) -> bool:
        """Tell whether ITEM is a reason to fail."""
        return item.finding and not item.fixed and not self.tolerated(item)

    def exit_status(self) -> int:
        """Return 0 if nothing was found, or all of it fixed and nothing left to add to the commit, else 1."""
        unfinished = self.commits and self.outcome is not None and bool(self.outcome.to_add)
        return int(unfinished or any(self.stops(item) for item in self.diagnoses))

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

    def path(self, path: str) -> str:
        """Return PATH, which is relative to the top of the repository, from where the user stands ("" is here)."""
        if path == self.folder:
            return ""
        return posixpath.relpath(path or ".", self.folder) if self.folder else path

    def bypass(self, item: Diagnosis) -> str:
        """Return the command that fetches ITEM from its origin, if that is a remedy."""
        folder = self.path(next(iter(by_folder([item]))))
        return command([item.reference], folder, item.bypass) if item.bypass else ""


def body(item: Diagnosis) -> Iterator[str]:
    """Yield what is known of ITEM, a line each: who said what, why, until when, and what to do unless that is done."""
    yield from item.said
    if item.verdict in FIXABLE:
        yield f"{item.why}{_until(item.cached_until)}"
    elif item.why:
        yield item.why
    if not item.fixed:
        yield from item.do


def _until(moment: float | None) -> str:
    if moment is None:
        return "."
    left = max(1, round((moment - time.time()) / 60))
    if left > _DAY:
        return f" until {time.strftime('%Y-%m-%d %H:%M', time.localtime(moment))}."
    return f" until {time.strftime('%H:%M', time.localtime(moment))} ({left} more minute{'s' if left > 1 else ''})."


def as_json(run: Run) -> str:
    """Return RUN as the JSON document that the README describes (schema 1)."""
    results = []
    for item in run.diagnoses:
        ref, origin = item.reference, item.origin
        proxies = [
            {"url": answer.proxy.shown, "status": answer.status or None, "detail": answer.detail}
            for answer in item.proxies
        ]
        results.append(
            {
                "module": ref.module,
                "version": ref.version,
                "verdict": item.verdict.value,
                "finding": item.finding,
                "fixed": item.fixed,
                "locations": [{"file": place.file, "line": place.line} for place in ref.locations],
                "proxies": proxies,
                "origin": origin and {"url": origin.url, "published": origin.published, "nearest": list(item.nearest)},
                "cached_until": _utc(item.cached_until) if item.cached_until else None,
                "notes": list(item.notes),
                "message": "\n".join(body(item)),
                "fix": run.bypass(item) or None,
            }
        )
    summary: dict[str, float] = {**run.counts(), "seconds": round(run.seconds, 3)}
    return json.dumps({"schema": 1, "summary": summary, "results": results}, indent=2)


def _utc(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def as_github(run: Run) -> str:
    """Return RUN as workflow commands of GitHub Actions, one annotation per finding and per note."""
    lines = []
    for item in run.diagnoses:
        texts = [("notice", note) for note in item.notes]
        if item.finding:
            level = "error" if run.stops(item) else "warning"
            texts.append((level, "\n".join(filter(None, (*body(item), run.bypass(item))))))
        ref = item.reference
        title = ": ".join(filter(None, (str(ref) if ref.module else "", item.verdict.value)))
        place = ref.locations[0] if ref.locations else None
        where = f"file={_property(place.file)},line={place.line}," if place else ""
        lines += [f"::{level} {where}title={_property(title)}::{_data(text)}" for level, text in texts]
    return "".join(f"{line}\n" for line in lines)


def _data(text: str) -> str:
    """Escape the message of a workflow command (GitHub's toolkit, packages/core/src/command.ts)."""
    return "%0A".join(printable(line).replace("%", "%25") for line in text.split("\n"))


def _property(text: str) -> str:
    return _data(text.replace("\n", " ")).replace(":", "%3A").replace(",", "%2C")
