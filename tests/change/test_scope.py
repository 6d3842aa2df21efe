"""What counts as newly referenced: real git repositories, through the command line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.goproxy import GoProxy
from tests.support.repositories import hook
from tests.support.world import World, go_mod

A, B, C = (f"example.com/{name} v1.0.0" for name in "abc")

links = pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
posix = pytest.mark.skipif(os.name == "nt", reason="no such names on Windows")


def at(item: str) -> str:
    return item.replace(" ", "@")


def write(path: Path, *requires: str, rest: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(go_mod(requires, rest=rest))


def new(world: World, *args: str, cwd: Path | None = None, **env: str) -> set[str]:
    """Return what is newly referenced. With GOPROXY=off that is all that is found out."""
    return {name.replace("@", " ") for name in world.verdicts(*args, cwd=cwd, GOPROXY="off", **env)}


def reported(report: Path) -> set[str]:
    return {f"{item['module']} {item['version']}" for item in json.loads(report.read_text())["results"]}


def committed(world: World, files: dict[str, str]) -> Path:
    """Commit FILES in the user's repository and return that."""
    app = world.app()
    (app / "go.mod").unlink()
    for path, text in files.items():
        (app / path).parent.mkdir(parents=True, exist_ok=True)
        (app / path).write_text(text)
    world.commit(app, "first")
    return app


def add(world: World, files: dict[str, str]) -> None:
    app = world.root / "app"
    for path, text in files.items():
        (app / path).parent.mkdir(parents=True, exist_ok=True)
        (app / path).write_text(text)
    world.git("add", ".", cwd=app)


def test_proxy_hears_only_of_what_is_staged_and_new(world: World, proxy: GoProxy) -> None:
    for item in (A, B, C):
        proxy.put(*item.split())
    app = world.app(A)
    world.commit(app, "first")
    write(app / "go.mod", A, B)
    world.git("add", "go.mod", cwd=app)
    write(app / "go.mod", A, B, C)
    assert world.verdicts() == {at(B): "ok"}
    assert proxy.log and all(path.startswith("/example.com/b/") for path in proxy.asked())


class TestNamedBefore:
    """A version that any module file of HEAD names is not new."""

    def test_elsewhere_in_the_tree(self, world: World) -> None:
        names = ("mod", "sum", "sum-mod", "reverse", "work-sum", "work")
        mod, archive, archive_mod, reverse, work_sum, work = (f"example.com/{name} v1.0.0" for name in names)
        before = {
            "a/go.mod": go_mod([mod]),
            "go.sum": f"{archive} h1:x=\n{archive_mod}/go.mod h1:x=\n",
            "go.mod": go_mod([reverse]),
            "go.work.sum": f"{work_sum} h1:x=\n",
            "go.work": f"go 1.21\nreplace example.com/b => {work}\n",
        }
        committed(world, before)
        add(world, {"b/go.mod": go_mod([mod, archive, archive_mod, work_sum, work])})
        add(world, {"b/go.sum": f"{reverse} h1:x=\n{reverse}/go.mod h1:y=\n"})
        assert new(world) == set()
        add(world, {"c/go.mod": go_mod([mod, B])})
        assert new(world) == {B}

    @pytest.mark.parametrize("rest", ["replace example.com/a => ../a\n", f"exclude {A}\n"])
    def test_replaced_or_excluded_is_listed_again_only_when_that_goes(self, world: World, rest: str) -> None:
        committed(world, {"go.mod": go_mod([A], rest=rest)})
        add(world, {"go.mod": go_mod([A, B], rest=rest)})
        assert new(world) == {B}
        add(world, {"go.mod": go_mod([A])})
        assert new(world) == {A}

    def test_of_a_workspace_is_listed_again_only_when_that_goes(self, world: World) -> None:
        lib = {"lib/go.mod": "module example.com/a\n"}
        app = committed(world, {**lib, "go.work": "go 1.21\nuse (\n\t.\n\t./lib\n)\n", "go.mod": go_mod([A])})
        add(world, {"go.mod": go_mod([A, B])})
        assert new(world) == {B}
        world.git("rm", "-q", "go.work", cwd=app)
        assert new(world) == {A, B}

    def test_replacement_in_an_unchanged_file_holds(self, world: World, proxy: GoProxy) -> None:
        committed(world, {"go.mod": go_mod([], rest="replace example.com/a => ../a\n")})
        add(world, {"go.sum": f"{A} h1:x=\n"})
        assert world.verdicts() == {at(A): "skipped"}
        assert not proxy.log

    def test_in_a_deleted_or_moved_folder(self, world: World) -> None:
        app = committed(world, {"go.mod": go_mod([A]), "old/go.mod": go_mod([A, B])})
        world.git("mv", "old", "new", cwd=app)
        assert new(world) == set()
        assert new(world, "new/go.mod") == set(), "pre-commit does not pass deleted files"
        world.git("rm", "-rqf", "new", cwd=app)
        done = world.main()
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    def test_with_another_hash_is_checked(self, world: World, proxy: GoProxy) -> None:
        proxy.put(*A.split())
        committed(world, {"go.sum": f"{A} h1:x=\n", "go.mod": go_mod([A])})
        add(world, {"go.sum": f"{A} h1:{'y' * 43}=\n"})
        assert world.verdicts() == {at(A): "mismatch"}

    def test_with_another_hash_than_a_neighbour_has_is_checked(self, world: World, proxy: GoProxy) -> None:
        proxy.put(*A.split())
        neighbour = {"a/go.mod": go_mod([A]), "a/go.sum": f"{A} h1:x=\n"}
        committed(world, {**neighbour, "k/go.mod": go_mod([A])})
        add(world, {"k/go.mod": go_mod([A], rest="// touched\n"), "k/go.sum": f"{A} h1:{'y' * 43}=\n"})
        assert world.verdicts() == {at(A): "mismatch"}


