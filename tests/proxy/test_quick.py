"""The quick question, against a server that delays, resets, refuses and lies: a proof, or nothing."""

import gzip
import json
import threading
import time
import tracemalloc
from http.server import BaseHTTPRequestHandler

import pytest

from goproxy_check.go.env import Proxy
from goproxy_check.gofiles.reference import Reference
from goproxy_check.proxy.quick import Quick, Replies, Reply, cached_until, go_mod_hash
from tests.support.goproxy import Fault, GoProxy, Said, bomb, h1, reset, stall
from tests.support.world import World

PATH, VERSION = "example.com/a", "v1.0.0"
GO_MOD = f"module {PATH}\n".encode()
MOD_LINE = f"{PATH} {VERSION}/go.mod {h1({'go.mod': GO_MOD})}"
ZIP_LINE = f"{PATH} {VERSION} h1:{'A' * 43}="
WRONG_LINE = f"{PATH} {VERSION}/go.mod h1:{'A' * 43}="
REF = Reference(PATH, VERSION, go_sums=((ZIP_LINE, MOD_LINE),))
INFO = b'{"Version": "v1.0.0", "Time": "2026-01-01T00:00:00Z"}'
PAGE = Said(200, b"<!DOCTYPE html><html>log in</html>", (("Content-Type", "text/html"),))


def denies(replies: Replies) -> bool:
    return any(reply.absent for reply in replies.replies)


@pytest.fixture
def served(proxy: GoProxy) -> GoProxy:
    proxy.put(PATH, VERSION)
    return proxy


def quick(*urls: str, any_error: bool = False) -> Quick:
    return Quick(tuple(Proxy(url, any_error) for url in urls), 8, traced=False)


def asked(client: Quick, ref: Reference = REF) -> Replies:
    return Replies(ref, tuple(reply for file in client.files(ref) for reply in client.ask(ref, file)))


# The files of each kind of reference, and what go.sum has to record for a proof.
def test_go_sum_that_is_served_is_proved(served: GoProxy) -> None:
    replies = asked(quick(served.url))
    assert replies.proves() and not denies(replies) and not replies.lacking
    asked_for = [(seen.method, seen.path.rpartition(".")[2]) for seen in served.log]
    assert asked_for == [("GET", "info"), ("GET", "mod"), ("HEAD", "zip")]


def test_hash_is_that_of_go(world: World, served: GoProxy) -> None:
    theirs = json.loads(world.go("mod", "download", "-json", f"{PATH}@{VERSION}").stdout)
    assert go_mod_hash(asked(quick(served.url)).body(".mod")) == theirs["GoModSum"]


@pytest.mark.parametrize(
    ("ref", "files", "proved"),
    [
        (Reference(PATH, VERSION), ".info .mod", False),
        (Reference(PATH, VERSION, go_sums=((MOD_LINE,),)), ".info .mod", True),
        (Reference(PATH, VERSION, go_sums=((MOD_LINE,),), go_mod_only=True), ".mod", True),
        (Reference(PATH, VERSION, go_sums=((WRONG_LINE,),), go_mod_only=True), ".mod", False),
        (Reference(PATH, VERSION, go_sums=((ZIP_LINE,),)), ".info .mod .zip", False),
        (Reference(PATH, VERSION, go_sums=((ZIP_LINE, WRONG_LINE),)), ".info .mod .zip", False),
        (Reference(PATH, VERSION, go_sums=((MOD_LINE,), (ZIP_LINE, MOD_LINE))), ".info .mod .zip", True),
        (Reference(PATH, VERSION, go_sums=((MOD_LINE,), (WRONG_LINE,))), ".info .mod", False),
        (Reference(PATH, VERSION, go_sums=((MOD_LINE, WRONG_LINE),)), ".info .mod", True),
        (Reference("golang.org/toolchain", "v0.0.1-go1.99.0.linux-amd64"), ".zip", False),
    ],
)
def test_files(served: GoProxy, ref: Reference, files: str, proved: bool) -> None:
    client = quick(served.url)
    assert " ".join(client.files(ref)) == files
    assert asked(client, ref).proves() == proved


def test_folder_is_left_to_go() -> None:
    assert asked(quick("file:///srv/proxy", "https://goproxy.example")).replies == ()


