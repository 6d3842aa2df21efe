"""A run for programs: as JSON (schema 1: examples/report.schema.json), and as annotations on GitHub."""

import json
import time
from collections import Counter

from goproxy_check.report.commands import commands
from goproxy_check.report.text import explanation
from goproxy_check.system.redact import harmless, redacted_url
from goproxy_check.verdict.evidence import Diagnosis, Run
from goproxy_check.verdict.reasons import Remedy, Verdict


def as_json(run: Run) -> str:
    """Return RUN as a JSON document."""
    of = Counter(item.verdict for item in run.diagnoses)
    summary = {
        "checked": of.total() - of[Verdict.SKIPPED],
        "ok": of[Verdict.OK],
        "findings": sum(item.finding for item in run.diagnoses),
        "skipped": of[Verdict.SKIPPED],
        "seconds": round(run.seconds, 3),
    }
    results = [_result(item, run) for item in run.diagnoses]
    text = json.dumps({"schema": 1, "summary": summary, "results": results}, indent=2) + "\n"
    return text.replace("##", r"#\u0023")  # some CI systems take ##vso[ for a command, wherever it stands


def _result(item: Diagnosis, run: Run) -> dict[str, object]:
    ref, origin = item.ref, item.origin
    asked = [
        {"url": redacted_url(one.proxy.url), "status": one.status or None, "detail": one.detail} for one in item.said
    ]
    remedies = [remedy for remedy in (Remedy.DIRECT, Remedy.FIRST, Remedy.NOSUMDB) if remedy in item.why.steps]
    fixes = [line for remedy in remedies for line in commands(remedy, [item], run)]
    return {
        "module": ref.module,
        "version": ref.version,
        "verdict": item.verdict.value,
        "finding": item.finding,
        "fixed": item.fixed,
        "locations": [place._asdict() for place in ref.locations],
        "proxies": asked,
        "origin": origin and {"url": origin.url, "published": origin.published, "nearest": list(item.nearest)},
        "cached_until": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(item.until)) if item.until else None,
        "message": "\n".join(explanation([item], run)),
        "fix": fixes[0] if fixes else None,
    }


def as_github(run: Run) -> str:
    """Return RUN as workflow commands of GitHub Actions: one annotation for each finding."""
    lines = []
    for item in (item for item in run.diagnoses if item.finding):
        ref = item.ref
        title = f"{ref}: {item.verdict.value}" if ref.module else item.verdict.value
        where = "".join(f"file={_property(place.file)},line={place.line}," for place in ref.locations[:1])
        text = _escaped("\n".join(explanation([item], run)))
        lines.append(f"::{'error' if run.stops(item) else 'warning'} {where}title={_property(title)}::{text}\n")
    return "".join(lines)


def _escaped(text: str) -> str:
    """Escape the message of a workflow command (GitHub's toolkit, packages/core/src/command.ts)."""
    return "%0A".join(harmless(line).replace("%", "%25") for line in text.split("\n"))


def _property(text: str) -> str:
    return _escaped(text.replace("\n", " ")).replace(":", "%3A").replace(",", "%2C")
