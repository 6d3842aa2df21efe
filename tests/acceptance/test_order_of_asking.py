"""Who is asked what, in every mode: no proxy hears of a version that may not exist, and nobody is asked twice."""

import re
import socket
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pytest

from goproxy_check.go import questions
from goproxy_check.verdict import examine, wait
from tests.support import gitobjects
from tests.support.goproxy import GoProxy, Said, h1
from tests.support.world import LIB, World, document, go_mod

SECRET = "github.com/corp/secret"
TYPO, NEVER = f"{LIB}@v1.9.0", "github.com/acme/never@v1.0.0"
Done = subprocess.CompletedProcess[str]


@pytest.fixture
def proxy() -> Iterator[GoProxy]:
    """The proxy that forgives nothing: it heeds no header, and remembers every miss for a day."""
    with GoProxy.repository_manager().running() as proxy:
        yield proxy


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wait, "_FIRST", 0.2)


class Mode(NamedTuple):
    """A way to run the check: ARGS and ENV, what git gives on STDIN, whether the change is committed first."""

    args: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    stdin: str = ""
    commit: bool = False
    names: bool = False  # the versions are named on the command line


PUSHED = "refs/heads/main {after} refs/heads/main {zero}\n"
MODES = {
    "staged": Mode(),
    "fix": Mode(("--fix",)),
    "all": Mode(("--all",)),
    "refs": Mode(("--from-ref", "HEAD~1", "--to-ref", "HEAD"), commit=True),
    "push through pre-commit": Mode(
        (), (("PRE_COMMIT_FROM_REF", "HEAD~1"), ("PRE_COMMIT_TO_REF", "HEAD")), commit=True
    ),
    "push": Mode(("--pre-push",), stdin=PUSHED, commit=True),
    "versions": Mode(names=True),
    "wait for versions": Mode(("--wait", "1500ms"), names=True),
    "wait": Mode(("--wait", "1500ms")),
}


def run(world: World, mode: Mode, *versions: str, more: tuple[str, ...] = (), **env: str) -> Done:
    """Let the change bring VERSIONS (module@version), check it by MODE, and return what came of it."""
    app = world.app()
    world.commit(app, "before")
    args = (*mode.args, *more)
    if mode.names:
        return world.main(*args, *versions, **env)
    (app / "go.mod").write_text(go_mod(version.replace("@", " ") for version in versions))
    world.git("add", ".", cwd=app)
    if mode.commit:
        world.commit(app, "after")
    lines = mode.stdin.format(after=gitobjects.head(app), zero="0" * 40)
    return world.fed(lines.encode(), *args, **dict(mode.env), **env)


def verdicts(done: Done) -> dict[str, str]:
    return {f"{item['module']}@{item['version']}": item["verdict"] for item in document(done)["results"]}


def asked(proxy: GoProxy) -> dict[str, int]:
    """Return how often each file was asked for, without the /@v/ in its path."""
    return dict(Counter(f"{seen.method} {seen.path.lstrip('/').replace('/@v/', ' ')}" for seen in proxy.log))


every_mode = pytest.mark.parametrize("mode", MODES.values(), ids=MODES.keys())


@pytest.mark.parametrize("hold", [True, False], ids=["with the header", "without"])
def test_proxy_of_these_tests_remembers_every_miss(world: World, proxy: GoProxy, hold: bool) -> None:
    paths = [f"/{LIB}/@v/{file}" for file in ("v1.9.0.info", "list")]
    assert [proxy.answer(path, hold).status for path in paths] == [404, 404]
    world.origin(LIB, "v1.9.0")
    assert [proxy.answer(path, hold=False).status for path in paths] == [404, 404]


@every_mode
def test_version_that_nobody_has_is_never_named_to_a_proxy(world: World, proxy: GoProxy, mode: Mode) -> None:
    world.origin(LIB, "v1.0.0")
    world.origin("github.com/acme/never")
    pseudo, incompatible = f"{LIB}@v0.0.0-20200101000000-abcdefabcdef", f"{LIB}@v2.9.0+incompatible"
    done = run(world, mode, f"{LIB}@v1.0.0", TYPO, NEVER, pseudo, incompatible, more=("--format", "json"))
    unpublished = dict.fromkeys((TYPO, NEVER, pseudo, incompatible), "unpublished")
    assert verdicts(done) == {f"{LIB}@v1.0.0": "ok", **unpublished}
    named = {path.partition("/@v/")[2] for path in proxy.asked()}
    assert named == {"list", "v1.0.0.info", "v1.0.0.mod"}
    assert "GET github.com/acme/lib list" in asked(proxy)
    world.publish(LIB, "v1.9.0")
    assert proxy.answer(f"/{LIB}/@v/v1.9.0.info", hold=False).status == 200, "a miss was planted"


