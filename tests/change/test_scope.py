"""What counts as newly referenced: real git repositories, through the command line."""

import json
import os
import sys
from pathlib import Path

import pytest

from tests.support.goproxy import GoProxy
from tests.support.repositories import hook
from tests.support.world import World, go_mod

A = "example.com/a v1.0.0"
B = "example.com/b v1.0.0"
C = "example.com/c v1.0.0"


def at(item: str) -> str:
    return item.replace(" ", "@")


@pytest.fixture(autouse=True)
def held(proxy: GoProxy) -> None:
    """Let the proxy hold every version of these tests: what is asked for is the question here, not the answer."""
    for item in (A, B, C):
        proxy.put(*item.split())


def write(path: Path, *requires: str, rest: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(go_mod(requires, rest=rest))


def test_only_what_is_staged_and_new_is_asked_for(world: World, proxy: GoProxy) -> None:
    app = world.app(A)
    world.commit(app, "first")
    write(app / "go.mod", A, B)
    world.git("add", "go.mod", cwd=app)
    write(app / "go.mod", A, B, C)
    assert world.verdicts() == {at(B): "ok"}
    assert not any("/example.com/a/" in path or "/example.com/c/" in path for path in proxy.asked())


def test_first_commit_compares_with_nothing(world: World) -> None:
    world.app(A, B)
    assert world.verdicts() == {at(A): "ok", at(B): "ok"}


def test_go_mod_and_go_sum_lines_are_one_reference_with_several_locations(world: World) -> None:
    app = world.app(A)
    (app / "go.sum").write_text(f"{A} h1:x=\n{A}/go.mod h1:y=\n")
    world.git("add", ".", cwd=app)
    result = json.loads(world.main("--format", "json").stdout)["results"][0]
    assert result["locations"] == [
        {"file": "go.mod", "line": 6},
        {"file": "go.sum", "line": 1},
        {"file": "go.sum", "line": 2},
    ]


def test_version_with_a_go_mod_line_alone_is_asked_for_its_mod_file_alone(world: World, proxy: GoProxy) -> None:
    app = world.app(A)
    world.commit(app, "first")
    (app / "go.sum").write_text(f"{B}/go.mod h1:y=\n")
    world.git("add", ".", cwd=app)
    world.main()
    assert proxy.asked() == ["/example.com/b/@v/v1.0.0.mod"]


def test_nothing_staged_and_nothing_new_are_silent_and_fine(world: World) -> None:
    app = world.app(A)
    world.commit(app, "first")
    (app / "README").write_text("x")
    world.git("add", ".", cwd=app)
    done = world.check()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("how", ["path", "all"])
def test_partial_commit_is_judged_by_the_index_of_that_commit(world: World, how: str) -> None:
    app = world.app(A)
    world.app(A, folder="other")
    world.commit(app, "first")
    report = world.root / "report.json"
    hook(app, f'"{sys.executable}" -m goproxy_check --format json > "{report}"')
    write(app / "go.mod", A, B)
    write(app / "other" / "go.mod", A, C)
    if how == "path":
        world.git("add", "other/go.mod", cwd=app)  # staged, but not part of "git commit PATH"
        world.git("commit", "-m", "partial", "go.mod", cwd=app)
        assert asked(report) == {at(B)}
    else:
        world.git("commit", "-am", "all", cwd=app)
        assert asked(report) == {at(B), at(C)}


def test_linked_worktree_and_submodule(world: World) -> None:
    lib = world.app(A, name="lib")
    world.commit(lib, "first")
    app = world.app(A)
    world.commit(app, "first")
    linked = world.root / "linked tree"
    world.git("worktree", "add", "-q", str(linked), "-b", "side", cwd=app)
    write(linked / "go.mod", A, B)
    world.git("add", ".", cwd=linked)
    assert world.verdicts(cwd=linked) == {at(B): "ok"}
    assert world.verdicts(cwd=app) == {}
    world.git("submodule", "add", "-q", lib.as_uri(), "go.mod", cwd=linked, ok=False)
    world.git("submodule", "add", "-q", lib.as_uri(), "deps/lib", cwd=linked)
    assert world.verdicts(cwd=linked) == {at(B): "ok"}
    write(linked / "deps" / "lib" / "go.mod", A, C)
    world.git("add", ".", cwd=linked / "deps" / "lib")
    assert world.verdicts(cwd=linked / "deps" / "lib") == {at(C): "ok"}


def test_moving_a_module_folder_is_no_news_and_deleting_one_is_fine(world: World) -> None:
    app = world.app(A)
    world.app(A, B, folder="old")
    world.commit(app, "first")
    world.git("mv", "old", "new", cwd=app)
    assert world.verdicts() == {}
    world.git("commit", "-qm", "moved", "--no-verify", cwd=app)
    world.git("rm", "-rq", "new", cwd=app)
    done = world.main()
    assert (done.returncode, done.stdout) == (0, "")


def test_started_in_a_sub_folder_sees_everything_and_names_files_from_there(world: World) -> None:
    world.app(A)
    sub = world.app("example.com/none v1.0.0", folder="sub folder/ü")
    done = world.main(cwd=sub, GOPROXY=world.proxy.url)
    assert "\ngo.mod:6: example.com/none v1.0.0: missing" in f"\n{done.stdout}"
    deeper = sub / "deeper"
    deeper.mkdir()
    assert world.main(cwd=deeper).stdout.startswith("../go.mod:6: example.com/none")
    assert world.verdicts(cwd=sub).keys() == {at(A), "example.com/none@v1.0.0"}


def test_commit_from_a_sub_folder_names_files_from_there(world: World) -> None:
    """git starts hooks at the top; what is printed is to be pasted where the user stands."""
    app = world.app("example.com/none v1.0.0", folder="a/b").parent.parent
    hook(app, f'exec "{sys.executable}" -m goproxy_check')
    done = world.run("git", "commit", "-m", "x", cwd=app / "a", ok=False)
    assert done.stderr.startswith("b/go.mod:6: example.com/none v1.0.0: missing")
    assert "    cd b && GOPROXY=direct go mod download" in done.stderr


def test_names_with_spaces_newlines_and_letters_of_any_alphabet(world: World) -> None:
    world.app(A, folder="mit Leerzeichen ü/名前")
    if os.name != "nt":
        world.app(B, folder="new\nline")
    assert world.verdicts() == {at(A): "ok", **({at(B): "ok"} if os.name != "nt" else {})}
    assert world.verdicts("mit Leerzeichen ü/名前/go.mod") == {at(A): "ok"}


def test_crlf_files(world: World) -> None:
    app = world.app(A)
    (app / "go.mod").write_bytes(go_mod([A, B]).replace("\n", "\r\n").encode())
    (app / "go.sum").write_bytes(f"{A} h1:x=\r\n{A}/go.mod h1:y=\r\n".encode())
    world.git("-c", "core.autocrlf=false", "add", ".", cwd=app)
    assert world.verdicts() == {at(A): "mismatch", at(B): "ok"}


def test_hostile_git_configuration_changes_nothing(world: World) -> None:
    app = world.app(A)
    world.commit(app, "first")
    world.app(A, B, folder="ü")
    for setting in (
        "diff.relative=true",
        "diff.noprefix=true",
        "diff.renames=copies",
        "diff.external=false",
        "color.ui=always",
        "core.quotePath=true",
        "diff.mnemonicPrefix=true",
        "status.relativePaths=true",
        "core.fsmonitor=false",
    ):
        world.git("config", *setting.split("="), cwd=app)
    (app / "else").mkdir()
    assert world.verdicts(cwd=app / "else") == {at(A): "ok", at(B): "ok"}


class TestFileArguments:
    def test_restrict_what_is_looked_at(self, world: World) -> None:
        world.app(A)
        world.app(B, folder="sub")
        assert world.verdicts("sub/go.mod") == {at(B): "ok"}
        assert world.verdicts("go.mod", cwd=world.root / "app" / "sub") == {at(B): "ok"}
        assert world.verdicts(str(world.root / "app" / "sub" / "go.mod")) == {at(B): "ok"}

    def test_without_a_staged_change_are_all_new(self, world: World) -> None:
        app = world.app(A, B)
        world.app(A, folder="sub")
        world.commit(app, "first")
        assert world.verdicts() == {}
        assert world.verdicts("go.mod") == {at(A): "ok", at(B): "ok"}

    def test_know_what_a_deleted_file_had(self, world: World) -> None:
        """Pre-commit does not pass deleted files, but they are part of the change."""
        app = world.app(A, folder="old")
        world.commit(app.parent, "first")
        world.git("mv", "old", "new", cwd=app.parent)
        assert world.verdicts("new/go.mod", cwd=app.parent) == {}

    @pytest.mark.parametrize("file", ["nowhere/go.mod", "untracked/go.mod", "README.md", "../go.mod"])
    def test_of_no_use_are_one_line_and_status_2(self, world: World, file: str) -> None:
        app = world.app(A)
        write(app / "untracked" / "go.mod", A)
        done = world.main(file)
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1 and file in done.stderr


class TestMerges:
    def prepare(self, world: World) -> Path:
        app = world.app("example.com/base v1.0.0")
        world.commit(app, "base")
        world.git("checkout", "-qb", "theirs", cwd=app)
        write(app / "go.mod", "example.com/base v1.0.0", A)
        world.commit(app, "theirs")
        world.git("checkout", "-q", "main", cwd=app)
        write(app / "go.mod", "example.com/base v1.0.0", B)
        world.commit(app, "ours")
        world.git("merge", "theirs", cwd=app, ok=False)
        return app

    def test_unresolved_conflict_is_one_line(self, world: World) -> None:
        self.prepare(world)
        done = world.main()
        assert done.returncode == 2
        assert done.stderr == (
            "goproxy-check: go.mod is in the middle of a merge conflict: resolve it and git add it, then try again\n"
        )

    def test_staged_conflict_markers_are_one_finding(self, world: World) -> None:
        app = self.prepare(world)
        world.git("add", ".", cwd=app)
        done = world.main()
        assert done.returncode == 1
        assert done.stdout.startswith("go.mod:7: invalid\n  merge conflict markers")
        assert done.stdout.count("go.mod:") == 1

    def test_only_what_no_parent_has_is_new(self, world: World) -> None:
        app = self.prepare(world)
        write(app / "go.mod", "example.com/base v1.0.0", A, B, C)
        world.git("add", ".", cwd=app)
        assert world.verdicts() == {at(C): "ok"}

    def test_clean_merge_brings_nothing_new(self, world: World) -> None:
        app = world.app("example.com/base v1.0.0")
        world.commit(app, "base")
        for number, item in enumerate((A, B)):
            world.git("checkout", "-qb", f"side{number}", "main", cwd=app)
            write(app / f"m{number}" / "go.mod", item)
            world.commit(app, "side")
        world.git("checkout", "-q", "main", cwd=app)
        write(app / "ours" / "go.mod", C)
        world.commit(app, "ours")
        world.git("merge", "--no-commit", "side0", "side1", cwd=app)  # an octopus
        assert world.git("diff", "--cached", "--name-only", cwd=app).split() == ["m0/go.mod", "m1/go.mod"]
        assert world.verdicts() == {}


class TestRanges:
    def test_two_refs_compare_with_their_merge_base(self, world: World) -> None:
        app = world.app(A)
        world.commit(app, "base")
        world.git("checkout", "-qb", "topic", cwd=app)
        write(app / "go.mod", A, B)
        world.commit(app, "topic")
        world.git("checkout", "-q", "main", cwd=app)
        write(app / "go.mod", A, C)
        world.commit(app, "main moves on")
        assert world.verdicts("--from-ref", "main", "--to-ref", "topic") == {at(B): "ok"}
        refs = {"PRE_COMMIT_FROM_REF": "main", "PRE_COMMIT_TO_REF": "topic"}
        assert world.verdicts("go.mod", **refs) == {at(B): "ok"}

    @pytest.mark.parametrize("depth", [1, 2])
    def test_shallow_clone_says_what_is_missing_and_never_passes(self, world: World, depth: int) -> None:
        app = world.app(A)
        world.commit(app, "base")
        world.git("checkout", "-qb", "topic", cwd=app)
        for item in (B, C):
            write(app / "go.mod", A, item)
            world.commit(app, item)
        world.git("checkout", "-q", "main", cwd=app)
        write(app / "other", "x")
        world.commit(app, "main moves on")
        clone = world.root / "clone"
        fetch = ["clone", "-q", f"--depth={depth}", "--no-single-branch", app.as_uri(), str(clone)]
        world.git(*fetch, cwd=world.root)
        refs = ["--from-ref", "origin/main", "--to-ref", "origin/topic"]
        done = world.main(*refs, cwd=clone)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == (
            "goproxy-check: this clone is shallow and does not reach back to where origin/topic left origin/main: "
            "git fetch --unshallow (in CI: fetch-depth: 0, GIT_DEPTH: 0)\n"
        )
        world.git("fetch", "-q", "--unshallow", cwd=clone)
        assert world.verdicts(*refs, cwd=clone) == {at(C): "ok"}

    def test_ref_of_a_shallow_clone_that_was_not_fetched(self, world: World) -> None:
        app = world.app(A)
        first = world.commit(app, "one")
        world.commit(app, "two", "--allow-empty")
        clone = world.root / "clone"
        world.git("clone", "-q", "--depth=1", app.as_uri(), str(clone), cwd=world.root)
        done = world.main("--from-ref", first, "--to-ref", "HEAD", cwd=clone)
        assert done.returncode == 2 and "this clone is shallow" in done.stderr

    def test_branches_without_a_common_commit(self, world: World) -> None:
        app = world.app(A)
        world.commit(app, "one")
        world.git("checkout", "-q", "--orphan", "alone", cwd=app)
        world.commit(app, "two")
        done = world.main("--from-ref", "main", "--to-ref", "alone")
        assert (done.returncode, done.stderr) == (2, "goproxy-check: main and alone have no commit in common\n")

    def test_ref_that_is_none_is_one_line(self, world: World) -> None:
        app = world.app(A)
        world.commit(app, "base")
        done = world.main("--from-ref", "HEAD", "--to-ref", "nope")
        assert (done.returncode, done.stderr) == (2, "goproxy-check: nope is not a commit of this repository\n")


@pytest.mark.parametrize("folder", ["testdata/x", "a/vendor/y", "_x", ".x", "x/.y/z"])
def test_folders_that_go_leaves_out_are_skipped(world: World, proxy: GoProxy, folder: str) -> None:
    place = world.app("example.com/none v1.0.0", folder=folder)
    world.commit(place, "base")
    (place / "go.mod").write_text(
        "module broken (\nrequire example.com/none v1.1.0\n)\nrequire example.com/none v1.1.0"
    )
    world.git("add", ".", cwd=world.root / "app")
    assert world.verdicts() == {"example.com/none@v1.1.0": "skipped"}
    assert not proxy.log


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_links_are_not_read(world: World) -> None:
    app = world.app(A)
    world.commit(app, "base")
    (app / "sub").mkdir()
    (app / "sub" / "go.mod").symlink_to("/etc/passwd")
    world.git("add", ".", cwd=app)
    assert world.verdicts() == {}


def asked(report: Path) -> set[str]:
    return {f"{item['module']}@{item['version']}" for item in json.loads(report.read_text())["results"]}


def test_pathspec_settings_of_an_editor_do_not_blind_the_hook(world: World) -> None:
    world.app(A)
    for kind in ("LITERAL", "GLOB", "NOGLOB", "ICASE"):
        assert world.verdicts(**{f"GIT_{kind}_PATHSPECS": "1"}) == {at(A): "ok"}


@pytest.mark.skipif(os.name == "nt", reason="no such names on Windows")
def test_repository_whose_path_has_a_newline(world: World) -> None:
    app = world.app("example.com/none v1.0.0", name="new\nline")
    assert world.main(cwd=app).stdout.startswith("go.mod:6: example.com/none v1.0.0: missing")


def test_hostile_merge_head_is_no_option(world: World) -> None:
    app = world.app(A)
    world.commit(app, "first")
    world.app(A, B)
    (app / ".git" / "MERGE_HEAD").write_text(f"--output={world.root}/pwned\n")
    assert world.verdicts() == {at(B): "ok"}
    assert not (world.root / "pwned").exists()


def test_file_with_thousands_of_bad_lines_is_told_in_a_few(world: World) -> None:
    app = world.app(A)
    (app / "go.sum").write_text("bad\n" * 5000)
    world.git("add", ".", cwd=app)
    done = world.main()
    assert done.stdout.count(": invalid") == 20 and "(and 4980 more lines)" in done.stdout


def test_merge_without_a_conflict_brings_nothing_new_before_git_notes_it(world: World, proxy: GoProxy) -> None:
    """Before the hook pre-merge-commit there is no MERGE_HEAD yet."""
    proxy.put("example.com/a", "v1.0.0")
    app = world.app("example.com/a v1.0.0")
    world.commit(app, "first")
    world.git("checkout", "-q", "-b", "side", cwd=app)
    world.app("example.com/a v1.0.0", "example.com/none v1.0.0")
    world.commit(app, "side")
    world.git("checkout", "-q", "main", cwd=app)
    (app / "README").write_text("x")
    world.commit(app, "main")
    world.goproxy_check()
    hook(app, f'goproxy-check --format json > "{world.root}/report"; goproxy-check', "pre-merge-commit")
    done = world.run("git", "merge", "--no-edit", "side", cwd=app, ok=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert asked(world.root / "report") == set()


def test_order_of_files_that_a_user_wants_is_no_trouble(world: World) -> None:
    app = world.app(A)
    world.git("config", "diff.orderFile", "nowhere", cwd=app)
    done = world.main()
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(os.name == "nt", reason="the wrappers on PATH are shell scripts")
def test_git_asks_for_no_password(world: World) -> None:
    """In a partial clone it fetches what is missing, and would ask on the terminal, or in a window."""
    world.app(A)
    world.wrap("git", f'echo "$GIT_ASKPASS $GIT_TERMINAL_PROMPT" >> "{world.root}/asked"')
    world.check(GIT_ASKPASS="ask-in-a-window")
    assert set((world.root / "asked").read_text().splitlines()) == {"true 0"}


def test_go_in_a_relative_folder_of_path(world: World) -> None:
    app = world.app(A)
    (app / "tools").symlink_to(os.path.dirname(world.go_path))
    git = os.path.dirname(world.run("sh", "-c", "command -v git").stdout.strip())
    done = world.check(PATH=f"tools{os.pathsep}{git}")
    assert (done.returncode, done.stderr) == (0, "")
