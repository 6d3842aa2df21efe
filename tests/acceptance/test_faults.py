"""Proxies, go, git and the disk misbehave: the verdict holds, and nothing is lost or left behind."""

import contextlib
import gzip
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.support.goproxy import Fault, GoProxy, Said, reset, stall
from tests.support.world import LIB, World, document, go_mod

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the wrappers on PATH are shell scripts")

SECONDS = 3.0  # --timeout
SLACK = 10.0  # starting, importing and reporting on a busy machine
MEGABYTES = 120


def survivors(world: World) -> list[str]:
    """Return what is still running of all that was started with the environment of WORLD."""
    mark = f"HOME={world.home}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*") if Path("/proc").is_dir() else ():
        with contextlib.suppress(OSError):
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


@pytest.fixture
def clean(world: World) -> Iterator[None]:
    """Nothing is left running, and nothing in the temporary folder, when the test is over."""
    folder = world.root / "tmp"
    folder.mkdir()
    world.env["TMPDIR"] = str(folder)
    yield
    for _ in range(40):  # what was ended may take a moment to be buried
        if not survivors(world):
            break
        time.sleep(0.05)
    assert survivors(world) == []
    assert list(folder.iterdir()) == []


def fault_of(*parts: bytes, pause: float = 0, again: int = 1, then_close: bool = True) -> Fault:
    """Fault: write PARTS, so many times AGAIN, with a PAUSE after each, and hang up."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        for _ in range(again):
            for part in parts:
                handler.wfile.write(part)
                handler.wfile.flush()
                time.sleep(pause)
        handler.close_connection = then_close
        handler.gone = True  # type: ignore[attr-defined]

    return act


def reset_amid_body(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nmodule ")
    reset(handler)


HEAD = b"HTTP/1.1 200 OK\r\n"
MEGABYTE = b"x" * (1 << 20)
NO_ANSWERS: dict[str, tuple[Fault | Said, str]] = {
    "reset": (reset, "reset"),
    "reset amid the body": (reset_amid_body, "reset"),
    "stall before the headers": (stall(20), "no answer"),
    "stall inside the headers": (fault_of(HEAD, b"X-Slow: ", pause=20), "no answer"),
    "a byte a second": (fault_of(HEAD + b"Content-Length: 100\r\n\r\n", *[b"x"] * 100, pause=1), "no answer"),
    "gigabytes": (fault_of(HEAD + b"Content-Length: 4000000000\r\n\r\n", *[MEGABYTE] * 100), "larger than 16 MB"),
    "gigabytes without a length": (fault_of(HEAD + b"\r\n", *[MEGABYTE] * 100), "larger than 16 MB"),
    "headers without end": (fault_of(HEAD, *[b"X-More: " + b"x" * 900 + b"\r\n"] * 5000), ""),
    "a header without end": (fault_of(HEAD, b"X-More: ", *[b"x" * 65536] * 500), ""),
    "too short": (fault_of(HEAD + b"Content-Length: 100\r\n\r\nmodule"), ""),
    "no end of the headers": (fault_of(HEAD + b"Content-Le"), "ends in the middle"),
    "no end of the status": (fault_of(b"HTTP/1.1 200"), ""),
    "a body that is cut": (fault_of(HEAD + b"\r\n", b"module example.com/a\n", pause=20), "no answer"),
    "half a gzip": (Said(200, gzip.compress(b"module x" * 99)[:-9], (("Content-Encoding", "gzip"),)), "not the gzip"),
    "a gzip that is none": (Said(200, b"module x", (("Content-Encoding", "gzip"),)), "gzip"),
    "a header without a colon": (fault_of(HEAD + b"Content-Length: 0\r\nwhat\r\n\r\n"), "a header without a colon"),
    "a redirect that never ends": (fault_of(b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", *[MEGABYTE] * 400), "404"),
    "a redirect with a bomb": (
        Said(302, gzip.compress(b"0" * (200 << 20)), (("Location", "/x"), ("Content-Encoding", "gzip"))),
        "404",
    ),
    "negative length": (fault_of(HEAD + b"Content-Length: -1\r\n\r\n"), ""),
    "two lengths": (fault_of(HEAD + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabc"), ""),
    "odd length": (fault_of(HEAD + b"Content-Length: many\r\n\r\n{}"), ""),
    "garbage": (fault_of(b"\x00\xff\x1b[31mwhat?\r\n\r\n"), ""),
    "nothing": (fault_of(b""), ""),
    "broken chunks": (fault_of(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n"), ""),
    "early hints for ever": (fault_of(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000, again=100), "larger than 256 KB"),
    "continue for ever": (fault_of(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, again=100), "larger than 256 KB"),
    "another protocol": (fault_of(b"HTTP/1.1 101 Switching Protocols\r\n\r\nHTTP/1.1 404 Not Found\r\n\r\n"), "101"),
    "redirects in a circle": (Said(302, b"", (("Location", "?again"),)), "stopped after 10 redirects"),
    "redirect to nobody": (Said(302, b"", (("Location", "http://127.0.0.1:9/"),)), "cannot connect"),
    "redirect to a file": (Said(302, b"", (("Location", "file:///etc/passwd"),)), ""),
    "redirect to nonsense": (Said(302, b"", (("Location", "http://[/"),)), ""),
    "redirect to nowhere": (Said(302), "302"),
    "429": (Said(429), "429 Too Many Requests"),
    "429 with Retry-After": (Said(429, b"", (("Retry-After", "3600"),)), "429 Too Many Requests"),
    "503": (Said(503), "503 Service Unavailable"),
    "503 with Retry-After": (Said(503, b"", (("Retry-After", "3600"),)), "503 Service Unavailable"),
    "204": (Said(204), "204 No Content"),
    "304": (Said(304), "304 Not Modified"),
}


# What a process of its own has at its peak: the one that runs the tests is larger, and would count.
MEASURE = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
with open(sys.argv[1], "w") as file:
    file.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(code)
"""


