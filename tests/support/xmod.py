"""Programs built with golang.org/x/mod as the installed go command has it: what it says is what Go does.

Their sources are in the folder ``go`` beside this file, one folder for each program.
"""

import base64
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings

SOURCES = Path(__file__).with_name("go")
ENV = {
    "GOENV": "off",
    "GOFLAGS": "",
    "GOPROXY": "off",
    "GOWORK": "off",
    "GOTOOLCHAIN": "local",
    "GOTELEMETRY": "off",
    "CGO_ENABLED": "0",
}


class XMod:
    """The packages of golang.org/x/mod that the installed go command is made of, in a process that answers."""

    def __init__(self, program: Path) -> None:
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, what: str, *args: str, data: bytes = b"") -> Any:
        """Return what Go says to the question WHAT."""
        assert self.process.stdin
        assert self.process.stdout
        question = {"What": what, "Args": args, "Data": base64.b64encode(data).decode()}
        self.process.stdin.write(json.dumps(question).encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        self.process.communicate(timeout=10)


def ask_go(examples: int = 150) -> settings:
    """Settings of a test that compares with Go: the same examples each time, or GO_EXAMPLES=20000 other ones."""
    return settings(
        max_examples=int(os.environ.get("GO_EXAMPLES", examples)),
        derandomize="GO_EXAMPLES" not in os.environ,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )


def go_source() -> Path:
    """Return the folder of the go command's own source."""
    root = subprocess.check_output(["go", "env", "GOROOT"], env={**os.environ, **ENV}, text=True).strip()
    return Path(root) / "src" / "cmd"


def build(name: str, folder: Path) -> None:
    """Build the program NAME in FOLDER, as NAME.exe, beside a copy of x/mod."""
    copy = folder / "mod"
    shutil.copytree(go_source() / "vendor" / "golang.org" / "x" / "mod", copy)
    source = copy / "programs" / name
    shutil.copytree(SOURCES / name, source)
    if name == "answers":
        with (source / "gosum.go").open("a", encoding="utf-8") as file:
            file.write(_read_go_sum())
    for command in (
        ["mod", "init", "golang.org/x/mod"],
        ["build", "-o", str(folder / f"{name}.exe"), f"./programs/{name}"],
    ):
        env = {**os.environ, **ENV}
        done = subprocess.run(["go", *command], cwd=copy, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def _read_go_sum() -> str:
    """Return the source of readGoSum, which no program outside the go command can import."""
    fetch = (go_source() / "go" / "internal" / "modfetch" / "fetch.go").read_text(encoding="utf-8")
    patterns = (r"^const emptyGoModHash = .*?\n", r"^func readGoSum\(.*?\n}\n")
    parts = [re.search(pattern, fetch, re.MULTILINE | re.DOTALL) for pattern in patterns]
    return "\n" + "\n".join(part[0] for part in parts if part)
