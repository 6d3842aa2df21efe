"""Arguments, surroundings and streams: one line for each mistake, the right exit status, no traceback."""

import os
import re
import subprocess
import sys

import pytest

from goproxy_check.cli import main
from goproxy_check.options import parse
from tests.support.goproxy import GoProxy, Said
from tests.support.world import LIB, World, go_mod


def one(done: "subprocess.CompletedProcess[str]", *words: str) -> None:
    """Check that DONE ended with status 2 and one line on standard error that has WORDS."""
    assert done.returncode == 2, done
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("goproxy-check: "), done.stderr
    assert "internal error" not in done.stderr
    for word in words:
        assert word in done.stderr


MISTAKES = [
    (["--no-such-option"], "--no-such-option"),
    (["--al"], "--al"),  # no abbreviations
    (["--format", "xml"], "'xml'"),
    (["--color", "pink"], "'pink'"),
    (["-j", "0"], "-j 0"),
    (["-j", "many"], "'many'"),
    (["--timeout", "5x"], "'5x'"),
    (["--timeout", "-5s"], "--timeout"),
    (["--timeout", "0s"], "'0s'"),
    (["--timeout", "25h"], "'25h'"),
    (["--wait", "soon"], "'soon'"),
    (["--nosumdb"], "--fix"),
    (["--fix", "--wait"], "--wait"),
    (["--latest"], "--wait"),
    (["--tag", "v1.0.0"], "v1.0.0"),  # there is no such tag
    (["--tag", "v1.0.0", "--all"], "--tag"),
    (["--from-ref", "HEAD"], "--to-ref"),
    (["--to-ref", "HEAD"], "--from-ref"),
    (["--from-ref", "", "--to-ref", "HEAD"], "empty"),
    (["--from-ref", "no-such", "--to-ref", "HEAD"], "no-such"),
    (["--pre-push"], "--pre-push"),  # its standard input is no list of refs
    (["-C", "nowhere"], "nowhere: no such folder"),
    (["README.md"], "README.md"),
    (["sub/go.mod"], "sub/go.mod"),  # no such file
    (["../go.mod"], "../go.mod"),  # outside
    (["--all", "go.mod"], "--all"),
    (["--all", "--pre-push"], "--all"),
    (["--all", "a.example/m@v1.0.0"], "MODULE@VERSION"),
    (["go.mod", "a.example/m@v1.0.0"], "MODULE@VERSION"),
    (["--all", "--from-ref", "a", "--to-ref", "b"], "--from-ref"),
]


@pytest.mark.parametrize(("args", "words"), MISTAKES)
def test_mistake_in_the_arguments_is_one_line(
    world: World, monkeypatch: pytest.MonkeyPatch, args: list[str], words: str
) -> None:
    app = world.app()
    world.commit(app, "first")
    monkeypatch.chdir(app)
    with open(os.devnull, encoding="utf-8") as null, monkeypatch.context() as patched:
        patched.setattr("sys.stdin", null if "--all" in args else open_garbage(world))
        one(world.main(*args), words)


def open_garbage(world: World) -> object:
    path = world.root / "garbage"
    path.write_bytes(b"\xff\x00 what is this?\n")
    return path.open(encoding="utf-8", errors="surrogateescape")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("1m30s", 90), ("1h", 3600), ("500ms", 0.5), ("1.5m", 90), ("1h2m3s4ms", 3723.004)],
)
def test_durations_are_gos(text: str, seconds: float) -> None:
    assert parse(["--timeout", text]).timeout == pytest.approx(seconds)
    assert parse(["--wait", text]).wait == pytest.approx(seconds)


def test_wait_and_pre_push_take_no_target_for_their_value() -> None:
    options = parse(["--wait", "a.example/m@v1.0.0"])
    assert (options.wait, options.versions) == (1800, ("a.example/m@v1.0.0",))
    assert parse(["--wait", "go.mod"]).files == ("go.mod",)


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    for option, pattern in (("--version", r"goproxy-check \d+\.\d+\.\d+\n"), ("--help", r"usage: goproxy-check .*")):
        with pytest.raises(SystemExit) as stop:
            main([option])
        assert stop.value.code == 0
        assert re.fullmatch(pattern, capsys.readouterr().out, re.DOTALL)


@pytest.mark.parametrize("args", [[], ["go.mod"], ["--all"], ["--from-ref", "a", "--to-ref", "b"]])
def test_not_a_repository(world: World, args: list[str]) -> None:
    one(world.main(*args, cwd=world.home), "not in a git repository", "-C DIR")


def test_bare_repository(world: World) -> None:
    bare = world.root / "bare.git"
    world.git("init", "-q", "--bare", str(bare), cwd=world.root)
    one(world.check("go.mod", cwd=bare), "work tree")


