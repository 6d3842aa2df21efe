"""Every command that a report prints is pasted into a shell where it is shown, and does what it promises."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.goproxy import GoProxy, Said
from tests.support.pasting import only, paste, printed, way_out
from tests.support.repositories import hook
from tests.support.sumdb import SumDB
from tests.support.world import LIB, World, document, go_mod

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the commands are pasted into a POSIX shell")

MONO = "github.com/acme/mono/sub"


def stdout(done: "subprocess.CompletedProcess[str]", status: int = 1) -> str:
    """Return all that DONE printed, which must have ended with STATUS."""
    text = done.stdout + done.stderr
    assert done.returncode == status, text
    return text


@pytest.fixture
def published(world: World) -> World:
    """Publish v1.0.0 and v1.2.0 of the library, and v1.3.0 after somebody has asked the proxy for it."""
    world.origin(LIB, "v1.0.0", "v1.2.0")
    world.stale(LIB, "v1.3.0")
    return world


@pytest.fixture
def app(published: World) -> Path:
    """Return the user's repository with a first commit, with goproxy-check on PATH."""
    published.goproxy_check()
    app = published.app()
    published.commit(app, "first")
    return app


class TestFetch:
    """GOPROXY=direct go mod download."""

    @pytest.mark.parametrize("stands", ["", "deep/er", "a"])
    def test_go_sum_gets_the_lines(self, published: World, stands: str) -> None:
        folders = ("", "a", "b", "it's a $HOME & more", "-n", ":(top)")
        places = [published.app(f"{LIB} v1.3.0", folder=folder) for folder in folders]
        before = [(place / "go.mod").read_bytes() for place in places]
        here = published.root / "app" / stands
        here.mkdir(parents=True, exist_ok=True)
        paste(published, printed(stdout(published.main(cwd=here)), "go"), here)
        assert {(place / "go.sum").read_text() for place in places} == {published.sum_lines(LIB, "v1.3.0")}
        assert [(place / "go.mod").read_bytes() for place in places] == before

    def test_afterwards_fix_finds_all_done(self, published: World) -> None:
        place = published.app(f"{LIB} v1.3.0", folder="sub")
        paste(published, printed(stdout(published.main()), "go"), published.root / "app")
        published.git("add", ".", cwd=place)
        assert published.main("--fix").returncode == 0

    @pytest.mark.skipif(not shutil.which("bash"), reason="other shells do not read these words")
    def test_folders_that_cannot_be_shown(self, published: World) -> None:
        folders = ("a\tb", "line\nbreak", "\x1b[31m", "quote'\n\\")
        places = [published.app(f"{LIB} v1.3.0", folder=folder) for folder in folders]
        report = stdout(published.main())
        paste(published, printed(report, "go"), published.root / "app", shell="bash")
        assert {(place / "go.sum").read_text() for place in places} == {published.sum_lines(LIB, "v1.3.0")}

    @pytest.mark.parametrize("stands", ["", "a", "deep"])
    def test_workspace(self, published: World, stands: str) -> None:
        for folder in ("a", "b"):
            published.app(f"{LIB} v1.3.0", "example.com/app/none v1.0.0", folder=folder)
        published.app(folder="none")
        app = published.root / "app"
        (app / "go.work").write_text("go 1.21\n\nuse (\n\t./a\n\t./b\n\t./none\n)\n")
        published.git("add", ".", cwd=app)
        (app / stands).mkdir(exist_ok=True)
        paste(published, printed(stdout(published.main(cwd=app / stands)), "go"), app / stands)
        for folder in ("a", "b"):
            assert (app / folder / "go.sum").read_text() == published.sum_lines(LIB, "v1.3.0")

    def test_several_modules_at_once(self, published: World) -> None:
        published.origin(MONO, folder="sub")
        published.stale(MONO, "v0.1.0")
        place = published.app(f"{LIB} v1.3.0", f"{MONO} v0.1.0")
        paste(published, printed(stdout(published.main()), "GOPROXY=direct"), place)
        lines = published.sum_lines(LIB, "v1.3.0") + published.sum_lines(MONO, "v0.1.0")
        assert (place / "go.sum").read_text() == lines

    def test_named_version_is_fetched_anywhere(self, published: World) -> None:
        command = only(stdout(published.main(f"{LIB}@v1.3.0", cwd=published.home)), "go")
        paste(published, command, published.home)
        cached = published.go("mod", "download", "-json", f"{LIB}@v1.3.0", cwd=published.home, GOPROXY="off")
        assert '"Dir"' in cached.stdout

    def test_fix_of_json(self, published: World) -> None:
        place = published.app(f"{LIB} v1.3.0", folder="sub")
        (result,) = document(published.main("--format", "json"))["results"]
        paste(published, result["fix"], published.root / "app")
        assert (place / "go.sum").read_text() == published.sum_lines(LIB, "v1.3.0")


