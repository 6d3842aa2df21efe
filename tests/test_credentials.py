"""Credentials as Go finds them, held against the real go: the same end, and nobody else hears of them."""

import base64
import os
import ssl
import sys
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from goproxy_check.credentials import Credentials, _netrc, _parsed
from tests.support.goproxy import GoProxy, Said
from tests.support.world import World

TARGET = "example.com/a@v1.0.0"
SECRET = "s3cret"
BASIC = "Basic " + base64.b64encode(f"me:{SECRET}".encode()).decode()

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="SSL_CERT_FILE says whom to trust on Linux alone")


@pytest.fixture
def locked(world: World, proxy: GoProxy, authority: tuple[Path, ssl.SSLContext]) -> GoProxy:
    """Return a proxy that speaks https and serves nobody without the password."""
    pem, context = authority
    proxy.over_tls(context)
    proxy.put("example.com/a", "v1.0.0")
    world.env |= {"GOPROXY": proxy.url, "SSL_CERT_FILE": str(pem), "GOTOOLCHAIN": "local"}

    def login(handler: BaseHTTPRequestHandler) -> Said | None:
        known = handler.headers.get("Authorization") == BASIC or handler.headers.get("X-Token") == SECRET
        return None if known else Said(401, b"who are you?")

    proxy.fault("/@v/", login)
    return proxy


def helper(world: World, script: str) -> str:
    world.program("credential-helper", script)
    return "credential-helper"


def as_go(world: World, proxy: GoProxy, wanted: str, *args: str, **env: str) -> str:
    """Check that the verdict is WANTED, that Go takes the version only if it is ok, and return all that was said."""
    told = ""
    for form in (["--format", "json"], ["--format", "github"], ["-x"], ["-x", "--fix"]):
        done = world.main(*form, TARGET, *args, cwd=world.home, **env)
        told += done.stdout + done.stderr
        assert (done.returncode == 0) == (wanted == "ok"), told
    assert f'"verdict": "{wanted}"' in told
    assert SECRET not in told and BASIC.split()[1] not in told
    world.go("clean", "-modcache")
    done = world.go("mod", "download", TARGET, cwd=world.home, ok=False, **env)
    assert (done.returncode == 0) == (wanted == "ok"), done.stderr
    return told


NETRC = [
    (f"machine HOST login me password {SECRET}\n", "ok"),
    (f"machine other\nlogin x\npassword y\nmachine HOST\n\tlogin me\n\tpassword {SECRET}\n", "ok"),
    (f"machine HOST login me password {SECRET}\nmachine HOST login me password later\n", "ok"),
    (f"default login me password {SECRET}\n", "refused"),
    (f"machine 127.0.0.1 login me password {SECRET}\n", "refused"),  # the port is a part of the host
    (f"macdef x\nmachine HOST login me password {SECRET}\n", "refused"),
    (f"macdef x\nfoo\n\nmachine HOST login me password {SECRET}\n", "ok"),
    ("machine HOST login me\n", "refused"),
    ("", "refused"),
]


@pytest.mark.parametrize(("text", "wanted"), NETRC)
def test_netrc(world: World, locked: GoProxy, text: str, wanted: str) -> None:
    (world.home / ".netrc").write_text(text.replace("HOST", locked.url.removeprefix("https://")))
    as_go(world, locked, wanted)


def test_netrc_elsewhere_and_goauth_off(world: World, locked: GoProxy) -> None:
    netrc = world.home / "elsewhere"
    netrc.write_text(f"machine {locked.url.removeprefix('https://')} login me password {SECRET}\n")
    as_go(world, locked, "ok", NETRC=str(netrc))
    as_go(world, locked, "ok", NETRC=str(netrc), GOAUTH="netrc")
    as_go(world, locked, "refused", NETRC=str(netrc), GOAUTH="off")
    world.go("env", "-w", "GOAUTH=off")
    as_go(world, locked, "refused", NETRC=str(netrc))


def test_userinfo_in_the_url(world: World, locked: GoProxy) -> None:
    as_go(world, locked, "ok", GOPROXY=locked.url.replace("://", f"://me:{SECRET}@"))
    as_go(world, locked, "refused", GOPROXY=locked.url.replace("://", "://me:wrong@"))


