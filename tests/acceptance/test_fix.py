"""--fix: what it runs, what it writes, what it leaves alone."""

import os
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.goproxy import GoProxy, Said
from tests.support.sumdb import SumDB
from tests.support.world import LIB, World, document, go_mod


@pytest.fixture
def stale(world: World) -> Path:
    """Stage a go.mod that requires a version which the proxy denies, and no go.sum."""
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    return world.app(f"{LIB} v1.1.0")


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_fetches_writes_go_sum_and_asks_for_it_to_be_added(world: World, stale: Path) -> None:
    before = snapshot(stale)
    done = world.main("--fix")
    assert done.returncode == 1
    assert f"go.mod:6: {LIB} v1.1.0: stale (fixed here)" in done.stdout and ": git add go.sum\n" in done.stdout
    after = snapshot(stale)
    assert (stale / "go.sum").read_text() == world.sum_lines(LIB, "v1.1.0")
    assert {name for name in after if after[name] != before.get(name)} == {"go.sum"}
    assert world.go("list", "-m", f"{LIB}@v1.1.0", cwd=stale, GOPROXY="off").returncode == 0


def test_stops_until_go_sum_is_staged(world: World, stale: Path) -> None:
    """Another commit, without the git add that was asked for, would go out without the lines."""
    world.main("--fix")
    done = world.main("--fix")
    assert done.returncode == 1 and ": git add go.sum\n" in done.stdout
    json_run = world.main("--fix", "--format", "json")
    assert json_run.returncode == 1 and json_run.stderr.endswith(": git add go.sum\n")
    world.git("add", "go.sum", cwd=stale)
    assert world.main("--fix").returncode == 0


def test_once_go_sum_is_staged_it_passes_with_a_warning_and_changes_nothing(world: World, stale: Path) -> None:
    world.main("--fix")
    world.git("add", "go.sum", cwd=stale)
    before = snapshot(stale)
    done = world.main("--fix")
    assert done.returncode == 0 and f"warning: here, but not at the proxy: {LIB}@v1.1.0" in done.stdout
    assert snapshot(stale) == before
    (result,) = document(world.main("--fix", "--format", "json"))["results"]
    assert (result["verdict"], result["finding"], result["fixed"]) == ("stale", True, True)
    assert world.main().returncode == 1, "the check alone still stops it"


def elsewhere(world: World, stale: Path) -> None:
    (stale / "go.mod").write_text(go_mod([f"{LIB} v1.0.0"]))


def similar(world: World, stale: Path) -> None:
    elsewhere(world, stale)
    (stale / "go.sum").write_text(f"my.{LIB} v1.1.0 h1:{'A' * 43}=\n")  # the line of another module


def gone(world: World, stale: Path) -> None:
    (stale / "go.mod").unlink()


@pytest.mark.parametrize("change", [elsewhere, similar, gone])
def test_work_tree_that_is_not_what_is_staged_is_not_fixed(
    world: World, stale: Path, change: Callable[[World, Path], None]
) -> None:
    change(world, stale)
    before = snapshot(stale)
    done = world.main("--fix")
    assert done.returncode == 1 and "Not fixed: " in done.stdout and "go.sum" in done.stdout, done.stdout
    assert snapshot(stale) == before


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_go_sum_that_leads_nowhere_is_not_fixed(world: World, stale: Path) -> None:
    (stale / "go.sum").symlink_to("nowhere/go.sum")
    done = world.main("--fix")
    assert done.returncode == 1 and "Not fixed" in done.stdout


def test_modfile_flag_keeps_nothing_from_go_sum(world: World, stale: Path) -> None:
    (stale / "other.mod").write_text("module other\n")
    world.main("--fix", GOFLAGS="-modfile=other.mod")
    assert (stale / "other.mod").read_text() == "module other\n"
    assert (stale / "go.sum").read_text() == world.sum_lines(LIB, "v1.1.0")


def test_printed_command_does_what_fix_does(world: World, stale: Path) -> None:
    line = next(line for line in world.main().stdout.splitlines() if line.strip().startswith("GOPROXY=direct"))
    world.run("sh", "-c", line, cwd=stale)
    assert (stale / "go.sum").read_text() == world.sum_lines(LIB, "v1.1.0")


