"""Before a push to a real remote: what a real git gives its hook, some with examples/pre-push from end to end."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.goproxy import GoProxy
from tests.support.world import LIB, World, go_mod

EXAMPLE = Path(__file__).parents[2] / "examples" / "pre-push"
NEVER = "example.com/never v1.0.0"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the hook is a shell script")


class Repository:
    """A user's repository with a remote and the hook; what the proxy is asked for says what was taken as new."""

    def __init__(self, world: World, *init: str) -> None:
        self.world = world
        self.remote = world.root / "remote.git"
        world.git("init", "-q", "--bare", *init, str(self.remote), cwd=world.root)
        self.path = world.root / "app"
        world.git("init", "-q", *init, str(self.path), cwd=world.root)
        world.git("remote", "add", "origin", str(self.remote), cwd=self.path)
        world.goproxy_check()

    def hook(self) -> None:
        shutil.copy(EXAMPLE, self.path / ".git" / "hooks" / "pre-push")

    def commit(self, *requires: str, folder: str = "") -> str:
        place = self.path / folder
        place.mkdir(exist_ok=True)
        (place / "go.mod").write_text(go_mod(requires))
        return self.world.commit(self.path, " ".join(requires), "--allow-empty")

    def push(self, *args: str) -> "subprocess.CompletedProcess[str]":
        self.world.proxy.log.clear()
        return self.world.run("git", "push", "origin", *args, cwd=self.path, ok=False)

    def check(self, *args: str) -> "subprocess.CompletedProcess[str]":
        """Do what ``push`` with the hook does, but check in this process, which is quicker."""
        self.world.proxy.log.clear()
        notes = self.world.root / "notes"
        notes.mkdir(exist_ok=True)
        (notes / "pre-push").write_text(f'#!/bin/sh\ncat > "{notes}/lines"\n')
        (notes / "pre-push").chmod(0o755)
        self.world.git("-c", f"core.hooksPath={notes}", "push", "--dry-run", "origin", *args, cwd=self.path)
        done = self.world.fed((notes / "lines").read_bytes(), "--pre-push", "origin", cwd=self.path)
        if done.returncode == 0:
            self.world.git("push", "--no-verify", "origin", *args, cwd=self.path)
        return done

    def brings(self, lines: list[str]) -> set[str]:
        """Check the push of LINES to a remote of which nothing is known here, and return what is new."""
        self.world.proxy.log.clear()
        done = self.world.fed("\n".join(lines).encode(), "--pre-push", "https://git.example/another", cwd=self.path)
        assert done.returncode == 0
        return self.asked()

    def asked(self) -> set[str]:
        return {path.split("/@v/")[0].lstrip("/") for path in self.world.proxy.asked()}


@pytest.fixture
def repository(world: World, proxy: GoProxy) -> Repository:
    for name in "abcd":
        proxy.put(f"example.com/{name}", "v1.0.0")
    repository = Repository(world)
    repository.commit("example.com/a v1.0.0")
    repository.push("main")
    repository.hook()
    return repository


def test_first_push_of_a_repository_asks_for_all_and_stops_what_does_not_resolve(world: World, proxy: GoProxy) -> None:
    proxy.put("example.com/a", "v1.0.0")
    repository = Repository(world)
    repository.hook()
    repository.commit("example.com/a v1.0.0", NEVER)
    done = repository.push("main")
    assert done.returncode == 1 and "go.mod:7: example.com/never v1.0.0: missing" in done.stdout
    assert repository.asked() == {"example.com/a", "example.com/never"}
    assert world.git("for-each-ref", cwd=repository.remote) == ""


def test_only_what_the_remote_has_not_is_asked_for(repository: Repository) -> None:
    repository.commit("example.com/a v1.0.0", "example.com/b v1.0.0")
    repository.commit("example.com/a v1.0.0", "example.com/b v1.0.0", "example.com/c v1.0.0")
    assert repository.check("main").returncode == 0
    assert repository.asked() == {"example.com/b", "example.com/c"}
    assert repository.check("main").returncode == 0
    assert repository.asked() == set()


def test_version_that_another_file_of_the_remote_names_is_not_new(repository: Repository) -> None:
    (repository.path / "go.sum").write_text("example.com/b v1.0.0/go.mod h1:b=\n")
    repository.commit("example.com/a v1.0.0")
    repository.push("--no-verify", "main")
    repository.commit("example.com/a v1.0.0", "example.com/b v1.0.0", folder="sub")
    assert repository.check("main").returncode == 0
    assert repository.asked() == set()


