"""GOPROXY, GOPRIVATE and the rest, put to the real go: the same end, and nobody is asked whom Go would not ask.

The same proxies, origins and environment for both; ``go mod download`` gets the proxies of the list alone, for
``direct`` at its end is not to count.
"""

import gzip
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from goproxy_check.connections import network_proxies
from tests.support.goproxy import Fault, GoProxy, Said
from tests.support.world import LIB, World

TARGET = f"{LIB}@v1.1.0"
INFO = b'{"Version": "v1.1.0", "Time": "2026-01-01T00:00:00Z"}'
MOD = f"module {LIB}\n".encode()


@pytest.fixture
def other() -> Iterator[GoProxy]:
    with GoProxy().running() as other:
        yield other


def same(world: World, proxies: list[GoProxy], wanted: str, target: str = TARGET, **env: str) -> None:
    """Check that the verdict is WANTED, and that Go with the proxies alone succeeds if and only if it is ok."""
    settings = {name: value for name, value in env.items() if name != "GOPROXY"}
    goproxy = env.get("GOPROXY", world.env["GOPROXY"])
    verdicts = world.verdicts(target, cwd=world.home, **env)
    assert verdicts == ({target: wanted} if wanted else {})
    ours = [set(proxy.asked()) for proxy in proxies]
    for proxy in proxies:
        proxy.log.clear()
    world.go("clean", "-modcache")
    alone = re.sub(r"[,|]\s*direct\b.*", "", goproxy)
    done = world.go("mod", "download", target, cwd=world.home, ok=False, **settings, GOPROXY=alone or goproxy)
    assert (done.returncode == 0) == (wanted == "ok"), done.stderr
    for proxy, asked in zip(proxies, ours, strict=True):
        assert not asked or proxy.asked(), f"{proxy.url} was asked, and Go does not ask it"


LISTS = [
    ("ONE", "ok", "TWO never"),
    ("ONE,TWO", "ok", "TWO never"),
    (" ONE , TWO ", "ok", "TWO never"),
    (",,ONE,,", "ok", "TWO never"),
    ("ONE/", "ok", ""),
    ("ONE/a/path", "ok", ""),
    ("ONE/a/path//", "ok", ""),
    ("EMPTY,ONE", "ok", ""),
    ("EMPTY|ONE", "ok", ""),
    ("GONE,ONE", "ok", ""),
    ("EMPTY,GONE", "unlisted", ""),
    ("BROKEN|ONE", "ok", ""),
    ("BROKEN,ONE", "unavailable", "ONE never"),
    ("NO|ONE", "ok", ""),
    ("NO,ONE", "refused", "ONE never"),
    ("EMPTY,direct", "unlisted", ""),
    ("EMPTY,off", "unlisted", ""),
    ("EMPTY,off,ONE", "unlisted", "ONE never"),
    ("EMPTY|direct|ONE", "unlisted", "ONE never"),
    ("http://127.0.0.1:9|ONE", "ok", ""),
    ("http://127.0.0.1:9,ONE", "unavailable", "ONE never"),
    ("ONE,nonsense://x", None, ""),
    ("direct", "ok", "ONE never"),
    ("direct,ONE", "ok", "ONE never"),
]


@pytest.mark.parametrize(("goproxy", "wanted", "never"), LISTS)
def test_list(world: World, proxy: GoProxy, other: GoProxy, goproxy: str, wanted: str | None, never: str) -> None:
    world.origin(LIB, "v1.0.0", "v1.1.0")
    proxy.put(LIB, "v1.1.0")
    other.put(LIB, "v1.1.0")
    for path, status in (("empty", 404), ("gone", 410), ("broken", 500), ("no", 403)):
        proxy.fault(f"^/{path}/", Said(status, b"no"))
    for kind in ("info", "mod", "zip"):
        body = proxy.answer(f"/{LIB}/@v/v1.1.0.{kind}", hold=False).body
        proxy.fault(rf"^/a/path/.*v1\.1\.0\.{kind}", Said(200, body))
    text = re.sub(r"\bTWO\b", other.url, re.sub(r"\bONE\b", proxy.url, goproxy))
    for path in ("EMPTY", "GONE", "BROKEN", "NO"):
        text = re.sub(rf"\b{path}\b", f"{proxy.url}/{path.lower()}", text)
    if wanted is None:
        done = world.main(TARGET, cwd=world.home, GOPROXY=text)
        assert done.returncode == 2 and "GOPROXY: " in done.stderr
        assert world.go("mod", "download", TARGET, cwd=world.home, ok=False, GOPROXY=text).returncode == 1
        return
    world.verdicts(TARGET, cwd=world.home, GOPROXY=text)
    if never:
        asked = {"ONE": proxy, "TWO": other}[never.split(maxsplit=1)[0]].asked()
        assert not [path for path in asked if path.startswith(f"/{LIB}/")]
    same(world, [proxy, other], wanted, GOPROXY=text)


def page(status: int = 200) -> Said:
    return Said(status, b"<!DOCTYPE html><html>log in</html>", (("Content-Type", "text/html"),))