@pytest.mark.parametrize(
    ("module", "version", "path"),
    [
        ("github.com/Azure/SDK", "v1.0.0-RC1", "/github.com/!azure/!s!d!k/@v/v1.0.0-!r!c1.info"),
        (PATH, "v2.0.0+incompatible", "/example.com/a/@v/v2.0.0+incompatible.info"),
        ("example.com/~x", "v1.0.0", "/example.com/~x/@v/v1.0.0.info"),
    ],
)
def test_escaping_is_what_go_itself_asks_for(
    world: World, proxy: GoProxy, module: str, version: str, path: str
) -> None:
    asked(quick(proxy.url), Reference(module, version))
    assert path in proxy.asked()
    proxy.log.clear()
    world.go("list", "-m", f"{module}@{version}", ok=False, GOPROXY=proxy.url)
    assert path in proxy.asked()


# The rules of the list (modfetch: TryProxies).
@pytest.mark.parametrize("status", [404, 410, 400, 401, 403, 407, 408, 429, 451, 500, 503])
@pytest.mark.parametrize("any_error", [False, True])
def test_next_proxy_is_asked_by_the_rules_of_the_list(served: GoProxy, status: int, any_error: bool) -> None:
    with GoProxy().running() as first:
        first.fault("@v/", Said(status, b"words of the proxy"))
        replies = asked(quick(first.url, served.url, any_error=any_error))
    on = any_error or status in (404, 410)
    assert (replies.replies[0].status, replies.replies[0].detail) == (status, "words of the proxy")
    assert replies.proves() == bool(served.log) == on
    assert denies(replies) == (status in (404, 410))


@pytest.mark.parametrize("any_error", [False, True])
def test_proxy_that_is_not_there_is_left_after_a_bar_alone(served: GoProxy, any_error: bool) -> None:
    replies = asked(quick("http://127.0.0.1:9", served.url, any_error=any_error))
    assert replies.replies[0].status == 0 and "refused" in replies.replies[0].detail
    assert replies.proves() == any_error and not denies(replies)


def head_is(status: int) -> Fault:
    return lambda handler: Said(status) if handler.command == "HEAD" else None


@pytest.mark.parametrize(
    ("said", "proved", "lacking"),
    [
        (Said(404), False, True),
        (Said(403), False, True),
        (Said(500), False, True),
        (head_is(403), True, False),
        (head_is(405), True, False),
        (head_is(501), True, False),
        (head_is(404), False, True),  # go has the last word
    ],
)
def test_archive(served: GoProxy, said: Fault | Said, proved: bool, lacking: bool) -> None:
    """Where HEAD is refused, GET is tried."""
    served.fault("zip$", said)
    replies = asked(quick(served.url))
    assert (replies.proves(), replies.lacking == {".zip"}) == (proved, lacking)


def test_archive_is_not_in_doubt_alone_where_another_file_lacks(served: GoProxy) -> None:
    served.fault(r"(?:zip|mod)$", Said(404))
    assert asked(quick(served.url)).lacking == {".mod", ".zip"}


# What Go's decoder rejects (modfetch: Stat), and what it takes.
REJECTED = [
    b"",
    b"[]",
    b"null",
    b"{}",
    b"[" * 100_000,
    b'{"Version": "v1.0.1"}',
    b'{"Version": 1}',
    b'{"Version": "v1.0.0"} x',
    b'{"Version": "v1.0.0", "Time": "yesterday"}',
    b'{"Version": "v1.0.0", "Time": ""}',
    b'{"Version": "v1.0.0", "Time": "2026-01-01"}',
    b'{"Version": "v1.0.0", "Time": "2026-01-01T00:00:00"}',
    b'{"Version": "v1.0.0", "Time": "2026-13-01T00:00:00Z"}',
    b'{"Version": "v1.0.0", "Time": "2026-02-30T00:00:00Z"}',
    b'{"Version": "v1.0.0", "Time": 1767225600}',
    b'{"Version": "v1.0.0", "Origin": "git"}',
    b'{"Version": "v1.0.0", "Origin": {"Hash": 7}}',
    b'{"Version": "v1.0.0", "origin": ["git"]}',
    b'{"Version": "v1.0.0", "x": NaN}',
    b'{"Version": "v1.0.0", "x": -Infinity}',
    b'{"Version": "v1.0.0", "version": "v1.0.1"}',
    b'\xef\xbb\xbf{"Version": "v1.0.0"}',
    b'{"Version": "v1.0.0", "x": "\n"}',
    '{"Version": "v1.0.0"}'.encode("utf-16"),
    '{"Version": "v1.0.0"}'.encode("utf-16-le"),
    '{"Version": "v1.0.0"}'.encode("utf-32"),
    PAGE.body,
]
TAKEN = [
    INFO,
    b'{"Version":"v1.0.0","Time":"2026-01-01T00:00:00.123+02:00"}\n',
    b'{"Version": "v1.0.0"}',
    b'{"Version": "v1.0.0", "Time": "2026-01-01T00:00:00Z", "Origin": {"VCS": "git", "URL": "https://a", "Hash": "7"}}',
]


