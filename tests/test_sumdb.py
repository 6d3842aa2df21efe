"""The checksum database: asked for what Go would ask it for, as Go would, and with the same end."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.goproxy import GoProxy, Said
from tests.support.sumdb import SumDB
from tests.support.world import LIB, World, document

TARGET = f"{LIB}@v1.1.0"
WRONG = "h1:" + "A" * 43 + "="


class XModServer(SumDB):
    """The test server of golang.org/x/mod itself, in a process of its own."""

    def __init__(self, name: str, program: Path) -> None:
        self.name = name
        self.process = subprocess.Popen([program, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.key = json.loads(self.process.stdout.readline())

    def ask(self, **question: str) -> Any:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def add(self, module: str, version: str, zip_hash: str, mod_hash: str) -> None:
        lines = f"{module} {version} {zip_hash}\n{module} {version}/go.mod {mod_hash}\n"
        self.ask(add=f"{module}@{version}", lines=lines)

    def answer(self, path: str) -> bytes | None:
        import base64

        said = self.ask(path=path)
        return base64.b64decode(said["Body"]) if said["Status"] == 200 else None


@pytest.fixture
def x_mod_server(go_program: Callable[[str], Path]) -> Iterator[XModServer]:
    server = XModServer("sum.example", go_program("sumdb"))
    yield server
    server.process.communicate(timeout=10)


@pytest.fixture
def database(world: World, proxy: GoProxy) -> SumDB:
    """Let the proxy mirror a database; the database's own host is not there."""
    world.origin(LIB, "v1.0.0", "v1.1.0")
    proxy.sumdb = SumDB("sum.example")
    world.env |= {"GOPROXY": proxy.url, "GOSUMDB": proxy.sumdb.key}
    return proxy.sumdb


def record(world: World, database: SumDB, wrong: str = "") -> None:
    _, _, zip_hash, _, _, mod_hash = world.sum_lines(LIB, "v1.1.0").split()
    database.add(LIB, "v1.1.0", zip_hash, wrong or mod_hash)


def lookups(proxy: GoProxy) -> list[str]:
    return [path for path in proxy.asked() if "/lookup/" in path]


def verdict(world: World, **env: str) -> str:
    return world.verdicts(TARGET, cwd=world.home, **env)[TARGET]


def as_go(world: World, proxy: GoProxy, wanted: str, **env: str) -> None:
    """Check that the verdict is WANTED, that Go takes the version if and only if it is ok, and asks no less."""
    proxy.log.clear()
    assert verdict(world, **env) == wanted
    ours = {path for path in proxy.asked() if path.startswith("/sumdb/")}
    proxy.log.clear()
    world.go("clean", "-modcache")
    done = world.go("mod", "download", TARGET, cwd=world.home, ok=False, **env)
    assert (done.returncode == 0) == (wanted == "ok"), done.stderr
    assert ours <= {path for path in proxy.asked() if path.startswith("/sumdb/")}


def test_record_that_fits(world: World, proxy: GoProxy, database: SumDB) -> None:
    record(world, database)
    as_go(world, proxy, "ok")


def test_test_server_of_x_mod(world: World, proxy: GoProxy, database: SumDB, x_mod_server: XModServer) -> None:
    proxy.sumdb = x_mod_server
    as_go(world, proxy, "unverifiable", GOSUMDB=x_mod_server.key)
    record(world, x_mod_server)
    as_go(world, proxy, "ok", GOSUMDB=x_mod_server.key)


def test_no_record(world: World, proxy: GoProxy, database: SumDB) -> None:
    as_go(world, proxy, "unverifiable")
    done = world.main(TARGET, cwd=world.home)
    assert done.stdout == (
        f"{LIB} v1.1.0: unverifiable\n"
        f"  {proxy.url}/sumdb/sum.example (the checksum database): 404 Not Found: not found\n"
        "  A proxy serves it, but the checksum database has no record of it yet, so Go does not take it.\n"
        "  Try again in a while (half an hour at most is usual), or do without that check for it, this once:\n"
        f'    GONOSUMDB="$(go env GONOSUMDB),{LIB}" go mod download {TARGET}\n'
    )
    world.run("sh", "-c", done.stdout.splitlines()[-1], cwd=world.home)


