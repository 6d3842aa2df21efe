"""Every verdict, from answers as values."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goproxy_check import module
from goproxy_check.diagnose import diagnose
from goproxy_check.goenv import Proxy
from goproxy_check.module import nearest_versions, tag
from goproxy_check.origin import Origin
from goproxy_check.proxy import Answer, Kind
from goproxy_check.references import Reference
from goproxy_check.verdict import Evidence, Verdict

REF = Reference("github.com/acme/lib", "v1.1.0", go_mod_hashes=("h1:right",))
P1 = Proxy("https://one.example", "https://one.example", False)
P2 = Proxy("https://two.example", "https://two.example", False)


def said(kind: Kind, status: int = 0, proxy: Proxy = P1, **more: object) -> tuple[Answer, ...]:
    """Return the answers of one proxy for both files."""
    answer = Answer(proxy, ".info", kind, status)
    return answer._replace(**more), answer._replace(resource=".mod", **more)  # type: ignore[arg-type]


def listed(*versions: str, kind: Kind = Kind.SERVED) -> tuple[Answer, ...]:
    return (Answer(P1, "list", kind, 200, versions=versions),)


SERVED = said(Kind.SERVED, 200)
ABSENT = said(Kind.ABSENT, 404)
REFUSED = said(Kind.REFUSED, 403)
DOWN = said(Kind.UNAVAILABLE)
PUBLISHED = Origin(True, "https://github.com/acme/lib", ("v1.0.0", "v1.1.0"))
UNPUBLISHED = Origin(False, "https://github.com/acme/lib", ("v1.0.0",))
PRIVATE = Origin(None, error="fatal: could not read Username")
OFFLINE = Origin(None, error="dial tcp: no such host", network=True)

TABLE = [
    ("served", Evidence(REF, SERVED), Verdict.OK),
    ("served by the second proxy", Evidence(REF, ABSENT + said(Kind.SERVED, 200, P2)), Verdict.OK),
    ("served once asked plainly", Evidence(REF, ABSENT, PUBLISHED, SERVED), Verdict.OK),
    ("one file of two", Evidence(REF, ABSENT, PUBLISHED, (*SERVED[:1], *ABSENT[1:], *listed("v1.0.0"))), Verdict.STALE),
    ("published, and absent", Evidence(REF, ABSENT, PUBLISHED, ABSENT + listed("v1.0.0")), Verdict.STALE),
    (
        "published, and list unknown",
        Evidence(REF, ABSENT, PUBLISHED, ABSENT + listed(kind=Kind.UNAVAILABLE)),
        Verdict.STALE,
    ),
    ("published, and no version known", Evidence(REF, ABSENT, PUBLISHED, ABSENT + listed()), Verdict.UNLISTED),
    ("published, and no list", Evidence(REF, ABSENT, PUBLISHED, ABSENT + listed(kind=Kind.ABSENT)), Verdict.UNLISTED),
    ("not published", Evidence(REF, ABSENT, UNPUBLISHED), Verdict.UNPUBLISHED),
    ("origin is private", Evidence(REF, ABSENT, PRIVATE, ABSENT), Verdict.MISSING),
    ("origin is out of reach", Evidence(REF, ABSENT, OFFLINE, ABSENT), Verdict.MISSING),
    ("refused", Evidence(REF, REFUSED), Verdict.REFUSED),
    ("refused when asked plainly", Evidence(REF, ABSENT, PUBLISHED, REFUSED), Verdict.REFUSED),
    ("down", Evidence(REF, DOWN), Verdict.UNAVAILABLE),
    ("down outweighs not found", Evidence(REF, DOWN + said(Kind.ABSENT, 404, P2)), Verdict.UNAVAILABLE),
    ("refused outweighs down", Evidence(REF, DOWN + said(Kind.REFUSED, 403, P2)), Verdict.REFUSED),
    (
        "the proxy's own time-out",
        Evidence(REF, ABSENT, PUBLISHED, said(Kind.ABSENT, 404, detail="not found: fetch timed out") + listed()),
        Verdict.UNAVAILABLE,
    ),
    ("right hash", Evidence(REF, said(Kind.SERVED, 200, go_mod_hash="h1:right")), Verdict.OK),
    ("wrong hash", Evidence(REF, said(Kind.SERVED, 200, go_mod_hash="h1:wrong")), Verdict.MISMATCH),
    ("no proxy, published", Evidence(REF, origin=PUBLISHED), Verdict.OK),
    ("no proxy, not published", Evidence(REF, origin=UNPUBLISHED), Verdict.UNPUBLISHED),
    ("no proxy, origin is private", Evidence(REF, origin=PRIVATE), Verdict.MISSING),
    ("no proxy, origin is out of reach", Evidence(REF, origin=OFFLINE), Verdict.UNAVAILABLE),
    ("invalid", Evidence(replace(REF, invalid="why")), Verdict.INVALID),
    ("skipped", Evidence(replace(REF, skipped="why")), Verdict.SKIPPED),
    ("skipped by the settings", Evidence(REF, skipped="GOPROXY=off"), Verdict.SKIPPED),
]


@pytest.mark.parametrize(("evidence", "verdict"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_verdict(evidence: Evidence, verdict: Verdict) -> None:
    diagnosis = diagnose(evidence)
    assert diagnosis.verdict is verdict
    assert diagnosis.finding == (verdict not in (Verdict.OK, Verdict.SKIPPED))
    assert bool(diagnosis.said or diagnosis.why) == (verdict is not Verdict.OK)


def test_cached_until_is_the_latest_time_a_proxy_gave() -> None:
    answers = said(Kind.ABSENT, 404, until=100.0) + said(Kind.ABSENT, 404, P2, until=200.0)
    assert diagnose(Evidence(REF, ABSENT, PUBLISHED, answers)).cached_until == 200.0


NEAREST = [
    ("v1.1.0", ("v1.0.0", "v1.0.1", "v1.2.0", "v1.3.0", "v2.0.0"), ("v1.0.0", "v1.0.1", "v1.2.0", "v2.0.0")),
    ("v9.9.9", ("v1.0.0", "v1.1.0"), ("v1.0.0", "v1.1.0")),
    ("v0.0.1", ("v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0"), ("v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0")),
    ("v1.0.0", (), ()),
    ("v1.0.0-rc.2", ("v1.0.0-rc.1", "v1.0.0-rc.10", "v1.0.0"), ("v1.0.0-rc.1", "v1.0.0-rc.10", "v1.0.0")),
]


@pytest.mark.parametrize(("version", "published", "wanted"), NEAREST)
def test_nearest_versions(version: str, published: tuple[str, ...], wanted: tuple[str, ...]) -> None:
    assert nearest_versions(version, published) == wanted


@given(st.lists(st.tuples(*[st.integers(0, 3)] * 3), unique=True), st.tuples(*[st.integers(0, 3)] * 3))
def test_nearest_versions_has_the_neighbours(numbers: list[tuple[int, ...]], own: tuple[int, ...]) -> None:
    published = tuple("v{}.{}.{}".format(*item) for item in numbers if item != own)
    version = "v{}.{}.{}".format(*own)
    near = nearest_versions(version, published)
    ordered = sorted((*published, version), key=module.semver_key)
    at = ordered.index(version)
    for neighbour in (*ordered[max(0, at - 1) : at], *ordered[at + 1 : at + 2]):
        assert neighbour in near


TAGS = [
    ("github.com/acme/lib", "v1.0.0", "https://github.com/acme/lib", "v1.0.0"),
    ("github.com/acme/lib/sub", "v1.0.0", "https://github.com/acme/lib", "sub/v1.0.0"),
    ("github.com/acme/lib/sub/v2", "v2.0.0", "https://github.com/acme/lib.git", "sub/v2.0.0"),
    ("github.com/acme/lib/v2", "v2.0.0", "https://github.com/acme/lib", "v2.0.0"),
    ("github.com/acme/lib", "v2.0.0+incompatible", "https://github.com/acme/lib", "v2.0.0"),
    ("go.example.com/lib", "v1.0.0", "https://github.com/acme/lib", "v1.0.0"),
]


@pytest.mark.parametrize(("path", "version", "url", "wanted"), TAGS)
def test_tag_that_publishes_a_version(path: str, version: str, url: str, wanted: str) -> None:
    assert tag(path, version, url) == wanted
