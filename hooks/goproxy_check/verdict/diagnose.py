"""From answers to verdicts: this reads like the table of verdicts. Pure: no network, no process, no clock."""

from goproxy_check.go.answers import Cause, Failure, Reason, cause
from goproxy_check.go.env import Proxy
from goproxy_check.go.questions import Answer
from goproxy_check.gofiles import module
from goproxy_check.gofiles.modfile import read
from goproxy_check.gofiles.reference import Reference
from goproxy_check.proxy.quick import Replies, Reply
from goproxy_check.system.redact import redacted_url
from goproxy_check.verdict.evidence import Diagnosis
from goproxy_check.verdict.reasons import Remedy, Why

_FROM_ORIGIN = {Reason.NO_GO: Why.NO_GO, Reason.UNAVAILABLE: Why.NO_ORIGIN, Reason.TIMED_OUT: Why.NO_ORIGIN}


def served(ref: Reference, declares: str = "", go_mod: bytes = b"") -> Diagnosis:
    """Return the verdict on a version that is served, with a GO_MOD or the path that its go.mod DECLARES."""
    declares = declares or read("go.mod", go_mod).module
    # Go rejects a requirement with another path (modload: rawGoModSummary); what replaces a module may have either.
    if declares and declares != ref.module and ref.required and not ref.is_toolchain:
        return Diagnosis(ref, Why.DECLARED, declares=declares)
    return Diagnosis(ref, Why.OK)


def moved(ref: Reference, answer: Answer, origin: Answer) -> Diagnosis | None:
    """Return the verdict where the proxies serve another commit than the tag of REF names, at its origin or here."""
    names = origin.commit or (ref.commit if origin.published is False else "")
    if not answer.commit or not names or answer.commit == names:
        return None
    since = f" of {answer.time}" if answer.time else ""
    hashes = (f"the proxy serves the commit {answer.commit}{since}", f"the tag names {names}")
    return Diagnosis(ref, Why.MOVED if origin.commit else Why.TAKEN, hashes=hashes)


def private(ref: Reference, origin: Answer) -> Diagnosis:
    """Return the verdict where only the origin may be asked: GONOPROXY, or GOPROXY=direct."""
    if origin.published is False:
        return unpublished(ref, origin)
    why = _FROM_ORIGIN.get(origin.failure.reason, Why.NO_ACCESS) if origin.failure else Why.OK
    return Diagnosis(ref, why, origin=origin)


def unpublished(ref: Reference, origin: Answer) -> Diagnosis:
    """Return the verdict on a version that its origin does not have."""
    nearest, pseudo = module.nearest_versions(ref.version, origin.versions), module.is_pseudo(ref.version)
    rows = (
        (ref.is_toolchain, Why.NO_RELEASE),
        (ref.commit, Why.NOT_PUSHED),
        (ref.locations and all(place.file.endswith(".sum") for place in ref.locations), Why.ONLY_IN_GO_SUM),
        (origin.failure and origin.failure.reason is Reason.UNFIT, Why.UNFIT_COMMIT if pseudo else Why.UNFIT_TAG),
        (pseudo, Why.NO_COMMIT),
        (nearest or ref.version.endswith("+incompatible"), Why.NO_TAG),
        (True, Why.NO_TAG_AT_ALL),
    )
    why = next(why for holds, why in rows if holds)
    return Diagnosis(ref, why, origin=origin, nearest=nearest if Remedy.EDIT in why.steps else ())


def not_listed(ref: Reference, origin: Answer, listing: Answer) -> Diagnosis:
    """Return the verdict where no proxy lists the version, none was asked for it, and the origin can't be asked."""
    if listing.failure and listing.failure.reason in (Reason.UNAVAILABLE, Reason.TIMED_OUT):
        return not_served(ref, listing.failure, Replies(ref), origin, listing)
    if origin.failure and origin.failure.reason is Reason.NO_GO:
        return Diagnosis(ref, Why.NO_GO)
    return not_served(ref, Failure(Reason.NOT_FOUND), Replies(ref), origin, listing)._replace(said=())


