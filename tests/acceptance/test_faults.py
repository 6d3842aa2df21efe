"""Proxies, go, git and the disk misbehave: the verdict holds, and nothing is lost or left behind."""

import gzip
import os
import random
import re
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.support.goproxy import Fault, GoProxy, Said, bomb, hashes, reset, stall
from tests.support.world import LIB, World, document, go_mod

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the wrappers on PATH are shell scripts")

SLACK = 15.0  # seconds for starting, importing and reporting on a busy machine
MEGABYTES = 80  # of our own process: one that asks for nothing odd has some 30


def written(*parts: bytes, pause: float = 0, again: int = 1) -> Fault:
    """Fault: write PARTS, so many times AGAIN, with a PAUSE after each, and hang up."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.gone = True  # type: ignore[attr-defined]
        for _ in range(again):
            for part in parts:
                handler.wfile.write(part)
                time.sleep(pause)

    return act


def reset_amid_body(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nmodule ")
    reset(handler)


def hint(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")


def no_head(handler: BaseHTTPRequestHandler) -> Said | None:
    return Said(405) if handler.command == "HEAD" else None


def to(location: str) -> Said:
    return Said(302, b"", (("Location", location),))


HEAD = b"HTTP/1.1 200 OK\r\n"
MEGABYTE = b"x" * (1 << 20)
GZIP = ("Content-Encoding", "gzip")
# Each is done to the files of one module, and no module's fault may become another's.
FAULTS: dict[str, tuple[Fault | Said, str]] = {
    "reset": (reset, "unavailable"),
    "reset amid the body": (reset_amid_body, "unavailable"),
    "nothing": (written(), "unavailable"),
    "garbage": (written(b"\x00\xff\x1b[31mwhat?\r\n\r\n"), "unavailable"),
    "too short": (written(HEAD + b"Content-Length: 100\r\n\r\nmodule"), "unavailable"),
    "two lengths": (written(HEAD + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabc"), "unavailable"),
    "broken chunks": (written(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n"), "unavailable"),
    "half a gzip": (Said(200, gzip.compress(b"module x" * 99)[:-9], (GZIP,)), "unavailable"),
    "a login page": (Said(200, b"<html>", (("Content-Type", "text/html"),)), "unavailable"),
    "stall before the headers": (stall(8), "unavailable"),
    "a byte a second": (written(HEAD + b"Content-Length: 100\r\n\r\n", *[b"x"] * 9, pause=1), "unavailable"),
    "gigabytes": (written(HEAD + b"Content-Length: 4000000000\r\n\r\n", *[MEGABYTE] * 100), "unavailable"),
    "a bomb": (bomb(200), "unavailable"),
    "404 with a bomb": (bomb(404), "missing"),
    "headers without end": (written(HEAD, *[b"X-More: " + b"x" * 900 + b"\r\n"] * 5000), "unavailable"),
    "a header without end": (written(HEAD, b"X-More: ", *[b"x" * 65536] * 500), "unavailable"),
    "continue for ever": (written(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, again=100), "unavailable"),
    "another protocol": (written(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"), "unavailable"),
    "redirects in a circle": (to("?again"), "unavailable"),
    "redirect to nobody": (to("http://127.0.0.1:9/"), "unavailable"),
    "redirect to a file": (to("file:///etc/passwd"), "unavailable"),
    "redirect to nonsense": (to("http://[/"), "unavailable"),
    "redirect with a bomb": (bomb(302, ("Location", "/x")), "missing"),
    "redirect without end": (written(b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", *[MEGABYTE] * 100), "missing"),
    "204": (Said(204), "unavailable"),
    "304": (Said(304), "unavailable"),
    "429": (Said(429, b"", (("Retry-After", "3600"),)), "unavailable"),
    "503": (Said(503), "unavailable"),
    "none": (lambda _: None, "ok"),
    "early hints": (hint, "ok"),
    "no HEAD": (no_head, "ok"),
    "redirect to another place": (lambda handler: to(f"/moved{handler.path}?sig=x"), "ok"),
}

# Writes what our own process has at its peak, without those that it starts.
MEASURED = """
import os, re, sys
from goproxy_check.cli import main
code = main(sys.argv[2:])
sys.stdout.flush()
if os.path.exists("/proc/self/status"):
    peak = re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1]
    open(sys.argv[1], "w").write(peak)