def test_first_commit_compares_with_nothing(world: World) -> None:
    world.app(A, B)
    assert new(world) == {A, B}


def test_lines_of_several_files_are_locations_of_one_version(world: World) -> None:
    world.app(A)
    add(world, {"go.sum": f"{A} h1:x=\n{A}/go.mod h1:y=\n"})
    result = json.loads(world.main("--format", "json", GOPROXY="off").stdout)["results"][0]
    assert [(place["file"], place["line"]) for place in result["locations"]] == [
        ("go.mod", 6),
        ("go.sum", 1),
        ("go.sum", 2),
    ]


def test_change_without_module_files_is_silent(world: World) -> None:
    committed(world, {"go.mod": go_mod([A])})
    add(world, {"README": "x", "x.go.mod": go_mod([B]), "go.mod.orig": go_mod([B])})
    done = world.main("--timeout", "60s")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


class TestPartialCommits:
    @pytest.mark.parametrize(("args", "wanted"), [(["-m", "x", "go.mod"], {B}), (["-am", "x"], {B, C})])
    def test_are_judged_by_the_index_of_that_commit(self, world: World, args: list[str], wanted: set[str]) -> None:
        app = committed(world, {"go.mod": go_mod([A]), "other/go.mod": go_mod([A])})
        report = world.root / "report.json"
        hook(app, f'GOPROXY=off "{sys.executable}" -m goproxy_check --format json > "{report}"')
        add(world, {"other/go.mod": go_mod([A, C])})  # staged, but not part of "git commit PATH"
        write(app / "go.mod", A, B)
        world.git("commit", *args, cwd=app)
        assert reported(report) == wanted

    def test_by_hunks_leave_the_rest_of_the_file(self, world: World) -> None:
        app = committed(world, {"go.mod": go_mod([A])})
        add(world, {"go.mod": go_mod([A, B])})
        write(app / "go.mod", A, B, C)
        assert new(world) == {B}
        assert new(world, "go.mod") == {B}


