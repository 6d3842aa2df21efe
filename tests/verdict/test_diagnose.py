"""From answers, as values, to the reason of a verdict: every row of the table, and the words of every reason."""

import pytest

from goproxy_check.go.answers import Failure, Reason
from goproxy_check.go.env import Proxy
from goproxy_check.go.questions import Answer
from goproxy_check.gofiles.module import Invalid, Problem
from goproxy_check.gofiles.reference import Location, Reference, Skip, Skipped
from goproxy_check.options import parse
from goproxy_check.proxy.quick import Replies, Reply
from goproxy_check.report.text import explanation
from goproxy_check.verdict.diagnose import moved, not_listed, not_served, private, served, unpublished
from goproxy_check.verdict.evidence import Diagnosis, Run, without_asking
from goproxy_check.verdict.reasons import Verdict, Why

REF = Reference("github.com/acme/lib", "v1.1.0", (Location("go.mod", 6),), required=True)
PSEUDO = REF._replace(version="v0.0.0-20200101000000-abcdefabcdef")
INCOMPATIBLE = REF._replace(version="v2.0.0+incompatible")
GO = Reference("golang.org/toolchain", "v0.0.1-go1.99.0.linux-amd64", (Location("go.mod", 3),))
P1, P2 = Proxy("https://one.example", False), Proxy("https://two.example", False)
URL = f"https://one.example/{REF.module}/@v/v1.1.0.info"

PUBLISHED = Answer(None, ("v1.0.0", "v1.1.0"), "https://github.com/acme/lib")
ABSENT = Answer(Failure(Reason.UNKNOWN_REVISION), ("v1.0.0",), "https://github.com/acme/lib")
EMPTY = ABSENT._replace(versions=())
UNKNOWN = Answer(Failure(Reason.NO_ACCESS, "fatal: could not read Username"))
NOTHING, OTHERS, ALL = Answer(), Answer(versions=("v1.0.0",)), Answer(versions=("v1.0.0", "v1.1.0"))
NOT_FOUND = Failure(Reason.NOT_FOUND, "", URL, 404, "Not Found")
REFUSED = Failure(Reason.REFUSED, "", URL, 403, "Forbidden")
DOWN = Failure(Reason.UNAVAILABLE, "connection refused", URL)


def unfit(origin: Answer) -> Answer:
    return origin._replace(failure=Failure(Reason.UNFIT, "invalid version: go.mod has another path"))


def no(
    failure: Failure, origin: Answer = UNKNOWN, listing: Answer = NOTHING, ref: Reference = REF, *replies: Reply
) -> Diagnosis:
    return not_served(ref, failure, Replies(ref, replies), origin, listing)


def said(words: str, status: int = 404, file: str = ".info", proxy: Proxy = P1) -> Reply:
    return Reply(proxy, file, status, "Words", words)


NOT_GO_SUM = Failure(Reason.MISMATCH, "", hashes=("h1:a", "go.sum", "h1:b"))
NOT_DATABASE = Failure(Reason.MISMATCH, "", hashes=("h1:a", "sum.example", "h1:b"))
NO_RECORD = Failure(Reason.NO_RECORD, "not found", "https://sum.example/lookup/x", 404)
NEVER, LOGIN = Failure(Reason.NO_GO, ""), "terminal prompts disabled"