os._exit(code)
"""


def measured(world: World, *args: str) -> tuple["subprocess.CompletedProcess[str]", float, float]:
    """Run a check of what is staged; return it, and what it took: seconds and megabytes (0 if unknown)."""
    peak = world.root / "peak"
    peak.write_text("0")
    started = time.monotonic()
    done = world.run(sys.executable, "-c", MEASURED, str(peak), *args, cwd=world.root / "app", ok=False)
    return done, time.monotonic() - started, int(peak.read_text()) / 1024


@pytest.mark.long
@pytest.mark.parametrize("recorded", [True, False], ids=["the quick question", "the judge"])
def test_proxy_that_misbehaves(world: World, proxy: GoProxy, clean: None, recorded: bool) -> None:
    """All at once, a module each: what go.sum records is asked for quickly first, the rest by go alone."""
    modules = {f"example.com/m{number}": name for number, name in enumerate(FAULTS)}
    lines = []
    for module, name in modules.items():
        proxy.put(module, "v1.0.0")
        proxy.fault(f"^/{module}/@v/v1.0.0", FAULTS[name][0])
        archive, go_mod_hash = hashes(module, "v1.0.0", {"go.mod": f"module {module}\n".encode()})
        lines += [f"{module} v1.0.0 {archive}\n", f"{module} v1.0.0/go.mod {go_mod_hash}\n"]
    proxy.fault("^/moved/", lambda handler: proxy.answer(handler.path.removeprefix("/moved").partition("?")[0], False))
    app = world.app(*(f"{module} v1.0.0" for module in modules))
    if recorded:
        (app / "go.sum").write_text("".join(lines))
    world.git("add", ".", cwd=app)
    done, seconds, megabytes = measured(world, "--timeout", "6s", "--format", "json")
    assert (done.returncode, done.stderr) == (1, "")
    found = {modules[item["module"]]: item for item in document(done)["results"]}
    assert {name: item["verdict"] for name, item in found.items()} == {name: FAULTS[name][1] for name in FAULTS}
    assert "reset" in found["reset"]["message"] and "429" in found["429"]["message"]
    assert "root:" not in done.stdout and "\\u001b" not in done.stdout
    assert seconds < 6 + SLACK and megabytes < MEGABYTES


def test_proxy_that_is_not_there(world: World) -> None:
    world.app("example.com/a v1.0.0")
    done = world.main(GOPROXY="http://127.0.0.1:9")
    assert done.returncode == 1
    assert "example.com/a v1.0.0: unavailable" in done.stdout and "connection refused" in done.stdout
    assert world.main("--allow-unavailable", GOPROXY="http://127.0.0.1:9").returncode == 0


@pytest.mark.parametrize(("status", "verdict"), [(407, "refused"), (404, "unavailable"), (503, "unavailable")])
def test_network_that_lets_nobody_through_is_not_taken_for_the_proxy(
    world: World, proxy: GoProxy, status: int, verdict: str
) -> None:
    proxy.fault("", Said(status))
    world.app("example.com/a v1.0.0")
    env = {"GOPROXY": "https://goproxy.example", "HTTPS_PROXY": proxy.url}
    assert world.verdicts(**env) == {"example.com/a@v1.0.0": verdict}
    assert {seen.method for seen in proxy.log} == {"CONNECT"}


class FailsOnce:
    """Fault: every second file, at random, fails when it is asked for first, as a crashing proxy has it."""

    WAYS: tuple[Fault | Said, ...] = (reset, reset_amid_body, Said(502), Said(503), Said(429))

    def __init__(self) -> None:
        self._random = random.Random(7)
        self._lock = threading.Lock()
        self._seen: set[str] = set()
        self.failed = 0

    def __call__(self, handler: BaseHTTPRequestHandler) -> Said | None:
        with self._lock:
            fails = handler.path not in self._seen and self._random.random() < 0.5
            self._seen.add(handler.path)
            self.failed += fails
            how: Fault | Said = self._random.choice(self.WAYS)
        return None if not fails else how if isinstance(how, Said) else how(handler)


def test_proxy_that_fails_at_random_is_asked_again(world: World, proxy: GoProxy) -> None:
    names = [f"example.com/m{number}" for number in range(12)]
    for name in names:
        proxy.put(name, "v1.0.0")
    fault = FailsOnce()
    proxy.fault("@v/", fault)
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    world.app(*(f"{name} v1.0.0" for name in names), f"{LIB} v1.1.0")
    wanted = dict.fromkeys((f"{name}@v1.0.0" for name in names), "ok")
    assert world.verdicts() == {**wanted, f"{LIB}@v1.1.0": "stale"}
    assert fault.failed >= 10


# Programs that misbehave: what the wrapper on PATH does in place of the real one.
BAD = {
    "hangs": "sleep 300 & wait",
    "crashes": "echo 'panic: oh no' >&2; exit 2",
    "prints garbage": "head -c 1000000 /dev/urandom; exit 0",
    "prints garbage and fails": "head -c 1000000 /dev/urandom >&2; exit 3",
    "prints nothing": "exit 0",
    "is killed": "kill -9 $$",
    "never stops": "while :; do echo x; sleep 0.05; done",
    "leaves a child behind": "sleep 300 & echo '{'; exit 1",
}
ODD_JSON = (
    """echo '{"Error": 5, "Versions": [1, null], "GoMod": 7, "Origin": "x", "Path": [], "GOPROXY": {}}'; exit 0"""
)
DEEP_JSON = "head -c 1000000 /dev/zero | tr '\\0' '['; exit 0"


def wrap(world: World, name: str, when: str, script: str) -> None:
    """Let the program NAME do what SCRIPT says, but only where a word among its arguments is WHEN."""
    world.wrap(name, f'case " $* " in *" {when} "*) {script};; esac')


def files(app: Path) -> dict[str, bytes]:
    return {name: (app / name).read_bytes() for name in ("go.mod", "go.sum")}


@pytest.mark.parametrize("bad", [*BAD, "prints odd JSON", "prints deep JSON"])
@pytest.mark.parametrize("when", ["env", "list", "download"])
def test_go_that_misbehaves(world: World, stale: Path, clean: None, when: str, bad: str) -> None:
    before = files(stale)
    wrap(world, "go", when, {**BAD, "prints odd JSON": ODD_JSON, "prints deep JSON": DEEP_JSON}[bad])
    started = time.monotonic()
    done = world.main("--fix", "--timeout", "2s")
    assert time.monotonic() - started < 2 * 2 + SLACK
    if when == "env":
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert done.stderr.startswith("goproxy-check: go env: ")
    else:
        assert (done.returncode, done.stderr) == (1, "")
        assert f"{LIB} v1.1.0: {'unavailable' if when == 'list' else 'stale'}" in done.stdout
        assert all(len(line) < 500 and line.isprintable() for line in done.stdout.splitlines())
    assert files(stale) == before


# Left out is what can't be told from a good answer, such as that there is no such commit.
GIT_CASES = [
    (when, bad)
    for when in ("--show-toplevel", "--show-prefix", "ls-files", "--verify", "MERGE_HEAD", "cat-file", "ls-tree")
    for bad in ("hangs", "crashes", "prints garbage")
    if (when, bad) not in [("--verify", "crashes"), ("--verify", "prints garbage"), ("MERGE_HEAD", "prints garbage")]
]


@pytest.mark.parametrize(("when", "bad"), GIT_CASES)
def test_git_that_misbehaves(world: World, stale: Path, clean: None, when: str, bad: str) -> None:
    world.git("commit", "-qm", "first", cwd=stale)
    (stale / "go.mod").write_text(go_mod([f"{LIB} v1.1.0", f"{LIB}/v2 v2.0.0"]))
    world.git("add", ".", cwd=stale)
    before = files(stale)
    wrap(world, "git", when, BAD[bad])
    done = world.main("--timeout", "1s")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done
    assert done.stderr.startswith("goproxy-check: ") and "internal error" not in done.stderr
    assert len(done.stderr) < 500 and done.stderr.rstrip("\n").isprintable()
    assert files(stale) == before


@pytest.mark.parametrize("name", ["git", "go"])
def test_program_that_cannot_be_started(world: World, stale: Path, clean: None, name: str) -> None:
    world.program(name, "")
    (world.root / "bin" / name).write_bytes(b"\x7fELF nonsense")
    alone = {"PATH": str(world.root / "bin")} if name == "git" else {}  # the next one on PATH would do
    done = world.check(**alone)
    assert done.returncode == 2 and "cannot run " in done.stderr and done.stderr.count("\n") == 1


def test_git_that_is_killed_while_the_origin_is_asked(world: World, stale: Path, clean: None) -> None:
    wrap(world, "git", "ls-remote", "kill -9 $$")
    assert world.verdicts("--fix")[f"{LIB}@v1.1.0"] == "missing"


def test_go_that_is_ended_amid_writing_go_sum(world: World, stale: Path, clean: None) -> None:
    """Go writes it in place (cmd/go/internal/lockedfile: Transform), so that half of it can be there."""
    before = files(stale)
    wrap(world, "go", "download", 'printf "torn h1:no" >"$PWD/go.sum"; kill -9 $$')
    done = world.main("--fix")
    assert done.returncode == 1 and "Not fixed: " in done.stdout
    assert files(stale) == before


def test_go_mod_that_is_edited_meanwhile_is_left_as_it_is(world: World, stale: Path, clean: None) -> None:
    edited = go_mod([f"{LIB} v1.1.0", "example.com/b v1.0.0"])
    (stale / "go.mod").write_text(f"module example.com/app\nrequire {LIB} v1.1.0\n")  # not as Go would have it
    world.git("add", ".", cwd=stale)
    (world.root / "edited").write_text(edited)
    wrap(world, "git", "fetch", f'cp "{world.root}/edited" "{stale}/go.mod"')
    done = world.main("--fix")
    assert done.returncode == 1 and (stale / "go.mod").read_text() == edited


@pytest.mark.parametrize("limit", [0, 1], ids=["in the cache", "in go.sum"])
def test_full_disk(world: World, stale: Path, clean: None, limit: int) -> None:
    """The limit on a file's size (ulimit -f) is met where a full disk would be: in the cache, or only by go.sum."""
    lines = (stale / "go.sum").read_text()
    if limit:  # the cache has all there is to fetch, and go.sum is as large as a file may be
        world.go("mod", "download", f"{LIB}@v1.1.0", cwd=stale, GOPROXY="direct")
        fill = "trap '' XFSZ; ulimit -f 1; head -c 5000 /dev/zero >f; wc -c <f"
        unit = int(world.run("sh", "-c", fill, ok=False).stdout)  # 512 or 1024 bytes
        lines += f"example.com/{'x' * (unit - len(lines) - 70)} v1.0.0 h1:{'A' * 43}=\n"
        (stale / "go.sum").write_text(lines)
    before = files(stale)
    wrap(world, "go", "download", f"trap '' XFSZ; ulimit -f {limit}")
    done = world.main("--fix")
    assert done.returncode == 1 and "file too large" in done.stdout, done
    assert not limit or re.search(r"Not fixed: .*go\.sum", done.stdout)
    assert files(stale) == before