def test_command(world: World, locked: GoProxy) -> None:
    basic = helper(world, f'printf "%s\\n\\nAuthorization: {BASIC}\\n\\n" {locked.url}/')
    as_go(world, locked, "ok", GOAUTH=basic)
    as_go(world, locked, "ok", GOAUTH=f"netrc; {basic} 'an argument'")
    helper(world, f'printf "%s\\n\\nX-Token: {SECRET}\\n\\n" {locked.url}')
    as_go(world, locked, "ok", GOAUTH=basic)
    helper(world, f'printf "%s\\n\\nX-Token: {SECRET}\\n\\n" {locked.url}/example.org')
    as_go(world, locked, "refused", GOAUTH=basic)
    helper(world, f'printf "%s\\nX-Token: {SECRET}\\n\\n" {locked.url}')  # not the format
    as_go(world, locked, "refused", GOAUTH=basic)
    helper(world, f"echo {SECRET} >&2; exit 3")
    assert "# GOAUTH: credential-helper has failed" in as_go(world, locked, "refused", GOAUTH=f"{basic} {SECRET}")


def test_command_is_asked_again_with_the_url_and_the_answer(world: World, locked: GoProxy) -> None:
    seen = world.home / "seen"
    script = f"""
        cat >> {seen}
        echo "ARGS $*" >> {seen}
        test "$1" || exit 0
        printf "%s\\n\\nAuthorization: {BASIC}\\n\\n" {locked.url}"""
    as_go(world, locked, "ok", GOAUTH=helper(world, script))
    asked = seen.read_text().splitlines()
    assert "ARGS " in asked
    assert any(f"ARGS {locked.url}/example.com/a/@v/v1.0.0.{end}" in asked for end in ("info", "mod"))  # who is first
    assert "HTTP/1.1 401 Unauthorized" in asked


def test_git_credentials(world: World, locked: GoProxy) -> None:
    url = locked.url.removeprefix("https://")
    stored = f"!f() {{ test $1 = get || exit 0; cat >/dev/null; echo username=me; echo password={SECRET}; }}; f"
    world.git("config", "--global", f"credential.https://{url}.helper", stored, cwd=world.home)
    as_go(world, locked, "ok", GOAUTH=f"git {world.home}")
    as_go(world, locked, "refused", GOAUTH="netrc")
    world.git("config", "--global", f"credential.https://{url}.helper", "", cwd=world.home)
    as_go(world, locked, "refused", GOAUTH=f"git {world.home}")


def test_credentials_go_to_no_other_host(world: World, locked: GoProxy) -> None:
    with GoProxy().running() as other:
        other.put("example.com/a", "v1.0.0")
        assert locked.faults
        locked.faults.clear()
        place = [("Location", f"{other.url.replace('http:', 'https:')}/example.com/a/@v/v1.0.0.info")]
        locked.fault("/@v/", Said(302, b"", tuple(place)))
        basic = helper(world, f'printf "%s\\n\\nAuthorization: {BASIC}\\nX-Token: {SECRET}\\n\\n" {locked.url}')
        world.main(TARGET, cwd=world.home, GOAUTH=basic)
        assert any(seen.headers.get("x-token") for seen in locked.log)
        assert other.log == []  # it speaks no https, which is all that a redirect may lead to


def test_redirect_to_another_port_loses_every_secret(
    world: World, locked: GoProxy, authority: tuple[Path, ssl.SSLContext]
) -> None:
    with GoProxy().running() as other:
        other.over_tls(authority[1])
        other.put("example.com/a", "v1.0.0")
        locked.faults.clear()
        for end in ("info", "mod"):
            place = f"{other.url}/example.com/a/@v/v1.0.0.{end}"
            locked.fault(rf"\.{end}$", Said(302, b"", (("Location", place),)))
        basic = helper(world, f'printf "%s\\n\\nAuthorization: {BASIC}\\nX-Token: {SECRET}\\n\\n" {locked.url}')
        assert world.verdicts(TARGET, cwd=world.home, GOAUTH=basic) == {TARGET: "ok"}
        assert len(other.log) >= 2
        assert all(seen.headers.get("authorization") == BASIC for seen in locked.log)
        assert not any({"authorization", "x-token"} & seen.headers.keys() for seen in other.log)
        assert all(seen.hold for seen in other.log)


