"""Every verdict from end to end: what the user reads, what programs read, and the exit status."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from goproxy_check.verdict.reasons import Verdict
from tests.support.goproxy import Fault, GoProxy, Said, hashes
from tests.support.sumdb import SumDB
from tests.support.world import LIB, World, document

TARGET = f"{LIB}@v1.1.0"
DIRECT = f"GOPROXY=direct go mod download {TARGET}"
WRONG = f"h1:{'A' * 43}="
Done = subprocess.CompletedProcess[str]
Env = dict[str, str]
Setting = Callable[[World], "Env | None"]  # makes something so, and returns the environment that it needs, if any


def published(world: World, *versions: str) -> None:
    world.origin(LIB, *(versions or ("v1.0.0", "v1.1.0")))


def stale(world: World) -> None:
    published(world, "v1.0.0")
    world.stale(LIB, "v1.1.0")


def says(status: int, words: str = "", file: str = r"/v1\.1\.0\.") -> Setting:
    """Publish the version, and let the proxy answer STATUS and WORDS all the same."""

    def setting(world: World) -> None:
        published(world)
        world.proxy.fault(file, Said(status, words.encode()))

    return setting


def unlisted(world: World) -> None:
    published(world, "v1.1.0")
    world.proxy.misses(LIB, "v1.1.0")


def wrong_hash(world: World) -> None:
    published(world)
    (world.root / "app" / "go.sum").write_text(f"{LIB} v1.1.0/go.mod {WRONG}\n")


def no_record(world: World) -> Env:
    published(world)
    world.proxy.sumdb = SumDB("sum.example")
    return {"GOSUMDB": world.proxy.sumdb.key}


def other_record(world: World) -> Env:
    env = no_record(world)
    assert world.proxy.sumdb
    world.proxy.sumdb.add(LIB, "v1.1.0", WRONG, WRONG)
    return env


def declares_another_path(world: World) -> None:
    world.proxy.put(LIB, "v1.1.0", f"module {LIB}/other\n")


def replaced(world: World) -> None:
    with (world.root / "app" / "go.mod").open("a") as file:
        file.write(f"replace {LIB} => ../lib\n")


class Case(NamedTuple):
    """What is so, and the verdict on LIB v1.1.0, which go.mod requires in line 6."""

    setting: Setting
    verdict: Verdict
    has: tuple[str, ...] = ()  # what the text has: commands, versions, hashes, words of others
    lacks: tuple[str, ...] = ("GOPROXY=direct", "GOPRIVATE")


V = Verdict
ELEVEN = [
    Case(published, V.OK),
    Case(replaced, V.SKIPPED),
    Case(stale, V.STALE, (DIRECT, "until ", "more minutes", "404 Not Found"), ("GOPRIVATE",)),
    Case(unlisted, V.UNLISTED, (DIRECT, f"go env -w GOPRIVATE={LIB}"), ()),
    Case(
        lambda world: published(world, "v0.9.0", "v1.0.0"), V.UNPUBLISHED, ("v0.9.0, v1.0.0", "git push origin v1.1.0")
    ),
    Case(lambda world: None, V.MISSING, (DIRECT, "GOPRIVATE", "fatal: "), ()),
    Case(says(403, "rule 7 says no"), V.REFUSED, ("403 Forbidden: rule 7 says no", DIRECT), ("GOPRIVATE",)),
    Case(says(500, "out of order"), V.UNAVAILABLE, ("500 Internal Server Error: out of order", "--allow-unavailable")),
    Case(wrong_hash, V.MISMATCH, (WRONG, "go.sum")),
    Case(no_record, V.UNVERIFIABLE, (f"GONOSUMDB={LIB} go mod download {TARGET}", "sum.example")),
    Case(declares_another_path, V.INVALID, (f"go mod edit -droprequire={LIB} -require={LIB}/other@v1.1.0",)),
]


def prepared(world: World, setting: Setting) -> Env:
    """Stage a change that brings LIB v1.1.0 where SETTING holds, and return the environment that belongs to it."""
    app = world.app(f"{LIB} v1.1.0")
    env = setting(world) or {}
    world.git("add", ".", cwd=app)
    return env


def missing_from(done: Done, case: Case) -> list[str]:
    return [words for words in case.has if words not in done.stdout]


def superfluous_in(done: Done, case: Case) -> list[str]:
    return [words for words in case.lacks if words in done.stdout]


@pytest.mark.parametrize("case", ELEVEN, ids=lambda case: case.verdict.value)
def test_verdict_in_every_format(world: World, proxy: GoProxy, case: Case) -> None:
    env = prepared(world, case.setting)
    fine = case.verdict in (V.OK, V.SKIPPED)
    text, github = world.main(**env), world.main("--format", "github", **env)
    printed = world.main("--format", "json", **env)
    assert (text.returncode, github.returncode, printed.returncode) == (0 if fine else 1,) * 3
    assert text.stderr + github.stderr + printed.stderr == ""
    (result,) = document(printed)["results"]
    named = f"{result['module']}@{result['version']}"
    assert (named, result["verdict"], result["finding"]) == (TARGET, case.verdict.value, not fine)
    assert [result["fixed"], result["locations"][0]] == [False, {"file": "go.mod", "line": 6}]
    if fine:
        assert text.stdout == github.stdout == ""
        return
    assert text.stdout.startswith(f"go.mod:6: {LIB} v1.1.0: {case.verdict.value}\n")
    assert (missing_from(text, case), superfluous_in(text, case)) == ([], [])
    title = f"::error file=go.mod,line=6,title={TARGET}%3A {case.verdict.value}::"
    assert github.stdout.startswith(title) and github.stdout.count("\n") == 1
    assert github.stdout.removeprefix(title).rstrip("\n").replace("%0A", "\n").replace("%25", "%") == result["message"]
    assert result["fix"] is None or f"  {result['fix']}\n" in text.stdout


def test_all_eleven_are_tested() -> None:
    schema = Path(__file__).parents[2] / "examples" / "report.schema.json"
    result = json.loads(schema.read_text(encoding="utf-8"))["properties"]["results"]["items"]["properties"]
    assert {case.verdict for case in ELEVEN} == {*Verdict}
    assert result["verdict"]["enum"] == [verdict.value for verdict in Verdict]


def listed(*versions: str, then: Setting = lambda world: None) -> Setting:
    """Let the proxy list VERSIONS, whatever else holds."""

    def setting(world: World) -> Env | None:
        world.proxy.fault("/list$", Said(200, "".join(f"{version}\n" for version in versions).encode()))
        return then(world)

    return setting


def unreachable(status: int, words: str) -> Setting:
    return lambda world: world.proxy.fault(r"/v1\.1\.0\.", Said(status, words.encode()))


def archive_is_gone(world: World) -> None:
    published(world)
    (world.root / "app" / "go.sum").write_text(world.sum_lines(LIB, "v1.1.0"))
    world.proxy.fault(r"\.zip$", Said(404, b"not found: no archive"))


def folder(*versions: str) -> Setting:
    """Let a folder be the proxy, which lists VERSIONS."""

    def setting(world: World) -> Env:
        published(world)
        place = world.root / "files" / LIB / "@v"
        place.mkdir(parents=True)
        (place / "list").write_text("".join(f"{version}\n" for version in versions))
        return {"GOPROXY": (world.root / "files").as_uri()}

    return setting


def no_lifetime(world: World) -> None:
    world.proxy.says_until = False
    stale(world)


def without_direct(world: World) -> Env:
    stale(world)
    return {"GOPROXY": world.proxy.url}


def origin_without_tags(world: World) -> None:
    world.origin(LIB)


def private(*versions: str) -> Setting:
    def setting(world: World) -> Env:
        if versions:
            published(world, *versions)
        return {"GOPRIVATE": "github.com/acme"}

    return setting


def origin_is_down(world: World) -> Env:
    world.redirect("http://127.0.0.1:9/", "https://github.com/acme/")
    return {"GOPRIVATE": "github.com/acme"}


# The words of a 404 decide, then what the origin has, then what is listed.
NO_LOGIN = (
    "not found: git ls-remote: fatal: could not read Username for 'https://github.com': terminal prompts disabled"
)
DETAILS = {
    "404 that speaks of a policy": Case(says(404, "quarantined by policy"), V.REFUSED, ("quarantined by policy",)),
    "404 that speaks of the proxy's network": Case(
        says(404, "not found: fetch timed out"), V.UNAVAILABLE, ("fetch timed out", "--allow-unavailable")
    ),
    "404 that speaks of a login": Case(
        unreachable(404, NO_LOGIN), V.MISSING, ("could not read Username", "GOPRIVATE"), ()
    ),
    "404 without a word": Case(says(404), V.STALE, (DIRECT,), ("GOPRIVATE",)),
    "410": Case(says(410), V.STALE, (DIRECT, "410 Gone"), ("GOPRIVATE",)),
    "401": Case(says(401, "who are you?"), V.REFUSED, ("who are you?", ".netrc", "GOAUTH")),
    "407": Case(says(407), V.REFUSED, ("HTTPS_PROXY",), ("GOAUTH",)),
    "451": Case(says(451), V.REFUSED, ("451",), ("GOPRIVATE",)),
    "403 of what is not listed": Case(
        listed("v0.9.0", "v1.0.0", then=says(403)), V.REFUSED, ("has v1.1.0", DIRECT), ("go mod edit",)
    ),
    "429": Case(says(429, "slow down"), V.UNAVAILABLE, ("429 Too Many Requests: slow down",)),
    "archive is not served": Case(
        archive_is_gone, V.STALE, ("the archive", "404", "go.sum has its lines already"), ("GOPRIVATE", DIRECT)
    ),
    "folder that lacks it": Case(folder("v1.0.0"), V.STALE, ("folder", DIRECT), ("GOPRIVATE",)),
    "folder that lacks the module": Case(folder(), V.UNLISTED, (DIRECT, "GOPRIVATE"), ()),
    "until when is unknown": Case(no_lifetime, V.STALE, ("unknown", DIRECT), ("more minutes",)),
    "GOPROXY has no direct": Case(without_direct, V.STALE, ("GOPROXY has no direct", DIRECT), ("GOPRIVATE",)),
    "others are listed, and the origin is out of reach": Case(
        listed("v0.9.0", "v1.0.0"), V.MISSING, ("v0.9.0, v1.0.0", f"go mod edit -require={LIB}@v1.0.0")
    ),
    "listed, and nothing else": Case(listed("v1.1.0"), V.MISSING, (DIRECT,), ("GOPRIVATE", "spelling")),
    "no version at all": Case(origin_without_tags, V.UNPUBLISHED, ("git push origin v1.1.0",)),
    "other record": Case(other_record, V.MISMATCH, (WRONG, "sum.example")),
    "private": Case(private("v1.1.0"), V.OK),
    "private, not published": Case(private("v1.0.0"), V.UNPUBLISHED, ("git push origin v1.1.0",)),
    "private, without access": Case(private(), V.MISSING, ("fatal: ",)),
    "private, out of reach": Case(origin_is_down, V.UNAVAILABLE, ("--allow-unavailable",)),
}


@pytest.mark.parametrize("case", DETAILS.values(), ids=DETAILS.keys())
def test_cause_is_told_from_the_evidence(world: World, proxy: GoProxy, case: Case) -> None:
    env = prepared(world, case.setting)
    done = world.main("-x", **env)
    assert done.returncode == int(case.verdict is not V.OK)
    named = re.findall(rf"^go\.\w+:\d: {LIB} v1\.1\.0: (\w+)$", done.stdout, re.MULTILINE)
    assert named == [case.verdict.value] * (case.verdict is not V.OK)
    assert (missing_from(done, case), superfluous_in(done, case)) == ([], [])


def test_line_that_go_does_not_accept_is_named_with_what_it_may_be_meant_to_be(world: World, proxy: GoProxy) -> None:
    world.app(f"{LIB} v2.1.0")
    done = world.main()
    assert done.returncode == 1 and done.stdout.startswith("go.mod:6: ") and ": invalid\n" in done.stdout[:99]
    assert f"mean: {LIB}/v2 v2.1.0\n" in done.stdout and proxy.log == []


def test_stale_json_says_who_said_what_and_until_when(world: World, proxy: GoProxy) -> None:
    stale(world)
    world.app(f"{LIB} v1.1.0", folder="sub dir")
    (result,) = document(world.main("--format", "json"))["results"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", result["cached_until"])
    (asked,) = result["proxies"]
    assert (asked["url"], asked["status"]) == (proxy.url, 404) and "unknown revision v1.1.0" in asked["detail"]
    assert result["origin"] == {"url": f"https://{LIB}", "published": True, "nearest": []}
    world.run("sh", "-c", result["fix"], cwd=world.root / "app")
    assert f"{LIB} v1.1.0 h1:" in (world.root / "app" / "sub dir" / "go.sum").read_text()
    assert result["locations"] == [{"file": "sub dir/go.mod", "line": 6}]


def test_nothing_to_check_is_an_empty_document(world: World, proxy: GoProxy) -> None:
    world.commit(world.app(f"{LIB} v1.1.0"), "first")
    done = world.main("--format", "json")
    assert done.returncode == 0 and proxy.log == []
    printed = document(done)
    assert printed["summary"] | {"seconds": 0} == {"checked": 0, "ok": 0, "findings": 0, "skipped": 0, "seconds": 0}
    assert printed["results"] == []


def test_counts_are_those_of_the_results(world: World, proxy: GoProxy) -> None:
    published(world)
    app = world.app(f"{LIB} v1.1.0", f"{LIB} v1.0.0", f"{LIB}/v7 v7.0.0", "example.com/x 1.0")
    with (app / "go.mod").open("a") as file:
        file.write(f"replace {LIB} v1.0.0 => ../lib\n")
    world.git("add", ".", cwd=app)
    counts = document(world.main("--format", "json"))["summary"]
    assert counts | {"seconds": 0} == {"checked": 3, "ok": 1, "findings": 2, "skipped": 1, "seconds": 0}


def test_findings_that_differ_in_names_share_one_explanation(world: World) -> None:
    names = [f"github.com/acme/{name}" for name in "abc"]
    for name in names:
        world.origin(name, "v1.0.0")
        world.stale(name, "v1.1.0")
    world.app(*(f"{name} v1.1.0" for name in names))
    out = world.main().stdout
    assert out.count(": stale\n") == 3 and out.count("remembers the miss") == 1 and out.count(": 404 ") == 1
    assert f"GOPROXY=direct go mod download {' '.join(f'{name}@v1.1.0' for name in names)}\n" in out


def test_direct_at_the_end_of_the_list_does_not_count_as_served(world: World) -> None:
    """The user's own Go has it already, through ``direct``: CI behind the proxy alone would fail all the same."""
    stale(world)
    app = world.app(f"{LIB} v1.1.0")
    world.go("mod", "download", TARGET, cwd=app)
    assert world.verdicts() == {TARGET: "stale"}


