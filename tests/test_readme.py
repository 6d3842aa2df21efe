"""README and docs show what the program prints: its help and the demo cannot drift."""

import html
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from goproxy_check.cli import main
from goproxy_check.verdict.reasons import Verdict
from tests.support.world import LIB, World, go_mod

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")}


def test_help(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    with pytest.raises(SystemExit):
        main(["--help"])
    assert capsys.readouterr().out in DOCS["reference.md"]


def plain(text: str) -> str:
    """Return the demo's output without what differs from run to run."""
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
    text = re.sub(r"until \d\d:\d\d \(\d+ more minutes", "until LATER", text)
    return re.sub(r"(?m)^[0-9a-f]{7,} ", "COMMIT ", text)


def drawn(picture: str) -> str:
    """Return the text of an SVG picture, without its spaces, which are no part of it where lines are broken."""
    text = html.unescape("\n".join(re.findall(r"<text[^>]*>(.*?)</text>", picture))).replace("\xa0", " ")
    return "".join(plain(text).split())


@pytest.mark.starts_programs
def test_demo_and_its_picture(tmp_path: Path) -> None:
    demo = [sys.executable, "-m", "tests.support.demo", str(tmp_path / "demo.svg")]
    done = subprocess.run(demo, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    uncoloured = re.sub(r"\x1b\[[\d;]*m", "", done.stdout)
    assert plain(uncoloured).strip() in plain(DOCS["demo.md"])
    picture = (ROOT / "docs" / "demo.svg").read_text(encoding="utf-8")
    assert "(docs/demo.svg)" in README and "href" not in picture and "url(http" not in picture
    assert drawn((tmp_path / "demo.svg").read_text(encoding="utf-8")) == drawn(picture)


def test_every_verdict_is_explained() -> None:
    for verdict in Verdict:
        assert f"| `{verdict.value}` |" in README


def test_links_lead_somewhere() -> None:
    for name, text in {"README.md": README, **{f"docs/{name}": text for name, text in DOCS.items()}}.items():
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            assert (ROOT / name).parent.joinpath(target).exists(), (name, target)


@pytest.mark.skipif(os.name == "nt", reason="the commands are pasted into a POSIX shell")
@pytest.mark.parametrize("place", ["", "hooks of mine"], ids=["no hooks folder", "core.hooksPath"])
def test_plain_hook_is_installed_where_git_looks(world: World, place: str) -> None:
    commands = re.search(r"pipx install [^\n]*\n(.*?)```", README, re.DOTALL)
    assert commands
    world.goproxy_check()
    world.origin(LIB, "v1.0.0")
    app = world.app()
    if place:
        world.git("config", "core.hooksPath", place, cwd=app)
    else:
        shutil.rmtree(app / ".git" / "hooks", ignore_errors=True)
    world.run("sh", "-e", "-c", commands[1], cwd=app)
    world.commit(app, "first")
    (app / "go.mod").write_text(go_mod([f"{LIB} v1.9.0"]))
    done = world.run("git", "commit", "-qam", "bump", cwd=app, ok=False)
    assert done.returncode == 1 and f"{LIB} v1.9.0: unpublished" in done.stderr