class TestWithoutTheChecksumDatabase:
    """GONOSUMDB=… go mod download."""

    @pytest.fixture
    def empty(self, published: World, proxy: GoProxy) -> SumDB:
        """Let the checksum database have no record of the library, and Go ask it."""
        proxy.sumdb = SumDB("sum.example")
        proxy.sumdb.add("example.com/other", "v1.0.0", f"h1:{'A' * 43}=", f"h1:{'A' * 43}=")
        published.env["GOSUMDB"] = proxy.sumdb.key
        return proxy.sumdb

    @pytest.mark.parametrize(("stands", "folder"), [("", ""), ("deep", "it's a folder")])
    def test_unverifiable(self, published: World, empty: SumDB, stands: str, folder: str) -> None:
        place = published.app(f"{LIB} v1.2.0", folder=folder)
        here = published.root / "app" / stands
        here.mkdir(exist_ok=True)
        command = only(stdout(published.main(cwd=here)), "GONOSUMDB=")
        assert "GOPROXY=direct" not in command, "a proxy serves it"
        paste(published, command, here)
        assert (place / "go.sum").read_text() == published.sum_lines(LIB, "v1.2.0")

    def test_afterwards_the_check_passes(self, published: World, empty: SumDB) -> None:
        place = published.app(f"{LIB} v1.2.0")
        (place / "go.sum").write_text(published.sum_lines(LIB, "v1.2.0"))
        published.git("add", ".", cwd=place)
        assert published.main().returncode == 0

    def test_keeps_what_is_set(self, published: World, empty: SumDB) -> None:
        place = published.app(f"{LIB} v1.2.0")
        published.env["GONOSUMDB"] = "corp.example,other.example"
        command = only(stdout(published.main()), "GONOSUMDB=").replace("go mod download", "env #", 1)
        assert f"GONOSUMDB=corp.example,other.example,{LIB}\n" in paste(published, command, place)

    def test_stale_that_fix_could_not_verify(self, published: World, empty: SumDB) -> None:
        place = published.app(f"{LIB} v1.3.0")
        report = stdout(published.main("--fix"))
        assert not (place / "go.sum").exists()
        paste(published, only(report, "GONOSUMDB="), place)
        assert (place / "go.sum").read_text() == published.sum_lines(LIB, "v1.3.0")


class TestPrivate:
    """go env -w GOPRIVATE=…."""

    @pytest.fixture
    def report(self, world: World) -> str:
        """Return what is said of a module of which the proxy knows no version."""
        world.origin(LIB)
        world.stale(LIB, "v0.1.0")
        world.app(f"{LIB} v0.1.0")
        return stdout(world.main())

    def test_no_proxy_hears_of_it_afterwards(self, world: World, report: str, proxy: GoProxy) -> None:
        paste(world, only(report, "GOPRIVATE"), world.root / "app")
        proxy.log.clear()
        assert world.verdicts() == {f"{LIB}@v0.1.0": "ok"}
        assert proxy.log == []

    def test_what_was_private_stays_so(self, world: World, report: str) -> None:
        world.go("env", "-w", "GOPRIVATE=corp.example,*.example.net")
        paste(world, only(stdout(world.main()), "GOPRIVATE"), world.root / "app")
        assert world.go("env", "GOPRIVATE").stdout.strip().split(",") == ["corp.example", "*.example.net", LIB]

    @pytest.mark.parametrize("name", ["GOPRIVATE", "GONOPROXY"])
    def test_that_the_environment_sets(self, world: World, report: str, name: str) -> None:
        """Go env -w changes nothing then, and says so in a warning that is easily missed."""
        world.env[name] = "corp.example"
        shown = stdout(world.main())
        commands = printed(shown, "go env -w") + printed(shown, "export")
        check = shlex.join([sys.executable, "-m", "goproxy_check"])
        paste(world, [*commands, check], world.root / "app")

    def test_several_at_once(self, world: World, report: str) -> None:
        world.origin(MONO, folder="sub")
        world.stale(MONO, "v0.1.0")
        world.app(f"{LIB} v0.1.0", f"{MONO} v0.1.0")
        paste(world, printed(stdout(world.main()), "GOPRIVATE"), world.root / "app")
        assert set(world.verdicts().values()) == {"ok"}