def test_info_proves_nothing_where_go_rejects_it(world: World, served: GoProxy) -> None:
    client, infos = quick(served.url), [*REJECTED, *TAKEN]
    modules = [f"example.com/m{number}" for number in range(len(infos))]
    ours = {}
    for module, info in zip(modules, infos, strict=True):
        served.put(module, VERSION)
        served.fault(rf"{module}/@v/.*info$", Said(200, info, (("Content-Type", "application/json"),)))
        line = f"{module} {VERSION}/go.mod {h1({'go.mod': f'module {module}'.encode() + bytes([10])})}"
        ours[module] = asked(client, Reference(module, VERSION, go_sums=((line,),))).proves()
    targets = [f"{module}@{VERSION}" for module in modules]
    done = world.go("list", "-m", "-e", "-json", *targets, ok=False, GOPROXY=served.url)
    items = [json.loads(item) for item in done.stdout.replace("}\n{", "}\0{").split("\0")]
    theirs = {item["Path"]: "Error" not in item for item in items}
    assert theirs == {module: number >= len(REJECTED) for number, module in enumerate(modules)}
    assert [info for module, info in zip(modules, infos, strict=True) if ours[module] and not theirs[module]] == []


@pytest.mark.parametrize("info", TAKEN)
def test_info_as_proxies_write_it_is_a_proof(served: GoProxy, info: bytes) -> None:
    served.fault("info$", Said(200, info, (("Content-Type", "application/json"),)))
    assert asked(quick(served.url)).proves()


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("info", PAGE),
        ("mod", PAGE),
        ("mod", Said(200, b"")),
        ("mod", Said(200, GO_MOD + b"\n")),
        ("info", Said(200, b"not gzip", (("Content-Encoding", "gzip"),))),
        ("info", Said(204)),
        ("info", Said(206, INFO)),
        ("info", Said(304)),
    ],
)
def test_answer_that_proves_nothing(served: GoProxy, file: str, said: Said) -> None:
    served.fault(f"{file}$", said)
    replies = asked(quick(served.url))
    assert not replies.proves() and not denies(replies)


@pytest.mark.parametrize("encoding", ["gzip", "GZIP"])
def test_compressed_answer_is_a_proof(served: GoProxy, encoding: str) -> None:
    served.fault("info$", Said(200, gzip.compress(INFO), (("Content-Encoding", encoding),)))
    assert asked(quick(served.url)).proves()


def garbage(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"what?\r\n\r\n")
    handler.close_connection = True
    handler.gone = True  # type: ignore[attr-defined]


def short(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b"{")
    handler.close_connection = True
    handler.gone = True  # type: ignore[attr-defined]


@pytest.mark.parametrize("fault", [garbage, short, reset])
def test_broken_answer_is_none_and_not_asked_for_again(served: GoProxy, fault: Fault) -> None:
    served.fault("info$", fault)
    replies = asked(quick(served.url))
    assert replies.replies[0].file == ".info" and replies.replies[0].status == 0 and replies.replies[0].detail
    assert not replies.proves() and not denies(replies)
    assert sum(path.endswith(".info") for path in served.asked()) == 1


def test_words_of_a_page_are_not_repeated_and_those_of_text_are_one_line(proxy: GoProxy) -> None:
    proxy.fault("info$", Said(404, PAGE.body, PAGE.headers))
    proxy.fault("mod$", Said(404, b"not found:\n\x1b[31mhttps://me:s3cret@h.example/x?token=s3cret"))
    info, mod, _ = asked(quick(proxy.url)).replies
    assert info.detail == ""
    assert mod.detail == "not found: https://h.example/x"


# Redirects.
def test_redirect_leads_to_the_file(served: GoProxy) -> None:
    with GoProxy().running() as first:
        first.fault("@v/", lambda handler: Said(302, b"moved", (("Location", f"{served.url}{handler.path}"),)))
        assert asked(quick(first.url)).proves()


@pytest.mark.parametrize(
    "place", ["/loop", "//", "http://[", "file:///etc/hosts", "ftp://127.0.0.1/", "http://127.0.0.1:9/", ""]
)
def test_redirect_that_leads_nowhere_is_no_answer(served: GoProxy, place: str) -> None:
    served.fault("info$|^/loop$", Said(302, b"", (("Location", place),)))
    replies = asked(quick(served.url))
    assert not replies.proves() and not denies(replies)
    assert len(served.log) < 20