def test_folder_that_is_named_is_where_it_is_started(world: World) -> None:
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    app = world.app()
    sub = world.app(f"{LIB} v1.1.0", folder="sub")
    there, here = world.main(cwd=sub), world.check("-C", "app/sub", cwd=world.root)
    assert there.returncode == here.returncode == 1
    assert f"go.mod:6: {LIB} v1.1.0: stale" in here.stdout and "sub/go.mod" not in here.stdout
    assert f"sub/go.mod:6: {LIB} v1.1.0: stale" in world.main(cwd=app).stdout


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
        one(world.main(**only(world, "go")), "cannot run git: No such file or directory")

    def test_go_and_goproxy(self, world: World) -> None:
        world.app(f"{LIB} v1.0.0")
        del world.env["GOPROXY"]
        one(world.main(**only(world, "git")), "no go command and no GOPROXY", "install Go, or set GOPROXY")

    def test_go_alone(self, world: World) -> None:
        """What go.sum proves is ok; of the rest nothing can be known, and one line says what is missing."""
        world.origin(LIB, "v1.0.0", "v1.1.0")
        app = world.app(f"{LIB} v1.0.0")
        (app / "go.sum").write_text(world.sum_lines(LIB, "v1.0.0"))
        world.app(f"{LIB} v1.0.0", f"{LIB} v1.1.0", "example.com/none v1.0.0")
        path = only(world, "git")
        found = world.verdicts("--fix", **path)
        assert found == {f"{LIB}@v1.0.0": "ok", f"{LIB}@v1.1.0": "missing", "example.com/none@v1.0.0": "missing"}
        text = world.main(**path).stdout
        assert text.count("Install Go") == 1

    def test_go_where_nothing_has_to_be_asked(self, world: World) -> None:
        app = world.app()
        (app / "go.mod").write_text("module m\nrequire x\n")
        world.git("add", ".", cwd=app)
        del world.env["GOPROXY"]
        done = world.main(**only(world, "git"))
        assert done.returncode == 1 and done.stdout.startswith("go.mod:2: invalid\n")


@pytest.mark.parametrize("goproxy", [",", "proxy", "ftp://a.example", "https://a.example:x", "http://[::1"])
def test_goproxy_that_go_cannot_use(world: World, goproxy: str) -> None:
    world.app(f"{LIB} v1.0.0")
    one(world.main(GOPROXY=goproxy), "go env ", "GOPROXY")


def test_empty_goproxy_is_gos_default(world: World) -> None:
    """An empty variable is no setting to Go: it asks go env, which has the answer of ``go env -w`` or the default."""
    world.app(f"{LIB} v1.0.0")
    world.go("env", "-w", f"GOPROXY={world.proxy.url}")
    world.main(GOPROXY="")
    assert world.proxy.log


def test_goproxy_off_is_said(world: World) -> None:
    world.app(f"{LIB} v1.0.0")
    done = world.main(GOPROXY="off")
    assert done.returncode == 0 and f"{LIB}@v1.0.0" in done.stdout and "GOPROXY=off" in done.stdout
    one(world.main(f"{LIB}@v1.0.0", GOPROXY="off"), "GOPROXY=off")


def test_allow_unavailable_makes_a_warning_of_that_alone(world: World, proxy: GoProxy) -> None:
    proxy.fault("/a/", Said(500))
    world.app("example.com/a v1.0.0")
    assert world.main().returncode == 1
    done = world.main("--allow-unavailable")
    assert done.returncode == 0 and "warning: " in done.stdout and "example.com/a@v1.0.0" in done.stdout
    world.app("example.com/a v1.0.0", "example.com/none v1.0.0")
    assert world.main("--allow-unavailable").returncode == 1


def test_jobs_bound_how_much_is_asked_at_once(world: World, proxy: GoProxy) -> None:
    for number in range(4):
        proxy.put(f"example.com/m{number}", "v1.0.0")
    world.app(*(f"example.com/m{number} v1.0.0" for number in range(4)))
    assert set(world.verdicts("-j", "1").values()) == {"ok"}


TRACED = (
    r"# (?:get (\S+): (\d{3} [A-Za-z ]+)|(?:GOPROXY=direct )?go list .*|cd \S+; .*go mod download .*) \(\d+\.\d{3}s\)"
)


def test_x_traces_in_the_words_of_go(world: World) -> None:
    """What it gets reads as with ``go mod download -x``, and every other process is told too."""
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    app = world.app(f"{LIB} v1.1.0")
    (app / "go.sum").write_text(world.sum_lines(LIB, "v1.0.0"))
    world.git("add", ".", cwd=app)
    gos = [
        world.go("mod", "download", "-x", f"{LIB}@{version}", ok=False, GOPROXY=world.proxy.url).stderr.splitlines()
        for version in ("v1.0.0", "v1.1.0")
    ]
    traced = world.main("-x", "--fix").stderr.splitlines()
    matches = [re.fullmatch(TRACED, line) for line in traced]
    assert traced and all(matches), traced
    ours = {(match[1], match[2]) for match in matches if match}
    for lines in gos:
        assert {(match[1], match[2]) for match in map(re.compile(TRACED).fullmatch, lines) if match} & ours, lines