class TestEdit:
    """go mod edit -require=…: afterwards go.mod loads, and the check passes."""

    @pytest.fixture
    def served(self, world: World) -> World:
        """Publish v1.0.0 and v1.2.0 of the library."""
        world.origin(LIB, "v1.0.0", "v1.2.0")
        return world

    def passes(self, world: World, *places: Path) -> None:
        """Check that Go takes the go.mod in each of PLACES, and that the check of them passes."""
        for place in places:
            world.go("mod", "download", cwd=place)
            world.go("list", "-m", "all", cwd=place)
        world.git("add", ".", cwd=world.root / "app")
        assert world.main().returncode == 0

    def test_nearest(self, served: World) -> None:
        nearest = {"older": ("v1.1.0", "v1.0.0"), "newer": ("v0.1.0", "v1.0.0"), "latest": ("v1.9.0", "v1.2.0")}
        for name in nearest:
            served.origin(f"github.com/acme/{name}", "v1.0.0", "v1.2.0")
        place = served.app(*(f"github.com/acme/{name} {wanted}" for name, (wanted, _) in nearest.items()))
        paste(served, printed(stdout(served.main()), "go mod edit"), place)
        for name, (_, taken) in nearest.items():
            assert f"github.com/acme/{name} {taken}\n" in (place / "go.mod").read_text()
        self.passes(served, place)

    @pytest.mark.parametrize("stands", ["deep", "it's"])
    def test_from_elsewhere(self, served: World, stands: str) -> None:
        place = served.app(f"{LIB} v1.1.0", folder="it's")
        here = served.root / "app" / stands
        here.mkdir(exist_ok=True)
        paste(served, only(stdout(served.main(cwd=here)), "edit"), here)
        self.passes(served, place)

    def test_in_several_folders(self, served: World) -> None:
        places = [served.app(f"{LIB} v1.1.0", folder=folder) for folder in ("a", "b")]
        paste(served, printed(stdout(served.main()), "edit"), served.root / "app")
        self.passes(served, *places)

    def test_of_what_the_proxy_alone_can_say(self, served: World, proxy: GoProxy) -> None:
        proxy.put("example.net/m", "v1.0.0")
        proxy.put("example.net/m", "v1.3.0")
        place = served.app("example.net/m v1.1.0")
        paste(served, only(stdout(served.main(GOPROXY=proxy.url)), "edit"), place)
        self.passes(served, place)

    def test_path_that_the_go_mod_declares(self, served: World, proxy: GoProxy) -> None:
        proxy.put("github.com/Acme/lib", "v1.2.0", f"module {LIB}\n")
        place = served.app("github.com/Acme/lib v1.2.0")
        paste(served, only(stdout(served.main()), "-droprequire"), place)
        assert "Acme" not in (place / "go.mod").read_text()
        self.passes(served, place)

    @pytest.mark.parametrize("known", [True, False], ids=["unfit", "unknown commit"])
    def test_pseudo_version(self, served: World, known: bool) -> None:
        library, _ = served.proxy.origins[LIB]
        commit = served.git("rev-parse", "HEAD", cwd=library)[:12] if known else "abcdefabcdef"
        folders = ("", "it's a folder")
        places = [served.app(f"{LIB} v1.2.1-0.20240101000000-{commit}", folder=folder) for folder in folders]
        for place in places:
            (place / "main.go").write_text(f'package main\n\nimport _ "{LIB}"\n\nfunc main() {{}}\n')
        paste(served, printed(stdout(served.main()), "edit"), served.root / "app")
        for place in places:
            assert LIB in (place / "go.mod").read_text()
        self.passes(served, *places)

    def test_query_in_go_mod(self, served: World) -> None:
        queries = {"a": "latest", "b": "main", "c": ">v1.0.0", "d": "v1"}
        places = [served.app(f"{LIB} {query}", folder=folder) for folder, query in queries.items()]
        for place in places:
            (place / "main.go").write_text(f'package main\n\nimport _ "{LIB}"\n\nfunc main() {{}}\n')
        paste(served, printed(stdout(served.main()), " mod "), served.root / "app")
        self.passes(served, *places)

    def test_line_that_go_sum_alone_has(self, served: World) -> None:
        only_in_go_sum(served)
        paste(served, only(stdout(served.main()), "go mod"), served.root / "app")
        self.passes(served, served.root / "app")

    def test_several_at_once(self, served: World) -> None:
        served.origin(MONO, "v0.1.0", folder="sub")
        places = [served.app(f"{LIB} v1.1.0", f"{MONO} v0.1.5", folder=folder) for folder in ("", "a")]
        paste(served, printed(stdout(served.main()), "edit"), served.root / "app")
        for place in places:
            assert f"{LIB} v1.0.0\n\t{MONO} v0.1.0\n" in (place / "go.mod").read_text()
        self.passes(served, *places)

    @pytest.mark.parametrize("version", ["latest", "v1.2.1-0.20240101000000-abcdefabcdef"])
    def test_version_to_take_instead_of_one_that_was_named(self, served: World, version: str) -> None:
        place = served.app(f"{LIB} v1.0.0")
        command = only(stdout(served.main(f"{LIB}@{version}")), "go list -m")
        for folder in (place, served.home):
            assert paste(served, command, folder).startswith(f"{LIB} v1.")


