"""From answers to verdicts, and the words for each. Pure: no network, no process, no clock."""

from dataclasses import replace
from typing import Any

from goproxy_check import module
from goproxy_check.origin import Origin
from goproxy_check.proxy import Answer, Kind
from goproxy_check.said import one_each, origin_of, said, status
from goproxy_check.toolchain import MODULE as TOOLCHAIN
from goproxy_check.verdict import DIRECT, Diagnosis, Evidence, Verdict, outcome


def diagnose(evidence: Evidence) -> Diagnosis:
    """Return the verdict that EVIDENCE amounts to, with its words."""
    ref, origin = evidence.reference, origin_of(evidence)
    if ref.invalid:
        return Diagnosis(ref, Verdict.INVALID, why=ref.invalid, do=_correction(ref.invalid))
    if ref.skipped or evidence.skipped:
        return Diagnosis(ref, Verdict.SKIPPED, why=ref.skipped or evidence.skipped)
    if evidence.cached:
        return Diagnosis(ref, Verdict.OK)
    answers = evidence.fetched or evidence.held
    blank = Diagnosis(ref, Verdict.OK, said(evidence), proxies=one_each(answers), origin=origin)
    if ref.conflict:
        return _contradicted(blank, answers)
    if not answers:
        return _by_origin_alone(blank, origin)
    kind = outcome(answers)
    if kind is Kind.SERVED:
        return _served(blank, answers, evidence)
    if origin and origin.published is False:
        return _unpublished(blank, origin)
    if kind is Kind.REFUSED:
        return _refused(blank, tuple(version for answer in evidence.listed for version in answer.versions))
    if kind is Kind.UNAVAILABLE or any("fetch timed out" in answer.detail for answer in evidence.fetched):
        return _unavailable(blank, kind)
    if origin and origin.published:
        return _stale(blank, evidence.fetched)
    return _missing(blank, origin)


def _is(blank: Diagnosis, verdict: Verdict, why: str, *do: str, **more: Any) -> Diagnosis:
    return replace(blank, verdict=verdict, why=why, do=do, **more)


def _correction(why: str) -> tuple[str, ...]:
    if "git add" in why:
        return ()
    query = "v1.2.3" in why and not why.startswith("usage: replace")
    return (f"Correct the line{'; for a branch or the latest version, go get MODULE@latest writes it' * query}.",)


def _by_origin_alone(blank: Diagnosis, origin: Origin | None) -> Diagnosis:
    """No proxy is asked: the module is private, or GOPROXY is ``direct``."""
    if origin is None or origin.published:
        return replace(blank, said=())
    if origin.published is False:
        return _unpublished(blank, origin)
    if origin.network:
        why = "Its origin is out of reach, so nothing is known about this version."
        do = "Check the spelling, and try again when the network (a VPN?) is there."
        return _is(blank, Verdict.UNAVAILABLE, why, do)
    why = "Go takes this module from its origin, and the origin does not let it in, or is not there."
    do = "Check the spelling, and that git can read the repository (https://go.dev/doc/faq#git_https)."
    return _is(blank, Verdict.MISSING, why, do)


def _served(blank: Diagnosis, answers: tuple[Answer, ...], evidence: Evidence) -> Diagnosis:
    ref, record = blank.reference, evidence.record
    if record and record.kind is not Kind.SERVED:
        return _unverified(blank, record)
    served = next((answer for answer in answers if answer.go_mod_hash), None)
    known = (record.go_mod_hash,) if record else ref.go_mod_hashes
    if not served or all(served.go_mod_hash == hash_ for hash_ in known):
        return replace(blank, said=(), notes=(f"retracted: {evidence.retracted}",) if evidence.retracted else ())
    keeper = f"{record.proxy.shown} (the checksum database)" if record else "go.sum"
    said = f"{served.proxy.shown} serves a go.mod with {served.go_mod_hash}", f"{keeper} has {' and '.join(known)}"
    if record:
        why = "The version was changed once published, or somebody in between changes what you get."
        do = "Do not bypass this: ask the module's authors which hash is right, and tell those who run the proxy."
    else:
        why = "The line in go.sum was edited or badly merged, or the version was changed once published, or worse."
        do = "Do not bypass this: look at git diff HEAD -- go.sum, then ask the module's authors which hash is right."
    return _is(blank, Verdict.MISMATCH, why, do, said=said)