def test_version_is_new_once_its_replacement_goes(repository: Repository) -> None:
    replaced = "replace example.com/b => ../b\n"
    for wanted, requires, rest in (
        (set(), ["example.com/a v1.0.0", "example.com/b v1.0.0"], replaced),
        ({"example.com/c"}, ["example.com/b v1.0.0", "example.com/c v1.0.0"], replaced),
        ({"example.com/b"}, ["example.com/b v1.0.0", "example.com/c v1.0.0"], ""),
    ):
        (repository.path / "go.mod").write_text(go_mod(requires, rest=rest))
        repository.world.commit(repository.path, "next")
        assert repository.check("main").returncode == 0
        assert repository.asked() == wanted


def test_commit_between_that_was_taken_back_is_not_looked_at(repository: Repository) -> None:
    """What counts is what the remote has afterwards."""
    repository.commit("example.com/a v1.0.0", NEVER)
    repository.commit("example.com/a v1.0.0", "example.com/b v1.0.0")
    assert repository.check("main").returncode == 0
    assert repository.asked() == {"example.com/b"}


def test_new_branch_is_compared_with_what_the_remote_has(repository: Repository) -> None:
    repository.world.git("checkout", "-qb", "topic", cwd=repository.path)
    repository.commit("example.com/a v1.0.0", "example.com/b v1.0.0")
    assert repository.check("topic").returncode == 0
    assert repository.asked() == {"example.com/b"}
    repository.world.git("branch", "same", cwd=repository.path)
    assert repository.check("same").returncode == 0
    assert repository.asked() == set()


def test_branch_that_has_merged_from_the_remote_brings_only_its_own(repository: Repository) -> None:
    git = repository.world.git
    git("checkout", "-qb", "topic", cwd=repository.path)
    repository.commit("example.com/b v1.0.0", folder="sub")
    repository.push("--no-verify", "topic")
    git("checkout", "-q", "main", cwd=repository.path)
    repository.commit("example.com/a v1.0.0", "example.com/c v1.0.0")
    repository.push("--no-verify", "main")
    git("checkout", "-q", "topic", cwd=repository.path)
    git("merge", "-q", "main", cwd=repository.path)
    assert repository.check("topic").returncode == 0
    assert repository.asked() == set()


def test_several_refs_tags_and_a_deletion_at_once(repository: Repository) -> None:
    git = repository.world.git
    git("branch", "doomed", cwd=repository.path)
    repository.push("--no-verify", "doomed")
    git("checkout", "-qb", "one", cwd=repository.path)
    repository.commit("example.com/b v1.0.0")
    git("tag", "-a", "-m", "x", "v9.0.0", cwd=repository.path)
    git("tag", "blob", git("rev-parse", "HEAD:go.mod", cwd=repository.path), cwd=repository.path)
    git("checkout", "-qb", "two", "main", cwd=repository.path)
    repository.commit(NEVER)
    done = repository.push("one", "two", "v9.0.0", "blob", ":doomed")
    assert done.returncode == 1 and "example.com/never v1.0.0: missing" in done.stdout
    assert done.stdout.count(": missing") == 1
    assert repository.asked() == {"example.com/b", "example.com/never"}
    assert repository.push("one", "v9.0.0", "blob", ":doomed").returncode == 0


def test_stale_version_says_how_to_push_all_the_same(repository: Repository) -> None:
    repository.world.origin(LIB, "v1.0.0")
    repository.world.stale(LIB, "v1.1.0")
    repository.commit(f"{LIB} v1.1.0")
    done = repository.push("main")
    assert done.returncode == 1 and ": stale\n" in done.stdout and "--no-verify" in done.stdout


def test_force_push_and_remote_commits_that_are_not_here(repository: Repository) -> None:
    world = repository.world
    other = world.root / "other"
    world.git("clone", "-q", str(repository.remote), str(other), cwd=world.root)
    (other / "go.mod").write_text(go_mod(["example.com/a v1.0.0", "example.com/b v1.0.0"]))
    world.commit(other, "theirs")
    world.git("push", "-q", "--no-verify", "origin", "main", cwd=other)
    repository.commit("example.com/a v1.0.0", "example.com/c v1.0.0")
    assert repository.push("--force", "main").returncode == 0
    assert repository.asked() == {"example.com/c"}


