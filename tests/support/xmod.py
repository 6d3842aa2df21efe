"""Programs built with golang.org/x/mod as the installed go command has it: what it says is what Go does."""

import os
import shutil
import subprocess
from pathlib import Path

ENV = {
    "GOENV": "off",
    "GOFLAGS": "",
    "GOPROXY": "off",
    "GOWORK": "off",
    "GOTOOLCHAIN": "local",
    "GOTELEMETRY": "off",
    "CGO_ENABLED": "0",
}


def go_source() -> Path:
    """Return the folder of the go command's own source."""
    root = subprocess.check_output(["go", "env", "GOROOT"], env={**os.environ, **ENV}, text=True).strip()
    return Path(root) / "src" / "cmd"


def build_with_x_mod(folder: Path, name: str, files: dict[str, str]) -> Path:
    """Build the program NAME from FILES beside a copy of x/mod in FOLDER, and return its path."""
    copy = folder / "mod"
    vendored = go_source() / "vendor" / "golang.org" / "x" / "mod"
    shutil.copytree(vendored, copy, dirs_exist_ok=True)
    (copy / name).mkdir()
    for file, text in files.items():
        (copy / name / file).write_text(text, encoding="utf-8")
    program = folder / f"{name}.exe"
    env = {**os.environ, **ENV}
    init = [] if (copy / "go.mod").exists() else [["mod", "init", "golang.org/x/mod"]]
    for command in (*init, ["build", "-o", str(program), f"./{name}"]):
        done = subprocess.run(["go", *command], cwd=copy, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return program