class TestWorkTrees:
    def test_linked(self, world: World) -> None:
        app = committed(world, {"go.mod": go_mod([A])})
        linked = world.root / "linked tree"
        world.git("worktree", "add", "-q", str(linked), "-b", "side", cwd=app)
        write(linked / "go.mod", A, B)
        world.git("add", ".", cwd=linked)
        assert (new(world, cwd=linked), new(world)) == ({B}, set())

    def test_submodule_is_a_repository_of_its_own(self, world: World) -> None:
        lib = world.app(A, name="lib")
        world.commit(lib, "first")
        app = committed(world, {"go.mod": go_mod([A])})
        world.git("submodule", "add", "-q", lib.as_uri(), "deps/lib", cwd=app)
        world.git("submodule", "add", "-q", lib.as_uri(), "odd/go.mod", cwd=app)
        assert new(world) == set()
        assert new(world, "--all") == {A}
        inner = app / "deps" / "lib"
        write(inner / "go.mod", A, C)
        world.git("add", ".", cwd=inner)
        assert (new(world, cwd=inner), new(world)) == ({C}, set())

    @pytest.mark.parametrize("index", ["--no-sparse-index", "--sparse-index"])
    def test_sparse_checkout(self, world: World, index: str) -> None:
        app = committed(world, {"in/go.mod": go_mod([A]), "out/go.mod": go_mod([B]), "out/go.sum": f"{B} h1:x=\n"})
        world.git("checkout", "-qb", "topic", cwd=app)
        add(world, {"out/go.mod": go_mod([B, C])})
        world.commit(app, "topic")
        world.git("checkout", "-q", "main", cwd=app)
        world.git("sparse-checkout", "set", "--cone", index, "in", cwd=app)
        assert not (app / "out").exists()
        add(world, {"in/go.mod": go_mod([A, B])})
        assert new(world) == set(), "the folder that is not checked out has it"
        assert new(world, "--all") == {A, B}
        world.git("commit", "-qm", "in", cwd=app)
        world.git("cherry-pick", "--no-commit", "topic", cwd=app)
        assert not (app / "out" / "go.mod").exists()
        assert new(world) == new(world, "--from-ref", "main", "--to-ref", "topic") == {C}

    def test_sub_folder_sees_everything_and_names_files_from_there(self, world: World) -> None:
        world.app(A)
        sub = world.app(B, folder="sub folder/ü")
        (sub / "deeper").mkdir()
        assert new(world, cwd=sub) == {A, B}
        env = {"GOPROXY": world.proxy.url}
        assert "\ngo.mod:6: example.com/b v1.0.0: " in f"\n{world.main('go.mod', cwd=sub, **env).stdout}"
        assert world.main("../go.mod", cwd=sub / "deeper", **env).stdout.startswith("../go.mod:6: example.com/b")

    def test_hook_of_a_commit_in_a_sub_folder_names_files_from_there(self, world: World) -> None:
        """git starts hooks at the top; what is printed is to be pasted where the user stands."""
        world.app("example.com/none v1.0.0", folder="a/b")
        app = world.root / "app"
        hook(app, f'exec "{sys.executable}" -m goproxy_check')
        done = world.run("git", "commit", "-m", "x", cwd=app / "a", ok=False, GOPROXY=world.proxy.url)
        assert done.returncode == 1 and done.stderr.startswith("b/go.mod:6: example.com/none v1.0.0: ")

    def test_no_repository_is_one_line(self, world: World) -> None:
        done = world.main(cwd=world.home, GIT_CEILING_DIRECTORIES=str(world.root))
        assert (done.returncode, done.stderr.count("\n")) == (2, 1) and "git repository" in done.stderr