# Bounds of memory and time.
def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(2048):  # 128 MB
        handler.wfile.write(b" " * (1 << 16))
    handler.close_connection = True
    handler.gone = True  # type: ignore[attr-defined]


LONG = [
    ("info", endless),
    ("mod", bomb(200)),
    ("info", bomb(404)),
    ("info", Said(302, b"x" * (25 << 20), (("Location", "/nowhere"),))),
    ("zip", Said(200, b"x" * (25 << 20))),
]


@pytest.mark.parametrize(("file", "said"), LONG)
def test_long_answer_takes_little_memory(served: GoProxy, file: str, said: Fault | Said) -> None:
    served.fault(f"{file}$", said)
    client = quick(served.url)
    asked(client, Reference("example.com/other", VERSION))  # imports
    tracemalloc.start()
    try:
        replies = asked(client)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert replies.proves() == (file == "zip")
    assert peak < 20 << 20


def test_answer_that_does_not_come_is_given_up(served: GoProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("goproxy_check.proxy.quick._SECONDS", 0.3)
    served.fault("info$", stall(30))
    started = time.monotonic()
    reply = quick(served.url).ask(REF, ".info")[0]
    assert reply.status == 0 and "timed out" in reply.detail
    assert time.monotonic() - started < 10


def test_connections_are_kept(served: GoProxy) -> None:
    client = quick(served.url)
    for _ in range(10):
        asked(client)
    assert len(served.log) == 30 and served.connections == 1


def test_questions_of_many_threads_go_side_by_side(served: GoProxy) -> None:
    together = threading.Barrier(8)

    def wait(_: BaseHTTPRequestHandler) -> None:
        together.wait(30)

    served.fault("info$", wait)
    client = quick(served.url)
    replies: list[Reply] = []
    threads = [threading.Thread(target=lambda: replies.extend(client.ask(REF, ".info"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [reply.status for reply in replies] == [200] * 8


# Until when a proxy repeats itself (RFC 9110, 10.2.3; RFC 9111, 4.2).
NOW = 1_800_000_000.0  # Fri, 15 Jan 2027 08:00:00 GMT


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Cache-Control": "public, max-age=600"}, 600),
        ({"Cache-Control": "Max-Age = 600"}, 600),
        ({"Cache-Control": 'max-age="600"'}, 600),
        ({"Cache-Control": "s-maxage=9"}, None),
        ({"Cache-Control": "max-age=600", "Age": "500"}, 100),
        ({"Cache-Control": "max-age=600", "Age": "700"}, None),
        ({"Cache-Control": "max-age=600", "Age": "-5"}, 600),
        ({"Cache-Control": "max-age=600", "Age": "\u00b2"}, 600),
        ({"Cache-Control": "max-age=0"}, None),
        ({"Cache-Control": "max-age=-1"}, None),
        ({"Cache-Control": "max-age=600, no-store"}, None),
        ({"Cache-Control": "no-cache, max-age=600"}, None),
        ({"Cache-Control": f"max-age={'9' * 40}"}, None),
        ({"Cache-Control": "max-age=600", "Expires": "Fri, 15 Jan 2027 09:00:00 GMT"}, 600),
        ({"Expires": "Fri, 15 Jan 2027 09:00:00 GMT"}, 3600),
        ({"Expires": "Fri, 15 Jan 2027 07:00:00 GMT"}, None),
        ({"Expires": "Fri, 15 Jan 2100 07:00:00 GMT"}, None),  # nobody means that
        ({"Expires": "0"}, None),
        ({"Expires": "soon"}, None),
        ({"Retry-After": "120"}, 120),
        ({"Retry-After": "Fri, 15 Jan 2027 08:02:00 GMT"}, 120),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "\u00b2"}, None),
        ({"Retry-After": "9" * 40}, None),
        ({"Retry-After": "Wed, 21 Oct 99999999999999999999 07:28:00 GMT"}, None),
    ],
)
def test_until_when_a_proxy_repeats_itself(headers: dict[str, str], seconds: int | None) -> None:
    assert cached_until(headers, NOW) == (None if seconds is None else NOW + seconds)


def test_headers_of_an_answer_are_looked_up_whatever_their_case(proxy: GoProxy) -> None:
    proxy.fault("info$", Said(404, b"", (("cache-control", "max-age=600"), ("AGE", "500"))))
    until = quick(proxy.url).ask(REF, ".info")[0].until
    assert until is not None and abs(until - time.time() - 100) < 30