@pytest.mark.parametrize("more", [(), ("--wait", "1500ms")], ids=" ".join)
def test_tag_that_is_not_pushed_is_never_named_to_a_proxy(world: World, proxy: GoProxy, more: tuple[str, ...]) -> None:
    repository = world.origin(LIB, "v1.0.0")
    here = world.root / "app"
    world.git("clone", "--quiet", str(repository), str(here), cwd=world.root)
    world.git("tag", "v1.9.0", cwd=here)
    done = world.main("--tag", "v1.9.0", "--tag", "v1.0.0", "--format", "json", *more)
    assert verdicts(done) == {TYPO: "unpublished", f"{LIB}@v1.0.0": "ok"}
    assert not [path for path in proxy.asked() if "v1.9.0" in path] and proxy.log


PRIVATE = [{"GOPRIVATE": "github.com/corp"}, {"GONOPROXY": f"{SECRET}*"}, {"GOPROXY": "direct"}]


@pytest.mark.parametrize(
    ("mode", "env"),
    [*((mode, PRIVATE[0]) for mode in MODES), *(("staged", env) for env in PRIVATE[1:])],
    ids=lambda item: item if isinstance(item, str) else "=".join(*item.items()),
)
def test_private_module_is_never_named_to_a_proxy(world: World, proxy: GoProxy, mode: str, env: dict[str, str]) -> None:
    world.origin(SECRET, "v1.0.0")
    versions = f"{SECRET}@v1.0.0", f"{SECRET}@v1.1.0"
    done = run(world, MODES[mode], *versions, more=("--format", "json", "-x"), **env)
    assert verdicts(done) == dict(zip(versions, ("ok", "unpublished"), strict=True))
    assert proxy.log == []
    lines = [line for line in done.stderr.splitlines() if SECRET in line and line.startswith("# ")]
    assert lines and all(line.startswith("# GOPROXY=direct go list ") for line in lines)


def test_private_modules_stay_private_beside_stale_ones_that_are_fixed(world: World, proxy: GoProxy) -> None:
    world.origin(SECRET, "v1.0.0")
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    world.app(f"{SECRET} v1.0.0", f"{LIB} v1.1.0")
    done = world.main("--fix", "-x", GOPRIVATE="github.com/corp")
    assert "stale (fixed here)" in done.stdout
    assert not [path for path in proxy.asked() if "corp" in path]
    fetch = [line for line in done.stderr.splitlines() if "go mod download" in line]
    assert fetch and not [line for line in fetch if SECRET in line]


def recorded(world: World, *versions: str, only: str = "") -> None:
    """Stage a go.mod that requires VERSIONS of LIB, and go.sum with their lines; ONLY "/go.mod": no other lines."""
    app = world.app(*(f"{LIB} {version}" for version in versions))
    lines = "".join(world.sum_lines(LIB, version) for version in versions).splitlines(keepends=True)
    (app / "go.sum").write_text("".join(line for line in lines if only in line.split()[1]))
    world.git("add", ".", cwd=app)