class TestOddNames:
    FOLDERS = (
        "mit Leerzeichen ü/名前",
        ":!x",
        "-rf",
        "#",
        "{a,b}",
        "a@v1",
        "^",
        "vendored",
        "it's",
        "%n",
        "~",
        "$(x)",
        "&",
    )
    POSIX = ("new\nline", "*", "a\\b", "tab\t", 'quote"', "\x1b[31m", "a:b", "?", " ", "|", "trailing ")

    def test_of_folders(self, world: World) -> None:
        app = world.app()
        wanted = {}
        for number, folder in enumerate(self.FOLDERS + self.POSIX * (os.name != "nt")):
            wanted[f"{folder}/go.mod"] = f"example.com/x{number} v1.0.0"
            write(app / folder / "go.mod", wanted[f"{folder}/go.mod"])
        world.git("add", ".", cwd=app)
        arguments = [f"./{path}" for path in wanted]
        for found in (new(world), new(world, *arguments), new(world, "--all")):
            assert {path: item for path, item in wanted.items() if item not in found} == {}

    @posix
    def test_that_are_no_utf_8(self, world: World) -> None:
        app = world.app()
        place = os.fsencode(app) + b"/caf\xe9"
        os.mkdir(place)
        Path(os.fsdecode(place), "go.mod").write_text(go_mod([A]))
        world.git("add", ".", cwd=app)
        assert new(world) == {A}

    @posix
    def test_of_a_repository(self, world: World) -> None:
        app = world.app(A, name="new\nline")
        assert new(world, cwd=app) == {A}

    def test_that_go_leaves_out_are_skipped(self, world: World, proxy: GoProxy) -> None:
        committed(world, {"README": ""})
        folders = {"testdata/x": "m1", "a/vendor/y": "m2", "_x": "m3", ".x": "m4", "x/.y/z": "m5"}
        for folder, name in folders.items():
            item = f"example.com/{name} v1.0.0"
            add(world, {f"{folder}/go.mod": f"module broken (\nrequire {item}\n)\nrequire {item}\nrequire {A}"})
        skipped = {f"example.com/{name}@v1.0.0": "skipped" for name in folders.values()}
        assert world.verdicts() == {**skipped, at(A): "skipped"}
        assert not proxy.log


@links
class TestSymbolicLinks:
    """What a link of the repository leads to is checked; of others one line says that they are not."""

    INSIDE = (
        ("sub/go.mod", "../real/go.mod", "real/go.mod"),
        ("sub/go.mod", "../real/any name", "real/any name"),
        ("sub/go.sum", "../go.sum.d/all", "go.sum.d/all"),
    )

    @pytest.mark.parametrize(("link", "target", "file"), INSIDE)
    def test_that_stays_inside_is_followed(self, world: World, link: str, target: str, file: str) -> None:
        app = committed(world, {"README": ""})
        world.git("checkout", "-qb", "topic", cwd=app)
        (app / link).parent.mkdir(exist_ok=True)
        (app / link).symlink_to(target)
        add(world, {file: f"{A} h1:x=\n" if link.endswith(".sum") else go_mod([A])})
        assert new(world) == new(world, link) == new(world, "--all") == {A}
        world.commit(app, "linked")
        assert new(world, "--from-ref", "main", "--to-ref", "topic") == {A}
        assert new(world) == set()
        add(world, {"b/go.mod": go_mod([A, B])})
        assert new(world) == {B}, "what the link leads to is named already"

    def test_to_a_link_is_followed(self, world: World) -> None:
        app = committed(world, {"README": ""})
        (app / "go.mod").symlink_to("middle")
        (app / "middle").symlink_to("real.mod")
        add(world, {"real.mod": go_mod([A])})
        assert new(world, "--all") == {A}
        assert new(world) == {A}

    OUTSIDE = ("/etc/passwd", "../../elsewhere/go.mod", "../../../elsewhere/go.mod", "nowhere/go.mod", "go.mod")
    SUBMODULE = "../deps/lib/go.mod"

    def link(self, world: World, *targets: str) -> Path:
        """Commit something, and write a go.mod for each of TARGETS that is a link to it."""
        app = committed(world, {"README": "", "deep/x": ""})
        (world.root / "elsewhere").mkdir()
        (world.root / "elsewhere" / "go.mod").write_text(go_mod([B]))
        for number, target in enumerate(targets):
            (app / f"at{number}").mkdir()
            (app / f"at{number}" / "go.mod").symlink_to(target)
        return app

    def test_that_leads_elsewhere_is_one_line(self, world: World) -> None:
        lib = world.app(B, name="lib")
        world.commit(lib, "first")
        app = self.link(world, *self.OUTSIDE, self.SUBMODULE)
        world.git("submodule", "add", "-q", lib.as_uri(), "deps/lib", cwd=app)
        add(world, {"deep/go.mod": go_mod([])})
        for cwd in (app, app / "deep"):
            self.assert_not_checked(world.main("--timeout", "60s", cwd=cwd), *self.OUTSIDE, self.SUBMODULE)
        world.commit(app, "linked")
        done = world.main("--from-ref", "HEAD^", "--to-ref", "HEAD")
        self.assert_not_checked(done, *self.OUTSIDE, self.SUBMODULE)

    def test_that_leads_elsewhere_is_one_line_with_all(self, world: World) -> None:
        self.link(world, *self.OUTSIDE)
        self.assert_not_checked(world.main("--all"), *self.OUTSIDE)

    def assert_not_checked(self, done: "subprocess.CompletedProcess[str]", *targets: str) -> None:
        assert (done.returncode, done.stderr) == (0, "")
        lines = sorted(done.stdout.splitlines())
        assert len(lines) == len(targets), lines
        for number, line in enumerate(lines):
            assert f"at{number}/go.mod" in line and "not checked" in line and "link" in line

    def test_that_is_broken_is_one_line(self, world: World) -> None:
        app = committed(world, {"README": "", "nul": "a\0b"})
        blob = world.git("hash-object", "-w", "nul", cwd=app)
        world.git("update-index", "--add", "--cacheinfo", f"120000,{blob},go.mod", cwd=app)
        done = world.main()
        assert "go.mod is a symbolic link that leads to no file" in done.stdout and done.stderr == ""

    def test_that_leads_out_does_not_hide_the_other_files(self, world: World) -> None:
        app = committed(world, {"README": ""})
        (app / "go.sum").symlink_to("/etc/passwd")
        add(world, {"go.mod": go_mod([A])})
        assert world.verdicts(GOPROXY=world.proxy.url).get(at(A)) == "missing"