def chunked(handler: object) -> Said:
    body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (INFO[:7], INFO[7:])) + b"0\r\n\r\n"
    return Said(200, body, (("Transfer-Encoding", "chunked"),))


ANSWERS: list[tuple[str, Fault | Said, str]] = [
    (".info", page(), "unavailable"),
    (".info", page(404), "stale"),
    (".mod", page(404), "stale"),
    (".info", Said(200, b""), "unavailable"),
    (".info", Said(200, INFO.replace(b"v1.1.0", b"v1.0.0")), "unavailable"),
    (".info", Said(200, b"[]"), "unavailable"),
    (".info", Said(200, INFO), "ok"),
    (".info", Said(200, gzip.compress(INFO), (("Content-Encoding", "gzip"),)), "ok"),
    (".info", chunked, "ok"),
    (".info", Said(302, b"", (("Location", "/elsewhere"),)), "ok"),
    (".info", Said(307, b"", (("Location", "/nowhere"),)), "stale"),
    (".info", Said(302, b"", (("Location", "/loop"),)), "unavailable"),
    (".info", Said(410, b"gone"), "stale"),
    (".info", Said(451, b"law"), "refused"),
    (".mod", Said(200, gzip.compress(MOD), (("Content-Encoding", "gzip"),)), "ok"),
    (".mod", Said(401, b"who?"), "refused"),
    (".mod", Said(500, b"oops"), "unavailable"),
]


@pytest.mark.parametrize(("end", "said", "wanted"), ANSWERS)
def test_answer(world: World, proxy: GoProxy, end: str, said: Fault | Said, wanted: str) -> None:
    world.origin(LIB, "v1.0.0", "v1.1.0")
    proxy.put(LIB, "v1.1.0")
    proxy.fault(rf"v1\.1\.0\{end}$", said)
    proxy.fault("^/elsewhere$", Said(200, INFO))
    proxy.fault("^/loop$", Said(302, b"", (("Location", "/loop"),)))
    same(world, [proxy], wanted, GOPROXY=proxy.url)


def test_file_proxy(world: World, proxy: GoProxy) -> None:
    world.origin(LIB, "v1.0.0", "v1.1.0", "v1.2.0")
    folder = world.root / "a folder"
    place = folder / LIB / "@v"
    place.mkdir(parents=True)
    for kind in ("info", "mod", "zip"):
        (place / f"v1.1.0.{kind}").write_bytes(proxy.answer(f"/{LIB}/@v/v1.1.0.{kind}", hold=False).body)
    (place / "list").write_text("v1.1.0\n")
    same(world, [proxy], "ok", GOPROXY=folder.as_uri())
    same(world, [proxy], "ok", GOPROXY=f"{folder.as_uri()}/,off")
    same(world, [proxy], "stale", f"{LIB}@v1.2.0", GOPROXY=folder.as_uri())
    same(world, [proxy], "ok", f"{LIB}@v1.2.0", GOPROXY=f"{folder.as_uri()},{proxy.url}")


PRIVATE = [
    ({"GOPRIVATE": "github.com/acme"}, True),
    ({"GOPRIVATE": "github.com/*/lib"}, True),
    ({"GOPRIVATE": "*.com/acme,x"}, True),
    ({"GONOPROXY": "github.com/acme/lib"}, True),
    ({"GOPRIVATE": "github.com/acme", "GONOPROXY": "none"}, False),
    ({"GOPRIVATE": "github.com/acm"}, False),
    ({"GOPRIVATE": "acme"}, False),
    ({"GOPRIVATE": "github.com/acme/lib/v2"}, False),
]


@pytest.mark.parametrize(("env", "private"), PRIVATE)
@pytest.mark.parametrize("goproxy", ["PROXY", "PROXY,direct", "off"])
def test_private(world: World, proxy: GoProxy, env: dict[str, str], private: bool, goproxy: str) -> None:
    """A private module's name reaches no proxy in any mode, and it is verified at its origin."""
    world.origin(LIB, "v1.0.0")
    world.publish(LIB, "v1.1.0")
    settings = {**env, "GOPROXY": goproxy.replace("PROXY", proxy.url), "GOSUMDB": "off"}
    wanted = "ok" if private or goproxy != "off" else "skipped"
    if wanted == "ok":
        same(world, [proxy], wanted, **settings)
    for args in ([TARGET, f"{LIB}@v1.9.0"], ["-x", "--wait", "1s", f"{LIB}@v1.9.0"]):
        proxy.log.clear()
        world.main(*args, cwd=world.home, **settings)
        assert bool(proxy.log) == (not private and goproxy != "off")
    app = world.app(f"{LIB} v1.1.0", f"{LIB} v1.9.0")
    for form in (["--fix"], ["--all", "--fix"], ["go.mod"], ["--format", "github"]):
        proxy.log.clear()
        world.main(*form, cwd=app, **settings)
        assert bool(proxy.log) == (not private and goproxy != "off")