def test_tag_that_comes_with_this_push_is_not_unpublished(world: World) -> None:
    repository = Repository(world)
    repository.hook()
    (repository.path / "go.mod").write_text(f"module {LIB}\n")
    (repository.path / "sub").mkdir()
    (repository.path / "sub" / "go.mod").write_text(go_mod([f"{LIB} v1.2.3"], module=f"{LIB}/sub"))
    world.commit(repository.path, "both")
    world.git("tag", "v1.2.3", cwd=repository.path)
    assert repository.check("main").returncode == 1, "without the tag it is not there yet"
    done = repository.check("main", "v1.2.3")
    assert done.returncode == 0, done.stderr
    assert repository.asked() == set()


def test_sha256_repository(world: World, proxy: GoProxy) -> None:
    for name in "ab":
        proxy.put(f"example.com/{name}", "v1.0.0")
    repository = Repository(world, "--object-format=sha256")
    repository.commit("example.com/a v1.0.0")
    repository.push("main")
    repository.hook()
    repository.commit("example.com/a v1.0.0", "example.com/b v1.0.0")
    assert repository.check("main").returncode == 0
    assert repository.asked() == {"example.com/b"}


def test_what_another_remote_has_is_new_to_this_one(world: World, repository: Repository) -> None:
    fork = world.root / "fork.git"
    world.git("init", "-q", "--bare", str(fork), cwd=world.root)
    world.git("remote", "add", "fork", str(fork), cwd=repository.path)
    repository.commit("example.com/a v1.0.0", NEVER)
    world.git("push", "--no-verify", "-q", "fork", "main", cwd=repository.path)
    for ref in ("main", "main:new"):
        done = repository.check(ref)
        assert done.returncode == 1 and "example.com/never v1.0.0: missing" in done.stdout
        assert repository.asked() == {"example.com/never"} or ref == "main:new"


def test_object_that_is_not_here(world: World) -> None:
    world.app()
    line = f"refs/heads/main {'f' * 40} refs/heads/main {'0' * 40}\n"
    done = world.fed(line.encode(), "--pre-push")
    assert done.returncode == 2 and "there is no object ffff" in done.stderr


def test_after_a_fix_the_lines_have_to_be_committed(world: World, repository: Repository) -> None:
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    (repository.path / ".git" / "hooks" / "pre-push").write_text(
        "#!/bin/sh\nexec goproxy-check --pre-push origin --fix\n"
    )
    repository.commit("example.com/a v1.0.0", f"{LIB} v1.1.0")
    done = repository.push("main")
    assert "The push needs the new lines of go.sum in a commit: git add go.sum && git commit" in done.stdout
    world.run("sh", "-c", "git add go.sum && git commit -qm sums", cwd=repository.path)
    assert repository.push("main").returncode == 0


@pytest.mark.parametrize(
    "lines", ["what is this\n", "a b c d\n", "refs/heads/main 123 refs/heads/main 456\n", "\xff\n"]
)
def test_unreadable_lines(world: World, lines: str) -> None:
    world.app()
    done = world.fed(lines.encode("latin-1"), "--pre-push")
    assert done.returncode == 2
    assert done.stderr == "goproxy-check: --pre-push: standard input is not what git gives a pre-push hook\n"


def test_name_of_a_branch_with_a_space_that_git_allows(repository: Repository) -> None:
    repository.commit("example.com/a v1.0.0", "example.com/b v1.0.0")
    done = repository.check("HEAD:refs/heads/a\u00a0b")
    assert done.returncode == 0, done.stderr
    assert repository.asked() == {"example.com/b"}


@pytest.mark.parametrize("order", [1, -1])
def test_commit_under_two_refs_is_compared_with_what_either_has(repository: Repository, order: int) -> None:
    world, app = repository.world, repository.path
    before, after = (
        world.git("rev-parse", "HEAD", cwd=app),
        repository.commit("example.com/a v1.0.0", "example.com/b v1.0.0"),
    )
    lines = [
        f"refs/heads/main {after} refs/heads/main {before}",
        f"refs/tags/v1.0.0 {after} refs/tags/v1.0.0 {'0' * 40}",
    ]
    assert repository.brings(lines[::order]) == {"example.com/b"}


def test_what_one_ref_has_at_the_remote_is_new_in_no_other(repository: Repository) -> None:
    world, app = repository.world, repository.path
    before = world.git("rev-parse", "HEAD", cwd=app)
    main = repository.commit("example.com/a v1.0.0", "example.com/b v1.0.0")
    other = repository.commit("example.com/a v1.0.0", "example.com/b v1.0.0", "example.com/c v1.0.0")
    lines = [f"refs/heads/f {other} refs/heads/f {'0' * 40}", f"refs/heads/main {main} refs/heads/main {before}"]
    assert repository.brings(lines) == {"example.com/b", "example.com/c"}
