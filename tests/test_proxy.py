"""The client's side of the GOPROXY protocol, against a server that delays, resets, refuses and lies."""

import gzip
import json
import os
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from goproxy_check.goenv import GoEnv, GoEnvError, Proxy, proxy_list
from goproxy_check.parallel import Deadline, in_parallel
from goproxy_check.proxy import Answer, Kind, ProxyClient
from goproxy_check.references import Reference
from goproxy_check.transport import Transport
from tests.support.goproxy import GoProxy, Said, Seen, reset, stall, times
from tests.support.world import World

REF = Reference("example.com/a", "v1.0.0")

LISTS = [
    ("https://a.example", [("https://a.example", False)], ""),
    ("https://a.example,direct", [("https://a.example", False)], "direct"),
    ("https://a.example|direct", [("https://a.example", True)], "direct"),
    (
        "https://a.example/x/, ,http://b.example|off",
        [("https://a.example/x", False), ("http://b.example", True)],
        "off",
    ),
    ("a.example", [("https://a.example", False)], ""),
    ("a.example/path,direct,https://never.example", [("https://a.example/path", False)], "direct"),
    ("off,https://a.example", [], "off"),
    ("direct", [], "direct"),
    ("file:///srv/proxy", [("file:///srv/proxy", False)], ""),
    ("localhost:3000", [("https://localhost:3000", False)], ""),
    ("proxy", None, ""),
    ("ftp://a.example", None, ""),
    ("https://", None, ""),
    ("https://a.example:port", None, ""),
    ("file://host/path", None, ""),
    (" , ", None, ""),
    ("", None, ""),
]

# Where there is no host or no port number, Go complains only once it asks; an empty GOPROXY means the default to it.
GO_AGREES = [row[0] for row in LISTS if row[0] not in ("https://a.example:port", "https://", "")]


@pytest.mark.parametrize(("text", "wanted", "end"), LISTS)
def test_goproxy_list(text: str, wanted: list[tuple[str, bool]] | None, end: str) -> None:
    if wanted is None:
        with pytest.raises(GoEnvError, match=r"^GOPROXY"):
            proxy_list(text)
    else:
        proxies, word = proxy_list(text)
        assert ([(proxy.url, proxy.on_any_error) for proxy in proxies], word) == (wanted, end)


@pytest.mark.parametrize("text", GO_AGREES)
def test_goproxy_list_is_accepted_where_go_accepts_it(world: World, text: str) -> None:
    """Differential: go's own complaint about a list comes before it asks anybody."""
    done = world.go(
        "list", "-m", "example.com/none@v1.0.0", ok=False, GOPROXY=text, NO_PROXY="*", HTTPS_PROXY="http://127.0.0.1:9"
    )
    refused = any(words in done.stderr for words in ("invalid proxy URL", "invalid file://", "contains no entries"))
    try:
        proxy_list(text)
        ours = False
    except GoEnvError:
        ours = True
    assert ours == refused, done.stderr


def client(*urls: str, any_error: bool = False, jobs: int = 8) -> ProxyClient:
    proxies = tuple(Proxy(url, url, any_error) for url in urls)
    return ProxyClient(GoEnv("", proxies, "", "", "", "", "", "", ""), Transport(jobs), jobs)


def held(proxies: ProxyClient, ref: Reference = REF, seconds: float = 5) -> tuple[Answer, ...]:
    return proxies.held([ref], Deadline(seconds))[0]


def kinds(answers: tuple[Answer, ...]) -> list[Kind]:
    return [answer.kind for answer in answers]


def test_what_is_held_is_served_and_hashed_as_go_does(world: World, proxy: GoProxy) -> None:
    proxy.put("example.com/a", "v1.0.0", "module example.com/a\n")
    answers = held(client(proxy.url))
    assert kinds(answers) == [Kind.SERVED, Kind.SERVED]
    theirs = json.loads(world.go("mod", "download", "-json", "example.com/a@v1.0.0").stdout)
    assert answers[1].go_mod_hash == theirs["GoModSum"]


@pytest.mark.parametrize(
    ("module", "version", "path"),
    [
        ("github.com/Azure/SDK", "v1.0.0-RC1", "/github.com/!azure/!s!d!k/@v/v1.0.0-!r!c1.info"),
        ("example.com/a", "v2.0.0+incompatible", "/example.com/a/@v/v2.0.0+incompatible.info"),
        ("example.com/~x", "v1.0.0", "/example.com/~x/@v/v1.0.0.info"),
    ],
)
def test_escaping_is_what_go_itself_asks_for(
    world: World, proxy: GoProxy, module: str, version: str, path: str
) -> None:
    held(client(proxy.url), Reference(module, version))
    assert path in proxy.asked()
    proxy.log.clear()
    world.go("list", "-m", f"{module}@{version}", ok=False, GOPROXY=proxy.url)
    assert path in proxy.asked()


