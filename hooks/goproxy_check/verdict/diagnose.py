"""From answers to verdicts: this reads like the table of verdicts. Pure: no network, no process, no clock."""

from dataclasses import replace

from goproxy_check.go.answers import Failure, Reason
from goproxy_check.go.questions import Listing, Origin, State
from goproxy_check.gofiles import module
from goproxy_check.gofiles.modfile import read
from goproxy_check.gofiles.references import Reference
from goproxy_check.proxy.quick import Replies, Reply
from goproxy_check.proxy.words import Cause, cause
from goproxy_check.system.redact import redacted_url
from goproxy_check.verdict.evidence import Diagnosis, Said
from goproxy_check.verdict.reasons import Why

_DATABASE = "the checksum database"


def served(ref: Reference, declares: str = "", go_mod: bytes = b"") -> Diagnosis:
    """Return the verdict on a version that is served, with a GO_MOD or the path that its go.mod DECLARES.

    Go rejects a requirement whose go.mod declares another path (cmd/go/internal/modload: rawGoModSummary); what
    replaces another module may declare either.
    """
    declares = declares or (read("go.mod", go_mod).module)
    if declares and declares != ref.module and ref.required and not ref.is_toolchain:
        return Diagnosis(ref, Why.DECLARED, declares=declares)
    return Diagnosis(ref, Why.OK)


def private(ref: Reference, origin: Origin) -> Diagnosis:
    """Return the verdict where only the origin may be asked: GONOPROXY, or GOPROXY=direct."""
    if origin.state is State.PUBLISHED:
        return Diagnosis(ref, Why.OK, origin=origin)
    if origin.state is State.ABSENT:
        return unpublished(ref, origin)
    reason = origin.failure.reason if origin.failure else Reason.NO_ACCESS
    if reason is Reason.NO_GO:
        return Diagnosis(ref, Why.NO_GO, origin=origin)
    out_of_reach = reason in (Reason.UNAVAILABLE, Reason.TIMED_OUT)
    return Diagnosis(ref, Why.NO_ORIGIN if out_of_reach else Why.NO_ACCESS, origin=origin)


def unpublished(ref: Reference, origin: Origin) -> Diagnosis:
    """Return the verdict on a version that its origin does not have."""
    reason = origin.failure.reason if origin.failure else Reason.UNKNOWN_REVISION
    pseudo = module.is_pseudo(ref.version)
    nearest = module.nearest_versions(ref.version, origin.versions)
    if reason is Reason.UNFIT:
        why = Why.UNFIT_COMMIT if pseudo else Why.UNFIT_TAG
    elif pseudo:
        why = Why.NO_COMMIT
    else:
        why = Why.NO_TAG if nearest or ref.version.endswith("+incompatible") else Why.NO_VERSION_AT_ALL
    return Diagnosis(ref, why, origin=origin, nearest=nearest)


def not_listed(ref: Reference, origin: Origin, listing: Listing) -> Diagnosis:
    """Return the verdict where no proxy lists the version, none was asked for it, and the origin can't be asked."""
    nearest = module.nearest_versions(ref.version, listing.versions)
    why = Why.OTHERS_LISTED if nearest else Why.NO_TOOLCHAIN if ref.is_toolchain else Why.NONE_LISTED
    return Diagnosis(ref, why, origin=origin, nearest=nearest)


def not_served(ref: Reference, failure: Failure, quick: Replies, origin: Origin, listing: Listing) -> Diagnosis:
    """Return the verdict on a version that go did not get from the proxies, because of FAILURE."""
    found = Diagnosis(
        ref,
        Why.NO_ANSWER,
        said=_said(failure, quick),
        origin=origin,
        until=max((reply.until for reply in quick.replies if reply.until), default=None),
    )
    nearest = module.nearest_versions(ref.version, listing.versions)
    match failure.reason:
        case Reason.NO_GO:
            return replace(found, why=Why.NO_GO)
        case Reason.MISMATCH:
            return _mismatch(found, failure)
        case Reason.NO_RECORD if cause(failure.detail) is not Cause.NO_ORIGIN:
            return replace(found, why=Why.NO_RECORD, said=(_of_database(failure),))
        case Reason.NO_RECORD | Reason.NO_DATABASE:
            return replace(found, why=Why.NO_DATABASE, said=(_of_database(failure),))
        case Reason.NOT_FOUND:
            return _not_found(found, failure, quick, listing, nearest)
        case Reason.REFUSED if failure.status in (401, 407) or "Proxy Authentication" in failure.phrase:
            return replace(found, why=Why.LOGIN_WANTED)
        case Reason.REFUSED:
            others = listing.versions and ref.version not in listing.versions
            others = others and not module.is_pseudo(ref.version) and not ref.is_toolchain
            return replace(found, why=Why.REFUSED_AND_UNLISTED if others else Why.REFUSED, nearest=nearest)
        case _:
            busy = any(answer.status == 429 for answer in found.said)
            return replace(found, why=Why.BUSY if busy else Why.NO_ANSWER)


