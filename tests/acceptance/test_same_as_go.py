"""GOPROXY, GOPRIVATE and the network, put to the real go too.

The end is the same, and no proxy is asked that Go does not ask.
"""

import gzip
import json
import os
import re
import ssl
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.support.asking import same
from tests.support.goproxy import Fault, GoProxy, Said, hashes, reset
from tests.support.socks import socks
from tests.support.world import LIB, World, go_mod

TARGET = f"{LIB}@v1.1.0"
INFO = b'{"Version": "v1.1.0", "Time": "2026-01-01T00:00:00Z"}'
PAGE = Said(200, b"<!DOCTYPE html><html>log in</html>", (("Content-Type", "text/html"),))


@pytest.fixture
def other() -> Iterator[GoProxy]:
    with GoProxy().running() as other:
        yield other


# ONE and TWO are proxies that serve it. The others are paths on the host of ONE.
LISTS = [
    ("ONE", "ok", "TWO"),
    ("ONE,TWO", "ok", "TWO"),
    (" ONE , TWO ", "ok", "TWO"),
    (",,ONE,,", "ok", "TWO"),
    ("ONE/", "ok", ""),
    ("ONE/copy", "ok", ""),
    ("ONE/copy/", "ok", ""),
    ("ONE//copy", "ok", ""),
    ("ONE/copy//", "ok", ""),
    ("ONE/at@copy", "ok", ""),
    ("ONE/at%40copy", "ok", ""),
    ("EMPTY,ONE", "ok", ""),
    ("GONE,ONE", "ok", ""),
    ("EMPTY,TWO,ONE", "ok", ""),
    ("EMPTY,GONE", "missing", "TWO"),
    ("BROKEN|ONE", "ok", "TWO"),
    ("BROKEN,ONE", "unavailable", "TWO"),
    ("RESET|ONE", "ok", "TWO"),
    ("RESET,TWO", "unavailable", "TWO"),
    ("NO|ONE", "ok", ""),
    ("NO,TWO", "refused", "TWO"),
    ("INFOPAGE|TWO", "ok", ""),  # a page in place of .info is no JSON
    ("PAGE,TWO", "unavailable", "TWO"),
    ("EMPTY,direct", "missing", ""),
    ("EMPTY,off", "missing", ""),
    ("EMPTY,off,TWO", "missing", "TWO"),
    ("EMPTY|direct|TWO", "missing", "TWO"),
    ("http://127.0.0.1:9|ONE", "ok", ""),
    ("http://127.0.0.1:9,ONE", "unavailable", "ONE"),
]


@pytest.mark.parametrize(("goproxy", "wanted", "never"), LISTS)
@pytest.mark.parametrize("recorded", [False, True])
def test_list(
    world: World, proxy: GoProxy, other: GoProxy, goproxy: str, wanted: str, never: str, recorded: bool
) -> None:
    """In both ways: Go settles what no go.sum records, and requests what one does."""
    for one in (proxy, other):
        one.put(LIB, "v1.1.0")
    for path, said in (("empty", Said(404)), ("gone", Said(410)), ("broken", Said(500)), ("no", Said(403))):
        proxy.fault(f"^/{path}/", said)
    proxy.fault("^/page/", PAGE)
    proxy.fault(r"^/infopage/.*\.info$", PAGE)
    proxy.fault("^/reset/", reset)
    copies = r"^/(?:/?copy/?|at(?:@|%40)copy)/"
    proxy.fault(copies, lambda handler: proxy.answer(f"/{handler.path.partition('copy')[2].lstrip('/')}", hold=False))
    for name, url in (("ONE", proxy.url), ("TWO", other.url)):
        goproxy = re.sub(rf"\b{name}\b", url, goproxy)
    goproxy = re.sub(
        r"\b(EMPTY|GONE|BROKEN|RESET|NO|INFOPAGE|PAGE)\b", lambda word: f"{proxy.url}/{word[1].lower()}", goproxy
    )
    if not recorded:
        same(world, TARGET, wanted, proxy, other, GOPROXY=goproxy)
    else:
        staged(world, proxy, LIB)
        assert world.verdicts(GOPROXY=goproxy) == {TARGET: wanted}
    if never:
        assert not {"ONE": proxy, "TWO": other}[never].log


