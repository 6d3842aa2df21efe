"""--wait: first the tag, then the proxies, then the checksum database; never a question that a proxy would remember."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from goproxy_check import check
from goproxy_check import wait as wait_module
from goproxy_check.options import UsageError, parse
from goproxy_check.verdict import Evidence
from tests.support.goproxy import GoProxy, Said, times
from tests.support.sumdb import SumDB
from tests.support.world import LIB, World

TARGET = f"{LIB}@v1.1.0"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wait_module, "_FIRST", 0.2)


@contextmanager
def once(condition: Callable[[], object], act: Callable[[], object]) -> Iterator[None]:
    """Do ACT as soon as CONDITION holds, while the block runs."""
    over = threading.Event()

    def watch() -> None:
        while not over.is_set() and not condition():
            time.sleep(0.02)
        if not over.is_set():
            act()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def states(done: "subprocess.CompletedProcess[str]") -> list[str]:
    """Return what was said of each change."""
    return [line.removeprefix(f"goproxy-check: {TARGET}: ") for line in done.stderr.splitlines()]


def plainly(proxy: GoProxy) -> list[str]:
    return [path for path in proxy.asked(hold=False) if not path.endswith("list")]


def test_tag_first_and_only_then_the_proxy(world: World, proxy: GoProxy) -> None:
    world.origin(LIB, "v1.0.0")
    asked_before: list[str] = []

    def publish() -> None:
        time.sleep(1)
        asked_before.extend(plainly(proxy))
        world.publish(LIB, "v1.1.0")

    with once(lambda: proxy.log, publish):
        done = world.main("--wait", "30s", TARGET, cwd=world.home)
    assert (done.returncode, asked_before) == (0, [])
    assert states(done) == ["not published at its origin yet", "there"]
    assert re.fullmatch(r"goproxy-check: 1 module version resolves \(\d+\.\d\ds\)\n", done.stdout)
    assert sorted(plainly(proxy)) == [f"/{LIB}/@v/v1.1.0.info", f"/{LIB}/@v/v1.1.0.mod"]


def test_while_the_tag_is_waited_for_only_the_origin_is_asked(world: World, proxy: GoProxy) -> None:
    world.origin(LIB, "v1.0.0")
    assert world.main("--wait", "2s", TARGET, cwd=world.home).returncode == 1
    assert len(proxy.log) == 2 and all(seen.hold for seen in proxy.log)


def test_remembered_miss_is_waited_for_and_not_asked_about_before_it_is_forgotten(world: World, proxy: GoProxy) -> None:
    proxy.remembers = 4
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    forgotten = time.time() + 4
    when: list[float] = []
    proxy.fault(r"v1\.1\.0\.info", lambda _: when.append(time.time()))
    done = world.main("--wait", TARGET, cwd=world.home)
    assert done.returncode == 0
    assert states(done) == ["published, but the proxy does not have it yet", "there"]
    assert when[1] < forgotten - 1 and when[2] >= forgotten - 1
    assert 2 <= plainly(proxy).count(f"/{LIB}/@v/v1.1.0.info") <= 3  # the lifetime is told in whole seconds


def test_each_proxy_is_left_alone_for_as_long_as_it_says(
    world: World, proxy: GoProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: list[int] = []

    def ask(found: list[Evidence], *args: Any, **more: Any) -> list[Evidence]:
        rounds.append(len(found))
        return check.ask(found, *args, **more)

    monkeypatch.setattr(wait_module, "ask", ask)
    proxy.remembers = 1800
    world.origin(LIB, "v1.0.0")
    with GoProxy(remembers=4).running() as other:
        other.serves(LIB, *proxy.origins[LIB])
        other.misses(LIB, "v1.1.0")
        world.stale(LIB, "v1.1.0")
        done = world.main("--wait", "30s", TARGET, cwd=world.home, GOPROXY=f"{proxy.url},{other.url}")
        assert done.returncode == 0
        assert 2 <= plainly(other).count(f"/{LIB}/@v/v1.1.0.info") <= 3
    assert plainly(proxy).count(f"/{LIB}/@v/v1.1.0.info") == 1
    assert len(rounds) <= 3


def test_retry_after_beyond_a_round_is_honoured(world: World, proxy: GoProxy) -> None:
    world.origin(LIB, "v1.0.0", "v1.1.0")
    when: list[float] = []
    busy = Said(503, b"busy", (("Retry-After", "3"),))
    proxy.fault(r"v1\.1\.0\.info", lambda _: when.append(time.time()))
    proxy.fault(r"v1\.1\.0\.info", times(2, busy))
    done = world.main("--wait", "30s", "--timeout", "2s", TARGET, cwd=world.home)
    assert done.returncode == 0
    assert len(when) == 3 and when[1] - when[0] < 2.5 and when[2] - when[1] >= 2.9  # held, plainly, plainly


def test_record_of_the_checksum_database_comes_last(world: World, proxy: GoProxy) -> None:
    sumdb = proxy.sumdb = SumDB("sum.example")
    world.origin(LIB, "v1.0.0", "v1.1.0")

    def record() -> None:
        lines = world.sum_lines(LIB, "v1.1.0").split()
        sumdb.add(LIB, "v1.1.0", lines[2], lines[5])

    lookup = f"/sumdb/sum.example/lookup/{LIB}@v1.1.0"
    with once(lambda: proxy.asked().count(lookup) == 2, record):
        done = world.main("--wait", "30s", TARGET, GOSUMDB=sumdb.key, cwd=world.home)
    assert done.returncode == 0
    assert states(done) == ["served, but the checksum database has no record of it yet", "there"]
    first = proxy.asked().index(lookup)
    assert {f"/{LIB}/@v/v1.1.0.info", f"/{LIB}/@v/v1.1.0.mod"} <= set(proxy.asked()[:first])
    assert {path for path in proxy.asked()[first:] if "/list" not in path and ".mod" not in path} == {lookup}


def test_deadline_ends_it_with_the_last_verdict(world: World) -> None:
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    started = time.monotonic()
    done = world.main("--wait", "1500ms", "--format", "json", TARGET, f"{LIB}@v1.0.0", cwd=world.home)
    assert time.monotonic() - started < 6
    assert done.returncode == 1
    results = {item["version"]: item["verdict"] for item in json.loads(done.stdout)["results"]}
    assert results == {"v1.0.0": "ok", "v1.1.0": "stale"}
    assert done.stderr.endswith("\ngoproxy-check: gave up waiting after 1.5s\n")


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_ends_it_with_the_last_verdict(world: World, number: signal.Signals) -> None:
    world.origin(LIB, "v1.0.0")
    world.app()
    child = subprocess.Popen(
        [sys.executable, "-m", "goproxy_check", "--wait", TARGET],
        cwd=world.root / "app",
        env=world.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stderr and child.stderr.readline() == f"goproxy-check: {TARGET}: not published at its origin yet\n"
    child.send_signal(number)
    out, err = child.communicate(timeout=20)
    assert (child.returncode, err) == (130, "")
    assert out.startswith(f"{TARGET.replace('@', ' ')}: unpublished\n") and "Nearest published: v1.0.0" in out


def test_what_time_cannot_heal_is_not_waited_for(world: World, proxy: GoProxy) -> None:
    world.origin("github.com/acme/two/v2", url="https://github.com/acme/two")
    world.git("tag", "v2.0.0", cwd=world.root / "origins/github.com/acme/two")
    world.origin(LIB, "v1.0.0")
    (world.root / "origins/github.com/acme/two/go.mod").write_text("module github.com/acme/two\n")
    world.commit(world.root / "origins/github.com/acme/two", "wrong")
    world.git("tag", "v2.1.0", cwd=world.root / "origins/github.com/acme/two")
    proxy.misses("github.com/acme/two/v2", "v2.1.0")
    proxy.fault("/login/", Said(401, b"who are you?"))
    started = time.monotonic()
    done = world.main("--wait", "github.com/acme/two/v2@v2.1.0", "example.com/login/x@v1.0.0", cwd=world.home)
    assert time.monotonic() - started < 20
    assert done.returncode == 1
    assert "v2.1.0: unpublished" in done.stdout and "example.com/login/x v1.0.0: refused" in done.stdout


def test_origin_that_cannot_be_asked_is_no_reason_to_ask_a_proxy_plainly(world: World, proxy: GoProxy) -> None:
    done = world.main("--wait", "2s", "github.com/acme/private@v1.0.0", cwd=world.home)
    assert done.returncode == 1 and ": missing\n" in done.stdout
    assert proxy.asked(hold=False) == []
    assert "its origin can't be asked yet" in done.stderr


def test_proxy_that_refuses_what_it_lacks(world: World, proxy: GoProxy) -> None:
    world.origin(LIB, "v1.0.0", "v1.1.0")
    proxy.fault(r"v1\.1\.0", times(5, Said(403, b"not in this repository")))
    done = world.main("--wait", "30s", TARGET, cwd=world.home)
    assert done.returncode == 0
    assert states(done)[0].startswith("refused by the proxy so far (http://127.0.0.1:")
    assert states(done)[1:] == ["there"]


def test_proxy_that_is_down_for_a_while(world: World, proxy: GoProxy) -> None:
    world.origin(LIB, "v1.0.0", "v1.1.0")
    proxy.fault(r"v1\.1\.0", times(6, Said(500, b"starting")))
    done = world.main("--wait", "30s", TARGET, cwd=world.home)
    assert done.returncode == 0
    assert states(done)[0].startswith("no usable answer yet (") and states(done)[-1] == "there"


def test_proxy_that_refuses_connections_at_first(world: World) -> None:
    world.origin(LIB, "v1.0.0", "v1.1.0")
    with GoProxy().running() as late:
        port = late.url
    with GoProxy().running() as proxy:
        proxy.serves(LIB, *world.proxy.origins[LIB])
        gate = world.root / "open"
        proxy.fault("", lambda _: None if gate.exists() else Said(500))
        timer = threading.Timer(2, gate.touch)
        timer.start()
        done = world.main("--wait", "30s", TARGET, cwd=world.home, GOPROXY=f"{port}|{proxy.url}")
        timer.join()
    assert done.returncode == 0 and "there" in states(done)


def test_without_go_there_is_nothing_to_wait_for(world: World, proxy: GoProxy) -> None:
    git = os.path.dirname(world.run("sh", "-c", "command -v git").stdout.strip())
    bare = world.root / "path"
    bare.mkdir()
    (bare / "git").symlink_to(f"{git}/git")
    started = time.monotonic()
    done = world.main("--wait", "30s", TARGET, cwd=world.home, PATH=str(bare))
    assert time.monotonic() - started < 5
    assert done.returncode == 1 and "Install Go" in done.stdout and proxy.asked(hold=False) == []


def test_private_module_is_waited_for_at_its_origin_alone(world: World, proxy: GoProxy) -> None:
    world.origin(LIB, "v1.0.0")
    timer = threading.Timer(1, lambda: world.publish(LIB, "v1.1.0"))
    timer.start()
    done = world.main("--wait", "30s", TARGET, GOPRIVATE="github.com/acme", GOSUMDB="sum.example", cwd=world.home)
    timer.join()
    assert (done.returncode, proxy.log) == (0, [])


def test_versions_of_a_change_are_waited_for_too(world: World, proxy: GoProxy) -> None:
    proxy.remembers = 2
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    world.app(f"{LIB} v1.1.0")
    done = world.main("--wait", "30s")
    assert done.returncode == 0 and "1 module version resolves" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("no_color", ["", "1"])
def test_progress_line_is_for_terminals(world: World, no_color: str) -> None:
    import pty

    world.origin(LIB, "v1.0.0")
    world.app()
    ours, theirs = pty.openpty()
    env = {**world.env, "TERM": "xterm", "COLUMNS": "200", "NO_COLOR": no_color}
    command = [sys.executable, "-m", "goproxy_check", "--wait", "3s", TARGET]
    child = subprocess.Popen(command, cwd=world.root / "app", env=env, stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    shown = b""
    while True:
        try:
            data = os.read(ours, 4096)
        except OSError:  # the other side is closed
            break
        if not data:
            break
        shown += data
    out, _ = child.communicate(timeout=20)
    text = shown.decode()
    assert child.returncode == 1 and out.decode().startswith(f"{LIB} v1.1.0: unpublished\n")
    line = rf"{re.escape(TARGET)}: not published at its origin yet; waiting since \d\d:\d\d:\d\d, next question in \ds"
    assert bool(re.search(line, text)) is not bool(no_color)
    assert ("\x1b[" in text) is not bool(no_color)
    assert text.count(f"goproxy-check: {TARGET}: not published") == int(bool(no_color))


@pytest.mark.parametrize(
    ("args", "seconds", "targets"),
    [
        (["--wait", TARGET], 1800, [TARGET]),
        (["--wait", "5m", TARGET], 300, [TARGET]),
        (["--wait=90s", TARGET], 90, [TARGET]),
        ([TARGET, "--wait"], 1800, [TARGET]),
        (["--wait", "sub/go.mod"], 1800, ["sub/go.mod"]),
        (["--wait", "--format", "json", TARGET], 1800, [TARGET]),
        (["--wait", "--", TARGET], 1800, [TARGET]),
        ([TARGET], None, [TARGET]),
    ],
)
def test_duration_may_be_left_out(args: list[str], seconds: float | None, targets: list[str]) -> None:
    options = parse(args)
    assert (options.wait, options.targets) == (seconds, targets)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--wait", "5x", TARGET], "'5x' is not a duration"),
        (["--wait", "soon"], "'soon' is not a duration"),
        (["--wait", "--fix", TARGET], "--wait and --fix exclude each other"),
        (["--wait", f"{LIB}@latest"], "github.com/acme/lib@latest is a query, not a version"),
        (["--wait", f"{LIB}@main"], "is a query, not a version"),
        (["--wait", f"{LIB}@v1.0.0", "go.mod"], "MODULE@VERSION goes with nothing else"),
    ],
)
def test_no_use(args: list[str], words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words)):
        parse(args)
