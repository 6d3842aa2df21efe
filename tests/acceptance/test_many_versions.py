"""A change with many new versions: go answers for several at once, and each gets the verdict it would get alone."""

import re
import time
from http.server import BaseHTTPRequestHandler

import pytest

from goproxy_check.verdict import examine
from tests.support.goproxy import GoProxy, Said, hashes
from tests.support.sumdb import SumDB
from tests.support.world import LIB, World

MANY = [f"example.com/many/module{number:02}" for number in range(14)]


@pytest.fixture(autouse=True)
def few_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """More versions than this are many."""
    monkeypatch.setattr(examine, "_GO_JOBS", 4)


@pytest.fixture
def wanted(world: World, proxy: GoProxy) -> dict[str, str]:
    """Let the proxy serve nearly all of MANY, and return which verdict each is to get."""
    for path in MANY:
        proxy.put(path, "v1.0.0")
    world.env["GOPROXY"] = proxy.url
    return dict.fromkeys((f"{path}@v1.0.0" for path in MANY), "ok")


def lists(proxy: GoProxy) -> int:
    return sum(path.endswith("/@v/list") for path in proxy.asked())


def test_all_are_served(world: World, proxy: GoProxy, wanted: dict[str, str]) -> None:
    done = world.main("-x", *wanted, cwd=world.home)
    assert done.returncode == 0, done.stdout
    processes = [line for line in done.stderr.splitlines() if line.startswith("# go list")]
    assert len(processes) < len(MANY)
    assert lists(proxy) == len(MANY)  # each once


def test_one_bad_version_does_not_spoil_the_others(world: World, proxy: GoProxy, wanted: dict[str, str]) -> None:
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    never, refused = "github.com/acme/lib@v1.9.0", f"{MANY[3]}@v1.0.0"
    proxy.fault(f"{MANY[3]}/@v/v1", Said(403, b"blocked by policy"))
    proxy.fault(f"{MANY[9]}/@v/v1.0.0.mod", Said(200, b"module example.com/another\n"))
    wanted |= {f"{LIB}@v1.1.0": "stale", never: "unpublished", refused: "refused", f"{MANY[9]}@v1.0.0": "invalid"}
    assert world.verdicts(*wanted, cwd=world.home) == wanted
    assert not [path for path in proxy.asked() if "v1.9.0" in path]
    assert lists(proxy) == len(MANY) + 1  # LIB's too: once


def test_private_name_reaches_no_proxy(world: World, proxy: GoProxy, wanted: dict[str, str]) -> None:
    world.origin("github.com/corp/secret", "v1.0.0")
    wanted["github.com/corp/secret@v1.0.0"] = "ok"
    assert world.verdicts(*wanted, cwd=world.home, GOPRIVATE="github.com/corp") == wanted
    assert not [path for path in proxy.asked() if "corp" in path]


def test_checksum_database_is_heeded(world: World, proxy: GoProxy, wanted: dict[str, str]) -> None:
    database = proxy.sumdb = SumDB("sum.example")
    for path in MANY:
        lies = path == MANY[7]
        archive, mod = hashes(path, "v1.0.0", {"go.mod": f"module {path}{'/lies' * lies}\n".encode()})
        if path != MANY[8]:
            database.add(path, "v1.0.0", archive, mod)
    wanted |= {f"{MANY[7]}@v1.0.0": "mismatch", f"{MANY[8]}@v1.0.0": "unverifiable"}
    assert world.verdicts(*wanted, cwd=world.home, GOSUMDB=database.key, GONOSUMDB="") == wanted


def test_slow_answer_holds_up_no_other_version(
    world: World, proxy: GoProxy, wanted: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examine, "_TOGETHER_SECONDS", 1.0)

    def never(_: BaseHTTPRequestHandler) -> Said:
        time.sleep(20)
        return Said(404)

    proxy.fault(re.escape(f"{MANY[5]}/@v/v1.0.0.info"), never)
    wanted[f"{MANY[5]}@v1.0.0"] = "unavailable"
    started = time.monotonic()
    assert world.verdicts("--timeout", "8s", *wanted, cwd=world.home) == wanted
    assert time.monotonic() - started < 30


def test_toolchain_is_asked_for_alone(world: World, proxy: GoProxy, wanted: dict[str, str]) -> None:
    """Its archive counts, and go list does not ask for that."""
    path, platform = "golang.org/toolchain", world.go("env", "GOHOSTOS", "GOHOSTARCH").stdout.split()
    version = f"v0.0.1-go1.99.0.{'-'.join(platform)}"
    proxy.put(path, version)
    proxy.fault("toolchain.*[.]zip", Said(404))
    database = proxy.sumdb = SumDB("sum.example")
    database.add(path, version, *hashes(path, version, {"go.mod": f"module {path}\n".encode()}))
    settings = {"GOSUMDB": database.key, "GONOSUMDB": "example.com"}
    found = world.verdicts(*wanted, f"{path}@{version}", cwd=world.home, **settings)
    assert found == {**wanted, f"{path}@{version}": "missing"}


def test_no_more_requests_at_once_than_wanted(world: World, proxy: GoProxy, wanted: dict[str, str]) -> None:
    under_way: list[object] = []
    most = []

    def count(request: BaseHTTPRequestHandler) -> None:
        under_way.append(request)
        most.append(len(under_way))
        time.sleep(0.02)
        under_way.remove(request)

    proxy.fault("/@v/", count)
    assert world.verdicts("-j", "1", *wanted, cwd=world.home) == wanted
    assert max(most) == 1