class TestWhatGoIsAsked:
    """The settings and the places of a user's Go."""

    def test_pseudo_version_needs_its_commit(self, world: World, proxy: GoProxy) -> None:
        repository = world.origin(LIB, "v1.0.0")
        (repository / "more.go").write_text("package lib\n")
        world.commit(repository, "more")
        version = json.loads(world.go("list", "-m", "-json", f"{LIB}@HEAD", GOPROXY="direct").stdout)["Version"]
        commit = version.rpartition("-")[2]
        unfit, unknown = f"v1.0.1-0.20200101000000-{commit}", "v0.0.0-20200101000000-abcdefabcdef"
        proxy.misses(LIB, version)
        world.app(*(f"{LIB} {one}" for one in (version, unfit, unknown)))
        done = world.main()
        found = dict(re.findall(rf"^go\.mod:\d: {LIB} (\S+): (\w+)$", done.stdout, re.MULTILINE))
        assert found == {version: "stale", unfit: "unpublished", unknown: "unpublished"}
        assert f"go mod edit -require={LIB}@{commit}" in done.stdout and "git push origin" not in done.stdout
        assert not [path for path in proxy.asked() if unfit in path or unknown in path]

    def test_major_versions_folders_and_incompatible(self, world: World, proxy: GoProxy) -> None:
        world.origin(f"{LIB}/v2", url=f"https://{LIB}")
        world.origin(f"{LIB}/a/b", "v1.0.0", folder="a/b")
        (world.origin("github.com/acme/two") / "go.mod").unlink()
        world.publish("github.com/acme/two", "v2.0.0+incompatible")
        proxy.misses("github.com/acme/two", "v2.0.0+incompatible")
        world.stale(f"{LIB}/v2", "v2.0.0")
        world.stale(f"{LIB}/a/b", "v1.1.0")
        wanted = {
            f"{LIB}/v2@v2.0.0": "unlisted",
            f"{LIB}/a/b@v1.1.0": "stale",
            f"{LIB}/a/b@v1.2.0": "unpublished",
            f"{LIB}/a@v0.1.0": "unpublished",
            "github.com/acme/two@v2.0.0+incompatible": "unlisted",
            "github.com/acme/two@v3.0.0+incompatible": "unpublished",
        }
        done = world.main(*wanted, cwd=world.home)
        found = dict(re.findall(r"^(\S+ \S+): (\w+)$", done.stdout, re.MULTILINE))
        assert found == {name.replace("@", " "): verdict for name, verdict in wanted.items()}
        assert "git push origin a/b/v1.2.0\n" in done.stdout

    @pytest.mark.parametrize(
        ("path", "version", "folder"),
        [(f"{LIB}/v3", "v3.0.0", ""), (f"{LIB}/sub", "v1.5.0", "sub"), (f"{LIB}/v2/sub", "v1.0.0", "v2/sub")],
    )
    def test_tag_alone_is_not_enough_where_the_go_mod_does_not_fit(
        self, world: World, proxy: GoProxy, path: str, version: str, folder: str
    ) -> None:
        repository = world.origin(LIB, "v1.0.0")
        world.git("tag", f"{folder}/{version}".lstrip("/"), cwd=repository)
        world.app(f"{path} {version}")
        done = world.main()
        assert f"{path} {version}: unpublished" in done.stdout and "GOPROXY=direct" not in done.stdout
        assert "go.mod" in done.stdout.splitlines()[1], "the words of go name the file"
        assert not [name for name in proxy.asked() if version in name]

    def test_go_mod_that_declares_another_path(self, world: World, proxy: GoProxy) -> None:
        proxy.put("github.com/Google/uuid", "v1.6.0", "module github.com/google/uuid\n")
        app = world.app("github.com/Google/uuid v1.6.0")
        done = world.main()
        assert done.returncode == 1 and "go.mod:6: github.com/Google/uuid v1.6.0: invalid\n" in done.stdout
        edit = re.search(r"^ +(go mod edit .*)$", done.stdout, re.MULTILINE)
        assert edit and "-require=github.com/google/uuid@v1.6.0" in edit[1]
        world.run("sh", "-c", edit[1], cwd=app)
        assert "github.com/google/uuid v1.6.0" in (app / "go.mod").read_text()
        refused = world.go(
            "list",
            "-m",
            "all",
            ok=False,
            cwd=world.app("github.com/Google/uuid v1.6.0", name="other"),
            GOFLAGS="-mod=mod",
        )
        assert "declares its path as: github.com/google/uuid" in refused.stderr

    @pytest.mark.parametrize("path", ["a.com/x$(touch pwned)", "a.com/x;id", "a.com/x y"])
    def test_declared_path_that_is_none_is_in_no_command(self, world: World, proxy: GoProxy, path: str) -> None:
        """A proxy, or the author of a module, would else have commands run that a user pastes."""
        proxy.put(LIB, "v1.1.0", f'module "{path}"\n')
        world.app(f"{LIB} v1.1.0")
        out = world.main().stdout
        assert not [line for line in out.splitlines() if line.startswith("  ") and "go mod" in line and path in line]

    def test_retracted_version_resolves(self, world: World, proxy: GoProxy) -> None:
        proxy.put(LIB, "v1.1.0")
        proxy.put(LIB, "v1.2.0", f"module {LIB}\n\nretract v1.1.0 // Loses data.\n")
        world.app(f"{LIB} v1.1.0")
        done = world.main("-x")
        assert (done.returncode, done.stdout) == (0, "") and "v1.2.0" not in str(proxy.asked())

    def test_vanity_path(self, world: World, proxy: GoProxy) -> None:
        """Go asks the vanity host over http here, through the network's proxy: nothing leaves the machine."""
        world.origin(LIB, "v1.0.0")
        with GoProxy().running() as web:
            page = f'<meta name="go-import" content="vanity.example/lib git https://{LIB}">'.encode()
            web.fault("go-get=1", Said(200, page, (("Content-Type", "text/html"),)))
            proxy.misses("vanity.example/lib", "v1.0.0")
            world.app("vanity.example/lib v1.0.0", "vanity.example/lib v1.0.1")
            network = {"HTTP_PROXY": web.url, "HTTPS_PROXY": web.url, "NO_PROXY": "127.0.0.1"}
            found = world.verdicts(**network, GOINSECURE="vanity.example")
        assert found == {"vanity.example/lib@v1.0.0": "unlisted", "vanity.example/lib@v1.0.1": "unpublished"}

    def test_second_proxy_may_have_it(self, world: World, proxy: GoProxy) -> None:
        world.app(f"{LIB} v1.1.0")
        with GoProxy().running() as second:
            second.put(LIB, "v1.1.0")
            assert world.verdicts(GOPROXY=f"{proxy.url},{second.url}") == {TARGET: "ok"}

    def test_settings_of_go_env_w_are_honoured(self, world: World, proxy: GoProxy) -> None:
        proxy.put(LIB, "v1.1.0")
        world.app(f"{LIB} v1.1.0")
        del world.env["GOPROXY"]
        world.go("env", "-w", f"GOPROXY={proxy.url}")
        assert world.verdicts() == {TARGET: "ok"} and proxy.log

    @pytest.mark.parametrize(
        "env",
        [{"GOFLAGS": "-mod=vendor -modfile=x.mod"}, {"GOTOOLCHAIN": "go1.99.0+auto"}, {"GOWORK": "/none/go.work"}],
    )
    def test_settings_that_would_make_go_refuse_do_no_harm(
        self, world: World, proxy: GoProxy, env: dict[str, str]
    ) -> None:
        stale(world)
        app = world.app(f"{LIB} v1.1.0", f"{LIB} v1.9.0", f"{LIB} v1.0.0")
        go_mod = app / "go.mod"
        go_mod.write_text(go_mod.read_text().replace("go 1.21", "go 1.99.0"))
        world.git("add", ".", cwd=app)
        found = world.verdicts(**env)
        assert [found[f"{LIB}@{version}"] for version in ("v1.1.0", "v1.9.0", "v1.0.0")] == [
            "stale",
            "unpublished",
            "ok",
        ]
        assert not (world.home / "go").exists(), "the user's module cache is neither asked nor written"


