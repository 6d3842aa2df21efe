"""From answers to verdicts: this reads like the table of verdicts. Pure: no network, no process, no clock."""

from goproxy_check.go.answers import Failure, Reason
from goproxy_check.go.questions import Answer, Listing, Origin, State
from goproxy_check.gofiles import module
from goproxy_check.gofiles.modfile import read
from goproxy_check.gofiles.reference import Reference
from goproxy_check.proxy.quick import Replies
from goproxy_check.proxy.words import Cause, cause
from goproxy_check.system.redact import redacted_url
from goproxy_check.verdict.evidence import Diagnosis, Said
from goproxy_check.verdict.reasons import Why


def served(ref: Reference, declares: str = "", go_mod: bytes = b"") -> Diagnosis:
    """Return the verdict on a version that is served, with a GO_MOD or the path that its go.mod DECLARES.

    Go rejects a requirement whose go.mod declares another path (cmd/go/internal/modload: rawGoModSummary); what
    replaces another module may declare either.
    """
    declares = declares or read("go.mod", go_mod).module
    if declares and declares != ref.module and ref.required and not ref.is_toolchain:
        return Diagnosis(ref, Why.DECLARED, declares=declares)
    return Diagnosis(ref, Why.OK)


def moved(ref: Reference, answer: Answer, origin: Origin) -> Diagnosis | None:
    """Return the verdict where the proxies serve another commit than the tag of REF names, at its origin or here."""
    names = origin.commit or (ref.commit if origin.state is State.ABSENT else "")
    if not answer.commit or not names or answer.commit == names:
        return None
    since = f" of {answer.time}" if answer.time else ""
    hashes = (("the proxy serves the commit", answer.commit + since), ("the tag names", names))
    return Diagnosis(ref, Why.MOVED if origin.commit else Why.TAKEN, hashes=hashes)


def private(ref: Reference, origin: Origin) -> Diagnosis:
    """Return the verdict where only the origin may be asked: GONOPROXY, or GOPROXY=direct."""
    reason = origin.failure.reason if origin.failure else None
    if origin.state is State.ABSENT:
        return unpublished(ref, origin)
    if origin.state is State.PUBLISHED:
        return Diagnosis(ref, Why.OK, origin=origin)
    if reason is Reason.NO_GO:
        return Diagnosis(ref, Why.NO_GO, origin=origin)
    out_of_reach = reason in (Reason.UNAVAILABLE, Reason.TIMED_OUT)
    return Diagnosis(ref, Why.NO_ORIGIN if out_of_reach else Why.NO_ACCESS, origin=origin)


def unpublished(ref: Reference, origin: Origin) -> Diagnosis:
    """Return the verdict on a version that its origin does not have."""
    if ref.is_toolchain:
        return Diagnosis(ref, Why.NO_RELEASE, origin=origin, nearest=_releases(ref, origin.versions))
    pseudo = module.is_pseudo(ref.version)
    nearest = module.nearest_versions(ref.version, origin.versions)
    if ref.commit:
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


def not_asked(ref: Reference, origin: Origin, listing: Listing) -> Diagnosis:
    """Return the verdict where no proxy was asked: neither list nor origin can say that there is such a version."""
    no = listing.failure
    if no and no.reason in (Reason.UNAVAILABLE, Reason.TIMED_OUT):
        return Diagnosis(ref, Why.NO_ANSWER, (Said(no.url or "go", no.status, no.phrase, no.detail),), origin)
    return not_listed(ref, origin, listing)


def not_listed(ref: Reference, origin: Origin, listing: Listing) -> Diagnosis:
    """Return the verdict where no proxy lists the version, none was asked for it, and the origin can't be asked."""
    nearest = module.nearest_versions(ref.version, listing.versions)
    if origin.failure and origin.failure.reason is Reason.NO_GO:
        return Diagnosis(ref, Why.NO_GO, origin=origin)
    why = Why.NO_TOOLCHAIN if ref.is_toolchain else Why.OTHERS_LISTED if nearest else Why.NONE_LISTED
    return Diagnosis(ref, why, origin=origin, nearest=_releases(ref, listing.versions) if ref.is_toolchain else nearest)


