"""The judge, the list and the origin, each put to the real go."""

import os
import threading
import time
from http.server import BaseHTTPRequestHandler

import pytest

from goproxy_check.go.answers import Reason
from goproxy_check.gofiles.reference import Reference
from tests.support.asking import questions
from tests.support.goproxy import GoProxy, Said, hashes
from tests.support.sumdb import SumDB
from tests.support.world import LIB, World

REF = Reference(LIB, "v1.1.0")
ZIP_HASH, MOD_HASH = hashes(LIB, "v1.1.0", {"go.mod": f"module {LIB}\n".encode()})
RIGHT = (f"{LIB} v1.1.0 {ZIP_HASH}", f"{LIB} v1.1.0/go.mod {MOD_HASH}")
WRONG = (f"{LIB} v1.1.0/go.mod h1:{'A' * 43}=",)


@pytest.fixture
def served(world: World, proxy: GoProxy) -> GoProxy:
    proxy.put(LIB, "v1.1.0")
    return proxy


def files(proxy: GoProxy) -> list[str]:
    return sorted(path.rpartition("/")[2] for path in proxy.asked())


@pytest.mark.parametrize(
    ("go_sums", "archive", "reason", "asked"),
    [
        ((), False, None, ["v1.1.0.info", "v1.1.0.mod"]),
        ((), True, None, ["v1.1.0.info", "v1.1.0.mod", "v1.1.0.zip"]),
        ((RIGHT,), False, None, ["v1.1.0.info", "v1.1.0.mod"]),
        ((RIGHT,), True, None, ["v1.1.0.info", "v1.1.0.mod", "v1.1.0.zip"]),
        ((WRONG,), False, Reason.MISMATCH, None),
        ((WRONG,), True, Reason.MISMATCH, None),
        ((RIGHT, WRONG), False, Reason.MISMATCH, None),  # of two folders
    ],
)
def test_judge(
    world: World,
    served: GoProxy,
    go_sums: tuple[tuple[str, ...], ...],
    archive: bool,
    reason: Reason | None,
    asked: list[str] | None,
) -> None:
    failure = questions(world).judge(Reference(LIB, "v1.1.0", go_sums=go_sums), 60, archive=archive).failure
    assert (failure and failure.reason) == reason
    assert asked is None or files(served) == asked


def test_judge_asks_the_proxies_alone(world: World, proxy: GoProxy) -> None:
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    failure = questions(world, GOPROXY=f"{proxy.url},direct").judge(REF, 60).failure
    assert failure and failure.reason is Reason.NOT_FOUND


def test_judge_takes_nothing_from_the_users_module_cache_and_adds_nothing(world: World, served: GoProxy) -> None:
    world.go("mod", "download", str(REF), GOPROXY=served.url)
    cache = sorted(world.home.joinpath("go").rglob("*"))
    served.fault("@v/", Said(404))
    failure = questions(world).judge(REF, 60, archive=True).failure
    assert failure and failure.reason is Reason.NOT_FOUND
    assert sorted(world.home.joinpath("go").rglob("*")) == cache


def test_judge_reads_the_path_that_is_declared(world: World, proxy: GoProxy) -> None:
    proxy.put("github.com/Google/uuid", "v1.1.0", "module github.com/google/uuid\n")
    answer = questions(world).judge(Reference("github.com/Google/uuid", "v1.1.0"), 60)
    assert (answer.failure, answer.declares) == (None, "github.com/google/uuid")


@pytest.mark.parametrize(
    "settings",
    [
        {"GOFLAGS": "-mod=vendor -modfile=x.mod"},
        {"GO111MODULE": "off"},
        {"GOWORK": "/nowhere/go.work"},
        {"GOTOOLCHAIN": "go1.99.0"},
        {"GIT_DIR": "/nowhere", "GIT_INDEX_FILE": "/nowhere/index"},
    ],
)
def test_settings_that_do_not_matter(world: World, served: GoProxy, settings: dict[str, str]) -> None:
    world.origin(LIB, "v1.0.0", "v1.1.0")
    go = questions(world, **settings)
    assert go.judge(REF, 60).failure is None
    assert go.known(LIB, 60).versions
    assert go.known(LIB, 60, origin=True).versions == ("v1.0.0", "v1.1.0")


def test_time_that_is_up_ends_go(world: World, served: GoProxy) -> None:
    over = threading.Event()

    def wait(_: BaseHTTPRequestHandler) -> None:
        over.wait(60)

    served.fault("@v/", wait)
    go, started = questions(world), time.monotonic()
    for failure in (go.judge(REF, 0.5).failure, go.known(LIB, 0.5).failure):
        assert failure and failure.reason is Reason.TIMED_OUT
    over.set()
    assert time.monotonic() - started < 30


@pytest.mark.parametrize("script", ["exit 0", "exit 3", "echo '{}'", "echo '{\"Error\": 7}'", "echo [", "kill -9 $$"])
def test_go_that_gives_no_answer(world: World, served: GoProxy, script: str) -> None:
    world.wrap("go", f'case "$*" in "mod download"*|"list"*) {script}; exit;; esac')
    failure = questions(world).judge(REF, 60).failure
    assert failure and failure.reason is Reason.UNAVAILABLE