def staged(world: World, proxy: GoProxy, *modules: str) -> Path:
    """Stage a go.mod and a go.sum with v1.1.0 of MODULES, which PROXY holds; return their folder."""
    app = world.app(*(f"{module} v1.1.0" for module in modules))
    lines = []
    for module in modules:
        proxy.put(module, "v1.1.0")
        archive, go_mod_hash = hashes(module, "v1.1.0", {"go.mod": f"module {module}\n".encode()})
        lines += [f"{module} v1.1.0 {archive}\n", f"{module} v1.1.0/go.mod {go_mod_hash}\n"]
    (app / "go.sum").write_text("".join(lines))
    world.git("add", ".", cwd=app)
    return app


def downloaded(world: World, app: Path, *targets: str, **env: str) -> set[str]:
    """Return which of TARGETS the real go gets, with the go.sum in APP, in one command."""
    done = world.go("mod", "download", "-json", *targets, cwd=app, ok=False, **env)
    items = [json.loads(item) for item in re.findall(r"(?ms)^\{$.*?^\}$", done.stdout)]
    assert {f"{item['Path']}@{item['Version']}" for item in items} == {*targets}, done.stderr
    return {f"{item['Path']}@{item['Version']}" for item in items if "Error" not in item}


def chunked(_: BaseHTTPRequestHandler) -> Said:
    body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (INFO[:7], INFO[7:])) + b"0\r\n\r\n"
    return Said(200, body, (("Transfer-Encoding", "chunked"),))


def head_is(status: int) -> Fault:
    return lambda handler: Said(status) if handler.command == "HEAD" else None


GZIP = (("Content-Encoding", "gzip"),)
# What is answered instead of a file; with go.sum lines for it, and without.
ANSWERS: list[tuple[str, Fault | Said, str, str]] = [
    (".info", PAGE, "unavailable", "unavailable"),
    (".info", Said(404, PAGE.body, PAGE.headers), "missing", "missing"),
    (".mod", Said(404, PAGE.body, PAGE.headers), "missing", "missing"),
    (".mod", PAGE, "mismatch", "ok"),  # to Go a 200 is the file
    (".info", Said(200, INFO.replace(b"v1.1.0", b"v1.0.0")), "unavailable", "unavailable"),
    (".info", Said(200, INFO.replace(b"Z", b"")), "unavailable", "unavailable"),
    (".info", Said(200, b"\xef\xbb\xbf" + INFO), "unavailable", "unavailable"),
    (".info", Said(200, INFO.lower().replace(b"00z", b"00Z").replace(b"01t", b"01T")), "ok", "ok"),
    (".info", Said(200, gzip.compress(INFO), GZIP), "ok", "ok"),
    (".info", Said(200, b"not gzip", GZIP), "unavailable", "unavailable"),
    (".info", chunked, "ok", "ok"),
    (".info", Said(302, b"", (("Location", "/elsewhere"),)), "ok", "ok"),
    (".info", Said(307, b"", (("Location", "/nowhere"),)), "missing", "missing"),
    (".info", Said(302, b"", (("Location", "/loop"),)), "unavailable", "unavailable"),
    (".info", Said(410, b"gone"), "missing", "missing"),
    (".info", Said(451, b"law"), "refused", "refused"),
    (".mod", Said(401, b"who?"), "refused", "refused"),
    (".mod", Said(500, b"oops"), "unavailable", "unavailable"),
    (".zip", head_is(403), "ok", "ok"),
    (".zip", head_is(404), "ok", "ok"),
    (".zip", head_is(405), "ok", "ok"),
    (".zip", head_is(500), "ok", "ok"),
    (".zip", Said(404), "missing", "NO ARCHIVE"),
    (".zip", Said(403), "refused", "NO ARCHIVE"),
]