def only_get(status: int, body: bytes) -> Fault:
    """Fault: answer GET with BODY, and HEAD with STATUS."""
    return lambda handler: Said(status if handler.command == "HEAD" else 200, body)


class TestGoSum:
    """What go.sum records of a version is held against what is served, as Go does it."""

    @staticmethod
    def lines(world: World, *wrong: str) -> str:
        """Return the lines of LIB v1.1.0, with another instead of ("mod", "zip"), before or after (+mod, mod+) one."""
        archive, go_mod = world.sum_lines(LIB, "v1.1.0").splitlines(keepends=True)
        other = {"mod": f"{LIB} v1.1.0/go.mod {WRONG}\n", "zip": f"{LIB} v1.1.0 {WRONG}\n"}
        for word in wrong:
            kind = word.strip("+")
            line = archive if kind == "zip" else go_mod
            both = {"+": line + other[kind], "": other[kind]}[word[-1] if word[-1] == "+" else ""]
            both = other[kind] + line if word[0] == "+" else both
            archive, go_mod = (both, go_mod) if kind == "zip" else (archive, both)
        return archive + go_mod

    def go_sum(self, world: World, text: str, name: str = "") -> Path:
        app = world.app(f"{LIB} v1.1.0", folder=name)
        (app / "go.sum").write_text(text)
        world.git("add", "--all", ".", cwd=world.root / "app")
        return app

    @pytest.mark.parametrize(
        ("wrong", "wanted"), [("mod", "mismatch"), ("+mod", "mismatch"), ("mod+", "ok"), ("zip", "mismatch")]
    )
    def test_edited_line_of_a_known_version_is_news(
        self, world: World, proxy: GoProxy, wrong: str, wanted: str
    ) -> None:
        """Of two hashes for one file Go takes the first."""
        published(world)
        world.commit(self.go_sum(world, self.lines(world)), "first")
        app = self.go_sum(world, self.lines(world, wrong))
        assert world.verdicts() == {TARGET: wanted}
        theirs = world.go("mod", "download", cwd=app, ok=False, GOPROXY=proxy.url)
        assert ("checksum mismatch" in theirs.stderr) == (wanted == "mismatch"), theirs.stderr
        world.main("--fix")
        assert (app / "go.sum").read_text() == self.lines(world, wrong), "it is never fixed"

    def test_lines_that_are_moved_and_sorted_are_no_news(self, world: World, proxy: GoProxy) -> None:
        published(world)
        app = self.go_sum(world, self.lines(world, "mod"))
        world.commit(app, "first")
        for name in ("go.mod", "go.sum"):
            (app / name).unlink()
        self.go_sum(world, "".join(reversed(self.lines(world, "mod").splitlines(keepends=True))), "sub")
        assert (world.main().returncode, proxy.log) == (0, [])

    @pytest.mark.parametrize("redirected", [False, True], ids=["", "redirected"])
    def test_storage_that_knows_only_get_is_not_doubted(self, world: World, proxy: GoProxy, redirected: bool) -> None:
        """Each module has a storage that says something else to HEAD."""
        modules = {f"example.com/{status}": status for status in (401, 403, 405, 500, 501)}
        lines = []
        for module, status in modules.items():
            proxy.put(module, "v1.1.0")
            body = proxy.answer(f"/{module}/@v/v1.1.0.zip", hold=False).body
            archive, mod = hashes(module, "v1.1.0", {"go.mod": f"module {module}\n".encode()})
            lines += [f"{module} v1.1.0 {archive}\n", f"{module} v1.1.0/go.mod {mod}\n"]
            storage = f"^/storage/{status}" if redirected else rf"{module}/@v/.*\.zip$"
            proxy.fault(storage, only_get(status, body))
            if redirected:
                to = (("Location", f"/storage/{status}?signed=1"),)
                proxy.fault(rf"{module}/@v/.*\.zip$", Said(307, b"", to))
        app = world.app(*(f"{module} v1.1.0" for module in modules))
        (app / "go.sum").write_text("".join(lines))
        world.git("add", ".", cwd=app)
        targets = [f"{module}@v1.1.0" for module in modules]
        assert world.verdicts(GOPROXY=proxy.url) == dict.fromkeys(targets, "ok")
        world.go("mod", "download", *targets, cwd=app, GOPROXY=proxy.url)

    def test_blocked_archive_is_refused(self, world: World, proxy: GoProxy) -> None:
        published(world)
        self.go_sum(world, self.lines(world))
        proxy.fault(r"\.zip$", Said(403, b"rule 7 says no"))
        assert world.verdicts() == {TARGET: "refused"}

    def test_checksum_database_hears_only_of_what_is_served(self, world: World, proxy: GoProxy) -> None:
        env = no_record(world)
        world.stale(LIB, "v1.2.0")
        world.origin("github.com/corp/x", "v1.0.0")
        world.app(*(f"{LIB} {version}" for version in ("v1.2.0", "v1.3.0")), "github.com/corp/x v1.0.0")
        found = world.verdicts(GOPRIVATE="github.com/corp", **env)
        assert [*found.values()] == ["stale", "unpublished", "ok"]
        assert not [path for path in proxy.asked() if "lookup" in path]