def not_served(ref: Reference, failure: Failure, quick: Replies, origin: Origin, listing: Listing) -> Diagnosis:
    """Return the verdict on a version that go did not get from the proxies, because of FAILURE."""
    until = max((reply.until for reply in quick.replies if reply.until), default=None)
    found = Diagnosis(ref, Why.NO_ANSWER, _said(failure, quick), origin, until=until)
    match failure.reason:
        case Reason.MISMATCH:
            return _mismatch(found, failure)
        case Reason.NO_RECORD if cause(failure.detail) is not Cause.NO_ORIGIN:
            return found._replace(why=Why.NO_RECORD, said=(_of_database(failure),))
        case Reason.NO_RECORD | Reason.NO_DATABASE:
            return found._replace(why=Why.NO_DATABASE, said=(_of_database(failure),))
        case Reason.NOT_FOUND:
            return _not_found(found, failure, quick, listing)
        case Reason.REFUSED if cause(failure.detail) is Cause.POLICY:
            return found._replace(why=Why.POLICY)
        case Reason.REFUSED if failure.status in (0, 401, 407):  # 0: of the network's proxy, without digits
            return found._replace(why=Why.LOGIN_WANTED)
        case Reason.REFUSED:
            unlisted = listing.versions and ref.version not in (*listing.versions, *origin.versions)
            if unlisted and not module.is_pseudo(ref.version) and not ref.is_toolchain:
                return not_listed(ref, origin, listing)._replace(why=Why.NOT_LISTED, said=found.said)
            return found._replace(why=Why.REFUSED)
        case _:
            busy = any(answer.status == 429 for answer in found.said)
            return found._replace(why=Why.BUSY if busy else Why.NO_ANSWER)


def _not_found(found: Diagnosis, failure: Failure, quick: Replies, listing: Listing) -> Diagnosis:
    """Return the verdict where the proxies said 404 or 410."""
    ref, origin = found.ref, found.origin
    absent = [reply for reply in quick.replies if reply.absent]
    causes = {cause(words) for words in (failure.detail, *(reply.detail for reply in absent))}
    if origin and origin.state is State.ABSENT:
        return unpublished(ref, origin)
    if Cause.POLICY in causes:
        return found._replace(why=Why.POLICY)
    if Cause.NO_ORIGIN in causes:
        return found._replace(why=Why.PROXY_LACKS_ORIGIN)
    if origin and origin.state is State.PUBLISHED:
        archive = failure.url.endswith(".zip") or (absent and all(reply.file == ".zip" for reply in absent))
        folder = failure.url.startswith("file:")
        listed = listing.versions or module.is_pseudo(ref.version) or ref.is_toolchain
        why = Why.NO_ARCHIVE if archive else Why.NOT_IN_FOLDER if folder else Why.LOOKED_TOO_EARLY
        why = Why.NOT_UPLOADED if Cause.NOT_UPLOADED in causes else why
        return found._replace(why=why if listed or archive else Why.NO_VERSION)
    if ref.version in listing.versions:
        return found._replace(why=Why.LISTED_ONLY)
    guess = not_listed(ref, found.origin or Origin(State.UNKNOWN), listing)
    no_login = guess.why is Why.NONE_LISTED and Cause.NO_LOGIN in causes
    return found._replace(why=Why.NO_LOGIN if no_login else guess.why, nearest=guess.nearest)


def _releases(ref: Reference, versions: tuple[str, ...]) -> tuple[str, ...]:
    """Return the Go releases around the toolchain REF of VERSIONS that are for its system: 1.23.4."""
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


def _of_database(failure: Failure) -> Said:
    name = failure.url.partition("/lookup/")[0] or "the checksum database"
    return Said(name, failure.status, failure.phrase, failure.detail, "the checksum database" * ("/" in name))


def _said(failure: Failure, quick: Replies) -> tuple[Said, ...]:
    """Return one answer of each proxy: the one that says most against the version.

    Of a proxy that the quick question got no answer from, go's words count.
    """
    said: dict[str, Said] = {}
    for reply in sorted(quick.replies, key=lambda reply: (not reply.absent, reply.file != ".zip")):
        if reply.status not in (0, 200):
            about = "the archive" * (reply.file == ".zip")
            url = reply.proxy.redacted
            said[url] = Said(url, reply.status, reply.phrase, _short(reply.detail, quick.ref), about)
    if not any(failure.url.startswith(url) for url in said):
        url = redacted_url(failure.url.partition(f"/{module.escape(quick.ref.module)}/@v/")[0]) or "go"
        said[url] = Said(url, failure.status, failure.phrase, _short(failure.detail, quick.ref))
    return tuple(said.values())


def _short(detail: str, ref: Reference) -> str:
    """Return DETAIL without what is shown already."""
    return detail.removeprefix("not found: ").removeprefix(f"{ref}: ")
