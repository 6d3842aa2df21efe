"""--wait: asks the origin and the list until the version is there, and only then a proxy; ends with its answer."""

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
from itertools import pairwise

import pytest

from goproxy_check.go import questions
from goproxy_check.verdict import wait
from tests.support.goproxy import GoProxy, Said, times
from tests.support.sumdb import SumDB
from tests.support.world import LIB, World

TARGET = f"{LIB}@v1.1.0"
FILES = [f"/{LIB}/@v/v1.1.0.info", f"/{LIB}/@v/v1.1.0.mod"]
ABSENT, STALE, THERE = "not published at its origin yet", "published, but the proxy does not have it yet", "there"


@pytest.fixture(params=["default", "manager"])
def proxy(request: pytest.FixtureRequest) -> Iterator[GoProxy]:
    with (GoProxy.repository_manager() if request.param == "manager" else GoProxy()).running() as proxy:
        yield proxy


only_default = pytest.mark.parametrize("proxy", ["default"], indirect=True)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wait, "_FIRST", 0.2)
    monkeypatch.setattr(questions, "_PAUSE", 0.05)


@contextmanager
def once(condition: Callable[[], object], act: Callable[[], object]) -> Iterator[None]:
    """Do ACT as soon as CONDITION holds, while the block runs."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            if condition():
                act()
                return

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def states(done: "subprocess.CompletedProcess[str]") -> list[str]:
    """Return what was said of each change, without until when a proxy remembers it."""
    lines = (line.removeprefix(f"goproxy-check: {TARGET}: ") for line in done.stderr.splitlines())
    return [line.partition("; it repeats")[0] for line in lines]


def named(proxy: GoProxy) -> list[str]:
    """Return the requests that named a version."""
    return [path for path in proxy.asked() if not path.endswith("/list")]


def lists(proxy: GoProxy) -> int:
    return sum(path.endswith("/list") for path in proxy.asked())


@pytest.mark.parametrize("tags", [("v1.0.0",), ()], ids=["next release", "first release"])
def test_first_plain_question_ends_it(world: World, proxy: GoProxy, tags: tuple[str, ...]) -> None:
    """Also at a proxy that would have remembered any question before, for a day."""
    world.origin(LIB, *tags)
    before: list[str] = []

    def publish() -> None:
        before.extend(named(proxy))
        world.publish(LIB, "v1.1.0")

    with once(lambda: lists(proxy) >= 3, publish):
        done = world.main("--wait", "60s", TARGET, cwd=world.home)
    assert (done.returncode, before) == (0, [])
    assert states(done) == [ABSENT, THERE]
    assert sorted(named(proxy)) == FILES
    assert re.fullmatch(r"goproxy-check: 1 module version resolves \(\d+\.\d\ds\)\n", done.stdout)


@only_default
def test_versions_of_a_change_are_waited_for_too(world: World, proxy: GoProxy) -> None:
    world.origin(LIB, "v1.0.0")
    world.app(f"{LIB} v1.1.0", f"{LIB} v1.0.0")
    with once(lambda: lists(proxy) >= 2, lambda: world.publish(LIB, "v1.1.0")):
        done = world.main("--wait", "60s")
    assert (done.returncode, states(done)[-1]) == (0, THERE)
    assert named(proxy).count(f"/{LIB}/@v/v1.0.0.info") == 1, "what is settled is not asked for again"


@only_default
def test_miss_is_not_asked_about_before_it_is_forgotten(world: World, proxy: GoProxy) -> None:
    proxy.remembers = 4
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    forgotten = time.time() + 4
    when: list[float] = []
    proxy.fault(r"v1\.1\.0\.info", lambda _: when.append(time.time()))
    done = world.main("--wait", "60s", TARGET, cwd=world.home)
    assert (done.returncode, states(done)) == (0, [STALE, THERE])
    early = [moment for moment in when if moment < forgotten - 1]  # a lifetime is told in whole seconds
    assert 1 <= len(early) <= 2, "the quick question and the judge, in one round"


@only_default
def test_retry_after_is_honoured(world: World, proxy: GoProxy) -> None:
    world.origin(LIB, "v1.0.0", "v1.1.0")
    when: list[float] = []
    proxy.fault(r"v1\.1\.0\.info", lambda _: when.append(time.time()))
    # The judge tries three times, beside one quick question about each file.
    proxy.fault(r"v1\.1\.0\.", times(5, Said(503, b"busy", (("Retry-After", "4"),))))
    done = world.main("--wait", "60s", TARGET, cwd=world.home)
    assert done.returncode == 0 and states(done)[-1] == THERE
    pauses = [after - before for before, after in pairwise(when)]
    assert max(pauses) >= 3


@pytest.mark.parametrize("lifetime", ["86400", ""])
@only_default
def test_last_question_comes_before_the_end_whatever_lifetime_was_named(
    world: World, proxy: GoProxy, lifetime: str
) -> None:
    world.origin(LIB, "v1.0.0", "v1.1.0")
    headers = (("Cache-Control", f"max-age={lifetime}"),) if lifetime else ()
    gate = threading.Event()
    proxy.fault(r"v1\.1\.0\.", lambda _: None if gate.is_set() else Said(404, b"not found", headers))
    with once(lambda: lists(proxy), lambda: threading.Timer(1.5, gate.set).start()):
        done = world.main("--wait", "4s", TARGET, cwd=world.home)
    assert (done.returncode, states(done)) == (0, [STALE, THERE])


@only_default
def test_end_comes_with_the_last_verdict(world: World, proxy: GoProxy) -> None:
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    started = time.monotonic()
    done = world.main("--wait", "1500ms", "--format", "json", TARGET, f"{LIB}@v1.0.0", cwd=world.home)
    assert 1 < time.monotonic() - started < 12
    assert done.returncode == 1 and done.stderr.count("gave up waiting after 1.5s\n") == 1
    results = {item["version"]: item["verdict"] for item in json.loads(done.stdout)["results"]}
    assert results == {"v1.0.0": "ok", "v1.1.0": "stale"}


@only_default
def test_record_of_the_checksum_database_comes_last(world: World, proxy: GoProxy) -> None:
    sumdb = proxy.sumdb = SumDB("sum.example")
    world.origin(LIB, "v1.0.0", "v1.1.0")
    zip_hash, mod_hash = world.sum_lines(LIB, "v1.1.0").split()[2::3]
    lookup = f"/sumdb/sum.example/lookup/{TARGET}"
    with once(lambda: proxy.asked().count(lookup) >= 2, lambda: sumdb.add(LIB, "v1.1.0", zip_hash, mod_hash)):
        done = world.main("--wait", "60s", TARGET, GOSUMDB=sumdb.key, cwd=world.home)
    assert done.returncode == 0
    assert states(done) == ["served, but the checksum database has no record of it yet", THERE]


@only_default
@pytest.mark.parametrize(
    ("status", "words"), [(403, "refused by the proxy so far"), (500, "no usable answer yet")], ids=str
)
def test_proxy_that_does_not_answer_yet(world: World, proxy: GoProxy, status: int, words: str) -> None:
    world.origin(LIB, "v1.0.0", "v1.1.0")
    proxy.fault(r"v1\.1\.0", times(7, Said(status, b"not yet")))
    done = world.main("--wait", "60s", TARGET, cwd=world.home)
    assert done.returncode == 0
    assert states(done)[0].startswith(f"{words} (http://127.0.0.1:") and "not yet" in states(done)[0]
    assert states(done)[1:] == [THERE]


@only_default
def test_private_module_is_waited_for_at_its_origin_alone(world: World, proxy: GoProxy) -> None:
    world.origin(LIB, "v1.0.0")
    asked = world.root / "asked"
    world.wrap("git", f'case "$*" in *ls-remote*) touch "{asked}";; esac')
    with once(asked.exists, lambda: world.publish(LIB, "v1.1.0")):
        done = world.main("--wait", "60s", TARGET, GOPRIVATE="github.com/acme", GOSUMDB="sum.example", cwd=world.home)
    assert (done.returncode, proxy.log) == (0, [])


@only_default
def test_what_time_does_not_heal_is_not_waited_for(world: World, proxy: GoProxy) -> None:
    repository = world.origin("github.com/acme/two/v2", url="https://github.com/acme/two")
    (repository / "go.mod").write_text("module github.com/acme/two\n")
    proxy.misses("github.com/acme/two/v2", "v2.1.0")  # it is not listed
    world.publish("github.com/acme/two/v2", "v2.1.0")
    proxy.put("example.com/login", "v1.0.0")
    proxy.fault("/login/@v/v1", Said(401, b"who are you?"))
    targets = {"github.com/acme/two/v2@v2.1.0": "unpublished", "example.com/login@v1.0.0": "refused"}
    targets[f"{LIB}@latest"] = "invalid"
    started = time.monotonic()
    assert world.verdicts("--wait", "120s", *targets, cwd=world.home) == targets
    assert time.monotonic() - started < 60
    assert "two/v2" not in " ".join(named(proxy))


@only_default
def test_without_go_there_is_nothing_to_wait_for(world: World, proxy: GoProxy) -> None:
    git = world.run("sh", "-c", "command -v git").stdout.strip()
    bare = world.root / "path"
    bare.mkdir()
    (bare / "git").symlink_to(git)
    started = time.monotonic()
    done = world.main("--wait", "20s", TARGET, cwd=world.home, PATH=str(bare))
    assert time.monotonic() - started < 12
    assert done.returncode == 1 and ": missing\n" in done.stdout and "Install Go" in done.stdout


@only_default
@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_ends_it_with_the_last_verdict(world: World, proxy: GoProxy, number: signal.Signals) -> None:
    world.origin(LIB, "v1.0.0")
    world.app()
    child = subprocess.Popen(
        [sys.executable, "-m", "goproxy_check", "--wait", "60s", TARGET],
        cwd=world.root / "app",
        env=world.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stderr and child.stderr.readline() == f"goproxy-check: {TARGET}: {ABSENT}\n"
    child.send_signal(number)
    out, err = child.communicate(timeout=30)
    assert (child.returncode, err) == (130, "")
    assert out.startswith(f"{TARGET.replace('@', ' ')}: unpublished\n")


@only_default
@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("no_color", ["", "1"])
def test_progress_line_is_for_terminals(world: World, proxy: GoProxy, no_color: str) -> None:
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
    os.close(ours)
    out, _ = child.communicate(timeout=30)
    text = shown.decode()
    assert child.returncode == 1 and out.decode().startswith(f"{LIB} v1.1.0: unpublished\n")
    line = rf"next at \d\d:\d\d:\d\d, waiting since \d\d:\d\d:\d\d: {re.escape(TARGET)}: {ABSENT}"
    assert bool(re.search(line, text)) is not bool(no_color)
    assert bool(re.search(r"\r +\r", text)) is not bool(no_color), "it is erased"
    assert text.count(f"goproxy-check: {TARGET}: {ABSENT}") == int(bool(no_color)), (
        "a line of its own where none is drawn"
    )
