"""Hostile module files: ``make fuzz`` tries 10,000. Whatever they hold, the report is fit to be read and pasted."""

import io
import json
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goproxy_check import module, toolchain
from goproxy_check.changes import Change, File
from goproxy_check.diagnose import diagnose
from goproxy_check.goenv import Proxy
from goproxy_check.origin import Origin
from goproxy_check.proxy import Answer, Kind
from goproxy_check.references import new_references
from goproxy_check.report import Run, as_github, as_json
from goproxy_check.text import print_text
from goproxy_check.verdict import Diagnosis, Evidence
from tests.support.goproxy import Said
from tests.support.modulefiles import GO_MOD, GO_SUM, GO_WORK, contents, mutated
from tests.support.world import LIB, World, go_mod

CASES = int(os.environ.get("FUZZ_CASES", "500"))
SECONDS = 1.0  # of a processor, which takes longer over it while others use its other half

EVIL = ["$(touch pwned)", "`touch pwned`", "; touch pwned", "-rf", "--output=pwned", "\x1b]0;pwned\x07", "\x1b[31m"]
EVIL += [
    "::error::pwned",
    "##vso[task.setvariable variable=PATH]pwned",
    "%0A::error::",
    "'",
    '"',
    "a b",
    "\u202e",
    "\r",
]
FOLDERS = st.lists(st.sampled_from([*EVIL, "a", "b", ".."]), max_size=2).map("/".join)
WORDS = st.sampled_from([*EVIL, "not found", "\n::error::x", "fatal: x\ny"]) | st.text(max_size=20)


@st.composite
def files(draw: st.DrawFn) -> list[File]:
    """Some module files, in folders with names that nobody would choose."""
    found = {}
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(["go.mod", "go.sum", "go.work", "go.work.sum"]))
        text = mutated(GO_SUM).map(str.encode) if name.endswith(".sum") else contents()
        data = draw(text | mutated(GO_MOD).map(str.encode) | mutated(GO_WORK).map(str.encode))
        evil = draw(st.sampled_from(EVIL)).encode("utf-8", "surrogateescape")
        data = data.replace(draw(st.sampled_from([b"lib", b"example", b"v1", b"h1:", b" "])), evil, 1)
        path = "/".join(filter(None, (draw(FOLDERS), name)))
        found[path] = File(path, data)
    return list(found.values())


ANSWERS = st.builds(
    Answer,
    st.just(Proxy("https://goproxy.example", "https://goproxy.example", False)),
    st.sampled_from([".info", ".mod", ".zip", "list"]),
    st.sampled_from([Kind.SERVED, Kind.ABSENT, Kind.REFUSED, Kind.UNAVAILABLE]),
    st.sampled_from([0, 200, 403, 404, 429]),
    detail=WORDS.map(lambda text: " ".join(text.split())),
    go_mod_hash=st.sampled_from(["", "h1:x"]),
    until=st.none() | st.floats(0, 253402300799),  # to the end of the year 9999, as HTTP has it
)
ORIGINS = st.none() | st.builds(Origin, st.sampled_from([None, True, False]), WORDS, error=WORDS, network=st.booleans())


def reported(diagnoses: list[Diagnosis], style: str) -> str:
    run = Run(diagnoses, seconds=0.1, show_skipped=True)
    if style != "text":
        return as_json(run) if style == "json" else as_github(run)
    out = io.StringIO()
    print_text(run, out, colour=False, summary=True, width=100)
    return out.getvalue()


@pytest.mark.long
@settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
@given(files(), files(), st.lists(ANSWERS, max_size=4), ORIGINS)
def test_hostile_files_are_read_quickly_and_reported_harmlessly(
    before: list[File], after: list[File], answers: list[Answer], origin: Origin | None
) -> None:
    started = time.process_time()
    references = new_references(Change("/repository", "", before, after, [], before))
    assert time.process_time() - started < SECONDS
    references = [ref for ref in references if ref.module != toolchain.MODULE]  # names still, no versions
    given_out = [ref for ref in references if not (ref.invalid or ref.skipped)]
    for ref in given_out:  # what goes into URLs, and to go and git
        assert module.check(ref.module, ref.version) == ""
        assert re.fullmatch(r"[A-Za-z0-9][-._~/!A-Za-z0-9]*@v?[-._~+!A-Za-z0-9]+", f"{ref.module}@{ref.version}")
    held = tuple(answers)
    diagnoses = [diagnose(Evidence(ref, held=held, fetched=held[1:], origin=origin)) for ref in references]
    for style in ("text", "github", "json"):
        text = reported(diagnoses, style)
        if style == "json":
            json.loads(text)
            continue
        for line in text.split("\n"):
            assert line.isprintable() and (style == "github" or "##" not in line)
            assert style == "text" or not line or re.match(r"::(?:error|warning|notice) (?:file|title)=", line)
            assert style == "github" or not line.lstrip().startswith("::")
            if style == "text" and " go mod download " in line:
                pasted(line)
    assert time.process_time() - started < 3 * SECONDS


def pasted(line: str) -> None:
    """Check that the command LINE is one command in one folder of the repository."""
    words = shlex.split(line)
    if words[0] == "cd":
        assert not words[1].startswith(("-", "/")) and words[2] == "&&"
        words = words[3:]
    while "=" in words[0]:
        assert re.fullmatch(r"(?:GOPROXY=direct|GOWORK=off|GONOSUMDB=\S+)", words.pop(0).replace("$(go env ", "$("))
    assert words[:3] == ["go", "mod", "download"]
    assert all(re.fullmatch(r"[A-Za-z0-9][-._~/A-Za-z0-9]*@v[-._~+A-Za-z0-9]+", word) for word in words[3:])


