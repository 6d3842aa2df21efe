"""A run as workflow commands of GitHub Actions, which show up as annotations of a pull request."""

from goproxy_check.report.outcome import Run
from goproxy_check.report.text import explanation
from goproxy_check.system.redact import harmless


def as_github(run: Run) -> str:
    """Return one annotation for each finding of RUN."""
    lines = []
    for item in run.findings:
        level = "error" if run.stops(item) else "warning"
        ref = item.ref
        title = ": ".join(filter(None, (str(ref) if ref.module else "", item.verdict.value)))
        place = ref.locations[0] if ref.locations else None
        where = f"file={_property(place.file)},line={place.line}," if place else ""
        text = "\n".join(explanation([item], run))
        lines.append(f"::{level} {where}title={_property(title)}::{_data(text)}\n")
    return "".join(lines)


def _data(text: str) -> str:
    """Escape the message of a workflow command (GitHub's toolkit, packages/core/src/command.ts)."""
    return "%0A".join(harmless(line).replace("%", "%25") for line in text.split("\n"))


def _property(text: str) -> str:
    return _data(text.replace("\n", " ")).replace(":", "%3A").replace(",", "%2C")