class TestRecorded:
    """What go.sum has a hash of has been fetched by somebody: neither list nor origin need say that it exists."""

    @pytest.mark.parametrize(
        ("only", "wanted"), [("", ["GET .info", "GET .mod", "HEAD .zip"]), ("/go.mod", ["GET .info", "GET .mod"])]
    )
    def test_served_costs_its_files_and_nothing_else(
        self, world: World, proxy: GoProxy, only: str, wanted: list[str]
    ) -> None:
        world.origin(LIB, "v1.0.0", "v1.1.0")
        recorded(world, "v1.1.0", only=only)
        done = world.main("-x", "--format", "json")
        assert verdicts(done) == {f"{LIB}@v1.1.0": "ok"}
        assert asked(proxy) == {line.replace(" ", f" {LIB} v1.1.0"): 1 for line in wanted}
        assert "# go " not in done.stderr and "GOPROXY=direct" not in done.stderr

    def test_go_mod_line_alone_costs_the_go_mod(self, world: World, proxy: GoProxy) -> None:
        world.origin(LIB, "v1.0.0")
        app = world.app()
        (app / "go.sum").write_text(world.sum_lines(LIB, "v1.0.0").splitlines()[1] + "\n")
        world.git("add", ".", cwd=app)
        assert world.verdicts() == {f"{LIB}@v1.0.0": "ok"}
        assert asked(proxy) == {f"GET {LIB} v1.0.0.mod": 1}

    def test_stale_costs_its_files_the_list_and_the_judge(self, world: World, proxy: GoProxy) -> None:
        world.origin(LIB, "v1.0.0")
        world.stale(LIB, "v1.1.0")
        recorded(world, "v1.1.0")
        done = world.main("-x", "--format", "json")
        assert verdicts(done) == {f"{LIB}@v1.1.0": "stale"}
        assert asked(proxy) == {
            f"GET {LIB} v1.1.0.info": 2,  # the second time go asks
            f"GET {LIB} v1.1.0.mod": 1,
            f"HEAD {LIB} v1.1.0.zip": 1,
            f"GET {LIB} list": 1,
        }
        gos = sorted(line.split(" (")[0] for line in done.stderr.splitlines() if "go list" in line)
        assert gos == [
            f"# GOPROXY=direct go list -m -e -json -retracted -versions {LIB}",
            f"# go list -m -e -json -retracted -versions {LIB}",
            f"# go list -m -e -json {LIB}@v1.1.0",
        ]

    def test_module_cache_is_a_record_too(self, world: World, proxy: GoProxy) -> None:
        world.origin(LIB, "v1.0.0")
        world.go("mod", "download", f"{LIB}@v1.0.0", GOPROXY="direct")
        world.app(f"{LIB} v1.0.0")
        assert world.verdicts() == {f"{LIB}@v1.0.0": "ok"}
        assert asked(proxy) == {f"GET {LIB} v1.0.0.info": 1, f"GET {LIB} v1.0.0.mod": 1}

    def test_250_are_asked_for_side_by_side(self, world: World, proxy: GoProxy) -> None:
        modules = [f"example.com/m{number}" for number in range(250)]
        for name in modules:
            proxy.put(name, "v1.0.0")
        app = world.app(*(f"{name} v1.0.0" for name in modules))
        hashes = {name: h1({"go.mod": f"module {name}\n".encode()}) for name in modules}
        (app / "go.sum").write_text("".join(f"{name} v1.0.0/go.mod {found}\n" for name, found in hashes.items()))
        world.git("add", ".", cwd=app)
        done = world.main("-x", "--format", "json")
        assert document(done)["summary"]["ok"] == 250
        assert len(proxy.log) == 500 and max(asked(proxy).values()) == 1 and "# go " not in done.stderr


class TestUnrecorded:
    def test_listed_costs_the_list_and_its_two_files(self, world: World, proxy: GoProxy) -> None:
        world.origin(LIB, "v1.0.0")
        world.app(f"{LIB} v1.0.0")
        done = world.main("-x", "--format", "json")
        assert verdicts(done) == {f"{LIB}@v1.0.0": "ok"}
        assert asked(proxy) == dict.fromkeys((f"GET {LIB} {file}" for file in ("list", "v1.0.0.info", "v1.0.0.mod")), 1)
        assert "GOPROXY=direct" not in done.stderr, "the origin need not be asked for what is listed"

    def test_nothing_is_asked_twice(self, world: World, proxy: GoProxy) -> None:
        """Two modules of the repository require three versions of one module: one list, and one look at its origin."""
        world.origin(LIB, "v1.0.0", "v1.1.0")
        for folder in ("a", "b"):
            world.app(f"{LIB} v1.0.0", f"{LIB} v1.1.0", f"{LIB} v1.8.0", f"{LIB} v1.9.0", folder=folder)
        done = world.main("-x", "--format", "json")
        assert Counter(verdicts(done).values()) == {"ok": 2, "unpublished": 2}
        assert set(asked(proxy).values()) == {1} and len(proxy.log) == 5
        questions = Counter(line.split(" (")[0] for line in done.stderr.splitlines() if line.startswith("# "))
        assert set(questions.values()) == {1}, questions


BROKEN_LIST = Said(500, b"out of order")