def _contradicted(blank: Diagnosis, answers: tuple[Answer, ...]) -> Diagnosis:
    """Of two hashes in one go.sum Go heeds the first alone (cmd/go/internal/modfetch: haveModSumLocked)."""
    served = next((answer for answer in answers if answer.go_mod_hash), None)
    said = [f"{place.file}:{place.line} has {hash_}" for place, hash_ in blank.reference.conflict]
    said += [f"{served.proxy.shown} serves a go.mod with {served.go_mod_hash}"] if served else []
    why = "go.sum has two hashes for one file, as after a merge gone wrong; Go heeds only the first."
    do = "Do not bypass this: find out which line is wrong (git log -p -- go.sum helps), and remove it."
    return _is(blank, Verdict.MISMATCH, why, do, said=tuple(said))


def _unverified(blank: Diagnosis, record: Answer) -> Diagnosis:
    """The version is served, and Go would not take it, for the checksum database does not vouch for it."""
    blank = replace(blank, said=(f"{record.proxy.shown} (the checksum database): {status(record)}",))
    if record.kind is not Kind.ABSENT:
        why = "A proxy serves it, but the checksum database, which Go asks about it, gave no usable answer."
        do = "Try again when it is back, if go env GOSUMDB has no typo."
        return _is(blank, Verdict.UNAVAILABLE, why, do)
    why = "A proxy serves it, but the checksum database has no record of it yet, so Go does not take it."
    do = "Try again in a while (half an hour at most is usual), or do without that check for it, this once:"
    narrow = ("GONOSUMDB", f"$(go env GONOSUMDB),{blank.reference.module}")
    return _is(blank, Verdict.UNVERIFIABLE, why, do, cached_until=record.until, bypass=narrow)


def _refused(blank: Diagnosis, listed: tuple[str, ...]) -> Diagnosis:
    status = next(answer.status for answer in blank.proxies if answer.kind is Kind.REFUSED)
    version = blank.reference.version
    nearest: tuple[str, ...] = ()
    do = "Ask those who run the proxy."
    if status in (401, 407):
        why = "The proxy wants to know who you are."
        do = "Give Go your login for it (.netrc or GOAUTH: go help goauth)."
    elif listed and version not in listed and not (module.is_pseudo(version) or blank.reference.module == TOOLCHAIN):
        nearest = module.nearest_versions(version, listed)
        why = f"The proxy refuses it, and does not list it either. It lists {', '.join(nearest)}."
        do = "If it is no typo, it is blocked or not there yet: ask those who run the proxy."
    else:
        why = "The proxy refuses it. Some proxies say so of a version that they do not have: check the spelling."
    do += " If you are allowed to go around it:"
    return _is(blank, Verdict.REFUSED, why, do, nearest=nearest, bypass=DIRECT)


def _unavailable(blank: Diagnosis, kind: Kind) -> Diagnosis:
    why, do = "No proxy gave a usable answer, so nothing is known about this version.", "Try again when it is back."
    if kind is not Kind.UNAVAILABLE:
        why = "The origin has it; the proxy gave up fetching it."
        do = "Ask again in a minute: the proxy often succeeds at the second attempt."
    elif any(answer.status == 429 for answer in blank.proxies):
        why = "The proxy wants to be left alone for a while, so nothing is known about this version."
        do = "Try again in a minute."
    elif any("no password over http" in answer.detail for answer in blank.proxies):
        why = "Go does not use such a proxy, so nothing is known about this version."
        do = "Write https:// in GOPROXY, or leave the password out (see go env GOPROXY)."
    elif any(answer.detail.startswith("cannot connect") for answer in blank.proxies):
        do = "Try again when it is back, if go env GOPROXY has no typo."
    return _is(blank, Verdict.UNAVAILABLE, why, do)


