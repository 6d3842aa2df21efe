"""The checksum database, which go alone asks: the same end as go has, and the verdict that says which."""

import pytest

from tests.support.asking import same
from tests.support.goproxy import GoProxy, Said, hashes
from tests.support.sumdb import SumDB
from tests.support.world import LIB, World

TARGET = f"{LIB}@v1.1.0"
FILES = {"go.mod": f"module {LIB}\n".encode()}
WRONG = "h1:" + "A" * 43 + "="


@pytest.fixture
def database(world: World, proxy: GoProxy) -> SumDB:
    """Let the proxy serve v1.1.0 and mirror a database; the database's own host is not there."""
    proxy.put(LIB, "v1.1.0")
    proxy.sumdb = SumDB("sum.example")
    world.env |= {"GOPROXY": proxy.url, "GOSUMDB": proxy.sumdb.key}
    return proxy.sumdb


def record(database: SumDB) -> None:
    database.add(LIB, "v1.1.0", *hashes(LIB, "v1.1.0", FILES))


def lookups(proxy: GoProxy) -> list[str]:
    return [path for path in proxy.asked() if "/lookup/" in path]


def test_record_that_fits(world: World, database: SumDB) -> None:
    record(database)
    same(world, TARGET, "ok")


def test_record_with_another_hash(world: World, database: SumDB) -> None:
    zip_hash, _ = hashes(LIB, "v1.1.0", FILES)
    database.add(LIB, "v1.1.0", zip_hash, WRONG)
    same(world, TARGET, "mismatch")
    assert WRONG in world.main(TARGET, cwd=world.home).stdout


# Nothing is recorded: "unverifiable" says that the database was asked.
SETTINGS = [
    ({}, "unverifiable"),
    ({"GOSUMDB": "off"}, "ok"),
    ({"GONOSUMDB": "github.com/acme"}, "ok"),
    ({"GONOSUMDB": "github.com/*/lib,x"}, "ok"),
    ({"GONOSUMDB": "github.com/acm"}, "unverifiable"),
    ({"GONOSUMDB": "none", "GOPRIVATE": "x.example"}, "unverifiable"),
    ({"GONOPROXY": "none", "GOPRIVATE": "github.com/acme"}, "ok"),
    ({"GOFLAGS": "-modcacherw", "GOINSECURE": "*"}, "unverifiable"),
    ({"GOSUMDB": "KEY PROXY/sumdb/sum.example"}, "unverifiable"),
    ({"GOSUMDB": "KEY PROXY/nowhere/"}, "unverifiable"),
    ({"GOSUMDB": "KEY http://127.0.0.1:9"}, "unavailable"),
    ({"GOSUMDB": "KEY PROXY more"}, "unavailable"),
    ({"GOSUMDB": "a b c"}, "unavailable"),
    ({"GOSUMDB": "!"}, "unavailable"),
    ({"GOSUMDB": "   "}, "unavailable"),
    ({"GOSUMDB": "OFF"}, "unavailable"),
    ({"GOSUMDB": "sum.example"}, "unavailable"),  # a name without a known key
    ({"GOSUMDB": "sum.example+00000000+AAAA"}, "unavailable"),
    ({"GOSUMDB": "KEY http://[bad"}, "unavailable"),
    ({"GOPROXY": "PROXY/?token=x"}, "unverifiable"),
    ({"GOPROXY": "PROXY/empty,PROXY"}, "unverifiable"),
]


@pytest.mark.parametrize(("env", "wanted"), SETTINGS)
def test_settings(world: World, proxy: GoProxy, database: SumDB, env: dict[str, str], wanted: str) -> None:
    proxy.fault("^/empty/", Said(404, b"not found"))
    settings = {name: value.replace("PROXY", proxy.url).replace("KEY", database.key) for name, value in env.items()}
    same(world, TARGET, wanted, **settings)