def test_module_cache_that_cannot_be_written(world: World, stale: Path, clean: None) -> None:
    before = files(stale)
    cache = world.root / "cache"
    cache.write_text("")  # no folder: no permission stops root
    done = world.main("--fix", GOMODCACHE=str(cache))
    assert done.returncode == 1 and "Not fixed: " in done.stdout and str(cache) in done.stdout
    assert files(stale) == before


def test_go_sum_that_cannot_be_written(world: World, stale: Path, clean: None) -> None:
    go_sum = stale / "go.sum"
    go_sum.unlink()
    go_sum.mkdir()  # as good as read-only, to root too
    done = world.main("--fix")
    assert done.returncode == 1 and re.search(r"Not fixed: .*go\.sum", done.stdout), done
    assert list(go_sum.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="no permission stops root")
def test_go_sum_that_is_read_only(world: World, stale: Path, clean: None) -> None:
    before = files(stale)
    (stale / "go.sum").chmod(0o444)
    done = world.main("--fix")
    assert done.returncode == 1 and re.search(r"Not fixed: .*go\.sum", done.stdout), done
    assert files(stale) == before


def test_folder_that_sparse_checkout_left_out(world: World, stale: Path, clean: None) -> None:
    """It is checked all the same, and --fix has nowhere to write its go.sum."""
    world.app(f"{LIB} v1.1.0", folder="sub")
    world.git("commit", "-qm", "first", cwd=stale)
    world.git("sparse-checkout", "set", "--cone", "other", cwd=stale)
    assert not (stale / "sub").exists()
    done = world.main("--fix", "sub/go.mod")
    assert done.returncode == 1 and f"sub/go.mod:6: {LIB} v1.1.0: stale" in done.stdout
    assert re.search(r"Not fixed: .*\bsub\b", done.stdout), done.stdout
    assert not (stale / "sub").exists()


def test_fixes_at_the_same_time_lose_no_line(world: World, clean: None) -> None:
    names = [f"github.com/acme/m{number}" for number in range(2)]
    for name in names:
        world.origin(name, "v1.0.0")
        world.stale(name, "v1.1.0")
    app = world.app(*(f"{name} v1.1.0" for name in names))
    (app / "go.sum").write_text(world.sum_lines(names[0], "v1.0.0"))
    command = [sys.executable, "-m", "goproxy_check", "--fix"]
    runs = [[], [], *([f"{name}@v1.1.0"] for name in names)]
    started = [
        subprocess.Popen([*command, *run], cwd=app, env=world.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for run in runs
    ]
    printed = [child.communicate(timeout=100)[0].decode() for child in started]
    wanted = [world.sum_lines(names[0], "v1.0.0"), *(world.sum_lines(name, "v1.1.0") for name in names)]
    assert sorted((app / "go.sum").read_text().splitlines()) == sorted("".join(wanted).splitlines()), printed
    assert all("Not fixed" not in text for text in printed)