def _unpublished(blank: Diagnosis, origin: Origin) -> Diagnosis:
    ref = blank.reference
    nearest = module.nearest_versions(ref.version, origin.versions)
    push, how = (
        "If the module is yours, push the tag:",
        f"  git push origin {module.tag(ref.module, ref.version, origin.url)}",
    )
    why, do = "It is not published, so no bypass helps.", [push, how]
    if "go.mod" in origin.error:
        why = "The tag is there, but nobody can use it as this module, so no bypass helps."
        do = ["Check the module path. If the module is yours, correct its go.mod and publish the next version."]
    elif "invalid pseudo-version" in origin.error:
        commit = ref.version.removesuffix("+incompatible").rpartition("-")[2]
        why = "Its commit is there, but the rest of it does not fit that, so no bypass helps."
        do = [f"Take what Go calls that commit: go get {ref.module}@{commit}"]
    elif module.is_pseudo(ref.version):
        why = "Its commit is not at the origin, so no bypass helps."
        do = [f"Take a commit that is there (go get {ref.module}@latest finds one), or push it if the module is yours."]
    elif nearest:
        why += f" Nearest published: {', '.join(nearest)}."
        do = [f"Take one of those. {push}", how]
    elif not ref.version.endswith("+incompatible"):
        why += " The origin has no version of this module at all."
        do = [f"Is {ref.module} a package of another module? Then require that. {push}", how]
    return _is(blank, Verdict.UNPUBLISHED, why, *do, nearest=nearest)


def _stale(blank: Diagnosis, fetched: tuple[Answer, ...]) -> Diagnosis:
    until = max((answer.until for answer in blank.proxies if answer.until), default=None)
    lists = [answer for answer in fetched if answer.resource == "list"]
    blank = replace(blank, cached_until=until, bypass=DIRECT)
    folder = all(answer.proxy.url.startswith("file:") for answer in blank.proxies)  # which remembers nothing
    proxy = "The folder that is your proxy" if folder else "The proxy"
    memory = ", and remembers the miss" if until else ", and may remember the miss; half an hour is usual"
    memory = "" if folder else memory
    if all(answer.resource == ".zip" for answer in blank.proxies):
        why = f"{proxy} serves its go.mod, but not the archive that builds need{memory}"
    elif lists and all(not a.versions and a.kind in (Kind.SERVED, Kind.ABSENT) for a in lists):
        why = f"{proxy} knows no version of this module at all{memory}"
        do = "If this is its first release, the command below fetches it."
        return _is(blank, Verdict.UNLISTED, why, *private_hint(blank.reference.module), do)
    else:
        why = f"{proxy} {'does not hold it yet' if folder else 'looked before this version was published'}{memory}"
    return _is(blank, Verdict.STALE, why)


def _missing(blank: Diagnosis, origin: Origin | None) -> Diagnosis:
    if origin and origin.no_go:
        do = "Install Go, or put it on PATH, so that the origin can be asked."
        return _is(blank, Verdict.MISSING, "The proxies do not have it.", do)
    spelling = f"Check the spelling of {blank.reference.module}."
    if origin and origin.network:
        spelling += " If it is right, try again when the network is back."
    why = "The proxies do not have it, and its origin could not be asked whether it exists."
    login = "If git needs a login there, give it one (https://go.dev/doc/faq#git_https). Then:"
    return _is(blank, Verdict.MISSING, why, spelling, *private_hint(blank.reference.module), login, bypass=DIRECT)


def private_hint(path: str) -> tuple[str, str]:
    """Return how to tell Go that the module PATH is private, keeping what it was told before."""
    setting = f'  go env -w "GOPRIVATE=$(go env GOPRIVATE),{path}"'
    return "If it is private, no proxy should be asked, and this tells Go so:", setting
