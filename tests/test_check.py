"""The main job, end to end: verdicts, who is asked what and in which order, and what the user reads."""

import json
import re
from pathlib import Path
from unittest import mock

import pytest

from goproxy_check.verdict import Verdict
from tests.support.goproxy import GoProxy, Said, reset
from tests.support.sumdb import SumDB
from tests.support.world import LIB, World, document


def test_stale(world: World, proxy: GoProxy) -> None:
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    world.app(f"{LIB} v1.1.0")
    done = world.main()
    assert done.returncode == 1
    until = re.search(r"until (\d\d:\d\d) \((\d+) more minutes\)", done.stdout)
    assert until and int(until[2]) in (29, 30)
    text = done.stdout.replace(until[0], "until HH:MM").replace(proxy.url, "PROXY")
    assert text == (
        f"go.mod:6: {LIB} v1.1.0: stale\n"
        "  PROXY: 404 Not Found: invalid version: unknown revision v1.1.0\n"
        "  https://github.com/acme/lib (its origin): has v1.1.0\n"
        "  The proxy looked before this version was published, and remembers the miss until HH:MM.\n"
        "\n"
        "Fetch it here, past the proxy; go.sum gets its lines:\n"
        f"  GOPROXY=direct go mod download {LIB}@v1.1.0\n"
        "CI and others behind the proxy can't get it until it asks again.\n"
        "To go on before that, with a warning: the same with --fix (the hook goproxy-fix)\n"
    )


def test_direct_at_the_end_of_the_list_does_not_count_as_resolved(world: World) -> None:
    """The user's own Go has it already, through ``direct``: CI behind the proxy alone would fail all the same."""
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    app = world.app(f"{LIB} v1.1.0")
    world.go("mod", "download", f"{LIB}@v1.1.0", cwd=app)
    assert world.verdicts() == {f"{LIB}@v1.1.0": "stale"}


def test_published_and_not_yet_held_is_fetched_by_the_proxy_and_fine(world: World, proxy: GoProxy) -> None:
    world.origin(LIB, "v1.0.0", "v1.1.0")
    world.app(f"{LIB} v1.1.0")
    assert world.verdicts() == {f"{LIB}@v1.1.0": "ok"}
    assert proxy.asked(hold=True)[0] == f"/{LIB}/@v/v1.1.0.info" or proxy.asked(hold=True)[0].endswith(".mod")
    assert set(proxy.asked(hold=False)) == {f"/{LIB}/@v/{name}" for name in ("v1.1.0.info", "v1.1.0.mod", "list")}


def test_held_is_asked_for_with_the_header_and_nothing_else(world: World, proxy: GoProxy) -> None:
    proxy.put("example.com/a", "v1.0.0")
    world.app("example.com/a v1.0.0")
    assert world.verdicts() == {"example.com/a@v1.0.0": "ok"}
    assert proxy.asked(hold=False) == []
    # Its two files, and for the note on retractions the list and the latest go.mod.
    place = "/example.com/a/@v"
    assert sorted(proxy.asked()) == [f"{place}/list", f"{place}/v1.0.0.info", *[f"{place}/v1.0.0.mod"] * 2]


@pytest.mark.parametrize("version", ["v1.9.0", "v0.0.0-20200101000000-abcdefabcdef", "v2.9.0+incompatible"])
def test_unpublished_version_is_never_asked_plainly(world: World, proxy: GoProxy, version: str) -> None:
    world.origin(LIB, "v1.0.0")
    world.app(f"{LIB} {version}")
    assert world.verdicts() == {f"{LIB}@{version}": "unpublished"}
    assert proxy.asked(hold=False) == []
    world.publish(LIB, "v1.9.0")
    if version == "v1.9.0":
        assert world.verdicts() == {f"{LIB}@{version}": "ok"}, "asking has poisoned the proxy"


@pytest.mark.parametrize(
    ("path", "tag", "folder"),
    [(f"{LIB}/v3", "v3.0.0", ""), (f"{LIB}/sub", "v1.5.0", "sub"), (f"{LIB}/v2/sub", "v1.0.0", "v2/sub")],
)
def test_tag_alone_is_not_enough_where_the_go_mod_does_not_fit(world: World, path: str, tag: str, folder: str) -> None:
    repository = world.origin(LIB, "v1.0.0")
    world.git("tag", f"{folder}/{tag}".lstrip("/"), cwd=repository)
    world.app(f"{path} {tag}")
    done = world.main()
    assert f"{path} {tag}: unpublished" in done.stdout
    assert "go.mod" in done.stdout.splitlines()[2] and "nobody can use it as this module" in done.stdout
    assert "GOPROXY=direct" not in done.stdout