class TestExitStatus:
    def test_goproxy_off_is_a_warning_in_a_hook_and_no_answer_to_a_question(self, world: World, proxy: GoProxy) -> None:
        world.origin("github.com/corp/x", "v1.0.0")
        world.app(f"{LIB} v1.1.0", "github.com/corp/x v1.0.0")
        done = world.main(GOPROXY="off", GOPRIVATE="github.com/corp")
        assert (done.returncode, done.stdout) == (0, f"warning: not checked: {TARGET} (GOPROXY=off)\n")
        for args in ([TARGET], ["--wait", "1s"]):
            done = world.main(*args, GOPROXY="off")
            assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
            assert "GOPROXY=off" in done.stderr
        assert proxy.log == []

    def test_allow_unavailable_lets_that_pass_and_nothing_else(self, world: World, proxy: GoProxy) -> None:
        proxy.fault("/example.com/", Said(500, b"out of order"))
        world.app("example.com/b v1.0.0")
        done = world.main("--allow-unavailable")
        assert done.returncode == 0 and done.stdout.count("\n") == 1
        assert done.stdout.startswith("warning: not checked: example.com/b@v1.0.0 (") and "500" in done.stdout
        annotation = world.main("--allow-unavailable", "--format", "github")
        assert annotation.returncode == 0 and annotation.stdout.startswith("::warning file=go.mod,line=6,title=")
        published(world, "v1.0.0")
        world.app("example.com/b v1.0.0", f"{LIB} v1.1.0")
        assert world.main("--allow-unavailable").returncode == 1

    @pytest.mark.parametrize("goproxy", ["ftp://user:hunter2@proxy.example", "nonsense", ","])
    def test_goproxy_that_go_cannot_use(self, world: World, goproxy: str) -> None:
        published(world)
        world.app(f"{LIB} v1.1.0")
        done = world.main(GOPROXY=goproxy)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert "GOPROXY" in done.stderr and "hunter2" not in done.stderr
        assert world.go("list", "-m", TARGET, ok=False, GOPROXY=goproxy).returncode != 0