def downloads(text: str) -> list[str]:
    """Return the commands in TEXT that fetch something."""
    return [line.strip() for line in text.splitlines() if " mod download " in line]


def test_each_module_folder_has_its_command_and_its_run(world: World, stale: Path) -> None:
    world.origin("github.com/acme/two")
    world.stale("github.com/acme/two", "v0.1.0")
    sub = world.app("github.com/acme/two v0.1.0", folder="it's a/folder")
    wanted = {stale: world.sum_lines(LIB, "v1.1.0"), sub: world.sum_lines("github.com/acme/two", "v0.1.0")}
    commands = downloads(world.main().stdout)
    assert len(commands) == 2 and sum(shlex.quote("it's a/folder") in command for command in commands) == 1
    for command in commands:
        world.run("sh", "-c", command, cwd=stale)
    assert {folder: (folder / "go.sum").read_text() for folder in wanted} == wanted
    for folder in wanted:
        (folder / "go.sum").unlink()
    done = world.main("--fix")
    assert {folder: (folder / "go.sum").read_text() for folder in wanted} == wanted
    assert "git add go.sum " in done.stdout


def test_version_of_two_modules_gets_its_lines_in_both(world: World, stale: Path) -> None:
    sub = world.app(f"{LIB} v1.1.0", folder="sub")
    assert len(downloads(world.main().stdout)) == 2
    assert "git add go.sum sub/go.sum" in world.main("--fix").stdout
    assert (stale / "go.sum").read_text() == (sub / "go.sum").read_text() == world.sum_lines(LIB, "v1.1.0")
    world.git("add", "go.sum", cwd=stale)
    assert ": git add sub/go.sum" in world.main("--fix").stdout
    world.git("add", ".", cwd=stale)
    assert world.main("--fix").returncode == 0


def test_leaves_alone_what_it_must_not_or_cannot_fix(world: World, stale: Path, proxy: GoProxy) -> None:
    proxy.fault("/github.com/acme/forbidden/", Said(403))
    world.origin("github.com/acme/forbidden", "v1.0.0")
    world.app("github.com/acme/forbidden v1.0.0", f"{LIB} v1.0.5")
    before = snapshot(stale)
    done = world.main("--fix")
    assert done.returncode == 1
    assert snapshot(stale) == before
    assert not (world.home / "go").exists()


def test_what_can_be_fixed_is_fixed_beside_what_cannot(world: World, stale: Path) -> None:
    world.origin("github.com/acme/two", "v1.0.0")
    world.app(f"{LIB} v1.1.0", "github.com/acme/two v1.0.5")
    done = world.main("--fix")
    assert done.returncode == 1
    assert (stale / "go.sum").read_text() == world.sum_lines(LIB, "v1.1.0")


def test_existing_lines_of_go_sum_are_kept(world: World, stale: Path) -> None:
    old = world.sum_lines(LIB, "v1.0.0")
    (stale / "go.sum").write_text(old)
    world.main("--fix")
    assert (stale / "go.sum").read_text() == old + world.sum_lines(LIB, "v1.1.0")


@pytest.mark.parametrize("flags", ["-mod=mod", "-mod=vendor", "-modcacherw -mod=mod"])
def test_go_mod_is_never_edited(world: World, stale: Path, flags: str) -> None:
    text = f"module example.com/app\nrequire {LIB} v1.1.0\n"  # no go line: with -mod=mod Go would add one
    (stale / "go.mod").write_text(text)
    (stale / "vendor").mkdir()
    world.git("add", ".", cwd=stale)
    done = world.main("--fix", GOFLAGS=flags)
    assert (stale / "go.mod").read_text() == text
    assert (stale / "go.sum").read_text() == world.sum_lines(LIB, "v1.1.0"), done.stdout


def test_in_a_workspace_the_modules_own_go_sum_gets_the_lines(world: World, stale: Path) -> None:
    world.app(f"{LIB} v1.1.0", folder="member")
    (stale / "go.mod").write_text(go_mod([]))
    (stale / "go.work").write_text("go 1.21\n\nuse ./member\n")
    world.git("add", ".", cwd=stale)
    (command,) = downloads(world.main().stdout)
    world.run("sh", "-c", command, cwd=stale)
    assert (stale / "member" / "go.sum").read_text() == world.sum_lines(LIB, "v1.1.0")
    (stale / "member" / "go.sum").unlink()
    world.main("--fix")
    assert (stale / "member" / "go.sum").read_text() == world.sum_lines(LIB, "v1.1.0")
    assert not (stale / "go.work.sum").exists()


