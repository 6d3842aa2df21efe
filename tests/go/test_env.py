"""What the user's Go is configured to do, beside what ``go env`` and the go command itself make of it."""

import os
from pathlib import Path
from unittest import mock

import pytest

from goproxy_check.go.env import GoEnv, Proxy, downloaded, proxy_list, read_go_env
from goproxy_check.gofiles.reference import Reference
from goproxy_check.system.programs import CommandError, Programs
from tests.support.goproxy import GoProxy
from tests.support.world import LIB, World

ENV = GoEnv(
    go="",
    proxies=(Proxy("https://a.example", False),),
    end="",
    settings={"GOPRIVATE": "", "GONOPROXY": "", "GONOSUMDB": "", "GOFLAGS": "", "GOMODCACHE": ""},
)

LISTS = [
    ("https://a.example", [("https://a.example", False)], ""),
    ("https://a.example,direct", [("https://a.example", False)], "direct"),
    ("https://a.example|direct", [("https://a.example", True)], "direct"),
    ("https://a.example/x, ,http://b.example|off", [("https://a.example/x", False), ("http://b.example", True)], "off"),
    ("a.example", [("https://a.example", False)], ""),
    ("a.example/path,direct,https://never.example", [("https://a.example/path", False)], "direct"),
    ("off,https://a.example", [], "off"),
    ("direct", [], "direct"),
    ("file:///srv/proxy", [("file:///srv/proxy", False)], ""),
    ("file:///C:/proxy", [("file:///C:/proxy", False)], ""),
    ("localhost:3000", [("https://localhost:3000", False)], ""),
    (" , ", None, ""),
]


@pytest.mark.parametrize(("text", "wanted", "end"), LISTS)
def test_proxy_list(text: str, wanted: list[tuple[str, bool]] | None, end: str) -> None:
    if wanted is None:
        with pytest.raises(CommandError, match="GOPROXY"):
            proxy_list(text)
        return
    proxies, word = proxy_list(text)
    assert ([(proxy.url, proxy.on_any_error) for proxy in proxies], word) == (wanted, end)


@pytest.mark.parametrize("text", [row[0] for row in LISTS])
def test_proxy_list_without_its_end_is_the_same_to_go(world: World, text: str) -> None:
    """Go's complaint about a list, and the first URL that it asks, are those of the list as it was."""
    found = {}
    try:
        proxies, _ = proxy_list(text)
    except CommandError:
        proxies = ()
    alone = ENV._replace(proxies=proxies).proxies_alone
    for name, value in (("theirs", text), ("ours", alone)):
        env = {"GOPROXY": value, "HTTPS_PROXY": world.proxy.url, "HTTP_PROXY": world.proxy.url}
        world.proxy.log.clear()
        done = world.go("list", "-m", f"{LIB}@v1.0.0", ok=False, **env)
        found[name] = done.stderr, [(seen.method, seen.path) for seen in world.proxy.log][:1]
    if proxies:
        assert found["ours"][1] == found["theirs"][1] or found["ours"] == found["theirs"]
    else:
        assert found["theirs"][1] == [] and alone == ""


def test_list_without_its_end_keeps_what_stands_between() -> None:
    proxies, _ = proxy_list("https://a.example|https://b.example,https://c.example|direct")
    assert ENV._replace(proxies=proxies).proxies_alone == "https://a.example|https://b.example,https://c.example"


def settings(world: World, **env: str) -> GoEnv:
    with mock.patch.dict(os.environ, {**world.env, **env}, clear=True):
        return read_go_env(Programs(), 60)


def test_settings_are_those_of_go_env(world: World) -> None:
    world.go("env", "-w", "GOPRIVATE=github.com/acme", "GONOSUMDB=x.example")
    env = settings(world)
    names = ["GONOPROXY", "GONOSUMDB", "GOMODCACHE", "GOVERSION"]
    assert [env.settings[name] for name in names] == world.go("env", *names).stdout.splitlines()
    assert env.settings["GONOPROXY"] == "github.com/acme" and env.settings["GONOSUMDB"] == "x.example"
    assert (env.proxies, env.end) == ((Proxy(world.proxy.url, False),), "direct")


@pytest.mark.parametrize("text", ["module x\n\ngo 1.99\ntoolchain go1.99.1\n", "this is no go.mod\n"])
def test_go_mod_of_the_user_does_not_matter(world: World, text: str) -> None:
    """With a newer go line Go would look for another toolchain, and a broken file would end it."""
    app = world.app()
    (app / "go.mod").write_text(text)
    with mock.patch.dict(os.environ, {**world.env, "GOTOOLCHAIN": "auto"}, clear=True):
        here = Path.cwd()
        os.chdir(app)
        try:
            assert read_go_env(Programs(), 60).settings["GOVERSION"].startswith("go1.")
        finally:
            os.chdir(here)
    assert not world.proxy.log