class TestVersionsOnTheCommandLine:
    def test_bad_ones_are_invalid_and_the_others_are_answered(self, world: World, proxy: GoProxy) -> None:
        published(world)
        asked = {
            TARGET: "ok",
            f"{LIB}@v1.9.0": "unpublished",
            f"{LIB}@v2.0.0": "invalid",
            f"{LIB}/v2@v1.0.0": "invalid",
            f"{LIB}@1.0.0": "invalid",
            f"{LIB}@latest": "invalid",
            f"{LIB}@v1.0": "invalid",
            "github.com/acme/LIB space@v1.0.0": "invalid",
            "@v1.0.0": "invalid",
            f"{LIB}@": "invalid",
            "golang.org/toolchain@go1.22.1": "invalid",
        }
        assert world.verdicts(*asked, cwd=world.home) == asked
        text = world.main(*asked, cwd=world.home)
        assert text.returncode == 1
        for right in (f"{LIB}/v2@v2.0.0", f"{LIB}@v1.0.0"):
            assert f" {right}" in text.stdout, "what it may be meant to be"
        assert f"go list -m {LIB}@latest\n" in text.stdout
        assert {path.partition("/@v/")[2] for path in proxy.asked()} == {"list", "v1.1.0.info", "v1.1.0.mod"}

    def test_nothing_asked_if_all_are_invalid(self, world: World, proxy: GoProxy) -> None:
        assert world.main(f"{LIB}@v2.0.0", cwd=world.home).returncode == 1
        assert proxy.log == []

    def test_all_fine_is_one_line(self, world: World, proxy: GoProxy) -> None:
        published(world)
        done = world.main(TARGET, f"{LIB}@v1.0.0", cwd=world.home)
        assert done.returncode == 0
        assert re.fullmatch(r"goproxy-check: 2 module versions resolve \(\d+\.\d\ds\)\n", done.stdout)