class TestUnreadableFiles:
    def test_crlf_lines_are_read(self, world: World) -> None:
        app = world.app()
        (app / "go.mod").write_bytes(go_mod([A]).replace("\n", "\r\n").encode())
        (app / "go.sum").write_bytes(f"{B} h1:x=\r\n".encode())
        world.git("-c", "core.autocrlf=false", "add", ".", cwd=app)
        assert new(world) == {A, B}

    def test_of_thousands_of_bad_lines_a_few_are_told(self, world: World) -> None:
        world.app()
        add(world, {"go.sum": "bad\n" * 5000})
        done = world.main()
        assert done.returncode == 1 and done.stdout.count(": invalid") == 20

    @pytest.mark.parametrize(
        ("name", "text"),
        [("go.mod", "//\n" * 400_000), ("go.sum", f"{A} h1:{'x' * 70_000}\n"), ("go.work", "<<<<<<< HEAD\n")],
    )
    def test_what_is_beyond_the_bounds_or_in_conflict_is_one_finding(self, world: World, name: str, text: str) -> None:
        committed(world, {"README": ""})
        add(world, {name: text})
        done = world.main()
        assert done.returncode == 1 and done.stdout.startswith(f"{name}:1: invalid")
        assert done.stdout.count(": invalid") == 1 and world.proxy.log == []


HOSTILE = (
    "diff.relative=true",
    "diff.noprefix=true",
    "diff.renames=copies",
    "diff.external=false",
    "diff.ignoreSubmodules=none",
    "diff.mnemonicPrefix=true",
    "diff.orderFile=nowhere",
    "color.ui=always",
    "core.quotePath=true",
    "core.fsmonitor=false",
    "status.relativePaths=true",
)


def test_configuration_of_git_changes_nothing(world: World) -> None:
    app = committed(world, {"go.mod": go_mod([A])})
    add(world, {"ü/go.mod": go_mod([A, B]), "else/x": ""})
    for setting in HOSTILE:
        world.git("config", *setting.split("="), cwd=app)
    assert new(world, cwd=app / "else") == {B}
    for kind in ("LITERAL", "GLOB", "NOGLOB", "ICASE"):
        world.env[f"GIT_{kind}_PATHSPECS"] = "1"
        assert new(world) == {B}
        del world.env[f"GIT_{kind}_PATHSPECS"]


