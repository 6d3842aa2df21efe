"""The README shows what the program says: its help and the demo cannot drift."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from goproxy_check.cli import main
from goproxy_check.verdict import Verdict

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_help(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    with pytest.raises(SystemExit):
        main(["--help"])
    assert capsys.readouterr().out in README


def plain(text: str) -> str:
    """Return the demo's output without what differs from run to run."""
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
    text = re.sub(r"until \d\d:\d\d \(\d+ more minutes", "until LATER", text)
    return re.sub(r"(?m)^[0-9a-f]{7,} ", "COMMIT ", text)


def test_demo() -> None:
    demo = [sys.executable, "-m", "tests.support.demo"]
    done = subprocess.run(demo, cwd=Path(__file__).parents[1], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert plain(done.stdout).strip() in plain(README)


def test_every_verdict_is_explained() -> None:
    for verdict in Verdict:
        assert f"| `{verdict.value}` |" in README