def test_go_that_goes_away(world: World, served: GoProxy) -> None:
    world.program("go", f'exec "{world.go_path}" "$@"')
    go = questions(world)
    os.unlink(world.root / "bin" / "go")
    for failure in (go.judge(REF, 60).failure, go.known(LIB, 60).failure, go.known(LIB, 60, origin=True).failure):
        assert failure and failure.reason is Reason.UNAVAILABLE


# The list names no version in what is asked.
@pytest.mark.parametrize(
    ("body", "versions"),
    [
        (b"v1.0.0\nv1.1.0\n", ("v1.0.0", "v1.1.0")),
        (b"v1.10.0 2026-01-01T00:00:00Z\nv1.9.0\nv1.0.0-rc.1\n", ("v1.0.0-rc.1", "v1.9.0", "v1.10.0")),
        (b"", ()),
        (b"<html>\nlog in\n</html>\n", ()),
        (b"v1.0.0\nlatest\n1.2.3\n\n", ("v1.0.0",)),
    ],
)
def test_list(world: World, proxy: GoProxy, body: bytes, versions: tuple[str, ...]) -> None:
    proxy.fault("list$", Said(200, body))
    listing = questions(world).known(LIB, 60)
    assert (listing.versions, listing.failure) == (versions, None)
    # Go may look at one that is listed.
    assert {path.rpartition("/")[2].removesuffix(".info") for path in proxy.asked()} <= {"list", *versions}


@pytest.mark.parametrize(
    ("status", "reason"), [(404, Reason.NOT_FOUND), (403, Reason.REFUSED), (500, Reason.UNAVAILABLE)]
)
def test_list_that_is_not_given(world: World, proxy: GoProxy, status: int, reason: Reason) -> None:
    proxy.fault("list$", Said(status, b"the words"))
    listing = questions(world).known(LIB, 60)
    assert listing.versions == ()
    assert listing.failure is None or listing.failure.reason is reason


def test_retracted_versions_are_listed(world: World, proxy: GoProxy) -> None:
    """And no go.mod is read for it."""
    proxy.put(LIB, "v1.0.0")
    proxy.put(LIB, "v1.1.0", f"module {LIB}\n\nretract v1.0.0\n")
    assert questions(world).known(LIB, 60).versions == ("v1.0.0", "v1.1.0")
    assert set(proxy.asked()) == {f"/{LIB}/@v/list"}


# The origin.
def test_tags_of_the_origin(world: World, proxy: GoProxy) -> None:
    repository = world.origin(LIB, "v1.0.0", "v1.1.0")
    world.git("tag", "release-7", cwd=repository)
    world.git("tag", "v1", cwd=repository)
    found = questions(world, GOSUMDB="sum.example+00000000+AAAA").known(LIB, 60, origin=True)
    assert (found.published, found.versions, found.url) == (True, ("v1.0.0", "v1.1.0"), f"https://{LIB}")
    assert not proxy.log


def test_checksum_database_hears_of_no_question_to_an_origin(world: World, proxy: GoProxy) -> None:
    world.origin(LIB, "v1.1.0")
    database = proxy.sumdb = SumDB("sum.example")
    settings = {"GOSUMDB": f"{database.key} {proxy.url}/sumdb/sum.example", "GONOSUMDB": "", "GOPRIVATE": ""}
    assert questions(world, **settings).known(str(REF), 60, origin=True).published
    assert not proxy.log


@pytest.mark.parametrize(
    ("module", "folder", "tag", "version"),
    [
        (LIB, "", "v1.1.0", "v1.1.0"),
        (f"{LIB}/v2", "v2", "v2.1.0", "v2.1.0"),
        (f"{LIB}/sub", "sub", "v0.1.0", "v0.1.0"),
    ],
)
def test_commit_at_the_origin(world: World, proxy: GoProxy, module: str, folder: str, tag: str, version: str) -> None:
    repository = world.origin(module, folder=folder)
    if folder == "v2":  # a folder for the major version; its tags have no prefix
        world.commit(repository, "v2", "--allow-empty")
        world.git("tag", tag, cwd=repository)
    else:
        world.publish(module, tag)
    found = questions(world).known(str(Reference(module, version)), 60, origin=True)
    assert (found.published, found.url) == (True, f"https://{LIB}"), found
    assert found.commit == world.git("rev-parse", "HEAD", cwd=repository)
    assert not proxy.log


def test_commit_that_no_tag_names(world: World, proxy: GoProxy) -> None:
    repository = world.origin(LIB, "v1.0.0")
    commit = world.commit(repository, "later", "--allow-empty", "--date=2026-01-02T03:04:05Z")
    made = world.git("log", "-1", "--format=%cd", "--date=format-local:%Y%m%d%H%M%S", cwd=repository, TZ="UTC")
    found = questions(world).known(str(Reference(LIB, f"v1.0.1-0.{made}-{commit[:12]}")), 60, origin=True)
    assert (found.published, found.commit) == (True, commit)
