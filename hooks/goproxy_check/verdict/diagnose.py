"""From answers to verdicts: this reads like the table of verdicts. Pure: no network, no process, no clock."""

from goproxy_check.go.answers import Cause, Failure, Reason, cause
from goproxy_check.go.questions import Answer
from goproxy_check.gofiles import module
from goproxy_check.gofiles.modfile import read
from goproxy_check.gofiles.reference import Reference
from goproxy_check.proxy.quick import Replies
from goproxy_check.system.redact import redacted_url
from goproxy_check.verdict.evidence import Diagnosis, Said
from goproxy_check.verdict.reasons import Why

_OUT_OF_REACH = (Reason.UNAVAILABLE, Reason.TIMED_OUT)


def served(ref: Reference, declares: str = "", go_mod: bytes = b"") -> Diagnosis:
    """Return the verdict on a version that is served, with a GO_MOD or the path that its go.mod DECLARES.

    Go rejects a requirement whose go.mod declares another path (cmd/go/internal/modload: rawGoModSummary); what
    replaces another module may declare either.
    """
    declares = declares or read("go.mod", go_mod).module
    if declares and declares != ref.module and ref.required and not ref.is_toolchain:
        return Diagnosis(ref, Why.DECLARED, declares=declares)
    return Diagnosis(ref, Why.OK)


def moved(ref: Reference, answer: Answer, origin: Answer) -> Diagnosis | None:
    """Return the verdict where the proxies serve another commit than the tag of REF names, at its origin or here."""
    names = origin.commit or (ref.commit if origin.published is False else "")
    if not answer.commit or not names or answer.commit == names:
        return None
    since = f" of {answer.time}" if answer.time else ""
    hashes = (("the proxy serves the commit", answer.commit + since), ("the tag names", names))
    return Diagnosis(ref, Why.MOVED if origin.commit else Why.TAKEN, hashes=hashes)


def private(ref: Reference, origin: Answer) -> Diagnosis:
    """Return the verdict where only the origin may be asked: GONOPROXY, or GOPROXY=direct."""
    if origin.published is False:
        return unpublished(ref, origin)
    if not origin.failure:
        return Diagnosis(ref, Why.OK, origin=origin)
    reason = origin.failure.reason
    why = Why.NO_GO if reason is Reason.NO_GO else Why.NO_ORIGIN if reason in _OUT_OF_REACH else Why.NO_ACCESS
    return Diagnosis(ref, why, origin=origin)


def unpublished(ref: Reference, origin: Answer) -> Diagnosis:
    """Return the verdict on a version that its origin does not have."""
    pseudo, nearest = module.is_pseudo(ref.version), _nearest(ref, origin.versions)
    if ref.is_toolchain:
        why = Why.NO_RELEASE
    elif ref.commit:
        why = Why.NOT_PUSHED
    elif ref.locations and all(place.file.endswith(".sum") for place in ref.locations):
        why = Why.ONLY_IN_GO_SUM
    elif origin.failure and origin.failure.reason is Reason.UNFIT:
        why = Why.UNFIT_COMMIT if pseudo else Why.UNFIT_TAG
    elif pseudo:
        why = Why.NO_COMMIT
    else:
        why = Why.NO_TAG if nearest or ref.version.endswith("+incompatible") else Why.NO_TAG_AT_ALL
    return Diagnosis(ref, why, origin=origin, nearest=nearest)


def not_listed(ref: Reference, origin: Answer, listing: Answer) -> Diagnosis:
    """Return the verdict where no proxy lists the version, none was asked for it, and the origin can't be asked."""
    nearest, no = _nearest(ref, listing.versions), listing.failure
    if no and no.reason in _OUT_OF_REACH:
        return Diagnosis(ref, Why.NO_ANSWER, (Said(no.url or "go", no.status, no.phrase, no.detail),), origin)
    if origin.failure and origin.failure.reason is Reason.NO_GO:
        return Diagnosis(ref, Why.NO_GO, origin=origin)
    why = Why.NO_TOOLCHAIN if ref.is_toolchain else Why.OTHERS_LISTED if nearest else Why.NONE_LISTED
    return Diagnosis(ref, why, origin=origin, nearest=nearest)