def test_record_with_another_hash(world: World, proxy: GoProxy, database: SumDB) -> None:
    record(world, database, wrong=WRONG)
    as_go(world, proxy, "mismatch")
    out = world.main(TARGET, cwd=world.home).stdout
    assert f"sum.example (the checksum database) has {WRONG}" in out and f"{proxy.url} serves a go.mod with h1:" in out


@pytest.mark.parametrize(
    ("env", "wanted", "asks"),
    [
        ({"GOSUMDB": "off"}, "ok", False),
        ({"GONOSUMDB": "github.com/acme"}, "ok", False),
        ({"GONOSUMDB": "github.com/*/lib,x"}, "ok", False),
        ({"GONOSUMDB": "github.com/acm"}, "unverifiable", True),
        ({"GONOSUMDB": "none", "GOPRIVATE": "x.example"}, "unverifiable", True),
        ({"GONOPROXY": "none", "GOPRIVATE": "github.com/acme"}, "ok", False),
        ({"GOFLAGS": "-modcacherw", "GOINSECURE": "*"}, "unverifiable", True),
        ({"GOSUMDB": "KEY PROXY/sumdb/sum.example"}, "unverifiable", True),
        ({"GOSUMDB": "KEY PROXY/nowhere/"}, "unverifiable", True),
        ({"GOSUMDB": "KEY http://127.0.0.1:9"}, "unavailable", False),
        ({"GOSUMDB": "KEY PROXY more"}, "unavailable", False),
        ({"GOSUMDB": "a b c"}, "unavailable", False),
        ({"GOSUMDB": "!"}, "unavailable", False),
        ({"GOSUMDB": "   "}, "unavailable", False),
        ({"GOSUMDB": " off"}, "unavailable", False),
        ({"GOSUMDB": "OFF"}, "unavailable", False),
        ({"GOSUMDB": "sum.example+zz"}, "unavailable", False),
        ({"GOSUMDB": "sum.example+00000000+AAAA"}, "unavailable", False),
        ({"GOSUMDB": "KEY http://[bad"}, "unavailable", False),
        ({"GOSUMDB": "KEY PROXY/sumdb/sum.example?token=x"}, "unverifiable", True),
        ({"GOPROXY": "PROXY/?token=x"}, "unverifiable", True),
        ({"GOPROXY": "PROXY/empty,PROXY"}, "unverifiable", True),
    ],
)
def test_settings(world: World, proxy: GoProxy, database: SumDB, env: dict[str, str], wanted: str, asks: bool) -> None:
    settings = {name: value.replace("PROXY", proxy.url).replace("KEY", database.key) for name, value in env.items()}
    proxy.fault("^/empty/", Said(404, b"not found"))
    as_go(world, proxy, wanted, **settings)
    proxy.log.clear()
    verdict(world, **settings)
    assert bool(lookups(proxy)) == asks


@pytest.mark.parametrize("status", [403, 500])
@pytest.mark.parametrize("separator", [",", "|"])
@pytest.mark.parametrize("end", ["", "direct"])
def test_mirror_that_fails(
    world: World, proxy: GoProxy, database: SumDB, status: int, separator: str, end: str
) -> None:
    """Only with 404 and 410, or after a |, is the next one asked; only where none is left, the database itself."""
    record(world, database)
    proxy.fault("/supported", Said(status, b"no"))
    goproxy = f"{proxy.url}{separator}{end}" if end else proxy.url
    as_go(world, proxy, "unavailable", GOPROXY=goproxy)
    assert lookups(proxy) == []
    traced = world.main("-x", TARGET, cwd=world.home, GOPROXY=goproxy).stderr
    assert ("# get https://sum.example/lookup/" in traced) == (separator == "|" and end == "direct")