@pytest.mark.parametrize("fault", [Said(403), Said(500), reset])
@pytest.mark.parametrize("separator", [",", "|"])
def test_proxy_that_may_still_fetch_it_is_asked_whatever_the_next_one_says(
    world: World, proxy: GoProxy, fault: Said, separator: str
) -> None:
    world.origin(LIB, "v1.0.0")
    world.app(f"{LIB} v1.0.0", f"{LIB}/v7 v7.0.0")
    with GoProxy().running() as second:
        second.fault("@v/", fault)
        goproxy = f"{proxy.url}{separator}{second.url}"
        assert world.verdicts(GOPROXY=goproxy) == {f"{LIB}@v1.0.0": "ok", f"{LIB}/v7@v7.0.0": "unpublished"}
        assert world.go("mod", "download", f"{LIB}@v1.0.0", GOPROXY=goproxy).returncode == 0
    assert not [path for path in proxy.asked(hold=False) if "v7" in path]


def test_unpublished_names_the_nearest_versions_and_the_tag(world: World) -> None:
    sub = f"{LIB}/sub"
    world.origin(sub, "v1.0.0", "v1.1.0", "v1.2.0", folder="sub")
    world.app(f"{sub} v1.1.1")
    done = world.main()
    assert "Nearest published: v1.0.0, v1.1.0, v1.2.0." in done.stdout
    assert "git push origin sub/v1.1.1" in done.stdout
    assert "GOPROXY=direct" not in done.stdout
    assert document(world.main("--format", "json"))["results"][0]["origin"] == {
        "url": "https://github.com/acme/lib",
        "published": False,
        "nearest": ["v1.0.0", "v1.1.0", "v1.2.0"],
    }


def test_unlisted(world: World, proxy: GoProxy) -> None:
    world.origin(LIB)
    world.stale(LIB, "v0.1.0")
    world.app(f"{LIB} v0.1.0")
    done = world.main()
    assert f"{LIB} v0.1.0: unlisted" in done.stdout
    assert f'go env -w "GOPRIVATE=$(go env GOPRIVATE),{LIB}"' in done.stdout
    assert f"GOPROXY=direct go mod download {LIB}@v0.1.0" in done.stdout


def test_missing_shows_what_the_origin_said(world: World) -> None:
    world.app("github.com/acme/secret v1.0.0")
    done = world.main()
    assert "github.com/acme/secret v1.0.0: missing" in done.stdout
    assert "(its origin): could not be asked: fatal: " in done.stdout
    assert "GOPROXY=direct go mod download github.com/acme/secret@v1.0.0" in done.stdout
    assert world.verdicts() == {"github.com/acme/secret@v1.0.0": "missing"}


@pytest.mark.parametrize(
    ("status", "words"),
    [(403, "Ask those who run the proxy."), (401, "Give Go your login"), (400, "check the spelling")],
)
def test_refused(world: World, proxy: GoProxy, status: int, words: str) -> None:
    proxy.fault("/@v/", Said(status, b"blocked by policy 7"))
    world.app(f"{LIB} v1.0.0")
    done = world.main()
    assert f"{LIB} v1.0.0: refused" in done.stdout
    assert "blocked by policy 7" in done.stdout and words in done.stdout
    assert f"    GOPROXY=direct go mod download {LIB}@v1.0.0" in done.stdout
    assert proxy.asked(hold=False) == []


def test_refused_version_that_is_not_listed_may_be_a_typo(world: World, proxy: GoProxy) -> None:
    """Some proxies answer 403 for what they do not have; their list, asked for with the header, tells more."""
    proxy.put(LIB, "v1.0.0")
    proxy.fault("v1.9.0", Said(403, b"This version is not available."))
    world.app(f"{LIB} v1.9.0")
    done = world.main()
    assert "The proxy refuses it, and does not list it either. It lists v1.0.0." in done.stdout
    assert proxy.asked(hold=False) == []


def test_unavailable(world: World, proxy: GoProxy) -> None:
    proxy.fault("/@v/", Said(500, b"out of order"))
    world.app(f"{LIB} v1.0.0", "example.com/b v1.0.0")
    done = world.main()
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.count(": unavailable") == 2
    assert done.stdout.count("No proxy gave a usable answer") == 1, "what two versions share is said once"
    assert done.stdout.endswith("\nTo let it pass for now: the same with --allow-unavailable\n")
    done = world.main("--allow-unavailable")
    assert done.returncode == 0
    assert done.stdout == (
        f"warning: not checked: {LIB}@v1.0.0, example.com/b@v1.0.0 "
        f"({proxy.url}: 500 Internal Server Error: out of order)\n"
    )


def test_allow_unavailable_lets_nothing_else_pass(world: World, proxy: GoProxy) -> None:
    proxy.fault("/example.com/", Said(500))
    world.origin(LIB, "v1.0.0")
    world.app(f"{LIB} v1.0.1", "example.com/b v1.0.0")
    assert world.main("--allow-unavailable").returncode == 1


def test_what_was_not_checked_is_not_said_to_resolve(world: World, proxy: GoProxy) -> None:
    proxy.fault("/@v/", Said(500))
    done = world.main("--allow-unavailable", "--timeout", "1s", f"{LIB}@v1.0.0", cwd=world.home)
    assert done.returncode == 0 and done.stdout.startswith("warning: not checked: ") and done.stdout.count("\n") == 1