class TestFileArguments:
    def test_restrict_what_is_looked_at(self, world: World) -> None:
        world.app(A)
        sub = world.app(B, folder="sub")
        assert new(world, "sub/go.mod") == new(world, "go.mod", cwd=sub) == new(world, str(sub / "go.mod")) == {B}

    def test_without_a_staged_change_are_all_new(self, world: World) -> None:
        committed(world, {"go.mod": go_mod([A, B]), "sub/go.mod": go_mod([A])})
        assert new(world) == set()
        assert new(world, "go.mod") == {A, B}

    @pytest.mark.parametrize("file", ["nowhere/go.mod", "untracked/go.mod", "README.md", "../go.mod"])
    def test_of_no_use_are_one_line_and_status_2(self, world: World, file: str) -> None:
        app = world.app(A)
        write(app / "untracked" / "go.mod", A)
        done = world.main(file)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1) and file in done.stderr


def test_all_takes_the_work_tree_without_ignored_files(world: World) -> None:
    app = committed(world, {"go.mod": go_mod([A]), ".gitignore": "ignored/\n", "gone/go.mod": go_mod([A])})
    write(app / "go.mod", B)
    write(app / "untracked" / "go.mod", C)
    write(app / "ignored" / "go.mod", "example.com/d v1.0.0")
    (app / "gone" / "go.mod").unlink()
    assert new(world, "--all") == {B, C}


class TestMerges:
    BASE = "example.com/base v1.0.0"

    def prepare(self, world: World) -> Path:
        app = committed(world, {"go.mod": go_mod([self.BASE])})
        world.git("checkout", "-qb", "theirs", cwd=app)
        write(app / "go.mod", self.BASE, A)
        world.commit(app, "theirs")
        world.git("checkout", "-q", "main", cwd=app)
        write(app / "go.mod", self.BASE, B)
        world.commit(app, "ours")
        world.git("merge", "theirs", cwd=app, ok=False)
        return app

    def test_unresolved_conflict_is_one_line(self, world: World) -> None:
        self.prepare(world)
        done = world.main()
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert "go.mod is in the middle of a merge conflict" in done.stderr

    def test_staged_conflict_markers_are_one_finding(self, world: World) -> None:
        app = self.prepare(world)
        world.git("add", ".", cwd=app)
        done = world.main()
        assert done.returncode == 1 and done.stdout.startswith("go.mod:7: invalid")
        assert done.stdout.count("go.mod:") == 1

    def test_only_what_no_parent_has_is_new(self, world: World) -> None:
        app = self.prepare(world)
        write(app / "go.mod", self.BASE, A, B, C)
        world.git("add", ".", cwd=app)
        assert new(world) == {C}

    def test_resolved_hash_of_one_side_is_not_new(self, world: World) -> None:
        app = committed(world, {"README": ""})
        for branch, hash_ in (("theirs", "h1:t="), ("ours", "h1:o=")):
            world.git("checkout", "-qb", branch, "main", cwd=app)
            add(world, {"go.sum": f"{A} {hash_}\n"})
            world.commit(app, branch)
        world.git("merge", "theirs", cwd=app, ok=False)
        add(world, {"go.sum": f"{A} h1:t=\n", "b/go.mod": go_mod([A, B])})
        assert new(world) == {B}

    def test_octopus_without_conflict_brings_nothing_new(self, world: World) -> None:
        app = committed(world, {"README": ""})
        for item in (A, B):
            name = item.split()[0][-1]
            world.git("checkout", "-qb", name, "main", cwd=app)
            add(world, {f"{name}/go.mod": go_mod([item]), f"{name}/go.sum": "neither a hash nor news\n"})
            world.commit(app, name)
        world.git("checkout", "-q", "main", cwd=app)
        add(world, {"ours/go.mod": go_mod([C])})
        world.commit(app, "ours")
        world.git("merge", "--no-commit", "a", "b", cwd=app)
        assert world.git("diff", "--cached", "--name-only", cwd=app).split() == [
            *("a/go.mod", "a/go.sum", "b/go.mod", "b/go.sum")
        ]
        assert new(world) == set()
        assert new(world, "a/go.mod", "b/go.mod") == set()

    def test_pre_merge_commit_knows_the_parent_that_git_has_not_noted(self, world: World) -> None:
        """There is no MERGE_HEAD yet, but GITHEAD_<commit> in the environment."""
        app = committed(world, {"go.mod": go_mod([A])})
        world.git("checkout", "-qb", "side", cwd=app)
        add(world, {"go.mod": go_mod([A, B]), "sub/go.mod": go_mod([C])})
        world.commit(app, "side")
        world.git("checkout", "-q", "main", cwd=app)
        add(world, {"README": "x"})
        world.commit(app, "main")
        report = world.root / "report"
        hook(app, f'GOPROXY=off "{sys.executable}" -m goproxy_check --format json > "{report}"', "pre-merge-commit")
        world.git("merge", "--no-edit", "side", cwd=app)
        assert reported(report) == set()

    def test_hostile_merge_head_is_no_option(self, world: World) -> None:
        app = committed(world, {"go.mod": go_mod([A])})
        add(world, {"go.mod": go_mod([A, B])})
        (app / ".git" / "MERGE_HEAD").write_text(f"--output={world.root}/pwned\n")
        assert new(world) == {B}
        assert not (world.root / "pwned").exists()