class TestChecksumDatabase:
    """The database is reached at its name by itself, which leads nowhere here, or through the proxy."""

    @pytest.fixture
    def database(self, world: World, proxy: GoProxy, stale: Path) -> SumDB:
        database = SumDB("sum.example")
        world.env["GOSUMDB"] = database.key
        world.env["HTTPS_PROXY"] = "http://127.0.0.1:9"  # nobody there: what Go asks directly fails
        return database

    def record(self, world: World, database: SumDB) -> None:
        fields = world.sum_lines(LIB, "v1.1.0").split()
        database.add(LIB, "v1.1.0", fields[2], fields[5])

    def test_reached_through_the_proxy_alone_the_gonoproxy_form_is_used(
        self, world: World, proxy: GoProxy, stale: Path, database: SumDB
    ) -> None:
        self.record(world, database)
        proxy.sumdb = database
        plain = world.go("mod", "download", f"{LIB}@v1.1.0", cwd=stale, ok=False, GOPROXY="direct")
        assert plain.returncode == 1 and "verifying" in plain.stderr
        done = world.main("--fix", "-x")
        assert "stale (fixed here)" in done.stdout, done.stdout
        assert f"GONOPROXY={LIB} go mod download" in done.stderr
        assert (stale / "go.sum").read_text() == world.sum_lines(LIB, "v1.1.0")
        assert f"/sumdb/sum.example/lookup/{LIB}@v1.1.0" in proxy.asked()

    def test_patterns_of_the_user_are_kept(self, world: World, proxy: GoProxy, database: SumDB) -> None:
        self.record(world, database)
        proxy.sumdb = database
        assert f"GONOPROXY=corp.example,{LIB} go mod" in world.main("--fix", "-x", GONOPROXY="corp.example").stderr

    def test_without_a_record_nothing_is_kept_and_the_printed_way_has_its_price(
        self, world: World, proxy: GoProxy, stale: Path, database: SumDB
    ) -> None:
        proxy.sumdb = database
        done = world.main("--fix")
        assert done.returncode == 1 and "Not fixed: " in done.stdout
        assert not (stale / "go.sum").exists()
        (line,) = [line for line in done.stdout.splitlines() if "GONOSUMDB=" in line]
        world.run("sh", "-c", line, cwd=stale)
        assert (stale / "go.sum").read_text() == world.sum_lines(LIB, "v1.1.0")

    def test_nosumdb_goes_without_it_for_that_module_alone(
        self, world: World, proxy: GoProxy, stale: Path, database: SumDB
    ) -> None:
        proxy.sumdb = database
        done = world.main("--fix", "--nosumdb", "-x", GONOSUMDB="corp.example")
        assert f"GONOSUMDB=corp.example,{LIB}" in done.stderr
        assert (stale / "go.sum").read_text() == world.sum_lines(LIB, "v1.1.0")

    def test_nosumdb_does_not_skip_a_database_that_has_another_hash(
        self, world: World, proxy: GoProxy, stale: Path, database: SumDB
    ) -> None:
        database.add(LIB, "v1.1.0", "h1:" + "A" * 43 + "=", "h1:" + "B" * 43 + "=")
        proxy.sumdb = database
        done = world.main("--fix", "--nosumdb")
        assert done.returncode == 1
        assert "mismatch" in done.stdout and "Not fixed" in done.stdout
        assert not (stale / "go.sum").exists()


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
@pytest.mark.parametrize("what", ["folder", "go.sum"])
def test_link_out_of_the_repository_is_not_followed(world: World, stale: Path, what: str) -> None:
    outside = world.root / "outside"
    sub = world.app(f"{LIB} v1.1.0", folder="sub")
    if what == "folder":
        sub.rename(outside)
        sub.symlink_to(outside)
    else:
        outside.mkdir()
        (sub / "go.sum").symlink_to(outside / "go.sum")
    done = world.main("--fix")
    assert done.returncode == 1 and "Not fixed: go.sum is a symbolic link, or behind one." in done.stdout
    assert not (outside / "go.sum").exists()