def test_goproxy_off_is_no_answer(world: World) -> None:
    world.app(f"{LIB} v1.0.0")
    done = world.main(GOPROXY="off")
    assert (done.returncode, done.stdout) == (0, f"warning: not checked: {LIB}@v1.0.0 (GOPROXY=off)\n")
    for args in ([f"{LIB}@v1.0.0"], ["--wait", "1s"]):  # a question that somebody waits for the answer to
        done = world.main(*args, GOPROXY="off")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "goproxy-check: GOPROXY=off: nobody can be asked (see go env GOPROXY)\n"


def test_what_a_proxy_remembers_is_no_more_than_it_says(world: World, proxy: GoProxy, tmp_path: Path) -> None:
    proxy.says_until = False
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    world.app(f"{LIB} v1.1.0")
    assert "and may remember the miss; half an hour is usual.\n" in world.main().stdout
    folder = tmp_path / "proxy" / LIB / "@v"
    folder.mkdir(parents=True)
    assert "The folder that is your proxy knows no version of this module at all.\n" in (
        world.main(GOPROXY=(tmp_path / "proxy").as_uri()).stdout
    )
    (folder / "list").write_text("v1.0.0\n")
    assert "The folder that is your proxy does not hold it yet.\n" in (
        world.main(GOPROXY=(tmp_path / "proxy").as_uri()).stdout
    )


def test_proxy_that_nobody_knows_may_be_misspelt(world: World) -> None:
    world.app(f"{LIB} v1.0.0")
    done = world.main(GOPROXY="http://127.0.0.1:9")
    assert "Try again when it is back, if go env GOPROXY has no typo." in done.stdout


def test_file_by_a_way_around(world: World, proxy: GoProxy) -> None:
    app = world.app("example.com/none v1.0.0")
    assert "example.com/none@v1.0.0" in world.verdicts(f"../{app.name}/go.mod")


def test_incompatible_version_that_is_not_there(world: World) -> None:
    world.origin(LIB, "v1.0.0")
    done = world.main(f"{LIB}@v2.0.0+incompatible", cwd=world.home)
    assert "unpublished" in done.stdout and "no version of this module" not in done.stdout


def test_mismatch_shows_both_hashes(world: World, proxy: GoProxy) -> None:
    proxy.put("example.com/a", "v1.0.0")
    app = world.app("example.com/a v1.0.0")
    (app / "go.sum").write_text("example.com/a v1.0.0/go.mod h1:somethingelse=\n")
    world.git("add", ".", cwd=app)
    done = world.main()
    assert "mismatch" in done.stdout and "h1:somethingelse=" in done.stdout
    assert done.stdout.count("h1:") == 2 and "go mod download" not in done.stdout


def sums(world: World, *wrong: str) -> str:
    """Return the go.sum lines of LIB v1.1.0, with another before the WRONG ("mod", "zip") or after them ("-mod", …)."""
    lines = world.sum_lines(LIB, "v1.1.0").splitlines(keepends=True)
    for kind in wrong:
        index = next(i for i, line in enumerate(lines) if ("/go.mod" in line) == kind.endswith("mod"))
        other = f"{lines[index].rpartition(' ')[0]} h1:{'A' * 43}=\n"
        lines.insert(index + kind.startswith("-"), other)
    return "".join(lines)


@pytest.mark.parametrize("wrong", ["mod", "-mod", "zip", "-zip"])
def test_two_hashes_in_go_sum_are_a_mismatch_whichever_comes_first(world: World, wrong: str) -> None:
    """Go itself fails where the wrong one comes first, and sorts the lines at the next occasion."""
    world.origin(LIB, "v1.0.0", "v1.1.0")
    app = world.app(f"{LIB} v1.1.0")
    (app / "go.sum").write_text(sums(world))
    world.commit(app, "first")
    (app / "go.sum").write_text(sums(world, wrong))
    world.git("add", ".", cwd=app)
    done = world.main()
    assert done.returncode == 1
    assert re.match(rf"go\.sum:[123]: {LIB} v1\.1\.0: mismatch\n", done.stdout)
    assert f"h1:{'A' * 43}=" in done.stdout and "go.sum has two hashes for one file" in done.stdout
    world.main("--fix")
    assert (app / "go.sum").read_text() == sums(world, wrong)
    (app / "main.go").write_text(f'package main\n\nimport _ "{LIB}"\n\nfunc main() {{}}\n')
    build = world.go("mod", "verify", cwd=app, ok=False)
    build = world.go("mod", "download", cwd=app, ok=False) if build.returncode == 0 else build
    assert ("checksum mismatch" in build.stderr) is not wrong.startswith("-")