def test_proxy_without_a_mirror(world: World, proxy: GoProxy, database: SumDB) -> None:
    proxy.sumdb = None
    as_go(world, proxy, "unavailable")
    said = world.main(TARGET, cwd=world.home).stdout
    assert "sum.example (the checksum database): " in said and "which Go asks about it, gave no usable answer" in said


def test_answer_that_is_no_record(world: World, proxy: GoProxy, database: SumDB) -> None:
    record(world, database)
    proxy.fault("/lookup/", Said(200, b"<html>login</html>"))
    as_go(world, proxy, "unavailable")


def test_database_is_asked_only_about_what_a_proxy_serves_and_go_sum_does_not_know(
    world: World, proxy: GoProxy, database: SumDB
) -> None:
    world.stale(LIB, "v1.2.0")
    app = world.app(f"{LIB} v1.0.0", f"{LIB} v1.1.0", f"{LIB} v1.2.0", f"{LIB} v1.3.0", "example.com/x v1.0.0")
    (app / "go.sum").write_text(world.sum_lines(LIB, "v1.0.0"))
    world.git("add", ".", cwd=app)
    verdicts = world.verdicts()
    assert [verdicts[f"{LIB}@v1.{minor}.0"] for minor in range(4)] == ["ok", "unverifiable", "stale", "unpublished"]
    assert lookups(proxy) == [f"/sumdb/sum.example/lookup/{LIB}@v1.1.0"]


def test_database_with_a_password_is_not_shown(world: World, proxy: GoProxy, database: SumDB) -> None:
    urls = ["http://user:s3cret@127.0.0.1:9/?token=s3cret", "user:s3cret@host/x", "https:///user:s3cret@h/x"]
    urls += ["https:user:s3cret@h/x", "https://user:s3cret/x@h/x", "https://user:s3cret@[h/x"]
    for secret in (*(f"{database.key} {url}" for url in urls), "user:s3cret@sum.example+xx+yy"):
        for args in ([TARGET], ["-x", TARGET], ["--format", "json", TARGET], ["--format", "github", TARGET]):
            done = world.main(*args, cwd=world.home, GOSUMDB=secret)
            assert done.returncode == 1 and "unavailable" in done.stdout
            assert "s3cret" not in done.stdout + done.stderr


def test_nosumdb_takes_what_the_proxy_serves(world: World, proxy: GoProxy, database: SumDB) -> None:
    """Not what the origin has by now: the tag was moved."""
    app = world.app(f"{LIB} v1.1.0")
    served = world.sum_lines(LIB, "v1.1.0")
    proxy.answer(f"/{LIB}/@v/v1.1.0.info", hold=False)
    repository, _ = proxy.origins[LIB]
    (repository / "VERSION").write_text("moved")
    world.commit(repository, "moved")
    world.git("tag", "--force", "v1.1.0", cwd=repository)
    done = world.main("--fix", "--nosumdb")
    assert "unverifiable (fixed here)" in done.stdout and "fixed: fetched without the checksum database" in done.stdout
    assert (app / "go.sum").read_text() == served


def test_nosumdb_fetches_what_has_no_record(world: World, proxy: GoProxy, database: SumDB) -> None:
    app = world.app(f"{LIB} v1.1.0")
    assert world.main("--fix").returncode == 1 and not (app / "go.sum").exists()
    done = world.main("--fix", "--nosumdb")
    assert "go.mod:6: github.com/acme/lib v1.1.0: unverifiable (fixed here)" in done.stdout
    assert (app / "go.sum").read_text() == world.sum_lines(LIB, "v1.1.0")
    world.git("add", "go.sum", cwd=app)
    assert document(world.main("--format", "json"))["results"][0]["verdict"] == "ok"
