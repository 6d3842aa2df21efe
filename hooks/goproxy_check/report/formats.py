"""A run for programs: as JSON (schema 1: examples/report.schema.json), and as annotations on GitHub."""

import json
import time
from collections import Counter

from goproxy_check.report.commands import commands
from goproxy_check.report.text import explanation
from goproxy_check.system.redact import harmless
from goproxy_check.verdict.evidence import Diagnosis, Run
from goproxy_check.verdict.reasons import FETCHES, FINE, Remedy, Verdict


def as_json(run: Run) -> str:
    """Return RUN as a JSON document."""
    of = Counter(item.verdict for item in run.diagnoses)
    summary = {
        "checked": of.total() - of[Verdict.SKIPPED],
        "ok": of[Verdict.OK],
        "findings": sum(item.verdict not in FINE for item in run.diagnoses),
        "skipped": of[Verdict.SKIPPED],
        "seconds": round(run.seconds, 3),
    }
    document = {"schema": 1, "summary": summary, "results": [_result(item, run) for item in run.diagnoses]}
    return json.dumps(document, indent=2).replace("##", r"#\u0023") + "\n"  # some CI systems obey ##vso[ anywhere


def _result(item: Diagnosis, run: Run) -> dict[str, object]:
    remedies = [remedy for remedy in (*FETCHES, Remedy.NOSUMDB) if remedy in item.why.steps]
    return {
        "module": item.ref.module,
        "version": item.ref.version,
        "verdict": item.verdict.value,
        "finding": item.verdict not in FINE,
        "fixed": item.fixed,
        "locations": [place._asdict() for place in item.ref.locations],
        "proxies": [{"url": url, "status": one.status or None, "detail": one.detail} for url, one in item.said],
        "origin": item.origin and {"url": item.origin.url, "published": item.origin.published, "nearest": item.nearest},
        "cached_until": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(item.until)) if item.until else None,
        "message": "\n".join(explanation([item], run)),
        "fix": next((line for remedy in remedies for line in commands(remedy, [item], run)), None),
    }


def as_github(run: Run) -> str:
    """Return RUN as workflow commands of GitHub Actions: one annotation for each finding."""
    lines = []
    for item in (item for item in run.diagnoses if item.verdict not in FINE):
        title = f"{item.ref}: " * bool(item.ref.module) + item.verdict.value
        where = "".join(f"file={_property(place.file)},line={place.line}," for place in item.ref.locations[:1])
        text = "%0A".join(map(_escaped, explanation([item], run)))
        lines.append(f"::{'error' if run.stops(item) else 'warning'} {where}title={_property(title)}::{text}\n")
    return "".join(lines)


def _escaped(text: str) -> str:
    """Escape a line of a workflow command's message (GitHub's toolkit, packages/core/src/command.ts)."""
    return harmless(text).replace("%", "%25")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
