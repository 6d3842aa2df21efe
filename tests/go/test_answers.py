"""What go prints means: each phrase is one that the real go command prints here."""

import json
import ssl
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from goproxy_check.go.answers import Failure, Reason, failure, json_objects
from goproxy_check.gofiles.reference import Reference
from tests.support.asking import questions
from tests.support.goproxy import Fault, GoProxy, Said, hashes, reset
from tests.support.sumdb import SumDB
from tests.support.world import LIB, World

REF = Reference(LIB, "v1.1.0")
FILES = {"go.mod": f"module {LIB}\n".encode()}
ZIP_HASH, MOD_HASH = hashes(LIB, "v1.1.0", FILES)
WRONG = "h1:" + "A" * 43 + "="


def judged(world: World, ref: Reference = REF, archive: bool = False, **env: str) -> Failure:
    found = questions(world, **env).judge(ref, 60, archive=archive).failure
    assert found
    return found


@pytest.fixture
def served(world: World, proxy: GoProxy) -> GoProxy:
    proxy.put(LIB, "v1.1.0")
    world.env["GOPROXY"] = proxy.url
    return proxy


def drop(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.gone = True  # type: ignore[attr-defined]


def short(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b'{"Version"')
    drop(handler)


STATUSES = [
    (404, Reason.NOT_FOUND, False),
    (410, Reason.NOT_FOUND, False),
    (400, Reason.REFUSED, False),
    (401, Reason.REFUSED, False),
    (403, Reason.REFUSED, False),
    (407, Reason.REFUSED, False),
    (451, Reason.REFUSED, False),
    (408, Reason.UNAVAILABLE, True),
    (425, Reason.UNAVAILABLE, False),
    (429, Reason.UNAVAILABLE, True),
    (500, Reason.UNAVAILABLE, False),
    (502, Reason.UNAVAILABLE, True),
    (503, Reason.UNAVAILABLE, True),
    (504, Reason.UNAVAILABLE, True),
]


@pytest.mark.parametrize("archive", [False, True])
@pytest.mark.parametrize(("status", "reason", "may_pass"), STATUSES)
def test_status(world: World, served: GoProxy, status: int, reason: Reason, may_pass: bool, archive: bool) -> None:
    """For go list, and for go mod download."""
    served.fault("info$", Said(status, b"the words\nof the proxy"))
    found = judged(world, archive=archive)
    assert (found.reason, found.status, found.may_pass) == (reason, status, may_pass)
    assert found.detail == "the words of the proxy" and found.phrase
    assert found.url == f"{served.url}/{LIB}/@v/v1.1.0.info"


def test_status_alone(world: World, served: GoProxy) -> None:
    served.fault("info$", Said(404, b"<html>", (("Content-Type", "text/html"),)))
    found = judged(world)
    assert (found.reason, found.status, found.phrase, found.detail) == (Reason.NOT_FOUND, 404, "Not Found", "")


@pytest.mark.parametrize("file", ["info", "mod", "zip"])
def test_which_file(world: World, served: GoProxy, file: str) -> None:
    served.fault(f"{file}$", Said(404, b"none"))
    assert judged(world, archive=True).url == f"{served.url}/{LIB}/@v/v1.1.0.{file}"


@pytest.mark.parametrize(
    ("fault", "may_pass"),
    [
        (reset, True),
        (drop, True),
        (short, True),
        (Said(200, b"<html>"), False),
        (Said(200, b'{"Version": "v1.0.0"}'), False),
        (Said(302, b"", (("Location", "/x.info"),)), False),  # for ever
    ],
)
def test_no_usable_answer(world: World, served: GoProxy, fault: Fault | Said, may_pass: bool) -> None:
    served.fault("info$", fault)
    found = judged(world)
    assert (found.reason, found.status, found.may_pass) == (Reason.UNAVAILABLE, 0, may_pass), found
    assert found.detail and LIB not in found.detail.replace(found.url, "")


def test_nobody_there(world: World, proxy: GoProxy) -> None:
    found = judged(world, GOPROXY="http://127.0.0.1:9/x")
    assert (found.reason, found.may_pass, found.url) == (
        Reason.UNAVAILABLE,
        False,
        f"http://127.0.0.1:9/x/{LIB}/@v/v1.1.0.info",
    )
    assert "connection refused" in found.detail and "Get" not in found.detail


def test_no_such_host(world: World, proxy: GoProxy) -> None:
    found = judged(world, GOPROXY="http://nowhere.invalid", HTTP_PROXY="")
    assert found.reason is Reason.UNAVAILABLE and "nowhere.invalid" in found.detail


def test_unknown_authority(world: World, proxy: GoProxy, authority: tuple[Path, ssl.SSLContext]) -> None:
    proxy.over_tls(authority[1])
    found = judged(world, GOPROXY=proxy.url)
    assert (found.reason, found.may_pass) == (Reason.UNAVAILABLE, False) and "certificate" in found.detail


def test_password_over_http(world: World, proxy: GoProxy) -> None:
    found = judged(world, GOPROXY=proxy.url.replace("://", "://me:s3cret@"))
    assert found.reason is Reason.UNAVAILABLE and "s3cret" not in str(found)


def test_proxy_of_the_network_wants_a_login(world: World, proxy: GoProxy) -> None:
    proxy.fault("", Said(407, b"who are you?"))
    found = judged(world, GOPROXY="https://goproxy.example", HTTPS_PROXY=proxy.url)
    assert found.reason is Reason.REFUSED and "Proxy Authentication Required" in found.detail + found.phrase


@pytest.mark.parametrize(
    "goproxy",
    [
        "ftp://goproxy.example",
        "goproxy",
        "http://[::1",
        "http://goproxy.example:port",
        "file://host/path",
        "file:///x?y",
        "://",
        "PROXY,nonsense://x",
    ],
)
def test_goproxy_that_go_cannot_use(world: World, proxy: GoProxy, goproxy: str) -> None:
    text = goproxy.replace("PROXY", proxy.url)
    assert judged(world, GOPROXY=text).reason is Reason.SETTINGS
    assert questions(world, GOPROXY=text).known(LIB, 60).failure is not None


def test_folder_without_the_file(world: World, proxy: GoProxy) -> None:
    found = judged(world, GOPROXY=(world.root / "folder").as_uri())
    assert (found.reason, found.status) == (Reason.NOT_FOUND, 0)
    assert found.url.startswith("file:///") and found.url.endswith("v1.1.0.info") and found.detail


@pytest.mark.parametrize("archive", [False, True])
def test_other_hash_than_go_sum(world: World, served: GoProxy, archive: bool) -> None:
    ref = Reference(LIB, "v1.1.0", go_sums=((f"{LIB} v1.1.0/go.mod {WRONG}",),))
    found = judged(world, ref, archive)
    assert (found.reason, found.hashes) == (Reason.MISMATCH, (MOD_HASH, "go.sum", WRONG))


def test_other_hash_of_the_archive(world: World, served: GoProxy) -> None:
    lines = (f"{LIB} v1.1.0 {WRONG}", f"{LIB} v1.1.0/go.mod {MOD_HASH}")
    ref = Reference(LIB, "v1.1.0", go_sums=(lines,))
    assert questions(world).judge(ref, 60).failure is None
    found = judged(world, ref, archive=True)
    assert found.reason is Reason.MISMATCH and found.hashes[1:] == ("go.sum", WRONG)


@pytest.fixture
def database(world: World, served: GoProxy) -> SumDB:
    served.sumdb = SumDB("sum.example")
    world.env["GOSUMDB"] = served.sumdb.key
    return served.sumdb


def test_other_hash_than_the_database(world: World, database: SumDB) -> None:
    database.add(LIB, "v1.1.0", ZIP_HASH, WRONG)
    found = judged(world)
    assert (found.reason, found.hashes) == (Reason.MISMATCH, (MOD_HASH, "sum.example", WRONG))


@pytest.mark.parametrize("status", [404, 410])
def test_no_record(world: World, served: GoProxy, database: SumDB, status: int) -> None:
    served.fault("/lookup/", Said(status, b"the words"))
    found = judged(world)
    assert (found.reason, found.status, found.detail) == (Reason.NO_RECORD, status, "the words")
    assert found.url == f"{served.url}/sumdb/sum.example/lookup/{LIB}@v1.1.0"


@pytest.mark.parametrize(("status", "may_pass"), [(403, False), (500, False), (503, True), (429, True)])
@pytest.mark.parametrize("path", ["/supported", "/lookup/"])
def test_database_without_a_usable_answer(
    world: World, served: GoProxy, database: SumDB, status: int, may_pass: bool, path: str
) -> None:
    served.fault(path, Said(status, b"the words"))
    found = judged(world)
    assert (found.reason, found.status, found.may_pass) == (Reason.NO_DATABASE, status, may_pass)


@pytest.mark.parametrize(
    "gosumdb", ["a b c", "!", "   ", "sum.example", "sum.example+00000000+AAAA", "KEY http://[bad"]
)
def test_gosumdb_that_go_cannot_use(world: World, database: SumDB, gosumdb: str) -> None:
    assert judged(world, GOSUMDB=gosumdb.replace("KEY", database.key)).reason is Reason.NO_DATABASE


def test_database_that_lies(world: World, served: GoProxy, database: SumDB) -> None:
    served.fault("/lookup/", Said(200, b"<html>login</html>"))
    assert judged(world).reason is Reason.NO_DATABASE


# What go says of origins.
def looked_for(world: World, ref: Reference, **env: str) -> tuple[bool | None, Failure]:
    found = questions(world, **env).known(str(ref), 60, origin=True)
    assert found.failure
    return found.published, found.failure


def at_origin(world: World) -> str:
    """Publish what does not fit, and return the commit of a version that does."""
    repository = world.origin(LIB, "v1.0.0")
    commit = world.git("rev-parse", "v1.0.0", cwd=repository)
    (repository / "go.mod").write_text("module example.com/other/v3\n")
    world.commit(repository, "another path")
    world.git("tag", "v2.0.0", cwd=repository)
    (repository / "sub").mkdir()
    (repository / "sub" / "x.go").write_text("package sub\n")
    world.commit(repository, "a folder without a go.mod")
    world.git("tag", "sub/v1.0.0", cwd=repository)
    return commit


@pytest.mark.parametrize(
    ("module", "version", "reason", "detail"),
    [
        (LIB, "v1.9.0", Reason.UNKNOWN_REVISION, "unknown revision v1.9.0"),
        (LIB, "v0.0.0-20240101000000-abcdef123456", Reason.UNKNOWN_REVISION, "unknown revision abcdef123456"),
        (LIB, "v0.0.0-20240101000000-COMMIT", Reason.UNFIT, "invalid pseudo-version"),
        (LIB, "v1.7.1-0.20240101000000-COMMIT", Reason.UNFIT, "invalid pseudo-version"),
        (f"{LIB}/v2", "v2.0.0", Reason.UNFIT, "module path"),
        (f"{LIB}/sub", "v1.0.0", Reason.UNFIT, "missing"),
        (LIB, "v2.0.0+incompatible", Reason.UNFIT, "module path"),
        (LIB, "v3.0.0+incompatible", Reason.UNKNOWN_REVISION, "unknown revision v3.0.0"),
    ],
)
def test_origin_without_it(
    world: World, proxy: GoProxy, module: str, version: str, reason: Reason, detail: str
) -> None:
    ref = Reference(module, version.replace("COMMIT", at_origin(world)[:12]))
    published, found = looked_for(world, ref)
    assert (published, found.reason) == (False, reason), found
    assert detail in found.detail and not found.detail.startswith(str(ref))


def test_origin_that_is_not_there(world: World, proxy: GoProxy) -> None:
    published, found = looked_for(world, Reference("github.com/acme/none", "v1.0.0"))
    assert (published, found.reason) == (None, Reason.NO_ACCESS)
    assert found.detail.startswith("fatal: ")


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ("http://127.0.0.1:9/", Reason.UNAVAILABLE),  # nobody listens
        ("http://nowhere.invalid/", Reason.UNAVAILABLE),
        ("ssh://git@127.0.0.1:9/", Reason.UNAVAILABLE),
        ("PROXY/", Reason.NO_ACCESS),  # it is no git server
    ],
)
def test_origin_of_git_out_of_reach(world: World, proxy: GoProxy, to: str, reason: Reason) -> None:
    world.redirect(to.replace("PROXY", proxy.url), "https://github.com/")
    published, found = looked_for(world, Reference(LIB, "v1.0.0"), HTTP_PROXY="", no_proxy="*")
    assert (published, found.reason) == (None, reason), found