def _not_found(
    found: Diagnosis, failure: Failure, quick: Replies, listing: Listing, nearest: tuple[str, ...]
) -> Diagnosis:
    """Return the verdict where the proxies said 404 or 410."""
    ref, origin = found.ref, found.origin
    absent = [reply for reply in quick.replies if reply.absent]
    causes = {cause(words) for words in (failure.detail, *(reply.detail for reply in absent))}
    if origin and origin.state is State.ABSENT:
        return unpublished(ref, origin)
    if Cause.POLICY in causes:
        return replace(found, why=Why.POLICY)
    if Cause.NO_ORIGIN in causes:
        return replace(found, why=Why.PROXY_LACKS_ORIGIN)
    if origin and origin.state is State.PUBLISHED:
        if not listing.versions and not ref.is_toolchain:
            return replace(found, why=Why.NO_VERSION_LISTED)
        if failure.url.endswith(".zip") or (absent and all(reply.file == ".zip" for reply in absent)):
            return replace(found, why=Why.NO_ARCHIVE)
        folder = failure.url.startswith("file:")
        return replace(found, why=Why.NOT_IN_FOLDER if folder else Why.LOOKED_TOO_EARLY)
    if ref.is_toolchain:
        return replace(found, why=Why.NO_TOOLCHAIN, nearest=_releases(ref, listing.versions))
    if ref.version in listing.versions:
        return replace(found, why=Why.LISTED_ONLY)
    if nearest:
        return replace(found, why=Why.OTHERS_LISTED, nearest=nearest)
    return replace(found, why=Why.NO_LOGIN if Cause.NO_LOGIN in causes else Why.NONE_LISTED)


def _releases(ref: Reference, versions: tuple[str, ...]) -> tuple[str, ...]:
    """Return the Go releases around the toolchain REF that VERSIONS has for its system: go1.23.4."""
    host = ref.version.rpartition(".")[2]
    names = [version.removeprefix("v0.0.1-").removesuffix(f".{host}") for version in versions if version.endswith(host)]
    wanted = ref.version.removeprefix("v0.0.1-go").removesuffix(f".{host}")
    around = module.nearest_versions(f"v{wanted}", tuple(f"v{name.removeprefix('go')}" for name in names))
    return tuple(f"go{version[1:]}" for version in around)


def _mismatch(found: Diagnosis, failure: Failure) -> Diagnosis:
    downloaded, keeper, recorded = failure.hashes
    by_go_sum = keeper == "go.sum"
    keeper = keeper if by_go_sum else f"{keeper} ({_DATABASE})"
    hashes = (("the proxy serves", downloaded), (f"{keeper} has", recorded)) if downloaded else ()
    return replace(found, why=Why.NOT_GO_SUM if by_go_sum else Why.NOT_DATABASE, hashes=hashes, said=())


def _of_database(failure: Failure) -> Said:
    name = failure.url.partition("/lookup/")[0] if "/lookup/" in failure.url else ""
    return Said(name or _DATABASE, failure.status, failure.phrase, failure.detail, about=_DATABASE if name else "")


def _said(failure: Failure, quick: Replies) -> tuple[Said, ...]:
    """Return one answer of each proxy: the one that says most against the version.

    Where the quick question had no answer of HTTP, go's own words count.
    """
    worst: dict[str, Reply] = {}
    for reply in quick.replies:
        known = worst.get(reply.proxy.redacted)
        if not known or _weight(reply) > _weight(known):
            worst[reply.proxy.redacted] = reply
    said = {
        url: Said(
            url, reply.status, reply.phrase, _short(reply.detail, quick.ref), "the archive" * (reply.file == ".zip")
        )
        for url, reply in worst.items()
        if reply.status
    }
    if not said or not any(failure.url.startswith(url) for url in said):
        url = redacted_url(failure.url.partition(f"/{module.escape(quick.ref.module)}/@v/")[0])
        detail = _short(failure.detail, quick.ref)
        said[url or "go"] = Said(url or "go", failure.status, failure.phrase, detail)
    return tuple(answer for answer in said.values() if answer.status != 200) or tuple(said.values())


def _weight(reply: Reply) -> int:
    return 0 if reply.status == 200 else 1 if reply.absent else 2


def _short(detail: str, ref: Reference) -> str:
    """Return DETAIL without what is shown already."""
    return detail.removeprefix("not found: ").removeprefix(f"{ref}: ")