def test_header_says_hold_in_step_one_and_is_absent_in_step_three(proxy: GoProxy) -> None:
    proxies = client(proxy.url)
    held(proxies)
    assert {seen.hold for seen in proxy.log} == {True}
    proxy.log.clear()
    proxies.fetched([REF], Deadline(5))
    assert {(seen.path.rpartition("/")[2], seen.hold) for seen in proxy.log} == {
        ("v1.0.0.info", False),
        ("v1.0.0.mod", False),
        ("list", False),
    }


def test_module_has_its_list_asked_once(proxy: GoProxy) -> None:
    refs = [Reference("example.com/a", f"v1.0.{number}") for number in range(5)]
    client(proxy.url).fetched(refs, Deadline(5))
    assert proxy.asked().count("/example.com/a/@v/list") == 1


STATUSES = [(404, "ABSENT"), (410, "ABSENT"), (401, "REFUSED"), (403, "REFUSED"), (407, "REFUSED"), (451, "REFUSED")]
STATUSES += [(400, "REFUSED"), (408, "UNAVAILABLE"), (500, "UNAVAILABLE"), (302, "UNAVAILABLE")]


@pytest.mark.parametrize(("status", "kind"), STATUSES)
@pytest.mark.parametrize("any_error", [False, True])
def test_next_proxy_is_asked_by_the_rules_of_the_list(proxy: GoProxy, status: int, kind: str, any_error: bool) -> None:
    proxy.fault("a/@v/", Said(status, b"words of the proxy"))
    with GoProxy().running() as second:
        second.put("example.com/a", "v1.0.0")
        answers = held(client(proxy.url, second.url, any_error=any_error))
        assert answers[0].kind is Kind[kind]
        assert answers[0].detail == "words of the proxy"
        goes_on = any_error or status in (404, 410)
        assert bool(second.log) == goes_on
        assert (answers[-1].kind is Kind.SERVED) == goes_on


LIES = [
    (Said(200, b'{"Version": "v1.0.1"}'), "answered for version v1.0.1 instead"),
    (Said(200, b""), "the answer is no module information"),
    (Said(200, b"[]"), "the answer is no module information"),
    (Said(200, b"{}"), "the answer is no module information"),
    (Said(200, b"[" * 100_000), "the answer is no module information"),
    (
        Said(200, b"<html>log in", (("Content-Type", "text/html"),)),
        "the answer is a web page: a login in between?",
    ),
    (Said(200, b"not gzip", (("Content-Encoding", "gzip"),)), None),
    (Said(200, b"x" * (17 << 20)), "the answer is larger than 16 MB"),
    (Said(200, gzip.compress(b"0" * (200 << 20)), (("Content-Encoding", "gzip"),)), "the answer is larger than 16 MB"),
]


@pytest.mark.parametrize(("lie", "detail"), LIES)
def test_lie_is_no_answer(proxy: GoProxy, lie: Said, detail: str | None) -> None:
    proxy.fault("info$", lie)
    proxy.put("example.com/a", "v1.0.0")
    answer = held(client(proxy.url))[0]
    assert answer.kind is Kind.UNAVAILABLE
    assert detail is None or answer.detail == detail


def test_gzip_is_understood(proxy: GoProxy) -> None:
    body = gzip.compress(b'{"Version": "v1.0.0"}')
    proxy.fault("info$", Said(200, body, (("Content-Encoding", "gzip"), ("Content-Type", "application/json"))))
    assert held(client(proxy.url))[0].kind is Kind.SERVED


PASSING = [
    reset,
    Said(502),
    Said(503, b"", (("Retry-After", "1"),)),
    Said(429, b"", (("Retry-After", "1"),)),
    Said(504),
]


@pytest.mark.parametrize("fault", PASSING, ids=["reset", "502", "503", "429", "504"])
def test_what_may_pass_is_tried_again(proxy: GoProxy, fault: Said) -> None:
    proxy.put("example.com/a", "v1.0.0")
    proxy.fault("info$", times(2, fault))
    started = time.monotonic()
    assert held(client(proxy.url), seconds=20)[0].kind is Kind.SERVED
    waits = fault.headers if isinstance(fault, Said) else ()
    assert time.monotonic() - started >= (2 if ("Retry-After", "1") in waits else 0)