def test_x_says_what_is_skipped(world: World) -> None:
    app = world.app()
    (app / "go.mod").write_text(go_mod([f"{LIB} v1.0.0"], rest=f"replace {LIB} => ../lib\n"))
    world.git("add", ".", cwd=app)
    assert world.main().stdout == ""
    done = world.main("-x")
    assert done.returncode == 0 and f"go.mod:6: {LIB} v1.0.0: skipped" in done.stdout and "../lib" in done.stdout


def test_colour_only_where_wanted(world: World) -> None:
    world.app(f"{LIB} v1.0.0")
    assert "\x1b[" not in world.main().stdout
    coloured = world.main("--color", "always").stdout
    assert "\x1b[1;31mmissing\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == world.main("--color", "never").stdout


def shell(world: World, line: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run the shell command LINE, in which CHECK is goproxy-check."""
    line = line.replace("CHECK", f'"{sys.executable}" -m goproxy_check')
    return world.run("sh", "-c", line, cwd=world.root / "app", ok=False, **env)


def test_reader_that_goes_away_is_no_traceback(world: World) -> None:
    app = world.app()
    (app / "go.mod").write_text("module m\n" + "require x\n" * 300)
    (app / "sub").mkdir()
    for number in range(99):
        (app / f"sub/{number}").mkdir()
        (app / f"sub/{number}/go.mod").write_text("module m\n" + "require x\n" * 20)
    world.git("add", ".", cwd=app)
    done = shell(world, "CHECK --format json | head -1")
    assert (done.stdout, done.stderr) == ("{\n", "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize(
    ("redirection", "code"), [(">&-", 1), (">/dev/full", 2), ("-x 2>/dev/full", 1), ("2>&-", 1), (">&- 2>&- <&-", 1)]
)
def test_output_that_goes_nowhere(world: World, redirection: str, code: int) -> None:
    world.app("example.com/none v1.0.0")
    done = shell(world, f"CHECK {redirection}")
    assert done.returncode == code
    assert "Traceback" not in done.stderr and done.stderr.count("\n") <= 1


@pytest.mark.skipif(os.name == "nt", reason="a POSIX shell")
def test_no_temporary_folder(world: World) -> None:
    world.app("example.com/none v1.0.0")
    nowhere = {name: str(world.root / "nowhere") for name in ("TMPDIR", "TEMP", "TMP")}
    one(shell(world, "ulimit -f 0; CHECK", **nowhere), "temp")


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_failure_of_git_is_seen_though_the_parent_ignores_its_children(world: World) -> None:
    script = "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); "
    script += 'os.execv(sys.executable, [sys.executable, "-m", "goproxy_check"])'
    one(world.run(sys.executable, "-c", script, cwd=world.home, ok=False), "not in a git repository")


@pytest.mark.parametrize("folder", ["testdata/bad", "vendor/x", "_old", ".cache"])
def test_broken_files_that_go_leaves_out_stop_nothing(world: World, folder: str) -> None:
    app = world.app()
    (app / folder).mkdir(parents=True)
    (app / folder / "go.mod").write_text(f"module x\n\nrequire {LIB} latest\n<<<<<<< HEAD\n")
    world.git("add", "--force", ".", cwd=app)
    assert world.main().returncode == 0 and world.main("--all").returncode == 0


def test_file_that_is_deleted_brings_nothing(world: World) -> None:
    app = world.app()
    world.commit(app, "first")
    world.app(f"{LIB} latest", folder="sub")
    world.git("rm", "--quiet", "go.mod", cwd=app)
    assert world.main("go.mod").returncode == 0
    assert "sub/go.mod:6" in world.main("go.mod", "sub/go.mod").stdout
    one(world.main("none/go.mod"), "none/go.mod is not in the index")


def test_conflict_in_another_file_is_none_of_ours(world: World) -> None:
    app = world.app(f"{LIB} latest")
    (app / "sub").mkdir()
    (app / "sub" / "go.mod").symlink_to("../go.mod")
    world.git("add", ".", cwd=app)
    conflict = "".join(
        f"100644 {world.git('hash-object', '-w', 'go.mod', cwd=app)} {stage}\tREADME\n" for stage in "123"
    )
    world.run("sh", "-c", "printf '%s' \"$CONFLICT\" | git update-index --index-info", cwd=app, CONFLICT=conflict)
    assert "go.mod:6" in world.main().stdout
