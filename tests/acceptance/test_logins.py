"""Logins, of proxies and of origins: what the user's Go finds is what counts, and no secret is shown or asked for."""

import base64
import os
import pty
import ssl
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.support.gitserver import GitServer
from tests.support.goproxy import GoProxy, Said
from tests.support.processes import is_gone
from tests.support.world import LIB, World

TARGET = "example.com/a@v1.0.0"
SECRET = "s3cret"
ENCODED = base64.b64encode(f"me:{SECRET}".encode()).decode()
BASIC = f"Basic {ENCODED}"

linux = pytest.mark.skipif(sys.platform != "linux", reason="Go heeds SSL_CERT_FILE on Linux")


def login(handler: BaseHTTPRequestHandler) -> Said | None:
    """Fault: nobody is served without the password."""
    known = handler.headers.get("Authorization") == BASIC or handler.headers.get("X-Token") == SECRET
    return None if known else Said(401, b"who are you?")


@pytest.fixture
def locked(world: World, proxy: GoProxy, authority: tuple[Path, ssl.SSLContext]) -> GoProxy:
    """Return a proxy that speaks https, over which alone Go sends passwords, and wants one."""
    pem, context = authority
    proxy.over_tls(context)
    proxy.put("example.com/a", "v1.0.0")
    proxy.fault("/@v/", login)
    world.env |= {"GOPROXY": proxy.url, "SSL_CERT_FILE": str(pem)}
    return proxy


@pytest.fixture
def noted(world: World) -> Path:
    """Return the file where the arguments of every go and git are noted."""
    notes = world.root / "notes"
    for name in ("go", "git"):
        world.wrap(name, f'echo "$*" >> "{notes}"')
    return notes


def as_go(world: World, wanted: str, **env: str) -> str:
    """Check that the verdict is WANTED, that Go takes the version only if it is ok, and return all that was said."""
    told = ""
    for form in (["--format", "json"], ["-x", "--fix"]):
        done = world.main(*form, TARGET, cwd=world.home, **env)
        told += done.stdout + done.stderr
        assert (done.returncode == 0) == (wanted == "ok"), told
    assert f'"verdict": "{wanted}"' in told
    assert SECRET not in told and ENCODED not in told
    world.forget_modules()
    done = world.go("mod", "download", TARGET, cwd=world.home, ok=False, **env)
    assert (done.returncode == 0) == (wanted == "ok"), done.stderr
    return told


NETRC = [
    (f"machine HOST login me password {SECRET}\n", {}, "ok"),
    (f"default login me password {SECRET}\n", {}, "refused"),  # Go has no default
    (f"machine HOST login me password {SECRET}\n", {"GOAUTH": "off"}, "refused"),
    (f"machine HOST login me password wrong{SECRET}\n", {}, "refused"),
]


@linux
@pytest.mark.parametrize(("netrc", "env", "wanted"), NETRC)
def test_netrc(world: World, locked: GoProxy, noted: Path, netrc: str, env: dict[str, str], wanted: str) -> None:
    (world.home / ".netrc").write_text(netrc.replace("HOST", locked.url.removeprefix("https://")))
    as_go(world, wanted, **env)
    assert SECRET not in noted.read_text()


@linux
@pytest.mark.parametrize(
    ("header", "place", "wanted"),
    [
        (f"Authorization: {BASIC}", "", "ok"),
        (f"X-Token: {SECRET}", "", "ok"),
        (f"X-Token: {SECRET}", "/example.org", "refused"),  # for another path
    ],
)
def test_goauth_command(world: World, locked: GoProxy, header: str, place: str, wanted: str) -> None:
    world.program("credential-helper", f'printf "%s\\n\\n{header}\\n\\n" {locked.url}{place}')
    as_go(world, wanted, GOAUTH="netrc; credential-helper 'an argument'")


@linux
def test_goauth_git(world: World, locked: GoProxy) -> None:
    stored = f"!f() {{ test $1 = get || exit 0; cat >/dev/null; echo username=me; echo password={SECRET}; }}; f"
    world.git("config", "--global", f"credential.{locked.url}.helper", stored, cwd=world.home)
    as_go(world, "ok", GOAUTH=f"git {world.home}")
    as_go(world, "refused", GOAUTH="netrc")


@linux
@pytest.mark.parametrize(("userinfo", "wanted"), [(f"me:{SECRET}", "ok"), (f"me:wrong{SECRET}", "refused")])
def test_userinfo_in_goproxy(world: World, locked: GoProxy, noted: Path, userinfo: str, wanted: str) -> None:
    as_go(world, wanted, GOPROXY=locked.url.replace("://", f"://{userinfo}@"))
    assert SECRET not in noted.read_text()