class TestNobodyCanSay:
    """The list does not name the version, and the origin is out of reach."""

    def test_go_asks_the_proxy_once(self, world: World, proxy: GoProxy) -> None:
        world.app(NEVER.replace("@", " "))
        done = world.main("-x", "--format", "json")
        assert verdicts(done) == {NEVER: "missing"}
        names = Counter(line.split(" (")[0] for line in done.stderr.splitlines() if line.startswith("# go list"))
        assert names[f"# go list -m -e -json {NEVER}"] == 1
        assert asked(proxy)["GET github.com/acme/never list"] == 1

    @pytest.mark.parametrize("listed", [None, BROKEN_LIST])
    def test_wait_does_not_ask_at_all(self, world: World, proxy: GoProxy, listed: Said | None) -> None:
        if listed:
            proxy.fault("/list$", listed)
        done = world.main("--wait", "1500ms", "--format", "json", NEVER, cwd=world.home)
        assert verdicts(done) == {NEVER: "unavailable" if listed else "missing"}
        assert set(asked(proxy)) == {"GET github.com/acme/never list"} and len(proxy.log) > 1

    def test_list_alone_or_origin_alone_suffices(self, world: World, proxy: GoProxy) -> None:
        proxy.put("example.com/listed", "v1.0.0")  # no origin has it
        world.origin(LIB, "v1.0.0")
        proxy.fault(f"{LIB}/@v/list$", BROKEN_LIST)
        world.app("example.com/listed v1.0.0", f"{LIB} v1.0.0", f"{LIB} v1.9.0")
        wanted = {"example.com/listed@v1.0.0": "ok", f"{LIB}@v1.0.0": "ok", TYPO: "unpublished"}
        assert world.verdicts() == wanted
        assert not [path for path in proxy.asked() if "v1.9.0" in path]


class BlackHole(NamedTuple):
    url: str
    callers: list[socket.socket]


@contextmanager
def black_hole() -> Iterator[BlackHole]:
    """Accept connections on a port, and never answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        callers: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    callers.append(server.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield BlackHole(f"http://127.0.0.1:{server.getsockname()[1]}/", callers)
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
            for caller in callers:
                caller.close()


class TestSilentOrigin:
    """An origin that swallows packets, as behind many a firewall."""

    @pytest.fixture
    def silent(self, world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[BlackHole]:
        assert examine._ORIGIN_SECONDS <= 10
        monkeypatch.setattr(examine, "_ORIGIN_SECONDS", 1.0)
        with black_hole() as hole:
            world.redirect(hole.url, "https://github.com/silent/")
            yield hole

    def test_is_waited_for_within_its_bound(self, world: World, proxy: GoProxy, silent: BlackHole) -> None:
        world.app("github.com/silent/x v1.0.0")
        done = world.main("--format", "json", "--timeout", "60s")
        assert verdicts(done) == {"github.com/silent/x@v1.0.0": "missing"}
        assert len(silent.callers) == 1 and document(done)["summary"]["seconds"] < 10

    def test_is_not_asked_for_further_modules(self, world: World, proxy: GoProxy, silent: BlackHole) -> None:
        modules = [f"github.com/silent/{name}" for name in "abc"]
        world.app(*(f"{name} v1.0.0" for name in modules))
        assert world.verdicts("-j", "1") == {f"{name}@v1.0.0": "missing" for name in modules}
        assert len(silent.callers) == 1

    def test_does_not_concern_what_is_listed(self, world: World, proxy: GoProxy, silent: BlackHole) -> None:
        proxy.put("github.com/silent/x", "v1.0.0")
        world.app("github.com/silent/x v1.0.0")
        assert world.verdicts() == {"github.com/silent/x@v1.0.0": "ok"}
        assert silent.callers == []


ORDERS = "##vso[task.complete result=Failed]\n::error::forged\n::add-mask::e\n  ::stop-commands::x\n##[error]y"


def orders(text: str) -> list[str]:
    """Return the lines of TEXT that a CI system takes for commands, without GitHub's of our own."""
    lines = re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()
    ours = r"::(error|warning) (file=[^:,]*,line=\d+,)?title=[^:]*::"
    return [line for line in lines if "##" in line or (line.lstrip().startswith("::") and not re.match(ours, line))]


@pytest.mark.parametrize(
    "args",
    [
        ["-x"],
        ["--fix", "-x"],
        ["--wait", "1s", "-x"],
        ["--color", "always"],
        ["--format", "github"],
        ["--format", "json", "-x"],
    ],
    ids=" ".join,
)
def test_words_of_a_proxy_give_no_orders_to_a_ci_system(
    world: World, proxy: GoProxy, args: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that says them with an error of each kind."""
    monkeypatch.setattr(questions, "_PAUSE", 0.01)
    world.origin(LIB, "v1.4.3", "v1.4.4", "v1.5.0")
    for version, status in (("v1.4.3", 403), ("v1.4.4", 404), ("v1.5.0", 500)):
        proxy.fault(rf"/{re.escape(version)}\.", Said(status, ORDERS.encode()))
    proxy.fault("/list$", Said(200, f"v0.9.0\n{ORDERS}\n".encode()))
    recorded(world, "v1.4.3", "v1.4.4", "v1.5.0")
    done = world.main(*args)
    said = done.stdout + done.stderr
    assert "forged" in said
    assert orders(said) == []