@pytest.mark.parametrize("status", [403, 500])
@pytest.mark.parametrize("goproxy", ["PROXY", "PROXY|direct", "PROXY,direct"])
def test_mirror_that_fails(world: World, proxy: GoProxy, database: SumDB, status: int, goproxy: str) -> None:
    record(database)
    proxy.fault("/supported", Said(status, b"no"))
    same(world, TARGET, "unavailable", GOPROXY=goproxy.replace("PROXY", proxy.url))
    assert lookups(proxy) == []


@pytest.mark.parametrize("answer", [Said(200, b"<html>login</html>"), Said(500), Said(403)])
def test_answer_that_is_no_record(world: World, proxy: GoProxy, database: SumDB, answer: Said) -> None:
    record(database)
    proxy.fault("/lookup/", answer)
    same(world, TARGET, "unavailable")


def test_proxy_without_a_mirror(world: World, proxy: GoProxy, database: SumDB) -> None:
    proxy.sumdb = None
    same(world, TARGET, "unavailable")


def test_database_is_asked_only_about_what_a_proxy_serves_and_go_sum_does_not_know(
    world: World, proxy: GoProxy, database: SumDB
) -> None:
    world.origin(LIB, "v1.0.0", "v1.1.0")
    world.stale(LIB, "v1.2.0")
    app = world.app(f"{LIB} v1.0.0", f"{LIB} v1.1.0", f"{LIB} v1.2.0", f"{LIB} v1.3.0", "example.com/x v1.0.0")
    (app / "go.sum").write_text(world.sum_lines(LIB, "v1.0.0"))
    world.git("add", ".", cwd=app)
    verdicts = world.verdicts()
    assert [verdicts[f"{LIB}@v1.{minor}.0"] for minor in range(4)] == ["ok", "unverifiable", "stale", "unpublished"]
    assert set(lookups(proxy)) == {f"/sumdb/sum.example/lookup/{LIB}@v1.1.0"}


@pytest.mark.parametrize(
    "gosumdb",
    [
        "KEY http://user:s3cret@127.0.0.1:9/?token=s3cret",
        "KEY user:s3cret@host/x",
        "KEY https:///user:s3cret@h/x",
        "KEY https:user:s3cret@h/x",
        "KEY https://user:s3cret/x@h/x",
        "KEY https://user:s3cret@[h/x",
        "user:s3cret@sum.example+xx+yy",
    ],
)
def test_password_in_gosumdb_is_not_shown(world: World, database: SumDB, gosumdb: str) -> None:
    """The JSON has what every other format has too."""
    settings = {"GOSUMDB": gosumdb.replace("KEY", database.key)}
    done = world.main("-x", "--format", "json", TARGET, cwd=world.home, **settings)
    assert done.returncode == 1 and "unavailable" in done.stdout
    assert "s3cret" not in done.stdout + done.stderr


def test_printed_command_does_without_the_database(world: World, database: SumDB) -> None:
    out = world.main(TARGET, cwd=world.home).stdout
    commands = [line.strip() for line in out.splitlines() if "go mod download" in line]
    assert len(commands) == 1
    world.run("sh", "-c", commands[0], cwd=world.home)


def test_nosumdb_takes_what_the_proxy_serves(world: World, proxy: GoProxy, database: SumDB) -> None:
    """Not what the origin has by now: the tag was moved."""
    world.origin(LIB, "v1.0.0", "v1.1.0")
    app = world.app(f"{LIB} v1.1.0")
    zip_hash, mod_hash = hashes(LIB, "v1.1.0", FILES)
    assert world.main("--fix").returncode == 1 and not (app / "go.sum").exists()
    world.main("--fix", "--nosumdb")
    assert (app / "go.sum").read_text() == f"{LIB} v1.1.0 {zip_hash}\n{LIB} v1.1.0/go.mod {mod_hash}\n"
    world.git("add", "go.sum", cwd=app)
    assert world.verdicts() == {TARGET: "ok"}