def test_hash_of_a_known_version_that_is_edited_is_checked(world: World, proxy: GoProxy) -> None:
    world.origin(LIB, "v1.0.0", "v1.1.0")
    app = world.app(f"{LIB} v1.1.0")
    (app / "go.sum").write_text(sums(world))
    world.commit(app, "first")
    (app / "go.sum").write_text("\n".join(line for line in sums(world, "mod").splitlines()[:2]) + "\n")
    world.git("add", ".", cwd=app)
    done = world.main()
    assert done.returncode == 1 and f"go.sum:2: {LIB} v1.1.0: mismatch" in done.stdout
    assert f"go.sum has h1:{'A' * 43}=" in done.stdout


def test_moved_and_sorted_lines_are_no_news(world: World, proxy: GoProxy) -> None:
    world.origin(LIB, "v1.0.0", "v1.1.0")
    app = world.app(f"{LIB} v1.1.0")
    (app / "go.sum").write_text(sums(world, "mod"))
    world.commit(app, "first")
    (app / "sub").mkdir()
    for name in ("go.mod", "go.sum"):
        (app / name).rename(app / "sub" / name)
    (app / "sub" / "go.sum").write_text("".join(reversed(sums(world, "mod").splitlines(keepends=True))))
    world.git("add", "--all", ".", cwd=app)
    assert world.main().returncode == 0 and proxy.log == []


class TestArchive:
    """Builds need the archive too: whether it is there is asked without fetching it, where that question is known."""

    @pytest.fixture
    def app(self, world: World) -> Path:
        world.origin(LIB, "v1.0.0", "v1.1.0")
        app = world.app(f"{LIB} v1.1.0")
        (app / "go.sum").write_text(sums(world))
        world.git("add", ".", cwd=app)
        return app

    def same_as_go(self, world: World, app: Path, wanted: str) -> None:
        assert world.verdicts(GOPROXY=world.proxy.url) == {f"{LIB}@v1.1.0": wanted}
        assert not any(seen.method == "GET" and seen.path.endswith(".zip") for seen in world.proxy.log)
        done = world.go("mod", "download", cwd=app, ok=False, GOPROXY=world.proxy.url)
        assert (done.returncode == 0) == (wanted == "ok"), done.stderr

    def test_that_is_held_is_asked_for_once(self, world: World, app: Path, proxy: GoProxy) -> None:
        proxy.answer(f"/{LIB}/@v/v1.1.0.info", hold=False)
        self.same_as_go(world, app, "ok")
        asked = [(seen.method, seen.hold) for seen in proxy.log if seen.path.endswith(".zip") and seen.method == "HEAD"]
        assert asked == [("HEAD", True)]

    def test_that_is_not_served_is_stale(self, world: World, app: Path, proxy: GoProxy) -> None:
        proxy.fault(r"\.zip$", Said(404, b"not found: no archive"))
        self.same_as_go(world, app, "stale")
        done = world.main(GOPROXY=proxy.url)
        assert f"{proxy.url} (the archive): 404 Not Found" in done.stdout
        assert "The proxy serves its go.mod, but not the archive that builds need" in done.stdout

    def test_that_is_blocked_is_refused(self, world: World, app: Path, proxy: GoProxy) -> None:
        proxy.fault(r"\.zip$", Said(403, b"quarantined"))
        self.same_as_go(world, app, "refused")

    @pytest.mark.parametrize("status", [404, 405, 500, 501])
    def test_proxy_that_does_not_know_the_question_is_not_doubted(
        self, world: World, app: Path, proxy: GoProxy, status: int
    ) -> None:
        proxy.fault("", lambda handler: Said(status) if handler.command == "HEAD" else None)
        self.same_as_go(world, app, "ok")

    def test_storage_that_knows_only_get_is_not_doubted(self, world: World, app: Path, proxy: GoProxy) -> None:
        proxy.answer(f"/{LIB}/@v/v1.1.0.info", hold=False)
        body = proxy.answer(f"/{LIB}/@v/v1.1.0.zip", hold=False).body
        proxy.fault("^/storage", lambda handler: Said(403 if handler.command == "HEAD" else 200, body))
        proxy.fault(r"\.zip$", Said(307, b"", (("Location", "/storage?signed=1"),)))
        self.same_as_go(world, app, "ok")

    @pytest.mark.parametrize("status", [204, 400, 401, 405, 501])
    def test_odd_answer_about_the_archive_alone_is_not_believed(
        self, world: World, app: Path, proxy: GoProxy, status: int
    ) -> None:
        odd = Said(status)
        proxy.fault(r"\.zip$", lambda handler: odd if handler.command == "HEAD" else None)
        self.same_as_go(world, app, "ok")

    def test_that_go_sum_does_not_know_is_not_asked_for(self, world: World, app: Path, proxy: GoProxy) -> None:
        (app / "go.sum").write_text("".join(sums(world).splitlines(keepends=True)[1:]))
        world.git("add", ".", cwd=app)
        self.same_as_go(world, app, "ok")
        assert not any(seen.method == "HEAD" for seen in proxy.log)

    def test_of_a_folder_is_looked_for(self, world: World, app: Path, tmp_path: Path) -> None:
        place = tmp_path / "files" / LIB / "@v"
        place.mkdir(parents=True)
        for end in ("info", "mod", "zip"):
            (place / f"v1.1.0.{end}").write_bytes(world.proxy.answer(f"/{LIB}/@v/v1.1.0.{end}", hold=False).body)
        folder = (tmp_path / "files").as_uri()
        assert world.verdicts(GOPROXY=folder) == {f"{LIB}@v1.1.0": "ok"}
        (place / "v1.1.0.zip").unlink()
        assert world.verdicts(GOPROXY=folder) == {f"{LIB}@v1.1.0": "stale"}
        assert world.go("mod", "download", cwd=app, ok=False, GOPROXY=folder).returncode == 1


