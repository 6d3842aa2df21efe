"""Bad surroundings, bad arguments, interrupts: one line, the right exit status, nothing lost."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goproxy_check.cli import main
from goproxy_check.options import _duration
from goproxy_check.redact import one_line
from tests.support.goproxy import GoProxy, stall
from tests.support.processes import is_gone
from tests.support.world import LIB, World


def one(done: "subprocess.CompletedProcess[str]", *words: str) -> None:
    """Check that DONE ended with status 2 and one line on standard error that has WORDS."""
    assert done.returncode == 2, done
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("goproxy-check: ")
    assert "internal error" not in done.stderr
    for word in words:
        assert word in done.stderr


USAGE = [
    (["--no-such-option"], "unrecognized arguments: --no-such-option (see goproxy-check --help)"),
    (["--format", "xml"], "invalid choice"),
    (["-j", "0"], "'0' is not a number from 1 to 9999"),
    (["-j", "many"], "'many' is not a number"),
    (["--timeout", "5x"], "'5x' is not a duration (try 30s or 1m30s)"),
    (["--timeout", "-5s"], "timeout"),
    (["--timeout", "0s"], "not a duration"),
    (["--nosumdb"], "--nosumdb goes with --fix"),
    (["--from-ref", "HEAD"], "--from-ref and --to-ref go together"),
    (["-C", "nowhere"], "nowhere: no such folder"),
    (["README.md"], "README.md is not a go.mod, go.sum, go.work or go.work.sum"),
]


@pytest.mark.parametrize(("args", "words"), USAGE)
def test_usage_errors(world: World, args: list[str], words: str) -> None:
    world.app()
    one(world.check(*args), words)


def test_not_a_repository(world: World) -> None:
    one(world.check(cwd=world.home), "not in a git repository: change into one, or name it with -C DIR")
    one(world.check("go.mod", cwd=world.home), "not in a git repository: change into one, or name it with -C DIR")


def test_bare_repository(world: World) -> None:
    bare = world.root / "bare.git"
    world.git("init", "-q", "--bare", str(bare), cwd=world.root)
    one(world.check("go.mod", cwd=bare), "this operation must be run in a work tree")


def only(world: World, *programs: str) -> dict[str, str]:
    """Return a PATH with nothing but PROGRAMS."""
    folder = world.root / "only"
    folder.mkdir()
    for program in programs:
        (folder / program).symlink_to(world.run("sh", "-c", f"command -v {program}").stdout.strip())
    return {"PATH": str(folder)}


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
class TestWithout:
    def test_git(self, world: World) -> None:
        world.app()
        one(world.check(**only(world, "go")), "cannot run git: No such file or directory")

    def test_go_and_goproxy(self, world: World) -> None:
        world.app(f"{LIB} v1.0.0")
        del world.env["GOPROXY"]
        one(world.check(**only(world, "git")), "no go command and no GOPROXY", "install Go, or set GOPROXY")

    def test_go_alone(self, world: World, proxy: GoProxy) -> None:
        proxy.put("example.com/a", "v1.0.0")
        world.app("example.com/a v1.0.0", f"{LIB} v1.0.0")
        done = world.check("--fix", **only(world, "git"))
        assert done.returncode == 1
        assert "example.com/a" not in done.stdout
        assert f"{LIB} v1.0.0: missing" in done.stdout
        assert "could not be asked: there is no go command here" in done.stdout


@pytest.mark.parametrize(
    ("goproxy", "words"),
    [
        (",", "GOPROXY has no entries"),
        ("proxy", "GOPROXY: proxy is not the URL of a proxy, https:// is missing"),
        ("ftp://a.example", "it must begin with https, http or file, not ftp"),
        ("https://a.example:x", "is not a URL"),
    ],
)
def test_goproxy_that_is_none(world: World, goproxy: str, words: str) -> None:
    world.app(f"{LIB} v1.0.0")
    one(world.check(GOPROXY=goproxy), words)


def test_empty_goproxy_is_gos_default(world: World) -> None:
    """An empty variable is no setting to Go: it asks go env, which has the answer of ``go env -w`` or the default."""
    world.app(f"{LIB} v1.0.0")
    world.go("env", "-w", f"GOPROXY={world.proxy.url}")
    world.main(GOPROXY="")
    assert world.proxy.log


@pytest.mark.skipif(os.name == "nt", reason="shell scripts")
@pytest.mark.parametrize(
    ("script", "words"),
    [("echo broken >&2; exit 2", "broken"), ("echo '{'", "go env"), ("kill -9 $$", "exit status -9")],
)
def test_broken_go(world: World, script: str, words: str) -> None:
    world.app(f"{LIB} v1.0.0")
    world.program("go", script)
    one(world.check(), "go env: ", words, "repair the Go installation")


def test_nothing_to_ask_needs_no_go(world: World) -> None:
    app = world.app(f"{LIB} v1.0.0")
    (app / "go.mod").write_text("module m\nrequire x\n")
    world.git("add", ".", cwd=app)
    del world.env["GOPROXY"]
    done = world.main(PATH=os.path.dirname(world.run("sh", "-c", "command -v git").stdout.strip()))
    assert (done.returncode, done.stdout) == (
        1,
        (
            "go.mod:2: invalid\n  usage: require module/path v1.2.3\n"
            "  Correct the line; for a branch or the latest version, go get MODULE@latest writes it.\n"
        ),
    )


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("busy_with", ["proxy", "origin"])
def test_interrupt_ends_at_once_and_leaves_no_child(
    world: World, proxy: GoProxy, number: signal.Signals, busy_with: str
) -> None:
    world.app(*(f"github.com/acme/m{index} v1.0.0" for index in range(50)))
    pids = world.root / "pids"
    if busy_with == "proxy":
        proxy.fault("@v/", stall(30))
    else:
        world.program("git-remote-slow", f"echo $$ >> {pids}\nexec sleep 60")
        world.redirect("slow://x/", "https://github.com/acme/")
        world.git("config", "--global", "protocol.slow.allow", "always", cwd=world.home)
    child = subprocess.Popen(
        [sys.executable, "-m", "goproxy_check"],
        cwd=world.root / "app",
        env=world.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    waited = time.monotonic()
    while not (proxy.log if busy_with == "proxy" else pids.exists()):
        assert time.monotonic() - waited < 20
        time.sleep(0.05)
    started = time.monotonic()
    child.send_signal(number)
    out, err = child.communicate(timeout=30)
    assert time.monotonic() - started < 10  # of 30 that the proxy takes, and 60 that the origin does
    assert (child.returncode, out, err) == (130, "", "")
    for pid in pids.read_text().split() if pids.exists() else ():
        assert is_gone(int(pid))


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_signal_that_the_caller_ignores_ends_nothing(world: World, proxy: GoProxy) -> None:
    proxy.put("github.com/acme/m", "v1.0.0")
    proxy.fault("@v/", stall(2))
    world.app("github.com/acme/m v1.0.0")
    child = subprocess.Popen(
        ["nohup", sys.executable, "-m", "goproxy_check"],
        cwd=world.root / "app",
        env=world.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    waited = time.monotonic()
    while not proxy.log:
        assert time.monotonic() - waited < 20
        time.sleep(0.05)
    child.send_signal(signal.SIGHUP)
    out, _ = child.communicate(timeout=20)
    assert (child.returncode, out) == (0, "")


def test_reader_that_goes_away_is_no_traceback(world: World, proxy: GoProxy) -> None:
    for index in range(300):
        proxy.put(f"example.com/m{index}", "v1.0.0")
    world.app(*(f"example.com/m{index} v1.0.0" for index in range(300)))
    done = world.run("sh", "-c", f'"{sys.executable}" -m goproxy_check --format json | head -1', cwd=world.root / "app")
    assert done.stderr == ""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize(
    ("redirection", "code"), [(">&-", 1), (">/dev/full", 2), ("-x 2>/dev/full", 1), ("2>&-", 1), (">&- 2>&-", 1)]
)
def test_output_that_goes_nowhere(world: World, redirection: str, code: int) -> None:
    world.app("example.com/none v1.0.0")
    done = world.run("sh", "-c", f'"{sys.executable}" -m goproxy_check {redirection}', cwd=world.root / "app", ok=False)
    assert done.returncode == code
    assert "Traceback" not in done.stderr and done.stderr.count("\n") <= 1


def test_no_temporary_folder(world: World) -> None:
    world.app("example.com/none v1.0.0")
    only = {name: str(world.root / "nowhere") for name in ("TMPDIR", "TEMP", "TMP")}
    done = world.run(
        "sh", "-c", f'ulimit -f 0; "{sys.executable}" -m goproxy_check', cwd=world.root / "app", ok=False, **only
    )
    assert done.returncode == 2 and done.stderr.startswith("goproxy-check: cannot go on: ")


def test_colour_only_where_wanted(world: World, proxy: GoProxy) -> None:
    world.app(f"{LIB} v1.0.0")
    assert "\x1b[" not in world.main().stdout
    coloured = world.main("--color", "always").stdout
    assert "\x1b[1;31mmissing\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == world.main("--color", "never").stdout


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("1m30s", 90), ("1h", 3600), ("500ms", 0.5), ("1.5m", 90), ("1h2m3s4ms", 3723.004)],
)
def test_durations_are_gos(text: str, seconds: float) -> None:
    assert _duration(text) == pytest.approx(seconds)


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert re.fullmatch(r"goproxy-check \d+\.\d+\.\d+\n", capsys.readouterr().out)


@given(st.text())
def test_text_from_outside_is_one_printable_line(text: str) -> None:
    line = one_line(text)
    assert line.isprintable() and len(line) <= 300


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("see https://user:pw@host.example/x", "see https://host.example/x"),
        ("'ssh://git:pw@host.example'", "'ssh://host.example'"),
        ("'https://x:a/pw@host.example/'", "'https://host.example/'"),
        ("https://127.0.0.1:80/lookup/m@v1.0.0: 404", "https://127.0.0.1:80/lookup/m@v1.0.0: 404"),
        ("https://host.example/m/@v/list", "https://host.example/m/@v/list"),
        ("'https://host.example/x?token=pw'", "'https://host.example/x'"),
        ("a@b", "a@b"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("x" * 500, "x" * 299 + "…"),
    ],
)
def test_text_from_outside_loses_secrets_and_colours(text: str, wanted: str) -> None:
    assert one_line(text) == wanted
