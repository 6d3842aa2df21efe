"""``make demo``: a commit that a stale Go module proxy would break, stopped, explained and repaired.

Everything happens in a temporary folder, with a proxy on the loopback interface and an origin on disk. With the name of
a file, ``make picture``, what is shown goes there as an SVG picture too.
"""

import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tests.support.goproxy import GoProxy
from tests.support.world import LIB, World, go_mod

COLUMNS = 124
PICTURE = """<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img" aria-label="A real run">
<style>
.{unique_id}-matrix {{
  font: {char_height}px/{line_height}px ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace
}}
.{unique_id}-title {{ font: bold 18px sans-serif }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


class Stage:
    """Shows commands and what they print, as a terminal would."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.folder = folder
        self.shown: list[str] = []

    def show(self, text: str, style: str = "") -> None:
        print(text, flush=True)
        self.shown.append(f"\x1b[{style}m{text}\x1b[0m" if style else text)

    def say(self, text: str) -> None:
        self.show(f"\n# {text}", "2")

    def run(self, command: str) -> int:
        self.show(f"$ {command}", "1")
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=self.folder,
            env=self.world.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.stdout:
            self.show(done.stdout.rstrip("\n"))
        return done.returncode

    def picture(self) -> str:
        """Return what was shown as SVG."""
        console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
        console.print(Text.from_ansi("\n".join(self.shown).strip("\n")))
        return console.export_svg(title="make demo", code_format=PICTURE, unique_id="demo")


def main(picture: str = "") -> int:
    """Play the demo; return 0 if everything went as it should."""
    color = "always" if picture else "auto"
    with tempfile.TemporaryDirectory(prefix="goproxy-check-demo-") as folder, GoProxy().running() as proxy:
        print("# Setting up a Go module proxy, an origin and a repository in a temporary folder ...", flush=True)
        world = World(Path(folder), proxy)
        world.env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), world.env["PATH"]])
        world.origin(LIB, "v1.0.0")
        world.stale(LIB, "v1.1.0")
        app = world.app(f"{LIB} v1.0.0")
        (app / "main.go").write_text(f'package main\n\nimport _ "{LIB}"\n\nfunc main() {{}}\n')
        (app / "go.sum").write_text(world.sum_lines(LIB, "v1.0.0"))
        hook(app, "goproxy-check", color)
        world.commit(app, "Use lib v1.0.0")
        stage = Stage(world, app)
        code = _play(stage, app, color)
        if picture:
            Path(picture).write_text(stage.picture(), encoding="utf-8")
        return code


def hook(app: Path, command: str, color: str) -> None:
    """Let COMMAND be the pre-commit hook of APP."""
    path = app / ".git" / "hooks" / "pre-commit"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\nexec {command} --color {color}\n")
    path.chmod(0o755)


def _play(stage: Stage, app: Path, color: str) -> int:
    (app / "go.mod").write_text(go_mod([f"{LIB} v1.1.0"]))
    stage.say("lib v1.1.0 was tagged a minute ago. Somebody asked the proxy two minutes ago. The hook: goproxy-check")
    stage.run("git add go.mod")
    stopped = stage.run('git commit --quiet -m "Use lib v1.1.0"')
    stage.say("The hook goproxy-fix (goproxy-check --fix) runs that command itself:")
    hook(app, "goproxy-check --fix", color)
    fixed = stage.run('git commit --quiet -m "Use lib v1.1.0"')
    stage.run("git add go.sum")
    passed = stage.run('git commit --quiet -m "Use lib v1.1.0"')
    stage.say("A version that was never published is told apart: no bypass helps there.")
    (app / "go.mod").write_text(go_mod([f"{LIB} v1.2.0"]))
    stage.run("git add go.mod")
    unpublished = stage.run('git commit --quiet -m "Use lib v1.2.0"')
    return 0 if (stopped, fixed, passed, unpublished) == (1, 1, 0, 1) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