class TestPrivate:
    @pytest.mark.parametrize(
        "pattern", [LIB, "github.com/acme", "github.com/*/lib", "*.com", "other.com,github.com/acme/"]
    )
    def test_name_reaches_no_proxy_in_any_step(self, world: World, proxy: GoProxy, pattern: str) -> None:
        world.origin(LIB, "v1.0.0")
        world.app(f"{LIB} v1.0.0", f"{LIB}/v2 v2.0.0", "github.com/acme/lib/gone v1.0.0")
        verdicts = world.verdicts(GOPRIVATE=pattern)
        assert verdicts[f"{LIB}@v1.0.0"] == "ok"
        assert verdicts[f"{LIB}/v2@v2.0.0"] == "unpublished"
        assert proxy.log == []
        world.main("--fix", "-x", GOPRIVATE=pattern)
        assert proxy.log == []

    def test_gonoproxy_overrides_goprivate(self, world: World, proxy: GoProxy) -> None:
        proxy.put(LIB, "v1.0.0")
        world.app(f"{LIB} v1.0.0")
        assert world.verdicts(GOPRIVATE=LIB, GONOPROXY="none") == {f"{LIB}@v1.0.0": "ok"}
        assert proxy.log


@pytest.mark.parametrize("goproxy", ["direct", "direct,off"])
def test_without_proxies_the_origin_decides(world: World, proxy: GoProxy, goproxy: str) -> None:
    world.origin(LIB, "v1.0.0")
    world.app(f"{LIB} v1.0.0", f"{LIB}/v3 v3.0.0")
    assert world.verdicts(GOPROXY=goproxy) == {f"{LIB}@v1.0.0": "ok", f"{LIB}/v3@v3.0.0": "unpublished"}
    assert proxy.log == []


def test_goproxy_off_skips_all_but_the_private(world: World, proxy: GoProxy) -> None:
    world.origin(LIB, "v1.0.0")
    world.app(f"{LIB} v1.0.0", "example.com/a v1.0.0")
    verdicts = world.verdicts(GOPROXY="off", GOPRIVATE=LIB)
    assert verdicts == {f"{LIB}@v1.0.0": "ok", "example.com/a@v1.0.0": "skipped"}
    assert "example.com/a v1.0.0: skipped\n  GOPROXY=off" in world.main("-x", GOPROXY="off", GOPRIVATE=LIB).stdout
    assert proxy.log == []


def test_athens_like_proxy_that_ignores_the_header(world: World, proxy: GoProxy) -> None:
    proxy.honours = False
    world.origin(LIB, "v1.0.0")
    world.app(f"{LIB} v1.0.0", f"{LIB}/v2 v2.0.0")
    assert world.verdicts() == {f"{LIB}@v1.0.0": "ok", f"{LIB}/v2@v2.0.0": "unpublished"}


def test_second_proxy_may_have_it(world: World, proxy: GoProxy) -> None:
    world.app("example.com/a v1.0.0")
    with GoProxy().running() as second:
        second.put("example.com/a", "v1.0.0")
        assert world.verdicts(GOPROXY=f"{proxy.url},{second.url}") == {"example.com/a@v1.0.0": "ok"}


def test_settings_of_go_env_w_are_honoured(world: World, proxy: GoProxy) -> None:
    proxy.put("example.com/a", "v1.0.0")
    world.app("example.com/a v1.0.0")
    del world.env["GOPROXY"]
    world.go("env", "-w", f"GOPROXY={proxy.url}")
    assert world.verdicts() == {"example.com/a@v1.0.0": "ok"}
    assert proxy.log