def test_retry_after_beyond_the_deadline_is_not_waited_for(proxy: GoProxy) -> None:
    proxy.fault("info$", Said(429, b"slow down", (("Retry-After", "600"), ("Content-Type", "text/plain"))))
    started = time.monotonic()
    answer = held(client(proxy.url), seconds=5)[0]
    assert (answer.kind, answer.status, answer.detail) == (Kind.UNAVAILABLE, 429, "slow down")
    assert time.monotonic() - started < 4.5


@pytest.mark.parametrize("value", ["\u00b2", "-5", "soon", "Wed, 21 Oct 99999999999999999999 07:28:00 GMT", "9" * 40])
def test_odd_retry_after_is_no_trouble(proxy: GoProxy, value: str) -> None:
    proxy.put("example.com/a", "v1.0.0")
    proxy.fault("info$", times(1, Said(503, b"", (("Retry-After", value),))))
    assert held(client(proxy.url), seconds=5)[0].kind in (Kind.SERVED, Kind.UNAVAILABLE)


def asking() -> bool:
    """Tell whether a question is still being asked."""
    return any(thread.name.startswith("goproxy-check-question") for thread in threading.enumerate())


def test_question_that_cannot_be_cut_is_not_waited_for() -> None:
    over = threading.Event()
    started = time.monotonic()
    answers = in_parallel(over.wait, [30.0, 0.0], 2, Deadline(0.2), lambda: None, lambda _: None)
    assert answers == [None, False]
    assert time.monotonic() - started < 10
    assert asking()
    over.set()
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()


def test_one_deadline_holds_for_all_and_nothing_is_left_behind(proxy: GoProxy) -> None:
    proxy.fault("@v/", stall(20))
    refs = [Reference("example.com/a", f"v1.0.{number}") for number in range(40)]
    started = time.monotonic()
    answers = client(proxy.url, jobs=4).held(refs, Deadline(1))
    assert time.monotonic() - started < 10
    assert {kind for item in answers for kind in kinds(item)} == {Kind.UNAVAILABLE}
    assert not asking()


def drip(handler: BaseHTTPRequestHandler) -> None:
    """Fault: a body of one byte every tenth of a second, for ever so long."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(200):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)


def drip_headers(handler: BaseHTTPRequestHandler) -> None:
    """Fault: a status line, then a header that does not end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Endless: ")
    for _ in range(200):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.1)


@pytest.mark.parametrize("fault", [drip, drip_headers])
def test_drip_ends_with_the_deadline(proxy: GoProxy, fault: object) -> None:
    proxy.fault("info$", fault)  # type: ignore[arg-type]
    started = time.monotonic()
    assert held(client(proxy.url), seconds=1)[0].kind is Kind.UNAVAILABLE
    assert time.monotonic() - started < 10
    assert not asking()


def garbage(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"what?\r\n\r\n")
    handler.close_connection = True


def short(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b"{")
    handler.close_connection = True


@pytest.mark.parametrize("fault", [garbage, short])
def test_broken_http_is_no_answer(proxy: GoProxy, fault: object) -> None:
    proxy.fault("info$", fault)  # type: ignore[arg-type]
    assert held(client(proxy.url), seconds=2)[0].kind is Kind.UNAVAILABLE


def test_nobody_there_is_said_at_once_and_once(proxy: GoProxy) -> None:
    url = proxy.url.rpartition(":")[0] + ":9"
    refs = [Reference("example.com/a", f"v1.0.{number}") for number in range(100)]
    started = time.monotonic()
    answers = client(url).held(refs, Deadline(20))
    assert time.monotonic() - started < 10
    assert answers[99][0].detail == "cannot connect: Connection refused"


def test_connections_are_kept(proxy: GoProxy) -> None:
    refs = [Reference("example.com/a", f"v1.0.{number}") for number in range(100)]
    client(proxy.url, jobs=4).held(refs, Deadline(20))
    assert len(proxy.log) == 200
    assert proxy.connections <= 4


