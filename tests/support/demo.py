"""``make demo``: a commit that a stale Go module proxy would break, stopped, explained and repaired.

Everything happens in a temporary folder, with a proxy on the loopback interface and an origin on disk.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.goproxy import GoProxy
from tests.support.world import LIB, World, go_mod


class Stage:
    """Shows commands and what they print, as a terminal would."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.folder = folder

    def say(self, text: str) -> None:
        print(f"\n# {text}", flush=True)

    def run(self, command: str) -> int:
        print(f"$ {command}", flush=True)
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=self.folder,
            env=self.world.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        print(done.stdout.rstrip("\n"), flush=True)
        return done.returncode


def main() -> int:
    """Play the demo; return 0 if everything went as it should."""
    with tempfile.TemporaryDirectory(prefix="goproxy-check-demo-") as folder, GoProxy().running() as proxy:
        world = World(Path(folder), proxy)
        world.env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), world.env["PATH"]])
        world.origin(LIB, "v1.0.0")
        world.stale(LIB, "v1.1.0")
        app = world.app(f"{LIB} v1.0.0")
        (app / "main.go").write_text(f'package main\n\nimport _ "{LIB}"\n\nfunc main() {{}}\n')
        (app / "go.sum").write_text(world.sum_lines(LIB, "v1.0.0"))
        hook = app / ".git" / "hooks" / "pre-commit"
        hook.write_text("#!/bin/sh\nexec goproxy-check --fix\n")
        hook.chmod(0o755)
        world.commit(app, "Use lib v1.0.0")
        return _play(Stage(world, app), app)


def _play(stage: Stage, app: Path) -> int:
    (app / "go.mod").write_text(go_mod([f"{LIB} v1.1.0"]))
    stage.say("lib v1.1.0 was tagged a minute ago. Somebody asked the proxy two minutes ago.")
    stage.run(f"GOPROXY=${{GOPROXY%,direct}} go mod download {LIB}@v1.1.0")
    stage.say("We use it all the same; the pre-commit hook is: goproxy-check --fix")
    stage.run("git add go.mod")
    stopped = stage.run('git commit --quiet -m "Use lib v1.1.0"')
    stage.say("The hook has fetched it from its origin, and only go.sum has changed. Add it, and commit again.")
    stage.run("git diff --stat")
    stage.run("git add go.sum")
    passed = stage.run('git commit --quiet -m "Use lib v1.1.0"')
    stage.run("git log --oneline")
    stage.say("And a version that nobody has published is told apart: no bypass helps there.")
    (app / "go.mod").write_text(go_mod([f"{LIB} v1.2.0"]))
    stage.run("git add go.mod")
    unpublished = stage.run('git commit --quiet -m "Use lib v1.2.0"')
    return 0 if (stopped, passed, unpublished) == (1, 0, 1) else 1


if __name__ == "__main__":
    sys.exit(main())