@pytest.mark.parametrize(
    ("module", "version", "folder", "tag"),
    [
        (LIB, "v1.4.0", "", "v1.4.0"),
        (MONO, "v0.2.0", "sub", "sub/v0.2.0"),
        ("github.com/acme/lib/v2", "v2.0.1", "", "v2.0.1"),
        ("github.com/acme/first", "v0.1.0", "", "v0.1.0"),
    ],
)
def test_tag_is_pushed_in_the_repository_of_the_module(
    world: World, module: str, version: str, folder: str, tag: str
) -> None:
    library = world.origin(module, folder=folder)
    own = world.root / "own"
    world.git("clone", "-q", str(library), str(own), cwd=world.root)
    world.git("tag", tag, cwd=own)
    world.app(f"{module} {version}")
    paste(world, only(stdout(world.main()), "git push"), own)
    assert world.verdicts() == {f"{module}@{version}": "ok"}


def test_tag_that_was_asked_about_is_pushed_where_the_reader_stands(world: World) -> None:
    own = world.root / "own"
    world.git("clone", "-q", str(world.origin(LIB)), str(own), cwd=world.root)
    world.git("tag", "v1.0.0", cwd=own)
    paste(world, only(stdout(world.main("--tag", "v1.0.0", cwd=own)), "git push"), own)
    assert world.main("--tag", "v1.0.0", cwd=own).returncode == 0


def only_in_go_sum(world: World) -> None:
    app = world.app()
    (app / "go.sum").write_text(f"{LIB} v1.1.0/go.mod h1:{'A' * 43}=\n")
    world.git("add", ".", cwd=app)


def replacement(world: World) -> None:
    app = world.app()
    (app / "go.mod").write_text(
        go_mod(["example.com/a v1.0.0"], rest=f"\nreplace example.com/a v1.0.0 => {LIB} v1.1.0\n")
    )
    world.git("add", ".", cwd=app)


def unknown(world: World) -> None:
    world.app("github.com/acme/none v1.0.0")


def without_versions(world: World) -> None:
    world.origin("github.com/acme/empty")
    world.app("github.com/acme/empty v1.0.0")


def blocked(world: World) -> None:
    world.proxy.fault(r"/@v/v1\.2\.0", Said(403, b"blocked by policy: cooldown of 7 days"))
    world.app(f"{LIB} v1.2.0")


def wants_login(world: World) -> None:
    world.proxy.fault("/", Said(401, b"login, please"))
    world.app(f"{LIB} v1.2.0")


def another_hash(world: World) -> None:
    app = world.app(f"{LIB} v1.2.0")
    (app / "go.sum").write_text(world.sum_lines(LIB, "v1.2.0").replace("go.mod h1:", "go.mod h1:AAAA"))
    world.git("add", ".", cwd=app)


def no_go_release(world: World) -> None:
    (world.app() / "go.mod").write_text("module example.com/app\n\ngo 1.99\n")
    world.git("add", ".", cwd=world.root / "app")
    world.env["GOTOOLCHAIN"] = "auto"