def not_served(ref: Reference, failure: Failure, quick: Replies, origin: Answer, listing: Answer) -> Diagnosis:
    """Return the verdict on a version that go did not get from the proxies, because of FAILURE."""
    until = max((reply.until for reply in quick.replies if reply.until), default=None)
    found = Diagnosis(ref, Why.NO_ANSWER, _said(failure, quick), origin, until=until)
    match failure.reason:
        case Reason.MISMATCH:
            return _mismatch(found, failure)
        case Reason.NO_RECORD | Reason.NO_DATABASE:
            lacks = failure.reason is Reason.NO_RECORD and cause(failure.detail) is not Cause.NO_ORIGIN
            name = failure.url.partition("/lookup/")[0]
            about = "the checksum database" * bool(name)
            answer = Said(name or "the checksum database", failure.status, failure.phrase, failure.detail, about)
            return found._replace(why=Why.NO_RECORD if lacks else Why.NO_DATABASE, said=(answer,))
        case Reason.NOT_FOUND:
            return _not_found(found, failure, quick, listing)
        case Reason.REFUSED if cause(failure.detail) is Cause.POLICY:
            return found._replace(why=Why.POLICY)
        case Reason.REFUSED if failure.status in (0, 401, 407):  # 0: of the network's proxy, without digits
            return found._replace(why=Why.LOGIN_WANTED)
        case Reason.REFUSED:
            unlisted = listing.versions and ref.version not in (*listing.versions, *origin.versions)
            if unlisted and not module.is_pseudo(ref.version) and not ref.is_toolchain:
                return found._replace(why=Why.NOT_LISTED, nearest=_nearest(ref, listing.versions))
            return found._replace(why=Why.REFUSED)
        case _:
            return found._replace(why=Why.BUSY if 429 in [answer.status for answer in found.said] else Why.NO_ANSWER)


def _not_found(found: Diagnosis, failure: Failure, quick: Replies, listing: Answer) -> Diagnosis:
    """Return the verdict where the proxies said 404 or 410."""
    ref, published = found.ref, found.origin.published if found.origin else None
    absent = [reply for reply in quick.replies if reply.absent]
    causes = {cause(words) for words in (failure.detail, *(reply.detail for reply in absent))}
    if found.origin and published is False:
        return unpublished(ref, found.origin)
    if Cause.POLICY in causes:
        return found._replace(why=Why.POLICY)
    if Cause.NO_ORIGIN in causes:
        return found._replace(why=Why.PROXY_LACKS_ORIGIN)
    if published:
        archive = failure.url.endswith(".zip") or (absent and all(reply.file == ".zip" for reply in absent))
        folder = failure.url.startswith("file:")
        listed = listing.versions or module.is_pseudo(ref.version) or ref.is_toolchain
        why = Why.NO_ARCHIVE if archive else Why.NOT_IN_FOLDER if folder else Why.LOOKED_TOO_EARLY
        why = Why.NOT_UPLOADED if Cause.NOT_UPLOADED in causes else why
        return found._replace(why=why if listed or archive else Why.NO_VERSION)
    if ref.version in listing.versions:
        return found._replace(why=Why.LISTED_ONLY)
    guess = not_listed(ref, found.origin or Answer(), listing._replace(failure=None))
    no_login = guess.why is Why.NONE_LISTED and Cause.NO_LOGIN in causes
    return found._replace(why=Why.NO_LOGIN if no_login else guess.why, nearest=guess.nearest)


def _nearest(ref: Reference, versions: tuple[str, ...]) -> tuple[str, ...]:
    """Return those VERSIONS around REF that a reader may want; of a toolchain, the Go releases for its system."""
    if not ref.is_toolchain:
        return module.nearest_versions(ref.version, versions)
    host = f".{ref.version.rpartition('.')[2]}"
    names = [version.removeprefix("v0.0.1-go") for version in (ref.version, *versions) if version.endswith(host)]
    wanted, *others = (f"v{name.removesuffix(host)}" for name in names)
    return tuple(version[1:] for version in module.nearest_versions(wanted, tuple(others)))


def _mismatch(found: Diagnosis, failure: Failure) -> Diagnosis:
    downloaded, keeper, recorded = failure.hashes
    by_go_sum = keeper == "go.sum"
    name = keeper if by_go_sum else f"{keeper} (the checksum database)"
    hashes = (("the proxy serves", downloaded), (f"{name} has", recorded)) if downloaded else ()
    return found._replace(why=Why.NOT_GO_SUM if by_go_sum else Why.NOT_DATABASE, hashes=hashes, said=())


def _said(failure: Failure, quick: Replies) -> tuple[Said, ...]:
    """Return one answer of each proxy: the one that says most against the version.

    Of a proxy that the quick question got no answer from, go's words count.
    """
    said: dict[str, Said] = {}
    for reply in sorted(quick.replies, key=lambda reply: (not reply.absent, reply.file != ".zip")):
        if reply.status not in (0, 200):
            about, url = "the archive" * (reply.file == ".zip"), reply.proxy.redacted
            said[url] = Said(url, reply.status, reply.phrase, _short(reply.detail, quick.ref), about)
    if not any(failure.url.startswith(url) for url in said):
        url = redacted_url(failure.url.partition(f"/{module.escape(quick.ref.module)}/@v/")[0]) or "go"
        said[url] = Said(url, failure.status, failure.phrase, _short(failure.detail, quick.ref))
    return tuple(said.values())


def _short(detail: str, ref: Reference) -> str:
    """Return DETAIL without what is shown already."""
    return detail.removeprefix("not found: ").removeprefix(f"{ref}: ")