@pytest.mark.parametrize("recorded", [True, False])
def test_answer(world: World, proxy: GoProxy, recorded: bool) -> None:
    modules = [f"example.com/m{number}" for number in range(len(ANSWERS))]
    proxy.fault("^/elsewhere$", Said(200, INFO))
    proxy.fault("^/loop$", Said(302, b"", (("Location", "/loop"),)))
    for module, (end, said, _, _) in zip(modules, ANSWERS, strict=True):
        proxy.fault(rf"{module}/@v/v1\.1\.0\{end}$", said)
    app = staged(world, proxy, *modules)
    if not recorded:
        (app / "go.sum").unlink()
        world.git("add", "--all", cwd=app)
    env = {"GOPROXY": proxy.url}
    # Only an archive that go.sum records is asked for.
    wanted = [row[2] if recorded else row[3].replace("NO ARCHIVE", "ok") for row in ANSWERS]
    ours = world.verdicts(**env)
    assert list(ours.values()) == wanted, list(zip(ANSWERS, ours.values(), strict=True))
    theirs = {f"{module}@v1.1.0": row[2 if recorded else 3] for module, row in zip(modules, ANSWERS, strict=True)}
    for target in [target for target, verdict in theirs.items() if verdict == "mismatch"]:
        done = world.go("mod", "download", target, cwd=app, ok=False, **env)  # by itself, since it ends the command
        assert "checksum mismatch" in done.stderr
        del theirs[target]
    found = downloaded(world, app, *theirs, **env)
    assert {target: target in found for target in theirs} == {target: theirs[target] == "ok" for target in theirs}


@pytest.mark.long
def test_first_fetch_takes_longer_than_the_quick_question_waits(world: World, proxy: GoProxy) -> None:
    """It waits half of --timeout, and 10 seconds at most; the proxy has the version by the time that Go asks."""
    app = staged(world, proxy, LIB)
    fetched = threading.Event()

    def fetch(handler: BaseHTTPRequestHandler) -> None:
        if "goproxy-check" in handler.headers["User-Agent"]:
            fetched.wait(30)
        fetched.set()

    proxy.fault("@v/", fetch)
    assert world.verdicts("--timeout", "6s", GOPROXY=proxy.url) == {TARGET: "ok"}
    assert fetched.is_set()
    world.go("mod", "download", TARGET, cwd=app, GOPROXY=proxy.url)


def through(proxy: GoProxy) -> None:
    """Let PROXY be an HTTP_PROXY too, for the host goproxy.example, which is itself."""
    proxy.fault(
        "^http://goproxy.example/",
        lambda handler: proxy.answer(handler.path.removeprefix("http://goproxy.example"), hold=False),
    )


@pytest.mark.parametrize(("no_proxy", "wanted"), [("", "ok"), ("goproxy.example", "unavailable")])
def test_proxy_of_the_network(world: World, proxy: GoProxy, no_proxy: str, wanted: str) -> None:
    proxy.put(LIB, "v1.1.0")
    through(proxy)
    env = {"HTTP_PROXY": proxy.url, "NO_PROXY": no_proxy, "GOPROXY": "http://goproxy.example"}
    same(world, TARGET, wanted, **env)
    staged(world, proxy, LIB)
    assert world.verdicts(**env) == {TARGET: wanted}
    asked = [seen for seen in proxy.log if "goproxy-check" in seen.headers["user-agent"]]
    assert bool(asked) == (wanted == "ok")  # the quick question took that way too


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_socks(world: World, proxy: GoProxy, scheme: str) -> None:
    staged(world, proxy, LIB)
    port = int(proxy.url.rpartition(":")[2])
    with socks(("127.0.0.1", port)) as (url, asked):
        env = {"HTTP_PROXY": url.replace("socks5", scheme), "NO_PROXY": "", "GOPROXY": "http://goproxy.example"}
        assert world.verdicts(**env) == {TARGET: "ok"}
        assert set(asked) == {"goproxy.example"}
        world.go("mod", "download", TARGET, cwd=world.root / "app", ok=True, **env)


@pytest.mark.skipif(sys.platform != "linux", reason="Go heeds SSL_CERT_FILE on Linux")
def test_authority_of_a_company(world: World, proxy: GoProxy, authority: tuple[Path, ssl.SSLContext]) -> None:
    staged(world, proxy, LIB)
    pem, context = authority
    proxy.over_tls(context)
    for env, wanted in (({}, "unavailable"), ({"SSL_CERT_FILE": str(pem)}, "ok")):
        same(world, TARGET, wanted, GOPROXY=proxy.url, **env)
        assert world.verdicts(GOPROXY=proxy.url, **env) == {TARGET: wanted}


