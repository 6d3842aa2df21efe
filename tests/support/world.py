"""A throw-away world: a home, a Go of its own, origins on disk, a user's repository. Nothing leaves the machine."""

import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from goproxy_check.cli import main
from tests.support import gitobjects
from tests.support.goproxy import GoProxy, hashes, published_files

LIB = "github.com/acme/lib"


class World:
    """Everything of one test below ROOT; ``env`` is the environment that all its programs get."""

    def __init__(self, root: Path, proxy: GoProxy) -> None:
        self.root = root
        self.proxy = proxy
        self.home = root / "home"
        self.home.mkdir(parents=True)
        self.go_path = shutil.which("go") or "go"
        self.origins_at = (root / "origins").as_uri()  # where git finds what is made there
        keep = ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "LANG", "VIRTUAL_ENV", "GOROOT", "COVERAGE_PROCESS_START")
        self.env = {name: os.environ[name] for name in keep if name in os.environ}
        self.env |= {
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "PYTHONPATH": str(Path(__file__).parents[2] / "hooks"),
            "GIT_CONFIG_GLOBAL": str(self.home / "gitconfig"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GOENV": str(self.home / "goenv"),
            "GOPATH": str(self.home / "go"),
            "GOCACHE": str(self.home / "gocache"),
            "GOTOOLCHAIN": "local",
            "GOFLAGS": "-modcacherw",
            "GOSUMDB": "off",
            "GOPROXY": f"{proxy.url},direct",
            # What is not on the loopback interface is not there: nothing must leave the machine.
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "HTTP_PROXY": "http://127.0.0.1:9",
        }
        # Repositories without git's samples of hooks, a dozen files in each.
        (self.home / "template" / "hooks").mkdir(parents=True)
        (self.home / "gitconfig").write_text(
            "[user]\n\tname = Tester\n\temail = tester@example.com\n[init]\n\tdefaultBranch = main\n"
            f'\ttemplateDir = "{(self.home / "template").as_posix()}"\n'
            '[protocol "file"]\n\tallow = always\n[advice]\n\tdetachedHead = false\n'
            "[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n"
        )
        # Else the first go command in a new home starts another one, which takes ten times as long (go help telemetry).
        telemetry = self.home / ("Library/Application Support" if sys.platform == "darwin" else ".config")
        (telemetry / "go" / "telemetry").mkdir(parents=True)
        (telemetry / "go" / "telemetry" / "mode").write_text("off 2026-01-01")
        # What is not redirected below to a folder must not leave the machine.
        self.redirect(f"file://{root}/nowhere/", "https://")

    def redirect(self, to: str, url: str) -> None:
        """Let git take what it is to fetch from URL from TO instead."""
        with (self.home / "gitconfig").open("a") as config:  # quicker than git config, and needed in every test
            config.write(f'[url "{to}"]\n\tinsteadOf = "{url}"\n')

    def run(
        self, *command: str, cwd: Path | str | None = None, ok: bool = True, **env: str
    ) -> "subprocess.CompletedProcess[str]":
        """Run COMMAND; with OK it must succeed."""
        done = subprocess.run(
            command,
            cwd=cwd or self.root,
            env={**self.env, **env},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if ok and done.returncode:
            raise AssertionError(f"{command}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def git(self, *args: str, cwd: Path, ok: bool = True, **env: str) -> str:
        """Run git in CWD and return what it printed."""
        return self.run("git", *args, cwd=cwd, ok=ok, **env).stdout.strip()

    def go(
        self, *args: str, cwd: Path | str | None = None, ok: bool = True, **env: str
    ) -> "subprocess.CompletedProcess[str]":
        """Run go."""
        return self.run("go", *args, cwd=cwd, ok=ok, **env)

    def forget_modules(self) -> None:
        """Empty the module cache, as go clean -modcache does."""
        if (modules := self.home / "go" / "pkg" / "mod").exists():
            shutil.rmtree(modules)

    def check(self, *args: str, cwd: Path | str | None = None, **env: str) -> "subprocess.CompletedProcess[str]":
        """Run goproxy-check in CWD (default: the user's repository), in a process of its own."""
        return self.run(sys.executable, "-m", "goproxy_check", *args, cwd=cwd or self.root / "app", ok=False, **env)

    def main(self, *args: str, cwd: Path | str | None = None, **env: str) -> "subprocess.CompletedProcess[str]":
        """Run goproxy-check as ``check`` does, but in this process, which is quicker."""
        out, err = io.StringIO(), io.StringIO()
        argv = ["-C", str(cwd or self.root / "app"), *args]
        with mock.patch.dict(os.environ, {**self.env, **env}, clear=True), redirect_stdout(out), redirect_stderr(err):
            code = main(argv)
        return subprocess.CompletedProcess(argv, code, out.getvalue(), err.getvalue())

    def fed(
        self, stdin: bytes, *args: str, cwd: Path | str | None = None, **env: str
    ) -> "subprocess.CompletedProcess[str]":
        """Do what ``main`` does, with STDIN for the standard input."""
        with mock.patch("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin))):
            return self.main(*args, cwd=cwd, **env)

    def described(self) -> str:
        """Put the environment into a file for a shell, and return where it is and what the proxy was asked."""
        lines = [f"export {name}={shlex.quote(value)}\n" for name, value in sorted(self.env.items())]
        (self.root / "env.sh").write_text("".join(lines), encoding="utf-8")
        asked = [f"  {seen.method} {seen.path}{' (what do you hold?)' * seen.hold}" for seen in self.proxy.log]
        return "\n".join([f"(. {self.root}/env.sh; cd {self.root}; exec sh)", "The proxy was asked:", *asked])

    def verdicts(self, *args: str, cwd: Path | str | None = None, **env: str) -> dict[str, str]:
        """Return ``module@version`` → verdict, as --format json has them."""
        done = self.main("--format", "json", *args, cwd=cwd, **env)
        if done.returncode not in (0, 1):
            raise AssertionError(done.stderr)
        return {f"{item['module']}@{item['version']}": item["verdict"] for item in document(done)["results"]}

    def origin(self, module: str = LIB, *tags: str, folder: str = "", url: str = "") -> Path:
        """Make (or go on with) the repository of MODULE, publish TAGS in it, and tell git and the proxy where it is."""
        url = url or f"https://{'/'.join(module.split('/')[:3])}"
        repository = self.root / "origins" / url.removeprefix("https://")
        prefix = f"{folder}/" if folder else ""
        if not repository.exists():
            repository.mkdir(parents=True)
            gitobjects.init(repository, self.env)
            self.redirect(f"{self.origins_at}/{url.removeprefix('https://')}", url)
        if module not in self.proxy.origins:
            place = repository / folder
            place.mkdir(parents=True, exist_ok=True)
            (place / "go.mod").write_text(f"module {module}\n")
            (place / "lib.go").write_text("package lib\n")
            gitobjects.commit(repository, f"start {module}")
            self.proxy.serves(module, repository, prefix)
        for tag in tags:
            self.publish(module, tag)
        return repository

    def publish(self, module: str, version: str) -> None:
        """Tag a new commit of MODULE as VERSION."""
        repository, prefix = self.proxy.origins[module]
        (repository / prefix / "VERSION").write_text(version)
        commit = gitobjects.commit(repository, f"{module} {version}")
        gitobjects.tag(repository, prefix + version.removesuffix("+incompatible"), commit)

    def stale(self, module: str, version: str) -> None:
        """Publish VERSION, but only after it was asked for: the proxy goes on saying that there is none."""
        self.proxy.misses(module, version)
        self.publish(module, version)

    def commit(self, repository: Path, message: str, *args: str) -> str:
        """Commit everything in REPOSITORY and return the commit."""
        self.git("add", "--all", cwd=repository)
        self.git("commit", "--quiet", "--no-verify", "-m", message, *args, cwd=repository)
        return gitobjects.head(repository) or self.git("rev-parse", "HEAD", cwd=repository)

    def app(self, *requires: str, folder: str = "", name: str = "app") -> Path:
        """Make (or go on with) the user's repository, and stage a go.mod in FOLDER that requires REQUIRES."""
        repository = self.root / name
        if not repository.exists():
            repository.mkdir()
            gitobjects.init(repository, self.env)
        place = repository / folder
        place.mkdir(parents=True, exist_ok=True)
        path = "example.com/" + re.sub("[^a-z0-9/]", "-", f"{name}/{folder}").rstrip("/")
        (place / "go.mod").write_text(go_mod(requires, module=path))
        self.git("add", "--all", cwd=repository)
        return place

    def pre_commit(self, app: Path, config: str) -> None:
        """Let pre-commit install the hooks of CONFIG in APP, from the wheels that the fixture ``hooks`` provides."""
        (app / ".pre-commit-config.yaml").write_text(config)
        stages = [f"--hook-type={stage}" for stage in ("pre-commit", "pre-merge-commit", "pre-push")]
        install = [sys.executable, "-m", "pre_commit", "install", "--install-hooks", *stages]
        subprocess.run(install, cwd=app, env=self.env, capture_output=True, timeout=600, check=True)

    def program(self, name: str, script: str) -> None:
        """Put a shell script called NAME in front of everything else on PATH."""
        folder = self.root / "bin"
        if not folder.exists():
            folder.mkdir()
            self.env["PATH"] = f"{folder}{os.pathsep}{self.env['PATH']}"
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)

    def wrap(self, name: str, script: str) -> None:
        """Put a program called NAME on PATH that does what SCRIPT says, and then what the real one does."""
        real = shutil.which(name, path=self.env["PATH"])
        self.program(name, f'{script}\nexec "{real}" "$@"')

    def goproxy_check(self) -> None:
        """Put goproxy-check on PATH, as an installation does."""
        self.program("goproxy-check", f'exec "{sys.executable}" -m goproxy_check "$@"')

    def sum_lines(self, module: str, version: str) -> str:
        """Return the go.sum lines of a published version."""
        found = published_files(version, *self.proxy.origins[module])
        if not found:
            raise AssertionError(f"{module}@{version} is not published")
        zip_hash, mod_hash = hashes(module, version, found[0])
        return f"{module} {version} {zip_hash}\n{module} {version}/go.mod {mod_hash}\n"


def document(done: "subprocess.CompletedProcess[str]") -> Any:
    """Return the JSON that DONE printed, which must be what its schema says, and nothing more."""
    printed = json.loads(done.stdout)
    _report().validate(printed)
    return printed


@cache
def _report() -> Any:
    """Return what validates a report; the schema itself is looked at once, which takes longer than many reports."""
    from jsonschema.validators import validator_for  # the demo and the benchmarks do without

    def strictly(part: dict[str, Any]) -> dict[str, Any]:
        return {**part, "additionalProperties": False} if "properties" in part else part

    text = (Path(__file__).parents[2] / "examples" / "report.schema.json").read_text(encoding="utf-8")
    schema = json.loads(text, object_hook=strictly)
    validator = validator_for(schema)
    validator.check_schema(schema)
    return validator(schema)


def go_mod(requires: Iterable[str], module: str = "example.com/app", rest: str = "") -> str:
    """Return a go.mod that requires REQUIRES ("path version")."""
    block = "".join(f"\t{item}\n" for item in requires)
    return f"module {module}\n\ngo 1.21\n\nrequire (\n{block})\n{rest}"