SETTINGS: list[dict[str, str]] = [
    {"GOFLAGS": "-mod=vendor"},
    {"GOFLAGS": "-modfile=other.mod"},
    {"GOFLAGS": "-mod=readonly -modcacherw"},
    {"GOWORK": "off"},
    {"GO111MODULE": "auto"},
    {"GO111MODULE": "off"},
    {"GOENV": "off"},
    {"GOTOOLCHAIN": "auto"},
]


@pytest.mark.parametrize("settings", SETTINGS)
def test_setting_that_changes_nothing(world: World, proxy: GoProxy, settings: dict[str, str]) -> None:
    world.origin(LIB, "v1.0.0", "v1.1.0")
    world.stale(LIB, "v1.2.0")
    world.origin("github.com/acme/two", "v1.1.0")
    app = world.app("github.com/acme/two v1.1.0", f"{LIB} v1.2.0")
    (app / "vendor").mkdir()
    (app / "vendor" / "modules.txt").write_text("")
    wanted = {"github.com/acme/two@v1.1.0": "ok", f"{LIB}@v1.2.0": "stale"}
    assert world.verdicts(**settings) == wanted
    done = world.main("--fix", **settings)
    assert f"{LIB} v1.2.0: stale (fixed here)" in done.stdout, done.stdout
    assert (app / "go.sum").read_text() == world.sum_lines(LIB, "v1.2.0")


def test_settings_of_go_env_w(world: World, proxy: GoProxy, other: GoProxy) -> None:
    world.origin(LIB, "v1.0.0", "v1.1.0")
    other.put(LIB, "v1.1.0")
    del world.env["GOPROXY"]
    world.go("env", "-w", f"GOPROXY={other.url}", "GONOSUMDB=github.com/acme", "GOPRIVATE=x.example")
    assert world.verdicts(TARGET, cwd=world.home) == {TARGET: "ok"}
    assert other.log and not proxy.log
    world.go("env", "-w", "GOPRIVATE=github.com/acme")
    other.log.clear()
    assert world.verdicts(TARGET, cwd=world.home) == {TARGET: "ok"}
    assert not other.log
    # GOENV=off: as if nothing had been written.
    assert world.verdicts(TARGET, cwd=world.home, GOENV="off", GOPROXY=other.url) == {TARGET: "ok"}
    assert other.log


def test_go_older_than_the_go_line(world: World, proxy: GoProxy) -> None:
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    app = world.app(f"{LIB} v1.1.0")
    world.commit(app, "first")
    text = (app / "go.mod").read_text()
    (app / "go.mod").write_text(text.replace("go 1.21", "go 1.99.0").replace("v1.1.0", "v1.2.0"))
    world.git("add", ".", cwd=app)
    assert world.verdicts(GOTOOLCHAIN="local") == {f"{LIB}@v1.2.0": "unpublished"}


URLS = ["http://goproxy.example/x", "https://goproxy.example/x", "http://goproxy.example:81/", "https://192.0.2.1/"]
URLS += ["http://127.0.0.1:3000/", "https://localhost/", "http://[2001:db8::1]:8080/", "https://a.goproxy.example/"]
NO_PROXY = ["", "*", "goproxy.example", "other.example, .example", "example", "proxy.example", ".goproxy.example"]
NO_PROXY += ["*.goproxy.example", "goproxy.example:81", "192.0.2.0/24,x", "192.0.2.1", "2001:db8::/32", "2001:db8::1"]
NO_PROXY += ["[2001:db8::1]:8080", "GOPROXY.EXAMPLE", ",,", "192.0.2.1:443"]
NETWORK = [
    {"HTTP_PROXY": "http://net.example:1"},
    {"http_proxy": "net.example:1", "HTTPS_PROXY": "http://net.example:2"},
    {"HTTP_PROXY": "", "http_proxy": "http://net.example:1", "https_proxy": "http://net.example:2"},
]


@pytest.mark.parametrize("no_proxy", NO_PROXY)
@pytest.mark.parametrize("env", NETWORK)
def test_proxy_of_the_network(
    world: World, go_program: Callable[[str], Path], env: dict[str, str], no_proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Go's own net/http says which requests go through HTTP_PROXY and HTTPS_PROXY; nobody is asked."""
    settings = {**env, "NO_PROXY": no_proxy}
    clean = {name: value for name, value in world.env.items() if not name.upper().endswith("_PROXY")}
    monkeypatch.setattr(world, "env", {**clean, **settings})
    theirs = world.run(str(go_program("network")), *URLS).stdout.splitlines()
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert [f"{str(_used(url)).lower()} <nil>" for url in URLS] == theirs


def _used(url: str) -> bool:
    scheme, _, rest = url.partition("://")
    return bool(network_proxies(scheme, rest.partition("/")[0]))


@pytest.mark.parametrize("uri", ["file:///C:/proxy", "file:///c:/a%20b"])
def test_windows_form_of_a_file_proxy_is_taken(uri: str, tmp_path: Path) -> None:
    from goproxy_check.goenv import proxy_list

    assert proxy_list(uri)[0][0].url == uri