TABLE = [
    ("served", served(REF), Why.OK),
    ("served under its own path", served(REF, REF.module), Why.OK),
    ("served, declares another path", served(REF, "github.com/acme/other"), Why.DECLARED),
    ("the same, read from its go.mod", served(REF, go_mod=b"module github.com/acme/other\n"), Why.DECLARED),
    ("replaces another module", served(REF._replace(required=False), "github.com/acme/other"), Why.OK),
    ("private, published", private(REF, PUBLISHED), Why.OK),
    ("private, not published", private(REF, ABSENT), Why.NO_TAG),
    ("private, no access", private(REF, UNKNOWN), Why.NO_ACCESS),
    ("private, out of reach", private(REF, UNKNOWN._replace(failure=DOWN)), Why.NO_ORIGIN),
    ("private, without go", private(REF, UNKNOWN._replace(failure=NEVER)), Why.NO_GO),
    ("not published", unpublished(REF, ABSENT), Why.NO_TAG),
    ("nothing is published", unpublished(REF, EMPTY), Why.NO_TAG_AT_ALL),
    ("incompatible, its tags are not known", unpublished(INCOMPATIBLE, EMPTY), Why.NO_TAG),
    ("its tag is here", unpublished(REF._replace(commit="abcdef"), ABSENT), Why.NOT_PUSHED),
    (
        "go.sum alone names it",
        unpublished(REF._replace(locations=(Location("go.sum", 1),)), ABSENT),
        Why.ONLY_IN_GO_SUM,
    ),
    ("no such commit", unpublished(PSEUDO, EMPTY), Why.NO_COMMIT),
    ("the tag is not of this module", unpublished(REF, unfit(ABSENT)), Why.UNFIT_TAG),
    ("the commit has another time", unpublished(PSEUDO, unfit(EMPTY)), Why.UNFIT_COMMIT),
    ("no such Go release", unpublished(GO, EMPTY), Why.NO_RELEASE),
    ("others are listed, nobody was asked", not_listed(REF, UNKNOWN, OTHERS), Why.OTHERS_LISTED),
    ("the list is out of reach, too", not_listed(REF, UNKNOWN, Answer(DOWN)), Why.NO_ANSWER),
    ("the list says 404", not_listed(REF, UNKNOWN, NOTHING), Why.NONE_LISTED),
    ("403, published, and not listed", no(REFUSED, PUBLISHED, OTHERS), Why.REFUSED),
    ("nothing is listed, nobody was asked", not_listed(REF, UNKNOWN, NOTHING), Why.NONE_LISTED),
    ("404, published", no(NOT_FOUND, PUBLISHED, OTHERS), Why.LOOKED_TOO_EARLY),
    ("404, published, listed", no(NOT_FOUND, PUBLISHED, ALL), Why.LOOKED_TOO_EARLY),
    ("404, published, no version is known", no(NOT_FOUND, PUBLISHED), Why.NO_VERSION),
    ("404, a commit, which no list has", no(NOT_FOUND, PUBLISHED, ref=PSEUDO), Why.LOOKED_TOO_EARLY),
    ("404 of the archive", no(NOT_FOUND._replace(url=URL[:-4] + "zip"), PUBLISHED, ALL), Why.NO_ARCHIVE),
    ("a folder", no(NOT_FOUND._replace(url="file:///proxy/x"), PUBLISHED, OTHERS), Why.NOT_IN_FOLDER),
    ("404, not published", no(NOT_FOUND, ABSENT, OTHERS), Why.NO_TAG),
    ("404, others are listed", no(NOT_FOUND, UNKNOWN, OTHERS), Why.OTHERS_LISTED),
    ("404, listed, no origin", no(NOT_FOUND, UNKNOWN, ALL), Why.LISTED_ONLY),
    ("404, nothing is listed", no(NOT_FOUND), Why.NONE_LISTED),
    ("404 of a toolchain", no(NOT_FOUND, ref=GO), Why.NO_TOOLCHAIN),
    ("404, no login", no(NOT_FOUND._replace(detail=LOGIN)), Why.NO_LOGIN),
    ("404, no login, says the quick answer", no(NOT_FOUND, UNKNOWN, NOTHING, REF, said(LOGIN)), Why.NO_LOGIN),
    ("404, no login, others are listed", no(NOT_FOUND._replace(detail=LOGIN), listing=OTHERS), Why.OTHERS_LISTED),
    ("404, a policy", no(NOT_FOUND._replace(detail="blocked by policy"), PUBLISHED, OTHERS), Why.POLICY),
    ("404, a policy, but not published", no(NOT_FOUND._replace(detail="blocked by policy"), ABSENT), Why.NO_TAG),
    ("404, fetch timed out", no(NOT_FOUND._replace(detail="fetch timed out"), PUBLISHED), Why.LACKS_ORIGIN),
    ("401", no(REFUSED._replace(status=401)), Why.LOGIN_WANTED),
    ("407", no(REFUSED._replace(status=407)), Why.NETWORK_LOGIN),
    ("403", no(REFUSED), Why.REFUSED),
    ("403, listed", no(REFUSED, PUBLISHED, ALL), Why.REFUSED),
    ("403, others are listed", no(REFUSED, UNKNOWN, OTHERS), Why.NOT_LISTED),
    ("403 of a commit, which no list has", no(REFUSED, PUBLISHED, OTHERS, PSEUDO), Why.REFUSED),
    ("403, a policy", no(REFUSED._replace(detail="quarantined"), PUBLISHED, OTHERS), Why.POLICY),
    ("down", no(DOWN), Why.NO_ANSWER),
    ("429", no(DOWN, UNKNOWN, NOTHING, REF, said("slow down", 429)), Why.NO_ANSWER),
    ("time is up", no(Failure(Reason.TIMED_OUT, "no answer")), Why.NO_ANSWER),
    ("no go", not_listed(REF, UNKNOWN._replace(failure=NEVER), NOTHING), Why.NO_GO),
    ("another hash in go.sum", no(NOT_GO_SUM, PUBLISHED, ALL), Why.NOT_GO_SUM),
    ("another hash in the database", no(NOT_DATABASE, PUBLISHED, ALL), Why.NOT_DATABASE),
    ("no record", no(NO_RECORD, PUBLISHED, ALL), Why.NO_RECORD),
    ("no record, as the database timed out", no(NO_RECORD._replace(detail="i/o timeout")), Why.NO_DATABASE),
    ("no database", no(Failure(Reason.NO_DATABASE, "dial tcp: lookup"), PUBLISHED, ALL), Why.NO_DATABASE),
]