def check(
    world: World, *args: str, timeout: float = SECONDS
) -> tuple["subprocess.CompletedProcess[str]", float, float]:
    """Run a check of what is staged; return it, and what it took: seconds and megabytes."""
    peak = world.root / "peak"
    command = [sys.executable, "-m", "goproxy_check", "--timeout", f"{timeout:g}s", *args]
    started = time.monotonic()
    done = world.run(sys.executable, "-c", MEASURE, str(peak), *command, cwd=world.root / "app", ok=False)
    seconds = time.monotonic() - started
    return done, seconds, int(peak.read_text()) / (1024 if sys.platform == "linux" else 1 << 20)


def test_failure_that_was_seen_says_more_than_that_the_time_is_up(world: World, proxy: GoProxy) -> None:
    asked: list[str] = []

    def act(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        (reset if len(asked) < 3 else stall(10))(handler)

    proxy.fault("/a/@v/v1.0.0.mod", act)
    proxy.put("example.com/a", "v1.0.0")
    world.app("example.com/a v1.0.0")
    done, _, _ = check(world, "--format", "json")
    (item,) = document(done)["results"]
    assert item["verdict"] == "unavailable"
    assert "reset" in item["message"] and "time was up" not in item["message"]


@pytest.mark.parametrize("name", NO_ANSWERS)
def test_answer_that_is_none_is_unavailable_in_time_and_within_bounds(
    world: World, proxy: GoProxy, clean: None, name: str
) -> None:
    fault, words = NO_ANSWERS[name]
    proxy.put("example.com/a", "v1.0.0")
    proxy.put("example.com/b", "v1.0.0")
    proxy.fault("/a/@v/v1.0.0", fault)
    world.app("example.com/a v1.0.0", "example.com/b v1.0.0")
    timeout = 4 * SECONDS if words.startswith("larger") else SECONDS  # a busy machine takes long over so much
    done, seconds, megabytes = check(world, "--format", "json", timeout=timeout)
    results = {item["module"]: item for item in document(done)["results"]}
    assert (done.returncode, done.stderr) == (1, "")
    assert results["example.com/a"]["verdict"] == ("missing" if words == "404" else "unavailable")
    assert words in results["example.com/a"]["message"]
    assert results["example.com/b"]["verdict"] == "ok"
    assert seconds < timeout + SLACK and megabytes < MEGABYTES
    assert "root:" not in done.stdout


def test_proxy_that_is_not_there(world: World, clean: None) -> None:
    world.app("example.com/a v1.0.0")
    done = world.check(GOPROXY="http://127.0.0.1:9")
    assert done.returncode == 1 and "unavailable" in done.stdout and "cannot connect: Connection refused" in done.stdout


def test_redirect_to_another_host_is_followed(world: World, proxy: GoProxy, clean: None) -> None:
    with GoProxy().running() as store:
        store.put("example.com/a", "v1.0.0")
        world.app("example.com/a v1.0.0")
        for end in ("info", "mod"):
            proxy.fault(f"{end}$", Said(307, b"", (("Location", f"{store.url}/example.com/a/@v/v1.0.0.{end}?sig=x"),)))
        assert world.verdicts() == {"example.com/a@v1.0.0": "ok"}


@pytest.mark.parametrize("userinfo", ["", "me:secret@"])
def test_proxy_that_is_not_there_is_tried_once(world: World, clean: None, userinfo: str) -> None:
    world.app("example.com/a v1.0.0", "example.com/b v1.0.0")
    done = world.check("-x", "-j", "1", GOPROXY=f"https://{userinfo}127.0.0.1:9")
    assert done.stderr.count(": cannot connect: ") == 1 and "secret" not in done.stderr + done.stdout


def test_huge_file_of_a_folder_is_no_answer(world: World, clean: None) -> None:
    place = world.root / "proxy" / "example.com" / "a" / "@v"
    place.mkdir(parents=True)
    (place / "v1.0.0.info").write_text('{"Version": "v1.0.0"}')
    with (place / "v1.0.0.mod").open("wb") as file:
        file.truncate((16 << 20) + 1)
    world.app("example.com/a v1.0.0")
    done = world.check(GOPROXY=(world.root / "proxy").as_uri())
    assert done.returncode == 1 and "the answer is larger than 16 MB" in done.stdout


@pytest.mark.parametrize("target", ["nobody", "crashing"])
def test_proxy_that_redirects_to_a_broken_host_is_not_given_up_with_it(
    world: World, proxy: GoProxy, clean: None, target: str
) -> None:
    with GoProxy().running() as store:
        store.fault("", reset)
        url = store.url if target == "crashing" else "http://127.0.0.1:9"
        proxy.fault("/a/@v/v1.0.0", Said(302, b"", (("Location", f"{url}/x"),)))
        proxy.put("example.com/b", "v1.0.0")
        world.app("example.com/a v1.0.0", "example.com/b v1.0.0")
        assert world.verdicts("-j", "1") == {"example.com/a@v1.0.0": "unavailable", "example.com/b@v1.0.0": "ok"}


@pytest.mark.parametrize(
    ("status", "verdict"), [(407, "refused"), (404, "unavailable"), (410, "unavailable"), (503, "unavailable")]
)
def test_network_that_lets_nobody_through_is_not_taken_for_the_proxy(
    world: World, proxy: GoProxy, clean: None, status: int, verdict: str
) -> None:
    proxy.fault("", Said(status))
    world.app("example.com/a v1.0.0")
    done = world.check(GOPROXY="https://goproxy.example,https://other.example", HTTPS_PROXY=proxy.url, NO_PROXY="")
    assert done.returncode == 1 and f"example.com/a v1.0.0: {verdict}" in done.stdout
    assert "(said the network's proxy)" in done.stdout and "other.example" not in done.stdout
    assert {seen.method for seen in proxy.log} == {"CONNECT"}


def test_early_hints_come_before_the_answer(world: World, proxy: GoProxy, clean: None) -> None:
    def hint(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n")

    proxy.put("example.com/a", "v1.0.0")
    proxy.put("example.com/b", "v1.0.0")
    proxy.fault("/a/", hint)
    app = world.app("example.com/a v1.0.0", "example.com/b v1.0.0", "example.com/c v1.0.0")
    verdicts = world.verdicts("-j", "1", GOPROXY=proxy.url, GOPRIVATE="example.com/c")
    assert {verdicts[f"example.com/{name}@v1.0.0"] for name in "ab"} == {"ok"}
    world.go("mod", "download", "example.com/a@v1.0.0", cwd=app, GOPROXY=proxy.url, GONOSUMDB="*")
    assert proxy.connections <= 3


class HalfFails:
    """Fault: one half of the requests, at random but never one file eight times, ends as a crashing proxy has it."""

    WAYS: tuple[Fault | Said, ...] = (reset, reset_amid_body, Said(502), Said(503), Said(429))

    def __init__(self) -> None:
        self._random = random.Random(7)
        self._lock = threading.Lock()
        self._in_a_row: dict[str, int] = {}
        self.failed = 0

    def __call__(self, handler: BaseHTTPRequestHandler) -> Said | None:
        with self._lock:
            row = self._in_a_row.get(handler.path, 0)
            fails = row < 7 and self._random.random() < 0.5
            self._in_a_row[handler.path] = row + 1 if fails else 0
            self.failed += fails
            how: Fault | Said = self._random.choice(self.WAYS)
        return None if not fails else how if isinstance(how, Said) else how(handler)


def test_half_of_the_requests_fail_at_random(world: World, proxy: GoProxy, clean: None) -> None:
    names = [f"example.com/m{number}" for number in range(20)]
    for name in names:
        proxy.put(name, "v1.0.0")
    fault = HalfFails()
    proxy.fault("@v/", fault)
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    world.app(*(f"{name} v1.0.0" for name in names), f"{LIB} v1.1.0")
    verdicts = world.verdicts()
    assert verdicts.pop(f"{LIB}@v1.1.0") == "stale"
    assert set(verdicts.values()) == {"ok"} and len(verdicts) == 20
    assert fault.failed >= 15


def test_next_proxy_takes_over_where_the_list_says_so(world: World, proxy: GoProxy, clean: None) -> None:
    proxy.fault("@v/", reset)
    with GoProxy().running() as second:
        second.put("example.com/a", "v1.0.0")
        world.app("example.com/a v1.0.0")
        goproxy = f"{proxy.url}|{second.url}"
        assert world.verdicts("--timeout", "30s", GOPROXY=goproxy) == {"example.com/a@v1.0.0": "ok"}


# Programs that misbehave: what the wrapper on PATH does in place of the real one.
BAD = {
    "hangs": "sleep 300 & wait",
    "crashes": "echo 'panic: oh no' >&2; exit 2",
    "prints garbage": "head -c 3000000 /dev/urandom; exit 0",
    "prints garbage and fails": "head -c 3000000 /dev/urandom >&2; exit 3",
    "prints nothing": "exit 0",
    "is killed": "kill -9 $$",
    "never stops": "while :; do echo x; sleep 0.05; done",
    "leaves a child behind": "sleep 300 & echo '{'; exit 1",
}


def wrap(world: World, name: str, when: str, script: str) -> None:
    """Let the program NAME do what SCRIPT says, but only where a word among its arguments is WHEN."""
    world.wrap(name, f'case " $* " in *" {when} "*) {script};; esac')


@pytest.fixture
def stale(world: World) -> Path:
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    app = world.app(f"{LIB} v1.1.0")
    (app / "go.sum").write_text(world.sum_lines(LIB, "v1.0.0"))
    world.git("add", ".", cwd=app)
    return app


def files(app: Path) -> dict[str, bytes]:
    return {name: (app / name).read_bytes() for name in ("go.mod", "go.sum")}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("when", ["env", "list", "download"])
def test_go_that_misbehaves(world: World, stale: Path, clean: None, when: str, bad: str) -> None:
    before = files(stale)
    wrap(world, "go", when, BAD[bad])
    done, seconds, megabytes = check(world, "--fix")
    assert "Traceback" not in done.stderr and seconds < 2 * SECONDS + SLACK and megabytes < MEGABYTES
    if when == "env":
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert done.stderr.startswith("goproxy-check: go env: ") and "repair the Go installation" in done.stderr
    else:
        assert (done.returncode, done.stderr) == (1, "")
        assert ("missing" if when == "list" else "Not fixed: ") in done.stdout
        assert all(len(line) < 500 and line.isprintable() for line in done.stdout.splitlines())
    assert files(stale) == before


GIT_PHASES = ["diff", "--show-toplevel", "--show-prefix", "ls-files", "MERGE_HEAD", "cat-file"]


# No answer is an answer too: nothing is staged, and this is the top folder.
GIT_CASES = {(when, bad) for when in GIT_PHASES for bad in BAD}
GIT_CASES -= {("diff", "prints nothing"), ("--show-prefix", "prints nothing")}


@pytest.mark.parametrize(("when", "bad"), sorted(GIT_CASES))
def test_git_that_misbehaves(world: World, stale: Path, clean: None, when: str, bad: str) -> None:
    before = files(stale)
    wrap(world, "git", when, BAD[bad])
    done = world.main("--timeout", "1s")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done
    assert done.stderr.startswith("goproxy-check: ") and "internal error" not in done.stderr
    assert len(done.stderr) < 500 and done.stderr.rstrip("\n").isprintable()
    assert files(stale) == before


@pytest.mark.parametrize(("name", "words"), [("git", "cannot run git: "), ("go", "cannot run ")])
def test_program_that_cannot_be_started(world: World, stale: Path, clean: None, name: str, words: str) -> None:
    world.program(name, "")
    (world.root / "bin" / name).write_bytes(b"\x7fELF nonsense")
    alone = {"PATH": str(world.root / "bin")} if name == "git" else {}  # the next one on PATH would do
    done = world.check(**alone)
    assert done.returncode == 2 and words in done.stderr and done.stderr.count("\n") == 1


def test_git_that_goes_away_before_the_origin_is_asked(world: World, stale: Path, clean: None) -> None:
    wrap(world, "git", "ls-remote", "kill -9 $$")
    done = world.check("--fix")
    assert done.returncode == 1 and "missing" in done.stdout and "signal: killed" in done.stdout


def test_go_that_is_ended_amid_writing_go_sum(world: World, stale: Path, clean: None) -> None:
    """Go writes it in place (cmd/go/internal/lockedfile: Transform), so that half of each can be there."""
    before = files(stale)
    wrap(world, "go", "download", 'printf "torn h1:no" >"$PWD/go.sum"; kill -9 $$')
    done = world.check("--fix")
    assert done.returncode == 1 and "Not fixed: " in done.stdout
    assert files(stale) == before


def test_interrupt_amid_writing_go_sum(world: World, stale: Path, clean: None) -> None:
    before = files(stale)
    wrap(world, "go", "download", 'printf torn >"$PWD/go.sum"; kill -INT $PPID; sleep 300')
    done = world.check("--fix")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
    assert files(stale) == before


INTERRUPTED_AS_IT_STARTS = """
import os, signal, sys
from goproxy_check import process
signal.signal(signal.SIGINT, process.interrupt)
def called(frame, event, arg):
    if event == "return" and frame.f_code.co_name == "_execute_child":
        os.kill(os.getpid(), signal.SIGINT)
sys.setprofile(called)
try:
    process.run(["sleep", "300"])
except KeyboardInterrupt:
    print("interrupted")
"""


def test_interrupt_just_as_a_program_starts_ends_it_too(world: World, clean: None) -> None:
    assert world.run(sys.executable, "-c", INTERRUPTED_AS_IT_STARTS).stdout == "interrupted\n"


INTERRUPTED_AS_QUESTIONS_START = """
import os, signal, threading
from goproxy_check import process
from goproxy_check.parallel import Deadline, in_parallel
signal.signal(signal.SIGINT, process.interrupt)
class Items(list):
    def __iter__(self):
        yield 1
        os.kill(os.getpid(), signal.SIGINT)
        yield 2
cut = threading.Event()
try:
    in_parallel(lambda item: cut.wait(60), Items([1, 2]), 2, Deadline(60), cut.set, lambda item: None)
except KeyboardInterrupt:
    print("interrupted", cut.is_set())
"""


def test_interrupt_just_as_questions_start_waits_for_all_of_them(world: World, clean: None) -> None:
    assert world.run(sys.executable, "-c", INTERRUPTED_AS_QUESTIONS_START).stdout == "interrupted True\n"


def test_go_mod_that_is_edited_meanwhile_is_left_as_it_is(world: World, stale: Path, clean: None) -> None:
    edited = go_mod([f"{LIB} v1.1.0"], rest="\n// edited\n")
    (stale / "go.mod").write_text(f"module example.com/app\ngo 1.21\nrequire {LIB} v1.1.0\n")  # not as Go would have it
    world.git("add", ".", cwd=stale)
    (world.root / "edited").write_text(edited)
    wrap(world, "git", "fetch", f'cp "{world.root}/edited" "{stale}/go.mod"')
    done = world.check("--fix")
    assert done.returncode == 1 and "fixed here" in done.stdout
    assert (stale / "go.mod").read_text() == edited


@pytest.mark.parametrize("limit", [0, 1])
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
    done = world.check("--fix")
    assert done.returncode == 1 and "Not fixed: " in done.stdout and "file too large" in done.stdout, done
    assert files(stale) == before


def test_module_cache_that_cannot_be_written(world: World, stale: Path, clean: None) -> None:
    before = files(stale)
    cache = world.root / "cache"
    cache.mkdir(mode=0o500)
    if os.geteuid() == 0:  # whom no permission stops
        cache.rmdir()
        cache.write_text("")
    done = world.check("--fix", GOMODCACHE=str(cache))
    assert done.returncode == 1 and "Not fixed: " in done.stdout
    assert files(stale) == before


def test_fixes_at_the_same_time_lose_no_line(world: World, clean: None) -> None:
    names = [f"github.com/acme/m{number}" for number in range(6)]
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
    said = [child.communicate(timeout=100)[0].decode() for child in started]
    wanted = [world.sum_lines(names[0], "v1.0.0"), *(world.sum_lines(name, "v1.1.0") for name in names)]
    assert sorted((app / "go.sum").read_text().splitlines()) == sorted("".join(wanted).splitlines()), said
    assert all("Not fixed" not in text for text in said)