@pytest.mark.parametrize(
    ("flags", "kept"),
    [
        ("", ""),
        ("-mod=vendor", ""),
        ("--mod=mod -tags=x", "-tags=x"),
        ("-modcacherw -modfile=other.mod -insecure=1", "-modcacherw -insecure=1"),
        ("-tags=a,b -x", "-tags=a,b -x"),
    ],
)
def test_flags_that_would_make_questions_fail_are_left_out(world: World, flags: str, kept: str) -> None:
    assert settings(world, GOFLAGS=flags).settings["GOFLAGS"] == kept


@pytest.mark.parametrize("script", ["exit 0", "echo '{}'", "echo no; exit 0", "echo broken >&2; exit 1", "echo '[1]'"])
def test_go_that_does_not_say_is_an_error(world: World, script: str) -> None:
    world.program("go", script)
    with pytest.raises(CommandError, match="go env"):
        settings(world)


def test_without_go_the_environment_is_all_there_is(world: World) -> None:
    bare = world.root / "path"
    bare.mkdir()
    env = settings(world, PATH=str(bare), GOPROXY="https://a.example,direct", GOPRIVATE="x.example")
    assert (env.go, env.proxies, env.end) == ("", (Proxy("https://a.example", False),), "direct")
    assert env.is_private("x.example/y") and not env.is_private("z.example/y")
    del world.env["GOPROXY"]
    with pytest.raises(CommandError, match="GOPROXY"):
        settings(world, PATH=str(bare))


@pytest.mark.parametrize(
    ("goproxy", "gonoproxy", "private", "off"),
    [
        ("https://a.example", "", False, False),
        ("https://a.example,direct", "", False, False),
        ("direct", "", True, False),
        ("off", "", False, True),
        ("off", "github.com/acme", True, True),
        ("https://a.example,off", "", False, False),
        ("https://a.example", "github.com/acme", True, False),
        ("https://a.example", "github.com/*", True, False),
        ("https://a.example", "x,*/acme/lib", True, False),
        ("https://a.example", "github.com/acme/lib/v2,acme,github.com/ac", False, False),
    ],
)
def test_private_and_off(goproxy: str, gonoproxy: str, private: bool, off: bool) -> None:
    proxies, end = proxy_list(goproxy)
    env = ENV._replace(proxies=proxies, end=end, settings={"GONOPROXY": gonoproxy})
    assert (env.is_private(LIB), env.off) == (private, off)


def test_what_the_module_cache_has(world: World, proxy: GoProxy) -> None:
    module = "github.com/Acme/Lib"
    proxy.put(module, "v1.0.0-RC1")
    ref = Reference(module, "v1.0.0-RC1")
    env = settings(world)
    assert not env.has_cached(ref, ".info")
    world.go("list", "-m", str(ref), GOPROXY=proxy.url)
    assert not env.has_cached(ref, ".zip") and env.has_cached(ref, ".mod", ".info")
    world.go("mod", "download", str(ref), GOPROXY=proxy.url)
    assert env.has_cached(ref, ".zip") and not env.has_cached(Reference(module, "v1.0.0"), ".zip")


TOOLCHAIN = "golang.org/toolchain"


@pytest.mark.parametrize(
    ("setting", "name", "wanted"),
    [
        ("auto", "go1.99.0", True),
        ("local+auto", "go1.99.0", True),
        ("go1.21.1+auto", "go1.99.0", True),
        ("go1.99.1+auto", "go1.99.0", False),
        ("auto", "go1.21.0", False),
        ("local", "go1.99.0", False),
        ("path", "go1.99.0", False),
        ("go1.98.0+path", "go1.99.0", False),
        ("auto", "go1.99.7", False),  # which is on PATH
    ],
)
def test_toolchain_that_go_would_download(world: World, setting: str, name: str, wanted: bool) -> None:
    world.program("go1.99.7", "exit 0")
    refs = [Reference(LIB, "v1.0.0"), Reference(TOOLCHAIN, name)]
    env = settings(world)
    with mock.patch.dict(os.environ, {**world.env, "GOTOOLCHAIN": setting}, clear=True):
        found = downloaded(refs, env, Programs(), 60)
    host = "-".join(world.go("env", "GOHOSTOS", "GOHOSTARCH").stdout.split())
    assert [str(ref) for ref in found] == [
        f"{LIB}@v1.0.0",
        *([f"{TOOLCHAIN}@v0.0.1-{name}.{host}"] if wanted else []),
    ]
