"""A run as JSON, for programs (schema 1: examples/report.schema.json)."""

import json
import time
from collections import Counter

from goproxy_check.report.commands import commands
from goproxy_check.report.outcome import Run
from goproxy_check.report.text import explanation
from goproxy_check.verdict.evidence import Diagnosis
from goproxy_check.verdict.reasons import Remedy, Verdict


def as_json(run: Run) -> str:
    """Return RUN as a JSON document."""
    results = [_result(item, run) for item in run.diagnoses]
    of = Counter(item.verdict for item in run.diagnoses)
    summary = {
        "checked": of.total() - of[Verdict.SKIPPED],
        "ok": of[Verdict.OK],
        "findings": len(run.findings),
        "skipped": of[Verdict.SKIPPED],
        "seconds": round(run.seconds, 3),
    }
    text = json.dumps({"schema": 1, "summary": summary, "results": results}, indent=2) + "\n"
    return text.replace("##", r"#\u0023")  # some CI systems take ##vso[ for a command, wherever it stands


def _result(item: Diagnosis, run: Run) -> dict[str, object]:
    ref, origin = item.ref, item.origin
    asked = [{"url": answer.url, "status": answer.status or None, "detail": answer.detail} for answer in item.said]
    remedies = [step.remedy for step in item.why.steps if step.remedy in (Remedy.DIRECT, Remedy.NOSUMDB)]
    fixes = [line for remedy in remedies if remedy for line in commands(remedy, [item], run)]
    published = origin and {"url": origin.url, "published": origin.published, "nearest": list(item.nearest)}
    return {
        "module": ref.module,
        "version": ref.version,
        "verdict": item.verdict.value,
        "finding": item.finding,
        "fixed": item.fixed,
        "locations": [{"file": place.file, "line": place.line} for place in ref.locations],
        "proxies": asked,
        "origin": published,
        "cached_until": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(item.until)) if item.until else None,
        "message": "\n".join(explanation([item], run)),
        "fix": fixes[0] if fixes else None,
    }