def test_vanity_host_out_of_reach(world: World, proxy: GoProxy) -> None:
    """Go asks the host of the path itself, over https."""
    assert looked_for(world, Reference("go.example/x", "v1.0.0"))[1].reason is Reason.UNAVAILABLE
    found = looked_for(world, Reference("nowhere.invalid/x", "v1.0.0"), HTTPS_PROXY="", HTTP_PROXY="")[1]
    assert found.reason is Reason.UNAVAILABLE


@pytest.mark.parametrize("said", [Said(404), Said(403), Said(200, b"<html>no word of Go</html>")])
def test_vanity_host_that_knows_nothing(world: World, proxy: GoProxy, said: Said) -> None:
    """Over http, which GOINSECURE allows: the network's proxy answers in its place."""
    proxy.fault("go-get=1", said)
    env = {"HTTP_PROXY": proxy.url, "GOINSECURE": "go.example"}
    published, found = looked_for(world, Reference("go.example/x", "v1.0.0"), **env)
    assert published is None and found.reason in (Reason.NO_ACCESS, Reason.UNAVAILABLE)


# Texts that no test can bring about here.
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x: read: connection timed out", Reason.UNAVAILABLE),
        (
            "git ls-remote: exit status 128:\n\tfatal: unable to access 'https://h/': Failed to connect",
            Reason.UNAVAILABLE,
        ),
        ("dial tcp 192.0.2.1:443: connect: no route to host", Reason.UNAVAILABLE),
        ("fatal: unable to access 'https://h/': Recv failure: Connection reset by peer", Reason.UNAVAILABLE),
        ("ssh: h: Temporary failure in name resolution", Reason.UNAVAILABLE),
        ("fatal: the network is down", Reason.UNAVAILABLE),
        ('no matching versions for query "v1.0.0"', Reason.UNKNOWN_REVISION),
        ("x@v1.0.0: module lookup disabled by GOPROXY=off", Reason.NO_ACCESS),
        ("", Reason.NO_ACCESS),
    ],
)
def test_other_words_about_an_origin(text: str, reason: Reason) -> None:
    assert failure(text, "x@v1.0.0").reason is reason