def test_credentials_stay_with_their_host(proxy: GoProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over http Go sends no password at all; neither do we, and nobody is asked."""
    url = proxy.url.replace("http://", "http://user:secret@")
    answer = held(client(url))[0]
    assert answer.kind is Kind.UNAVAILABLE and "over http" in answer.detail
    assert not proxy.log


def test_redirects_are_followed_but_not_for_ever(proxy: GoProxy) -> None:
    with GoProxy().running() as other:
        other.put("example.com/a", "v1.0.0")
        proxy.fault("info$", Said(302, b"", (("Location", f"{other.url}/example.com/a/@v/v1.0.0.info"),)))
        proxy.fault("mod$", Said(302, b"", (("Location", "/loop.mod"),)))
        answers = held(client(proxy.url))
    assert answers[0].kind is Kind.SERVED
    assert (answers[1].kind, answers[1].detail) == (Kind.UNAVAILABLE, "stopped after 10 redirects")


def test_file_proxy(tmp_path: Path) -> None:
    folder = tmp_path / "with space" / "example.com" / "a" / "@v"
    folder.mkdir(parents=True)
    (folder / "v1.0.0.info").write_text('{"Version": "v1.0.0"}')
    (folder / "v1.0.0.mod").write_text("module example.com/a\n")
    proxies = client((tmp_path / "with space").as_uri())
    assert kinds(held(proxies)) == [Kind.SERVED, Kind.SERVED]
    assert kinds(held(proxies, Reference("example.com/a", "v1.0.1"))) == [Kind.ABSENT, Kind.ABSENT]


@pytest.mark.skipif(sys.platform != "linux", reason="SSL_CERT_FILE says whom to trust on Linux alone")
def test_https_trusts_whom_the_system_trusts_and_keeps_its_connections(
    world: World, proxy: GoProxy, authority: tuple[Path, ssl.SSLContext]
) -> None:
    pem, context = authority
    proxy.over_tls(context)
    proxy.put("example.com/a", "v1.0.0")
    world.app("example.com/a v1.0.0")
    done = world.check("--format", "json", GOPROXY=proxy.url)
    result = json.loads(done.stdout)["results"][0]
    assert result["verdict"] == "unavailable" and result["proxies"][0]["detail"].startswith("TLS: ")
    assert world.go("list", "-m", "example.com/a@v1.0.0", ok=False, GOPROXY=proxy.url).returncode == 1

    names = [f"example.com/m{number}" for number in range(30)]
    for name in names:
        proxy.put(name, "v1.0.0")
    world.app(*(f"{name} v1.0.0" for name in names))
    proxy.connections = 0
    done = world.check("-j", "4", "--format", "json", GOPROXY=proxy.url, SSL_CERT_FILE=str(pem))
    assert json.loads(done.stdout)["summary"]["ok"] == 30
    assert proxy.connections <= 4
    assert world.go("list", "-m", "example.com/m1@v1.0.0", GOPROXY=proxy.url, SSL_CERT_FILE=str(pem)).returncode == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_file_proxy_that_is_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    folder = tmp_path / "example.com" / "a" / "@v"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "v1.0.0.info")
    assert held(client(tmp_path.as_uri()))[0].detail == "not a regular file"


PASSWORDS = [
    "http://me:s3cret/p@h.example:1",
    "https://me:s3cret#@h.example",
    "http:///me:s3cret@h",
    "ftp://me:s3cret?@h",
    "https//me:s3cret@h",
    "s3cret@h",
]


@pytest.mark.parametrize("url", PASSWORDS)
def test_password_in_a_broken_url_is_not_shown(url: str) -> None:
    try:
        assert "s3cret" not in proxy_list(url)[0][0].shown
    except GoEnvError as error:
        assert "s3cret" not in str(error)


UNTIL = [
    ((("Cache-Control", "public, max-age=600"),), 600),
    ((("Cache-Control", "max-age=600"), ("Age", "500")), 100),
    ((("Cache-Control", "max-age=600, no-store"),), None),
    ((("Cache-Control", "max-age=0"),), None),
    ((("Expires", "Thu, 01 Jan 2099 00:00:00 GMT"),), "later"),
    ((("Expires", "0"),), None),
    ((), None),
]


@pytest.mark.parametrize(("headers", "seconds"), UNTIL)
def test_until_when_a_proxy_repeats_itself(
    proxy: GoProxy, headers: tuple[tuple[str, str], ...], seconds: object
) -> None:
    proxy.fault("@v/", Said(404, b"", headers))
    until = held(client(proxy.url))[0].until
    if isinstance(seconds, int):
        assert until is not None and abs(until - time.time() - seconds) < 5
    else:
        assert (until is None) == (seconds is None)


def test_log_is_equal_by_path_and_header_alone() -> None:
    assert Seen("/x", True, {"a": "b"}) == Seen("/x", True)
