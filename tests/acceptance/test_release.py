"""Release jobs: --tag, tags that were moved, numbers that are taken, and --latest."""

import json
from pathlib import Path

import pytest

from tests.support.goproxy import GoProxy, Said
from tests.support.world import LIB, World, document

OTHER = "0" * 40


@pytest.fixture
def own(world: World) -> Path:
    """The repository of LIB as its author has it, with a module in a sub-folder too."""
    repository = world.root / "own"
    (repository / "sub").mkdir(parents=True)
    world.git("init", "-q", cwd=repository)
    (repository / "go.mod").write_text(f"module {LIB}\n")
    (repository / "sub" / "go.mod").write_text(f"module {LIB}/sub\n")
    world.commit(repository, "start")
    return repository


def serves(proxy: GoProxy, version: str, commit: str) -> None:
    """Let PROXY serve COMMIT as VERSION, and list it."""
    proxy.put(LIB, version)
    info = {"Version": version, "Time": "2026-01-02T03:04:05Z", "Origin": {"VCS": "git", "Hash": commit}}
    proxy.fault(f"{version}.info", Said(200, json.dumps(info).encode()))


@pytest.mark.parametrize(
    ("tag", "named"),
    [("v1.2.3", f"{LIB}@v1.2.3"), ("sub/v1.2.3", f"{LIB}/sub@v1.2.3")],
)
def test_tag_stands_for_the_module_whose_go_mod_lies_there(world: World, own: Path, tag: str, named: str) -> None:
    world.origin(LIB, "v1.0.0")
    world.git("tag", tag, cwd=own)
    assert world.verdicts("--tag", tag, cwd=own) in ({named: "unpublished"}, {named: "missing"})


def test_major_version_in_a_folder_of_its_own(world: World, own: Path) -> None:
    (own / "v2").mkdir()
    (own / "v2" / "go.mod").write_text(f"module {LIB}/v2\n")
    world.commit(own, "v2")
    world.git("tag", "v2.0.0", cwd=own)
    assert list(world.verdicts("--tag", "v2.0.0", cwd=own)) == [f"{LIB}/v2@v2.0.0"]


@pytest.mark.parametrize(
    ("tag", "words"),
    [("v9.9.9", "there is no such tag here"), ("v2.0.0", "does not fit"), ("none/v1.0.0", "there is no none/go.mod")],
)
def test_tag_that_publishes_nothing_is_one_line(world: World, own: Path, tag: str, words: str) -> None:
    if tag != "v9.9.9":
        world.git("tag", tag, cwd=own)
    done = world.main("--tag", tag, cwd=own)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert f"--tag {tag}" in done.stderr and words in done.stderr


@pytest.mark.parametrize("args", [[f"{LIB}@v1.0.0"], ["--wait", "60s", f"{LIB}@v1.0.0"]])
def test_tag_that_was_moved_is_a_mismatch_with_both_commits(world: World, proxy: GoProxy, args: list[str]) -> None:
    repository = world.origin(LIB)
    commit = world.git("rev-parse", "HEAD", cwd=repository)
    world.git("tag", "-a", "v1.0.0", "-m", "annotated", cwd=repository)
    assert world.verdicts(*args, cwd=world.home) == {f"{LIB}@v1.0.0": "ok"}
    serves(proxy, "v1.0.0", commit)
    assert world.verdicts(*args, cwd=world.home) == {f"{LIB}@v1.0.0": "ok"}
    proxy.faults.clear()
    serves(proxy, "v1.0.0", OTHER)
    done = world.main(*args, cwd=world.home)
    assert done.returncode == 1 and f"{LIB} v1.0.0: mismatch" in done.stdout
    assert commit in done.stdout and f"{OTHER} of 2026-01-02T03:04:05Z" in done.stdout
    assert "next version" in done.stdout and "GOPROXY=direct" not in done.stdout


def test_number_that_is_taken_is_told_before_the_tag_is_pushed(world: World, proxy: GoProxy, own: Path) -> None:
    world.origin(LIB, "v1.0.0")
    world.git("tag", "v1.5.0", cwd=own)
    serves(proxy, "v1.5.0", OTHER)
    done = world.main("--tag", "v1.5.0", cwd=own)
    assert done.returncode == 1 and "mismatch" in done.stdout and "taken" in done.stdout
    world.git("tag", "v1.6.0", cwd=own)
    done = world.main("--tag", "v1.6.0", cwd=own)
    assert "unpublished" in done.stdout and "git push origin v1.6.0" in done.stdout
    assert not [path for path in proxy.asked() if "v1.6.0" in path]


@pytest.mark.parametrize(("wanted", "code"), [("v1.5.0", 0), ("v1.1.0", 0), ("v1.6.0", 1)])
def test_latest_waits_for_a_version_at_least_as_new(world: World, proxy: GoProxy, wanted: str, code: int) -> None:
    """Go takes the list's highest release; v1.6.0 is served, and not listed."""
    world.origin(LIB, "v1.0.0", "v1.1.0", "v1.5.0", "v1.6.0")
    proxy.fault(r"/@v/list$", Said(200, b"v1.0.0\nv1.1.0\nv1.5.0\n"))
    done = world.main("--format", "json", "--wait", "6s", "--latest", f"{LIB}@{wanted}", cwd=world.home)
    (result,) = document(done)["results"]
    assert (done.returncode, result["verdict"]) == (code, "stale" if code else "ok")
    assert ("@latest still takes v1.5.0" in result["message"]) == bool(code)


def test_pre_release_is_not_waited_for_as_latest(world: World) -> None:
    world.origin(LIB, "v1.0.0", "v1.1.0-rc.1")
    done = world.main("--wait", "5s", "--latest", f"{LIB}@v1.1.0-rc.1", cwd=world.home)
    assert done.returncode == 0 and "never chooses a pre-release" in done.stderr