@pytest.mark.parametrize(
    "words", ["write: broken pipe", "stream error: stream ID 1; INTERNAL_ERROR", "http: server closed idle connection"]
)
def test_other_words_for_what_may_pass(words: str) -> None:
    found = failure(f'x@v1.0.0: Get "https://me:s3cret@goproxy.example/x/@v/v1.0.0.info?token=s3cret": {words}')
    assert (found.reason, found.may_pass, found.detail) == (Reason.UNAVAILABLE, True, words)
    assert found.url == "https://goproxy.example/x/@v/v1.0.0.info"


@pytest.mark.parametrize("text", ["", "nothing that is known", "\x1b[31m", "reading : 404 "])
def test_words_that_are_not_known(text: str) -> None:
    found = failure(text)
    assert found.reason is Reason.UNAVAILABLE and found.detail.isprintable()


def test_json_objects() -> None:
    assert list(json_objects(b'{"a": 1}\n{"b": 2}\n[3]\n{"c": \xff}{"d": 4}')) == [{"a": 1}, {"b": 2}]
    assert list(json_objects(b"")) == list(json_objects(b"go: no answer")) == list(json_objects(b"[" * 100_000)) == []
    assert list(json_objects(json.dumps({"a": "\u00e9"}).encode())) == [{"a": "\u00e9"}]