SECRET = "hunter2"


class TestSecrets:
    """Passwords in GOPROXY, in the URLs of origins and in what is printed by others: nowhere to be seen."""

    @pytest.mark.parametrize(
        "args", [["-x"], ["--format", "json", "-x"], ["--format", "github"], ["--fix", "-x"], ["--wait", "1s", "-x"]]
    )
    def test_no_output_has_them(self, world: World, proxy: GoProxy, args: list[str]) -> None:
        world.program("go", f'echo "$@" >> "{world.root}/arguments"\nexec "{world.go_path}" "$@"')
        told = f"ask https://user:{SECRET}@mirror.example/x?token={SECRET}"
        proxy.fault("/@v/", Said(500, told.encode()))
        world.redirect(f"http://user:{SECRET}@127.0.0.1:9/", "https://github.com/acme/")
        world.app(f"{LIB} v1.1.0")
        goproxy = proxy.url.replace("http://", f"http://user:{SECRET}@")
        done = world.main(*args, GOPROXY=f"{goproxy},{proxy.url}/second|direct")
        assert done.returncode == 1 and ("mirror.example" in done.stdout or "--wait" in args)
        arguments = (world.root / "arguments").read_text()
        assert "list -m" in arguments
        for text in (done.stdout, done.stderr, arguments):
            assert SECRET not in text and "user:" not in text