@pytest.mark.parametrize(
    ("change", "senseless"),
    [
        (only_in_go_sum, ["go mod edit -require", "GOPROXY=direct"]),
        (replacement, ["go mod edit -require", "GOPROXY=direct"]),
        (unknown, ["go mod edit", "git push"]),
        (without_versions, ["go mod edit", "GOPROXY=direct", "GOPRIVATE"]),
        (blocked, ["go", "git push"]),
        (wants_login, ["GOPROXY=direct", "GOPRIVATE", "go mod edit", "git push"]),
        (another_hash, ["go ", "git push"]),
        (no_go_release, ["GOPROXY=direct", "GOPRIVATE", "git push", "@"]),
    ],
)
def test_command_that_makes_no_sense_is_not_printed(
    published: World, change: Callable[[World], None], senseless: list[str]
) -> None:
    change(published)
    report = stdout(published.main())
    assert [command for words in senseless for command in printed(report, words)] == [], report


class TestAfterFix:
    """git add, once --fix has fetched a version; the same commit or push goes through then."""

    @pytest.mark.parametrize("stands", ["deep", "a"])
    def test_commit(self, published: World, app: Path, stands: str) -> None:
        hook(app, "exec goproxy-check --fix")
        for folder in ("", "a", "it's a folder", "-n", ":(top)"):
            published.app(f"{LIB} v1.3.0", folder=folder)
        (app / stands).mkdir(exist_ok=True)
        # git runs hooks in the top folder, so that is where a command works; --fix by hand knows the folder.
        report = stdout(published.main("--fix", cwd=app / stands))
        paste(published, only(report, "git add"), app / stands)
        paste(published, "git commit -m bump", app / stands)
        assert published.git("status", "--porcelain", cwd=app) == ""

    def test_json(self, published: World) -> None:
        published.app(f"{LIB} v1.3.0")
        deep = published.root / "app" / "deep"
        deep.mkdir()
        done = published.main("--fix", "--format", "json", cwd=deep)
        paste(published, only(done.stderr, "git add"), deep)
        assert "A  go.sum" in published.git("status", "--porcelain", cwd=deep)

    @pytest.mark.parametrize("known", [True, False], ids=["go.sum is known", "go.sum is new"])
    def test_commit_of_named_files(self, published: World, app: Path, known: bool) -> None:
        """What is added to the index is not committed then, unless it is named too."""
        if known:
            (app / "go.sum").write_text(published.sum_lines(LIB, "v1.2.0"))
            published.commit(app, "go.sum")
        (app / "other").write_text("staged, but not to be committed")
        published.git("add", "other", cwd=app)
        hook(app, "exec goproxy-check --fix")
        (app / "go.mod").write_text(go_mod([f"{LIB} v1.3.0"]))
        report = stdout(published.run("git", "commit", "-m", "bump", "go.mod", cwd=app, ok=False))
        hint = re.search(r"git add (\S+), then the same git commit \(with go.sum", report, re.MULTILINE)
        assert hint, report
        paste(published, [f"git add {hint[1]}", f"git commit -m bump go.mod {hint[1]}"], app)
        assert published.git("show", "--format=", "--name-only", cwd=app).split() == ["go.mod", "go.sum"]

    def test_push(self, published: World, app: Path) -> None:
        remote(published, app)
        hook(app, 'exec goproxy-check --fix --pre-push "$1"', "pre-push")
        (app / "go.mod").write_text(go_mod([f"{LIB} v1.3.0"]))
        published.commit(app, "bump")
        report = stdout(published.run("git", "push", "origin", "main", cwd=app, ok=False))
        paste(published, only(report, "git add"), app)
        paste(published, "git push origin main", app)
        assert published.git("show", "origin/main:go.sum", cwd=app) + "\n" == published.sum_lines(LIB, "v1.3.0")


def remote(world: World, app: Path) -> None:
    """Give APP a remote ``origin``, and push what there is."""
    world.git("init", "-q", "--bare", str(world.root / "remote.git"), cwd=world.root)
    world.git("remote", "add", "origin", str(world.root / "remote.git"), cwd=app)
    world.git("push", "-q", "origin", "main", cwd=app)