class TestOrigins:
    def test_pseudo_version_needs_its_commit(self, world: World, proxy: GoProxy) -> None:
        repository = world.origin(LIB, "v1.0.0")
        (repository / "more.go").write_text("package lib\n")
        world.commit(repository, "more")
        info = json.loads(world.go("list", "-m", "-json", f"{LIB}@HEAD", GOPROXY="direct").stdout)
        proxy.misses(LIB, info["Version"])
        world.app(f"{LIB} {info['Version']}")
        assert world.verdicts() == {f"{LIB}@{info['Version']}": "stale"}

    def test_pseudo_version_that_does_not_fit_its_commit(self, world: World, proxy: GoProxy) -> None:
        repository = world.origin(LIB, "v1.0.0")
        (repository / "more.go").write_text("package lib\n")
        world.commit(repository, "more")
        commit = world.git("rev-parse", "--short=12", "HEAD", cwd=repository)
        world.app(f"{LIB} v1.0.1-0.20200101000000-{commit}")
        done = world.main()
        assert done.returncode == 1 and ": unpublished\n" in done.stdout and f"go get {LIB}@{commit}\n" in done.stdout
        assert "invalid pseudo-version: does not match version-control timestamp" in done.stdout
        assert "does not have the commit" not in done.stdout

    def test_incompatible(self, world: World, proxy: GoProxy) -> None:
        repository = world.origin(LIB)
        (repository / "go.mod").unlink()
        world.publish(LIB, "v2.0.0+incompatible")
        proxy.misses(LIB, "v2.0.0+incompatible")
        world.app(f"{LIB} v2.0.0+incompatible", f"{LIB} v3.0.0+incompatible")
        assert world.verdicts() == {
            f"{LIB}@v2.0.0+incompatible": "unlisted",
            f"{LIB}@v3.0.0+incompatible": "unpublished",
        }

    def test_major_version_and_sub_folder(self, world: World, proxy: GoProxy) -> None:
        world.origin(f"{LIB}/v2", url="https://github.com/acme/lib")
        world.origin(f"{LIB}/a/b", folder="a/b")
        world.stale(f"{LIB}/v2", "v2.0.0")
        world.stale(f"{LIB}/a/b", "v0.1.0")
        world.app(f"{LIB}/v2 v2.0.0", f"{LIB}/a/b v0.1.0", f"{LIB}/a v0.1.0")
        verdicts = world.verdicts()
        assert verdicts == {
            f"{LIB}/v2@v2.0.0": "unlisted",
            f"{LIB}/a/b@v0.1.0": "unlisted",
            f"{LIB}/a@v0.1.0": "unpublished",
        }

    def test_vanity_path(self, world: World, proxy: GoProxy) -> None:
        """Go asks the vanity host over http here, through the network's proxy: nothing leaves the machine."""
        world.origin(LIB, "v1.0.0")
        with GoProxy().running() as web:
            page = f'<meta name="go-import" content="vanity.example/lib git https://{LIB}">'.encode()
            web.fault("go-get=1", Said(200, page, (("Content-Type", "text/html"),)))
            proxy.misses("vanity.example/lib", "v1.0.0")
            world.app("vanity.example/lib v1.0.0", "vanity.example/lib v1.0.1")
            network = {
                "HTTP_PROXY": web.url,
                "HTTPS_PROXY": web.url,
                "NO_PROXY": "127.0.0.1",
                "GOINSECURE": "vanity.example",
            }
            verdicts = world.verdicts(**network)
        assert verdicts == {"vanity.example/lib@v1.0.0": "unlisted", "vanity.example/lib@v1.0.1": "unpublished"}

    def test_nobody_is_asked_for_a_password(self, world: World) -> None:
        """git would ask on the terminal, or through GIT_ASKPASS: here both would be noticed."""
        asked = world.root / "asked"
        askpass = world.root / "askpass"
        askpass.write_text(f"#!/bin/sh\ntouch {asked}\necho x\n")
        askpass.chmod(0o755)
        with GoProxy().running() as web:
            web.fault("info/refs", Said(401, b"", (("WWW-Authenticate", 'Basic realm="x"'),)))
            world.redirect(f"{web.url}/", "https://github.com/private/")
            world.app("github.com/private/x v1.0.0")
            done = world.main(GIT_ASKPASS=str(askpass), SSH_ASKPASS=str(askpass), GIT_TERMINAL_PROMPT="1")
        assert "github.com/private/x v1.0.0: missing" in done.stdout
        assert not asked.exists()

    def test_users_module_cache_is_neither_asked_nor_written(self, world: World) -> None:
        world.origin(LIB, "v1.0.0")
        world.app(f"{LIB} v1.0.1", f"{LIB}/v9 v9.0.0")
        world.main()
        assert not (world.home / "go").exists()

    @pytest.mark.parametrize("flags", ["-mod=vendor", "-mod=vendor -modcacherw", "-modfile=other.mod"])
    def test_flags_that_make_go_refuse_do_no_harm(self, world: World, flags: str) -> None:
        world.origin(LIB, "v1.0.0")
        world.stale(LIB, "v1.1.0")
        app = world.app(f"{LIB} v1.1.0")
        (app / "vendor").mkdir()
        assert world.verdicts(GOFLAGS=flags) == {f"{LIB}@v1.1.0": "stale"}

    @pytest.mark.parametrize("toolchain", ["go1.99.0", "go1.99.0+auto", "nonsense"])
    def test_toolchain_setting_is_not_followed(self, world: World, proxy: GoProxy, toolchain: str) -> None:
        """Go would fetch that toolchain before it answers, even to ``go env``."""
        world.origin(LIB, "v1.0.0")
        world.app(f"{LIB} v1.0.1")
        assert world.verdicts(GOTOOLCHAIN=toolchain) == {f"{LIB}@v1.0.1": "unpublished"}
        assert not any("toolchain" in path for path in proxy.asked())

    def test_module_with_a_newer_go_line_and_a_go_mod_above(self, world: World) -> None:
        world.origin(LIB, "v1.0.0")
        app = world.app(f"{LIB} v1.0.1")
        text = (app / "go.mod").read_text().replace("go 1.21", "go 1.99.0")
        (app / "go.mod").write_text(text)
        world.git("add", ".", cwd=app)
        (world.root / "tmp").mkdir()
        (world.root / "tmp" / "go.mod").write_text("module above\n\ngo 1.99.0\n")
        (world.root / "go.work").write_text("go 1.99.0\n")
        assert world.verdicts(TMPDIR=str(world.root / "tmp")) == {f"{LIB}@v1.0.1": "unpublished"}