def test_own_requests_carry_no_credentials(world: World, proxy: GoProxy) -> None:
    """Go sends no password over http either, and refuses to ask at all where the URL has one."""
    proxy.put("example.com/a", "v1.0.0")
    app = world.app("example.com/a v1.0.0")
    world.go("mod", "download", TARGET, cwd=app, GOFLAGS="-mod=mod -modcacherw", GOPROXY=proxy.url)
    world.forget_modules()
    world.git("add", ".", cwd=app)
    host = proxy.url.removeprefix("http://")
    (world.home / ".netrc").write_text(f"machine {host} login me password {SECRET}\nmachine 127.0.0.1 login me\n")
    for goproxy in (proxy.url, proxy.url.replace("://", f"://me:{SECRET}@"), f"{proxy.url}/x?token={SECRET}"):
        proxy.log.clear()
        done = world.main("-x", GOPROXY=goproxy)
        assert any("goproxy-check" in seen.headers["user-agent"] for seen in proxy.log)
        assert not any({"authorization", "cookie"} & seen.headers.keys() for seen in proxy.log)
        assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "goproxy",
    [
        "http://me:s3cret/p@h.example:1",
        "https://me:s3cret#@h.example",
        "http:///me:s3cret@h",
        "ftp://me:s3cret?@h",
        "https//me:s3cret@h",
        "s3cret@h",
    ],
)
def test_password_in_a_broken_entry_is_not_shown(world: World, proxy: GoProxy, goproxy: str) -> None:
    app = world.app("example.com/a v1.0.0")
    line = "h1:" + "A" * 43 + "=\n"
    (app / "go.sum").write_text(f"example.com/a v1.0.0 {line}example.com/a v1.0.0/go.mod {line}")
    world.git("add", ".", cwd=app)
    done = world.main("-x", "--format", "json", "--timeout", "5s", GOPROXY=goproxy)
    assert done.returncode in (1, 2) and SECRET not in done.stdout + done.stderr


@linux
def test_goauth_command_that_hangs_ends_with_the_deadline(world: World, locked: GoProxy) -> None:
    pid = world.home / "pid"
    world.program("credential-helper", f"echo $$ > {pid}; exec sleep 60")
    assert world.main("--timeout", "3s", TARGET, cwd=world.home, GOAUTH="credential-helper").returncode == 1
    assert is_gone(int(pid.read_text()))


@pytest.fixture
def origin(world: World) -> Iterator[GitServer]:
    """Return the origin of LIB, which wants a login; the proxy has never had v1.1.0 of it."""
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    with GitServer(world.root / "origins", authorization=BASIC).running() as server:
        world.git("config", "--global", "--unset-all", f"url.{world.origins_at}/{LIB}.insteadOf", cwd=world.home)
        world.redirect(f"{server.url}/{LIB}/.git", f"https://{LIB}")
        yield server


ASKPASS = f'case "$1" in Username*) echo me;; *) echo {SECRET};; esac'


def given(world: World, origin: GitServer, way: str) -> dict[str, str]:
    """Give git the login in one WAY, and return what has to be in the environment for it."""
    world.program("a-window", ASKPASS)
    window = str(world.root / "bin" / "a-window")
    if way == "core.askPass":
        world.git("config", "--global", "core.askPass", window, cwd=world.home)
    settings = {
        "GIT_ASKPASS": {"GIT_ASKPASS": window},
        "SSH_ASKPASS": {"SSH_ASKPASS": window},
        "a header in the environment": {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"http.{origin.url}/.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: {BASIC}",
        },
    }
    return settings.get(way, {})


WAYS = ["GIT_ASKPASS", "core.askPass", "SSH_ASKPASS", "a header in the environment"]


@pytest.mark.parametrize("way", WAYS)
def test_private_origin_that_wants_a_login(world: World, origin: GitServer, way: str) -> None:
    world.app(f"{LIB} v1.1.0")
    private = {"GOPRIVATE": "github.com/acme", **given(world, origin, way)}
    done = world.main("-x", "--format", "json", **private)
    assert done.returncode == 0
    assert SECRET not in done.stdout + done.stderr and ENCODED not in done.stdout + done.stderr
    world.go("mod", "download", f"{LIB}@v1.1.0", cwd=world.home, ok=True, **private)


def test_private_origin_that_gets_no_login(world: World, origin: GitServer) -> None:
    world.app(f"{LIB} v1.1.0")
    assert world.verdicts(GOPRIVATE="github.com/acme") == {f"{LIB}@v1.1.0": "missing"}
    assert origin.turned_away


@pytest.mark.parametrize("way", ["core.askPass", "a header in the environment"])
def test_fix_fetches_from_an_origin_that_wants_a_login(world: World, origin: GitServer, way: str) -> None:
    app = world.app(f"{LIB} v1.1.0")
    done = world.main("--fix", "-x", **given(world, origin, way))
    assert f"{LIB} v1.1.0: stale (fixed here)" in done.stdout
    assert (app / "go.sum").read_text() == world.sum_lines(LIB, "v1.1.0"), done.stdout
    assert SECRET not in done.stdout + done.stderr and ENCODED not in done.stdout + done.stderr


@pytest.mark.skipif(os.name == "nt", reason="needs a terminal")
@pytest.mark.parametrize(
    ("args", "settings"), [(["-x", "--timeout", "20s"], {"GIT_TERMINAL_PROMPT": "1"}), (["--fix"], {})]
)
def test_nobody_is_asked_on_the_terminal(
    world: World, origin: GitServer, args: list[str], settings: dict[str, str]
) -> None:
    world.app(f"{LIB} v1.1.0")
    env = {**world.env, "GOPRIVATE": "github.com/acme", "TERM": "dumb", **settings}
    pid, terminal = pty.fork()
    if pid == 0:  # this child has the terminal for its own
        os.chdir(world.root / "app")
        os.execvpe(sys.executable, [sys.executable, "-m", "goproxy_check", *args], env)
    printed = b""
    while True:  # a question would never end
        try:
            data = os.read(terminal, 1 << 12)
        except OSError:
            break
        if not data:
            break
        printed += data
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1, printed
    assert origin.turned_away
    text = " ".join(printed.decode().split())
    assert "missing" in text and "Username for" not in text.replace("could not read Username for", "")