def test_trace_is_in_the_words_of_go(world: World, proxy: GoProxy) -> None:
    published(world)
    app = world.app(f"{LIB} v1.1.0")
    (app / "go.sum").write_text(world.sum_lines(LIB, "v1.1.0"))
    world.git("add", ".", cwd=app)
    line = rf"^# get {proxy.url}/{LIB}/@v/v1\.1\.0\.info: 200 OK \(\d\.\d{{3}}s\)$"
    assert re.search(line, world.main("-x").stderr, re.MULTILINE)
    theirs = world.go("list", "-m", "-x", TARGET, GOPROXY=proxy.url).stderr
    assert re.search(line, theirs, re.MULTILINE)


@pytest.mark.parametrize("output", [["-x"], ["--format", "github"], ["--color", "always"]])
def test_escapes_and_newlines_are_not_passed_on(world: World, proxy: GoProxy, output: list[str]) -> None:
    """Neither those of a proxy, nor those of files and folders."""
    published(world)
    proxy.fault(r"/v1\.", Said(403, b"\x1b[2J\x1b]0;title\x07ev\xc2\x9bil\r\n::error::line\n"))
    place = world.app(f"{LIB} v1.1.0", folder="\x1b[31mred\n::error::x")
    go_mod = f'module m\nrequire (\n{LIB} v1.1.0\n"a.com/\\n::error::y\\x1b]0;z\\a" v1.0.0\n)\n'
    (place / "go.mod").write_text(go_mod, encoding="utf-8")
    (world.root / "app" / "go.sum").write_bytes("bin\x1b[2J ::error:: \x00 x y\n".encode("utf-16"))
    world.git("add", ".", cwd=world.root / "app")
    done = world.main(*output)
    said = re.sub(r"\x1b\[(?:1;3[0-9]|0)m", "", done.stdout + done.stderr)
    assert "ev il" in said and not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", said)
    lines = [text for text in said.splitlines() if text.lstrip().startswith("::")]
    ours = [text for text in lines if text.startswith(("::error file=", "::error title="))]
    assert lines == ours and bool(ours) == ("github" in output)