ODD_FOLDERS = [
    "$(touch pwned)",
    "`touch pwned`",
    "a;touch pwned",
    "-rf",
    "it's",
    'a"b',
    "a b",
    "::error::x",
    ":!x",
    "#x",
]
ODD_FOLDERS += ["#x", "new\nline", "\x1b[31mred", "caf\u00e9", "*", "~", "a\\b", "%n", "&", "!x"]


@pytest.mark.skipif(os.name == "nt", reason="a POSIX shell")
@pytest.mark.parametrize("folder", ODD_FOLDERS)
def test_printed_command_for_a_folder_can_be_pasted(world: World, folder: str) -> None:
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    app = world.app()
    place = app / folder
    place.mkdir()
    (place / "go.mod").write_text(go_mod([f"{LIB} v1.1.0"]))
    world.git("add", ".", cwd=app)
    for args in ((), ("--fix",)):
        done = world.check(*args)
        assert done.returncode == 1 and done.stdout.replace("\n", "").isprintable()
        commands = [line for line in done.stdout.splitlines() if "go mod download" in line]
        commands += [line.partition("go.sum: ")[2] for line in done.stdout.splitlines() if "git add" in line]
        for command in commands:
            world.run("bash", "-c", command, cwd=app)
    assert (place / "go.sum").read_text() == world.sum_lines(LIB, "v1.1.0")
    staged = world.run("git", "diff", "--cached", "--name-only", "-z", cwd=app).stdout.split("\0")
    assert f"{folder}/go.sum" in staged
    assert not list(world.root.rglob("pwned"))


@pytest.mark.skipif(os.name == "nt", reason="the wrappers on PATH are shell scripts")
@pytest.mark.parametrize(
    "evil", ["-x", "--upload-pack=touch", "$(touch${IFS}pwned)", "a;b", "`x`", "\x1b[31m", "../../x"]
)
def test_hostile_names_reach_neither_go_nor_git_nor_a_proxy(world: World, evil: str) -> None:
    notes = world.root / "notes"
    for name in ("go", "git"):
        world.wrap(name, f'echo "$*" >> "{notes}"')
    app = world.app()
    quoted = json.dumps(evil)
    (app / "go.mod").write_text(f"module m.example/x\n\nrequire {quoted} v1.0.0\nrequire example.com/a {quoted}\n")
    (app / "go.sum").write_text(f"{evil} v1.0.0 h1:x=\nexample.com/a {evil} h1:x=\n")
    world.run("git", "add", ".", cwd=app)
    notes.unlink()
    done = world.check("--fix")
    assert done.returncode == 1 and done.stdout.replace("\n", "").isprintable()
    assert not any(word.startswith(evil) for word in notes.read_text().split())
    assert world.proxy.log == []
    assert not list(world.root.rglob("pwned"))
    for args in ((f"{evil}@v1.0.0",), (f"example.com/a@{evil}",), (f"--from-ref={evil}", f"--to-ref={evil}")):
        done = world.check(*args)
        assert done.returncode == 2 and done.stderr.count("\n") == 1
        assert done.stderr[:-1].isprintable()


def test_words_of_a_proxy_and_of_git_are_neutralised(world: World) -> None:
    words = "\x1b[31m::error::a\n::set-output name=x::y\n##vso[task.x]\u202e".encode()
    world.proxy.fault("@v/", Said(404, words))
    world.origin(LIB, "v1.0.0")
    world.program("git-remote-slow", f"printf '{words.decode()}' >&2; exit 1")
    world.redirect("slow://x/", "https://github.com/acme/other")
    world.git("config", "--global", "protocol.slow.allow", "always", cwd=world.home)
    world.app(f"{LIB} v1.1.0", "github.com/acme/other v1.0.0")
    for style in ("text", "github"):
        done = world.check("--format", style, "-x")
        assert done.returncode == 1
        for line in (done.stdout + done.stderr).splitlines():
            assert line.isprintable() and "\u202e" not in line
            assert not line.startswith("::") or line.startswith("::error file=go.mod,line=")
        assert style == "github" or "##" not in done.stdout


HUGE: dict[str, bytes] = {
    "a word": b"require a.example/" + b"x" * (10 << 20),
    "words": b"x " * (5 << 20),
    "lines": b"require x\n" * 100_000,
    "a string": b'"' + b"\\a" * (5 << 20),
    "a string over lines": b'"' + b"\\\n" * 500_000,
    "parentheses": b"a (\n" * 100_000,
    "a version": b"require a.example/x v1.0.0-" + b"0." * 500_000,
    "nothing": b"\0" * (10 << 20),
    "versions": b"".join(b"require a.example/x%d v1.0.0\n" % number for number in range(25_000)),
}


@pytest.mark.starts_programs
@pytest.mark.parametrize("name", ["go.mod", "go.sum"])
@pytest.mark.parametrize("what", HUGE)
def test_huge_file_is_no_burden(tmp_path: Path, what: str, name: str) -> None:
    """In a process of its own, for what it takes at its peak."""
    (tmp_path / name).write_bytes(HUGE[what])
    program = "import resource, sys, time; from pathlib import Path; from goproxy_check.changes import Change, File; "
    program += "from goproxy_check.references import new_references; data = Path(sys.argv[1]).read_bytes(); "
    program += "start = time.process_time(); new_references(Change('', '', [], [File(sys.argv[2], data)], [], [])); "
    program += "print(time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    starter = "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))"  # it is small, as its child is then
    command = [sys.executable, "-c", starter, sys.executable, "-c", program, str(tmp_path / name), name]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ, timeout=60)
    seconds, megabytes = done.stdout.split()
    assert float(seconds) < 3 * SECONDS and int(megabytes) < 200