@pytest.mark.parametrize(("found", "why"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_reason(found: Diagnosis, why: Why) -> None:
    assert found.why is why


MOVES = [
    ("the tag names what is served", "a", "a", PUBLISHED, "", None),
    ("the tag was moved", "a", "b", PUBLISHED, "", Why.MOVED),
    ("the tag here is not pushed, and its number is taken", "a", "", ABSENT, "b", Why.TAKEN),
    ("the proxy does not say what it serves", "", "b", PUBLISHED, "", None),
    ("the origin cannot be asked", "a", "", UNKNOWN, "b", None),
]


@pytest.mark.parametrize(
    ("serves", "names", "origin", "here", "why"), [row[1:] for row in MOVES], ids=lambda item: None
)
def test_commit_that_is_served_is_held_against_the_tag(
    serves: str, names: str, origin: Answer, here: str, why: Why | None
) -> None:
    found = moved(REF._replace(commit=here), Answer(commit=serves), origin._replace(commit=names))
    assert (found and found.why) is why


def test_answer_of_each_proxy_is_the_one_that_says_most() -> None:
    replies = [
        said("", 200, ".mod"),
        said("not here"),
        said("no archive", file=".zip"),
        said(f"not found: {REF}: unknown revision", proxy=P2),
    ]
    found = no(NOT_FOUND, PUBLISHED, OTHERS, REF, *replies)
    assert found.answers()[:2] == [
        "https://one.example: 404 Words: not here",
        "https://two.example: 404 Words: unknown revision",
    ]


def test_proxy_that_only_go_has_an_answer_of_is_named() -> None:
    found = no(NOT_FOUND._replace(detail="words"))
    assert found.answers()[0] == "https://one.example: 404 Not Found: words"


def test_until_is_the_latest_time_that_a_proxy_names() -> None:
    replies = [said("")._replace(until=until, proxy=proxy) for until, proxy in ((100.0, P1), (200.0, P2), (None, P2))]
    assert no(NOT_FOUND, PUBLISHED, OTHERS, REF, *replies).until == 200.0


DETAILS = {
    Why.QUERY: Reference(REF.module, "latest", invalid=Problem(6, Invalid.QUERY, "words")),
    Why.INVALID: REF._replace(invalid=Problem(6, Invalid.OTHER, "words", "right@v2.0.0")),
    **{Why[skip.name]: REF._replace(skipped=Skipped(skip, "go.work")) for skip in Skip},
}


@pytest.mark.parametrize("nearest", [(), ("v1.0.0",)], ids=["nothing else", "others"])
@pytest.mark.parametrize("why", Why, ids=lambda why: why.name)
def test_reason_has_words_and_no_braces_are_left(why: Why, nearest: tuple[str, ...]) -> None:
    for ref in [DETAILS[why]] if why in DETAILS else [REF, PSEUDO]:
        lines = explanation(
            [Diagnosis(ref, why, origin=PUBLISHED, nearest=nearest, declares="x.com/y")], Run(parse([]), [])
        )
        text = "\n".join(lines)
        assert not set("{}") & set(text)
        assert why is Why.OK or any(lines)
        assert "None" not in text and not any(line.endswith(":") and not line.startswith(" ") for line in lines[-1:])


@pytest.mark.parametrize("found", [row[1] for row in TABLE if row[1].ref is GO], ids=lambda found: found.why.name)
def test_toolchain_is_never_taken_for_private_or_misspelt(found: Diagnosis) -> None:
    text = "\n".join(explanation([found], Run(parse([]), [])))
    assert "GOPRIVATE" not in text and "spelling" not in text


def test_every_reason_is_reached() -> None:
    by_others = {
        Why.INVALID,
        Why.QUERY,
        *(why for why in Why if why.verdict is Verdict.SKIPPED),
    }  # of references, not of answers
    from_answers = {row[2] for row in TABLE} | {row[-1] for row in MOVES}
    missing = {*Why} - from_answers - by_others
    assert missing <= {Why.NOT_LATEST, Why.NOT_UPLOADED}, missing


def test_every_way_to_be_skipped_is_a_reason() -> None:
    reasons = {found.why for skip in Skip if (found := without_asking(REF._replace(skipped=Skipped(skip))))}
    assert reasons == {why for why in Why if why.verdict is Verdict.SKIPPED}