def test_folder_as_a_proxy(world: World, proxy: GoProxy) -> None:
    world.origin(LIB, "v1.0.0", "v1.1.0", "v1.2.0")
    folder = world.root / "a folder"
    place = folder / LIB / "@v"
    place.mkdir(parents=True)
    for kind in ("info", "mod", "zip"):
        (place / f"v1.1.0.{kind}").write_bytes(proxy.answer(f"/{LIB}/@v/v1.1.0.{kind}", hold=False).body)
    (place / "list").write_text("v1.1.0\n")
    url = folder.as_uri()
    same(world, TARGET, "ok", GOPROXY=url)
    same(world, TARGET, "ok", GOPROXY=f"{url}/,off")
    same(world, f"{LIB}@v1.2.0", "stale", GOPROXY=url)
    same(world, f"{LIB}@v1.2.0", "ok", GOPROXY=f"{url},{proxy.url}")
    staged(world, proxy, LIB)
    assert world.verdicts(GOPROXY=url) == {TARGET: "ok"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipe_in_a_folder_that_is_a_proxy_ends_with_the_deadline(world: World, proxy: GoProxy) -> None:
    place = world.root / "folder" / LIB / "@v"
    place.mkdir(parents=True)
    (place / "list").write_text("v1.1.0\n")
    os.mkfifo(place / "v1.1.0.info")
    url = (world.root / "folder").as_uri()
    assert world.verdicts("--timeout", "2s", TARGET, cwd=world.home, GOPROXY=url) == {TARGET: "unavailable"}


# What fits a pattern is compared with Go in tests/gofiles/test_module.py.
PRIVATE = [
    ({"GOPRIVATE": "*.com/acme,x"}, True),
    ({"GONOPROXY": "github.com/acme/lib"}, True),
    ({"GOPRIVATE": "github.com/acme", "GONOPROXY": "none"}, False),
    ({"GOPRIVATE": "github.com/acm"}, False),
]


@pytest.mark.parametrize(("env", "private"), PRIVATE)
def test_private(world: World, proxy: GoProxy, env: dict[str, str], private: bool) -> None:
    """It is looked for at its origin, as Go does it."""
    world.origin(LIB, "v1.0.0", "v1.1.0")
    same(world, TARGET, "ok", proxy, **env)
    assert bool(proxy.log) != private


MODES = [["--wait", "1s", f"{LIB}@v1.9.0"], ["--fix"], ["--all", "--fix"], ["go.mod"], ["--format", "json"]]


@pytest.mark.parametrize("goproxy", ["PROXY", "PROXY|direct", "off"])
def test_private_name_reaches_no_proxy_in_any_mode(world: World, proxy: GoProxy, goproxy: str) -> None:
    world.origin(LIB, "v1.0.0", "v1.1.0")
    app = world.app(f"{LIB} v1.1.0", f"{LIB} v1.9.0")
    env = {"GOPRIVATE": "github.com/*/lib", "GOPROXY": goproxy.replace("PROXY", proxy.url)}
    for args in MODES:
        world.main(*args, cwd=app, **env)
    assert not proxy.log
    assert world.verdicts(**env) == {TARGET: "ok", f"{LIB}@v1.9.0": "unpublished"}


def test_private_module_while_goproxy_is_off(world: World, proxy: GoProxy) -> None:
    world.origin(LIB, "v1.0.0", "v1.1.0")
    same(world, TARGET, "ok", proxy, GOPRIVATE="github.com/acme", GOPROXY="off")
    world.app(f"{LIB} v1.1.0", "example.com/a v1.0.0")
    wanted = {TARGET: "ok", "example.com/a@v1.0.0": "skipped"}
    assert world.verdicts(GOPRIVATE="github.com/acme", GOPROXY="off") == wanted


@pytest.mark.parametrize(
    "settings",
    [
        {"GOFLAGS": "-mod=vendor"},
        {"GOFLAGS": "-modfile=other.mod"},
        {"GOFLAGS": "-mod=readonly -modcacherw"},
        {"GOFLAGS": "--mod=mod -tags=x"},
        {"GOWORK": "off"},
        {"GO111MODULE": "auto"},
        {"GO111MODULE": "off"},
        {"GOENV": "off"},
        {"GOTOOLCHAIN": "auto"},
    ],
)
def test_setting_that_changes_nothing(world: World, proxy: GoProxy, settings: dict[str, str]) -> None:
    world.origin(LIB, "v1.0.0", "v1.1.0")
    world.stale(LIB, "v1.2.0")
    proxy.put("example.com/two", "v1.1.0")
    app = world.app("example.com/two v1.1.0", f"{LIB} v1.2.0")
    (app / "vendor").mkdir()
    (app / "vendor" / "modules.txt").write_text("")
    assert world.verdicts("--fix", **settings) == {"example.com/two@v1.1.0": "ok", f"{LIB}@v1.2.0": "stale"}
    assert (app / "go.sum").read_text() == world.sum_lines(LIB, "v1.2.0")


def test_settings_of_go_env_w(world: World, proxy: GoProxy, other: GoProxy) -> None:
    world.origin(LIB, "v1.0.0", "v1.1.0")
    other.put(LIB, "v1.1.0")
    del world.env["GOPROXY"]
    steps = [
        ([f"GOPROXY={other.url}", "GONOSUMDB=github.com/acme", "GOPRIVATE=x.example"], {}, True),
        (["GOPRIVATE=github.com/acme"], {}, False),
        ([], {"GOENV": "off", "GOPROXY": other.url}, True),  # as if nothing had been written
    ]
    for written, env, asked in steps:
        if written:
            world.go("env", "-w", *written)
        other.log.clear()
        assert world.verdicts(TARGET, cwd=world.home, **env) == {TARGET: "ok"}
        assert bool(other.log) == asked and not proxy.log


def test_go_older_than_the_go_line(world: World, proxy: GoProxy) -> None:
    world.origin(LIB, "v1.0.0")
    app = world.app(f"{LIB} v1.2.0")
    text = (app / "go.mod").read_text()
    (app / "go.mod").write_text(text.replace("go 1.21", "go 1.99.0"))
    world.git("add", ".", cwd=app)
    assert world.verdicts(GOTOOLCHAIN="local") == {f"{LIB}@v1.2.0": "unpublished"}


@pytest.mark.parametrize("recorded", [False, True])
def test_go_mod_that_declares_another_path(world: World, proxy: GoProxy, recorded: bool) -> None:
    """Go takes it in place of the module that it declares, and for nothing else."""
    asked, right = "github.com/Google/uuid", "github.com/google/uuid"
    proxy.put(asked, "v1.1.0", f"module {right}\n")
    sums = json.loads(world.go("mod", "download", "-json", f"{asked}@v1.1.0", GOPROXY=proxy.url).stdout)
    lines = f"{asked} v1.1.0 {sums['Sum']}\n{asked} v1.1.0/go.mod {sums['GoModSum']}\n"
    world.forget_modules()
    app = world.app()
    replaced = go_mod([f"{right} v1.0.0"], rest=f"replace {right} => {asked} v1.1.0\n")
    for text, wanted in ((go_mod([f"{asked} v1.1.0"]), "invalid"), (replaced, "ok")):
        (app / "go.mod").write_text(text)
        (app / "go.sum").write_text(lines * recorded)
        world.git("add", ".", cwd=app)
        done = world.main("--format", "json", GOPROXY=proxy.url)
        result = next(item for item in json.loads(done.stdout)["results"] if item["module"] == asked)
        assert result["verdict"] == wanted
        assert (right in result["message"]) == (wanted == "invalid")
        done = world.go("mod", "graph", cwd=app, ok=False, GOPROXY=proxy.url, GOFLAGS="-mod=mod -modcacherw")
        assert (done.returncode == 0) == (wanted == "ok"), done.stderr
        assert ("declares its path as" in done.stderr) == (wanted == "invalid")


@pytest.mark.parametrize(("recorded", "wanted"), [(False, "ok"), (True, "mismatch")])
def test_login_page_in_place_of_a_go_mod_is_the_file(
    world: World, proxy: GoProxy, other: GoProxy, recorded: bool, wanted: str
) -> None:
    """So the walk through the list ends there, even before a |."""
    app = staged(world, other, LIB)
    proxy.put(LIB, "v1.1.0")
    proxy.fault("mod$", PAGE)
    env = {"GOPROXY": f"{proxy.url}|{other.url}"}
    if not recorded:
        (app / "go.sum").unlink()
        world.git("add", "--all", cwd=app)
    assert world.verdicts(**env) == {TARGET: wanted}
    assert not other.log
    done = world.go("mod", "download", TARGET, cwd=app, ok=False, **env)
    assert (done.returncode == 0) == (wanted == "ok"), done.stderr