class TestRanges:
    def topic(self, world: World, *items: str) -> Path:
        app = committed(world, {"go.mod": go_mod([A]), "other/go.mod": go_mod([self.OTHER])})
        world.git("checkout", "-qb", "topic", cwd=app)
        for item in items:
            write(app / "go.mod", A, item)
            world.commit(app, item)
        world.git("checkout", "-q", "main", cwd=app)
        write(app / "main" / "go.mod", "example.com/main v1.0.0")
        world.commit(app, "main moves on")
        return app

    OTHER = "example.com/other v1.0.0"
    REFS = ("--from-ref", "main", "--to-ref", "topic")

    def test_compare_with_the_merge_base(self, world: World) -> None:
        self.topic(world, B)
        assert new(world, *self.REFS) == {B}
        assert new(world, "go.mod", PRE_COMMIT_FROM_REF="main", PRE_COMMIT_TO_REF="topic") == {B}
        assert new(world, "other/go.mod", PRE_COMMIT_FROM_REF="main", PRE_COMMIT_TO_REF="topic") == set()

    def test_what_any_file_of_the_merge_base_names_is_not_new(self, world: World) -> None:
        self.topic(world, self.OTHER)
        assert new(world, *self.REFS) == set()

    def test_what_only_the_other_branch_names_is_new(self, world: World) -> None:
        self.topic(world, "example.com/main v1.0.0")
        assert new(world, *self.REFS) == {"example.com/main v1.0.0"}

    @pytest.mark.parametrize("depth", [1, 2])
    def test_shallow_clone_says_what_is_missing_and_never_passes(self, world: World, depth: int) -> None:
        app, clone = self.topic(world, B, C), world.root / "clone"
        fetch = ["clone", "-q", f"--depth={depth}", "--no-single-branch", app.as_uri(), str(clone)]
        world.git(*fetch, cwd=world.root)
        refs = ["--from-ref", "origin/main", "--to-ref", "origin/topic"]
        done = world.main(*refs, cwd=clone)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert "git fetch --unshallow" in done.stderr
        world.git("fetch", "-q", "--unshallow", cwd=clone)
        assert new(world, *refs, cwd=clone) == {C}

    def test_ref_of_a_shallow_clone_that_was_not_fetched(self, world: World) -> None:
        app, clone = self.topic(world, B), world.root / "clone"
        first = world.git("rev-parse", "main^", cwd=app)
        world.git("clone", "-q", "--depth=1", app.as_uri(), str(clone), cwd=world.root)
        done = world.main("--from-ref", first, "--to-ref", "HEAD", cwd=clone)
        assert done.returncode == 2 and "git fetch --unshallow" in done.stderr

    @pytest.mark.parametrize(
        ("refs", "words"),
        [(("main", "alone"), "no commit in common"), (("main", "nope"), "nope is not"), (("-x", "main"), "-x is not")],
    )
    def test_that_are_none_are_one_line(self, world: World, refs: tuple[str, str], words: str) -> None:
        app = self.topic(world)
        world.git("checkout", "-q", "--orphan", "alone", cwd=app)
        world.commit(app, "alone")
        done = world.main(f"--from-ref={refs[0]}", f"--to-ref={refs[1]}")
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1) and words in done.stderr