def test_checksum_database_never_hears_of_a_module_in_a_mere_check(world: World, proxy: GoProxy) -> None:
    proxy.sumdb = SumDB("sum.example")
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    info = json.loads(world.go("list", "-m", "-json", f"{LIB}@HEAD", GOPROXY="direct").stdout)
    world.app(f"{LIB} v1.1.0", f"{LIB} {info['Version']}")
    world.main(GOSUMDB=proxy.sumdb.key)
    assert not [path for path in proxy.asked() if path.startswith("/sumdb/")]


def test_terminal_escapes_and_newlines_of_a_proxy_are_not_passed_on(world: World, proxy: GoProxy) -> None:
    proxy.fault("/@v/", Said(403, b"\x1b[2J\x1b]0;title\x07ev\xc2\x9bil\r\n::error::line\n"))
    world.app(f"{LIB} v1.0.0")
    done = world.main()
    assert "ev il ::error::line" in done.stdout
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", done.stdout)


@pytest.mark.parametrize("output", [["-x"], ["--format", "github"], ["--color", "always"]])
def test_escapes_and_newlines_of_files_and_folders_are_not_passed_on(
    world: World, proxy: GoProxy, output: list[str]
) -> None:
    proxy.fault("/@v/", Said(403, b"", (("Content-Type", "text/plain"),)))
    place = world.app(f"{LIB} v1.0.0", folder="\x1b[31mred\n::error::x")
    (place / "go.mod").write_text(
        f'module m\nrequire (\n{LIB} v1.0.0\n"a.com/\\n::error::y\\x1b]0;z\\a" v1.0.0\n)\n', encoding="utf-8"
    )
    (world.root / "app" / "go.sum").write_bytes("bin\x1b[2J ::error:: \x00 x y\n".encode("utf-16"))
    world.git("add", ".", cwd=world.root / "app")
    done = world.main(*output)
    said = re.sub(r"\x1b\[(?:1;31|0)m", "", done.stdout + done.stderr)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", said)
    lines = [line for line in said.splitlines() if line.startswith("::")]
    assert all(line.startswith(("::error file=", "::error title=")) for line in lines) and bool(lines) == (
        "github" in output
    )


@pytest.mark.parametrize("folder", ["::error title=x::pwn", " ::add-mask::e", "##[error]x"])
def test_folder_cannot_give_orders_to_a_ci_system(world: World, folder: str) -> None:
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    world.app(f"{LIB} v1.1.0", folder=folder)
    for args in ([], ["--fix"], ["--fix", "--format", "json"], ["--color", "always"]):
        done = world.main(*args)
        said = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)
        assert not re.search(r"^\s*(?:::|##)", said, re.MULTILINE)


def test_secrets_in_urls_appear_nowhere(world: World, proxy: GoProxy) -> None:
    proxy.fault("/@v/", Said(500))
    world.app(f"{LIB} v1.0.0")
    secret = proxy.url.replace("http://", "http://user:hunter2@")
    for args in (["-x"], ["--format", "json", "-x"], ["--format", "github"], ["--fix", "-x"]):
        done = world.main(*args, GOPROXY=f"{secret},{proxy.url}|direct")
        assert done.returncode == 1
        assert "hunter2" not in done.stdout + done.stderr and "user" not in done.stdout + done.stderr
    done = world.main(GOPROXY=f"ftp://user:hunter2@{LIB}")
    assert done.returncode == 2 and "hunter2" not in done.stderr