def not_served(ref: Reference, failure: Failure, quick: Replies, origin: Answer, listing: Answer) -> Diagnosis:
    """Return the verdict on a version that go did not get from the proxies, because of FAILURE."""
    reason, published, listed = failure.reason, origin.published, listing.versions
    if reason is Reason.MISMATCH:
        downloaded, keeper, recorded = failure.hashes
        hashes = (f"the proxy serves {downloaded}", f"{keeper} has {recorded}") if downloaded else ()
        return Diagnosis(ref, Why.NOT_GO_SUM if keeper == "go.sum" else Why.NOT_DATABASE, hashes=hashes)
    if reason is Reason.NOT_FOUND and published is False:
        return unpublished(ref, origin)
    absent = [reply for reply in quick.replies if reply.absent]
    causes = {cause(failure.detail), *(cause(reply.detail) for reply in absent)}
    until = max((reply.until for reply in quick.replies if reply.until), default=None)
    if reason in (Reason.NO_RECORD, Reason.NO_DATABASE):
        why = Why.NO_RECORD if reason is Reason.NO_RECORD and Cause.NO_ORIGIN not in causes else Why.NO_DATABASE
        return Diagnosis(ref, why, _said(failure, Replies(ref)), until=until)
    nearest = module.nearest_versions(ref.version, listed)
    in_lists = not (module.is_pseudo(ref.version) or ref.is_toolchain)
    archive = failure.url.endswith(".zip") or (absent and all(reply.file == ".zip" for reply in absent))
    refused = reason is Reason.REFUSED
    rows = (
        (reason not in (Reason.REFUSED, Reason.NOT_FOUND), Why.NO_ANSWER),
        (Cause.POLICY in causes, Why.POLICY),
        (refused and failure.status in (0, 407), Why.NETWORK_LOGIN),  # 0: to CONNECT, without digits
        (refused and failure.status == 401, Why.LOGIN_WANTED),
        (refused and in_lists and listed and ref.version not in (*listed, *origin.versions), Why.NOT_LISTED),
        (refused, Why.REFUSED),
        (Cause.NO_ORIGIN in causes, Why.LACKS_ORIGIN),
        (published and in_lists and not (listed or archive), Why.NO_VERSION),
        (published and Cause.NOT_UPLOADED in causes, Why.NOT_UPLOADED),
        (published and archive, Why.NO_ARCHIVE),
        (published and failure.url.startswith("file:"), Why.NOT_IN_FOLDER),
        (published, Why.LOOKED_TOO_EARLY),
        (ref.version in listed, Why.LISTED_ONLY),
        (ref.is_toolchain, Why.NO_TOOLCHAIN),
        (nearest, Why.OTHERS_LISTED),
        (Cause.NO_LOGIN in causes, Why.NO_LOGIN),
        (True, Why.NONE_LISTED),
    )
    why = next(why for holds, why in rows if holds)
    return Diagnosis(ref, why, _said(failure, quick), origin, nearest if Remedy.EDIT in why.steps else (), until)


def _said(failure: Failure, quick: Replies) -> tuple[tuple[str, Reply], ...]:
    """Return one answer of each proxy: the one that says most; where the quick question got none, go's words."""
    replies = sorted(quick.replies, key=lambda reply: (not reply.absent, reply.file != ".zip"))
    said = {redacted_url(reply.proxy.url): reply for reply in replies if reply.status not in (0, 200)}
    if not any(failure.url.startswith(url) for url in said):
        url = failure.url.partition(f"/{module.escape(quick.ref.module)}/@v/")[0].partition("/lookup/")[0] or "go"
        said[url] = Reply(Proxy(url, False), "", failure.status, failure.phrase, failure.detail)
    return tuple(said.items())