def test_folder_gives_no_orders_to_a_ci_system(world: World) -> None:
    stale(world)
    for folder in ("::error title=x::pwn", " ::add-mask::e", "##[error]x"):
        world.app(f"{LIB} v1.1.0", folder=folder)
    for args in ([], ["--fix", "--format", "json"], ["--color", "always"]):
        done = world.main(*args)
        said = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)
        assert not re.search(r"^\s*::|##", said, re.MULTILINE)


def test_annotations_are_escaped(world: World, proxy: GoProxy) -> None:
    published(world)
    proxy.fault(r"/v1\.", Said(403, b"100%::error::\nx"))
    world.app(f"{LIB} v1.1.0", folder="a,b:c")
    line = world.main("--format", "github").stdout
    assert line.startswith(f"::error file=a%2Cb%3Ac/go.mod,line=6,title={TARGET}%3A refused::")
    assert "100%25::error:: x%0A" in line and line.count("\n") == 1


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"PRE_COMMIT": "1"}, "SKIP=goproxy-check"),
        ({"GIT_INDEX_FILE": ".git/index"}, "git commit --no-verify"),
    ],
)
@pytest.mark.parametrize("setting", [stale, says(403), wrong_hash], ids=["stale", "refused", "mismatch"])
def test_every_stop_names_its_way_out(world: World, env: dict[str, str], words: str, setting: Setting) -> None:
    more = prepared(world, setting)
    assert words in world.main(**env, **more).stdout.splitlines()[-1]


def test_what_no_proxy_answers_may_pass_with_a_warning(world: World) -> None:
    more = prepared(world, says(500))
    assert world.main(**more).stdout.splitlines()[-1].endswith("--allow-unavailable after the same command")
    *_, warned, once = world.main(PRE_COMMIT="1", **more).stdout.splitlines()
    assert warned.endswith("--allow-unavailable in the hook's arguments") and "SKIP=goproxy-check" in once
    done = world.main("--allow-unavailable", PRE_COMMIT="1", **more)
    assert done.returncode == 0 and done.stdout.startswith("warning: not checked: ")