def test_trace_is_in_the_words_of_go(world: World, proxy: GoProxy) -> None:
    world.origin(LIB, "v1.0.0")
    world.app(f"{LIB} v1.0.0")
    trace = world.main("-x").stderr
    assert f"# get {proxy.url}/{LIB}/@v/v1.0.0.info (Disable-Module-Fetch: true)\n" in trace
    assert re.search(rf"^# get {proxy.url}/{LIB}/@v/v1\.0\.0\.mod: 200 OK \(\d\.\d{{3}}s\)$", trace, re.MULTILINE)
    theirs = world.go("list", "-m", "-x", f"{LIB}@v1.0.0", GOPROXY=proxy.url).stderr
    assert f"# get {proxy.url}/{LIB}/@v/v1.0.0.info\n" in theirs
    assert re.search(rf"^# get {proxy.url}/{LIB}/@v/v1\.0\.0\.info: 200 OK \(\d\.\d{{3}}s\)$", theirs, re.MULTILINE)


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"PRE_COMMIT": "1"}, "SKIP=goproxy-check git commit"),
        ({"GIT_INDEX_FILE": ".git/index"}, "git commit --no-verify"),
        ({}, "with a warning: the same with --fix"),
    ],
)
def test_way_to_go_on_fits_the_place(world: World, env: dict[str, str], words: str) -> None:
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    world.app(f"{LIB} v1.1.0")
    assert words in world.check(**env).stdout


def test_many_stale_versions_are_explained_once(world: World) -> None:
    for name in ("a", "b", "c"):
        world.origin(f"github.com/acme/{name}", "v1.0.0")
        world.stale(f"github.com/acme/{name}", "v1.1.0")
    world.app(*(f"github.com/acme/{name} v1.1.0" for name in ("a", "b", "c")))
    out = world.main().stdout
    assert out.count(": stale") == 3 and out.count("remembers the miss") == 1 and out.count("404") == 1
    assert "  their origins have them\n" in out


def test_schema_knows_every_verdict() -> None:
    schema = Path(__file__).parents[1] / "examples" / "report.schema.json"
    result = json.loads(schema.read_text(encoding="utf-8"))["properties"]["results"]["items"]
    assert result["properties"]["verdict"]["enum"] == [verdict.value for verdict in Verdict]


def test_prose_is_broken_for_a_terminal_and_commands_are_not(world: World, proxy: GoProxy) -> None:
    world.origin(LIB, "v1.0.0")
    proxy.misses(LIB, "v1.0.0")
    world.app(f"{LIB} v1.0.0", folder="a-folder/with-a-long-name")
    plain = world.main(COLUMNS="60").stdout
    assert max(map(len, plain.splitlines())) > 100
    with mock.patch("goproxy_check.session.is_terminal", return_value=True):
        lines = world.main("--color", "never", COLUMNS="60").stdout.splitlines()
    commands = [line for line in lines if "go env" in line or "go mod" in line]
    assert commands == [line for line in plain.splitlines() if "go env" in line or "go mod" in line]
    assert all(len(line) <= 60 for line in lines[1:6] if line not in commands)
    assert " ".join(" ".join(lines).split()) == " ".join(plain.split())


def test_json_is_the_documented_shape(world: World, proxy: GoProxy) -> None:
    world.origin(LIB, "v1.0.0")
    world.stale(LIB, "v1.1.0")
    world.app(f"{LIB} v1.1.0", folder="sub dir")
    printed = document(world.main("--format", "json"))
    result = printed["results"][0]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", result.pop("cached_until"))
    assert isinstance(result.pop("message"), str)
    assert result == {
        "module": LIB,
        "version": "v1.1.0",
        "verdict": "stale",
        "finding": True,
        "fixed": False,
        "locations": [{"file": "sub dir/go.mod", "line": 6}],
        "proxies": [
            {
                "url": proxy.url,
                "status": 404,
                "detail": f"not found: {LIB}@v1.1.0: invalid version: unknown revision v1.1.0",
            }
        ],
        "origin": {"url": "https://github.com/acme/lib", "published": True, "nearest": []},
        "notes": [],
        "fix": f"cd 'sub dir' && GOPROXY=direct go mod download {LIB}@v1.1.0",
    }
    nothing = world.main("--format", "json", "--from-ref", "HEAD", "--to-ref", "HEAD", cwd=committed(world))
    assert document(nothing) == {
        "schema": 1,
        "summary": {"checked": 0, "ok": 0, "findings": 0, "skipped": 0, "seconds": 0.0},
        "results": [],
    }


def committed(world: World) -> Path:
    app = world.root / "app"
    world.commit(app, "first")
    return app


def test_github_annotations_are_escaped(world: World, proxy: GoProxy) -> None:
    proxy.fault("/@v/", Said(403, b"100%::error::\nx"))
    world.app(f"{LIB} v1.0.0", folder="a,b:c")
    line = world.main("--format", "github").stdout
    assert line.startswith(f"::error file=a%2Cb%3Ac/go.mod,line=6,title={LIB}@v1.0.0%3A refused::")
    assert "100%25::error:: x%0A" in line and line.count("\n") == 1


def test_ok_versions_of_250_modules_are_all_asked_and_counted(world: World, proxy: GoProxy) -> None:
    names = [f"example.com/m{number}" for number in range(250)]
    for name in names:
        proxy.put(name, "v1.0.0")
    world.app(*(f"{name} v1.0.0" for name in names))
    printed = document(world.main("--format", "json"))
    assert printed["summary"]["ok"] == 250
    assert len(proxy.log) == 500