def test_http_gets_no_credentials(world: World, proxy: GoProxy) -> None:
    proxy.put("example.com/a", "v1.0.0")
    basic = helper(world, f'printf "%s\\n\\nAuthorization: {BASIC}\\n\\n" {proxy.url}')
    (world.home / ".netrc").write_text(f"machine {proxy.url.removeprefix('http://')} login me password {SECRET}\n")
    as_go(world, proxy, "ok", GOPROXY=proxy.url, GOAUTH=f"netrc;{basic}")
    assert not any("authorization" in seen.headers for seen in proxy.log)


def test_login_without_a_password_and_in_other_letters(world: World, locked: GoProxy) -> None:
    for login, sent in (("tok3n", "tok3n:"), ("me:p%C3%A9", "me:p\u00e9")):
        locked.faults.clear()
        basic = "Basic " + base64.b64encode(sent.encode()).decode()

        def login_only(handler: BaseHTTPRequestHandler, basic: str = basic) -> Said | None:
            return None if handler.headers["Authorization"] == basic else Said(401)

        locked.fault("/@v/", login_only)
        as_go(world, locked, "ok", GOPROXY=locked.url.replace("://", f"://{login}@"))


def test_bytes_of_another_encoding_in_netrc(world: World, locked: GoProxy) -> None:
    host = locked.url.removeprefix("https://")
    text = f"machine other login me password p\u00e9\nmachine {host} login me password {SECRET}\n"
    (world.home / ".netrc").write_bytes(text.encode("latin-1"))
    as_go(world, locked, "ok")


@pytest.mark.parametrize("goauth", ["'", '"', "credential-helper 'abc"])
def test_quote_that_does_not_end_runs_nothing(world: World, locked: GoProxy, goauth: str) -> None:
    helper(world, f'printf "%s\\n\\nAuthorization: {BASIC}\\n\\n" {locked.url}')
    as_go(world, locked, "refused", GOAUTH=goauth)


def test_helper_that_hangs_ends_with_the_deadline(world: World, locked: GoProxy) -> None:
    pid = world.home / "pid"
    started = time.monotonic()
    done = world.check(
        "--timeout", "3s", TARGET, cwd=world.home, GOAUTH=helper(world, f"echo $$ > {pid}; exec sleep 60")
    )
    assert time.monotonic() - started < 9 and done.returncode == 1
    for _ in range(50):
        if not os.path.exists(f"/proc/{pid.read_text().strip()}"):
            return
        time.sleep(0.1)
    pytest.fail("the helper is still there")


@pytest.mark.parametrize(
    ("output", "wanted"),
    [
        ("", []),
        ("https://a.example\n\nA: b\n\n", [("https://a.example", {"A": "b"})]),
        (
            "https://a.example\nhttps://b.example/x\n\nA: b\nC: d \n\nhttps://c.example\n\n\n",
            [
                ("https://a.example", {"A": "b", "C": "d"}),
                ("https://b.example/x", {"A": "b", "C": "d"}),
                ("https://c.example", {}),
            ],
        ),
        ("https://a.example\n\nA: b", []),
        ("https://a.example\n\nA: b\n", []),
        ("https://a.example\n\nA b\n\n", []),
        ("https://a.example\n\nA b: c\n\n", []),
        ("https://a.example", []),
        ("a.example\n\nA: b\n\n", []),
        ("https://a.example\nhttps://[bad\n\nA: b\n\n", []),
        ("https://a.example\n\nA: b\r\n\n", [("https://a.example", {"A": "b"})]),
    ],
)
def test_output_of_a_command(output: str, wanted: list[tuple[str, dict[str, str]]]) -> None:
    assert _parsed(output) == wanted


@pytest.mark.starts_programs
def test_longest_prefix_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "helper"
    script.write_text(
        "#!/bin/sh\nprintf 'https://h.example/a/\\n\\nA: 1\\n\\n'\n"
        "printf 'https://h.example\\nhttps://x.example\\n\\nA: 2\\n\\n'\n"
    )
    os.chmod(script, 0o755)
    credentials = Credentials(str(script))
    assert credentials.headers("https://h.example/a/b") == {"A": "1"}
    assert credentials.headers("https://h.example/ab") == {"A": "2"}
    assert credentials.headers("https://h.example.org/") == {}
    assert credentials.headers("http://h.example/a") == {}
    monkeypatch.setenv("NETRC", str(tmp_path))
    assert _netrc() == []  # a folder