class TestWayOut:
    """The last line: how to commit or push all the same, once."""

    @pytest.fixture
    def bump(self, published: World, app: Path) -> Path:
        """Install the hooks, and write an unpublished version into go.mod."""
        for name in ("pre-commit", "pre-merge-commit"):
            hook(app, "exec goproxy-check", name)
        (app / "go.mod").write_text(go_mod([f"{LIB} v1.1.0"]))
        return app

    @pytest.mark.parametrize(
        ("commit", "stands"),
        [
            ("git add go.mod; git commit", "."),
            ("git commit -a", "deep"),
            ("git commit go.mod", "deep"),
            ("git commit -i go.mod", "."),
        ],
    )
    def test_commit(self, published: World, bump: Path, commit: str, stands: str) -> None:
        here = bump / stands
        here.mkdir(exist_ok=True)
        where = commit.replace("go.mod", "../go.mod") if stands != "." else commit
        stopped = published.run("sh", "-c", f"{where} -m bump", cwd=here, ok=False)
        paste(published, way_out(stdout(stopped), f"{where} -m pasted"), here)
        assert published.git("log", "--format=%s", cwd=bump).splitlines() == ["pasted", "first"]
        assert published.git("status", "--porcelain", cwd=bump) == ""

    def test_merge(self, published: World, bump: Path) -> None:
        """A merge driver brings a version that neither side has, and git runs pre-merge-commit."""
        (bump / ".gitattributes").write_text("go.mod merge=newest\n")
        published.git("config", "merge.newest.driver", "sed -i.old s/v1.2.0/v1.1.0/ %A; rm -f %A.old", cwd=bump)
        (bump / "go.mod").write_text(go_mod([f"{LIB} v1.0.0"]))
        published.commit(bump, "base")
        published.git("checkout", "-q", "-b", "topic", cwd=bump)
        for branch, requires in (("topic", f"{LIB} v1.2.0 // indirect"), ("main", f"{LIB} v1.2.0")):
            published.git("checkout", "-q", branch, cwd=bump)
            (bump / "go.mod").write_text(go_mod([requires]))
            published.commit(bump, branch)
        stopped = published.run("git", "merge", "topic", cwd=bump, ok=False)
        paste(published, way_out(stdout(stopped), "git merge topic"), bump)
        assert len(published.git("rev-parse", "HEAD^@", cwd=bump).split()) == 2
        assert "v1.1.0" in published.git("show", "HEAD:go.mod", cwd=bump)

    def test_merge_after_a_conflict(self, published: World, bump: Path) -> None:
        for branch, version in (("topic", "v1.0.0"), ("main", "v1.2.0")):
            published.git("checkout", "-q", "-f", "-B", branch, "main" if branch == "topic" else branch, cwd=bump)
            (bump / "go.mod").write_text(go_mod([f"{LIB} {version}"]))
            published.commit(bump, branch)
        published.run("git", "merge", "topic", cwd=bump, ok=False)
        (bump / "go.mod").write_text(go_mod([f"{LIB} v1.1.0"]))
        published.git("add", ".", cwd=bump)
        stopped = published.run("git", "commit", "--no-edit", cwd=bump, ok=False)
        paste(published, way_out(stdout(stopped), "git commit --no-edit"), bump)
        assert len(published.git("rev-parse", "HEAD^@", cwd=bump).split()) == 2

    @pytest.mark.parametrize(
        ("push", "ref"),
        [
            ("git push", "main"),
            ("git push -u origin topic:other", "other"),
            ("git push origin v9", "v9"),
        ],
    )
    def test_push(self, published: World, bump: Path, push: str, ref: str) -> None:
        remote(published, bump)
        published.git("branch", "-u", "origin/main", "main", cwd=bump)
        hook(bump, 'exec goproxy-check --pre-push "$1"', "pre-push")
        if push != "git push":
            published.git("checkout", "-q", "-b", "topic", cwd=bump)
        published.commit(bump, "bump")
        published.git("tag", "v9", cwd=bump)
        stopped = published.run(*push.split(), cwd=bump, ok=False)
        paste(published, way_out(stdout(stopped), push), bump)
        assert published.git("ls-remote", "origin", ref, cwd=bump).startswith(
            published.git("rev-parse", "HEAD", cwd=bump)
        )

    def test_person_is_stopped_by_nothing(self, published: World) -> None:
        published.app(f"{LIB} v1.1.0")
        assert printed(stdout(published.main()), "--no-verify") == []
