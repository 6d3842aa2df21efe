"""The order of asking, which never poisons a proxy.

1. every proxy, with Disable-Module-Fetch: what do you hold?
2. where none has it, the origin: is it published?
3. only where it is, or where the origin can't be asked: the proxies, plainly.
4. of what a proxy serves and go.sum does not know, the checksum database: is there a record?
5. of what go.mod names and is fine, the latest version's go.mod, as far as it is held: is it retracted?

Where the proxies still do not have it, a last look at the origin tells whether more than the tag is there: the go.mod
of a major version or of a sub-folder must fit its path.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from goproxy_check.diagnose import diagnose
from goproxy_check.goenv import GoEnv
from goproxy_check.module import is_pseudo, split_path_version, tag
from goproxy_check.origin import OriginClient
from goproxy_check.parallel import Deadline
from goproxy_check.proxy import Kind, ProxyClient
from goproxy_check.references import Reference
from goproxy_check.retract import retracted
from goproxy_check.sumdb import ChecksumDatabase
from goproxy_check.verdict import OFF, Evidence, Verdict, outcome

# Shares of the whole time after which a step must be over, so that a slow proxy leaves time for the explanation.
_HELD_SHARE = 0.4
_ORIGIN_SHARE = 0.8
_FEW = 64  # a note is not worth more than a round or two of requests


@dataclass(frozen=True)
class Clients:
    """Whom to ask, and the settings of Go that say so."""

    env: GoEnv
    proxies: ProxyClient
    origins: OriginClient
    database: ChecksumDatabase


def begin(references: Iterable[Reference], env: GoEnv, cache_suffices: bool = False) -> list[Evidence]:
    """Return what is known of REFERENCES before anybody is asked, and need not be.

    If CACHE_SUFFICES, what the module cache has is taken as resolved.
    """

    def first(ref: Reference) -> Evidence:
        if ref.invalid or ref.skipped:
            return Evidence(ref)
        if cache_suffices and env.is_cached(ref):
            return Evidence(ref, cached=True)
        nobody = env.end == "off" and not env.proxies and not env.is_private(ref.module)
        return Evidence(ref, skipped=OFF if nobody else "")

    return [first(ref) for ref in references]


def ask(found: list[Evidence], clients: Clients, seconds: float, *, patient: bool = False) -> list[Evidence]:
    """Return FOUND with all that can be learned within SECONDS; what an item knows already is not asked again.

    PATIENT: there will be another time, so that no proxy is asked plainly before the origin is known to have it, and
    what a proxy refuses or can't say is worth a look at the origin.
    """
    whole, held, origin = Deadline(seconds), Deadline(seconds * _HELD_SHARE), Deadline(seconds * _ORIGIN_SHARE)
    env, proxies, origins = clients.env, clients.proxies, clients.origins

    def asks(item: Evidence) -> bool:
        return not (item.reference.invalid or item.reference.skipped or item.skipped or item.cached)

    def public(item: Evidence) -> bool:
        return asks(item) and bool(env.proxies) and not env.is_private(item.reference.module)

    def refused(item: Evidence) -> bool:
        return bool(item.held) and outcome(item.held) is Kind.REFUSED and not patient

    def unknown(item: Evidence) -> bool:
        # A proxy that does not hold it yet may fetch it, whatever one further down the list says.
        worth_it = patient or any(answer.kind is Kind.ABSENT for answer in item.held)
        return asks(item) and (not item.held or (worth_it and outcome(item.held) is not Kind.SERVED))

    def worth_asking_plainly(item: Evidence) -> bool:
        published = item.origin.published if item.origin else False
        return public(item) and (published or (published is None and not patient))

    def in_doubt(item: Evidence) -> bool:
        ref, origin = item.reference, item.origin
        if not (origin and origin.published and item.fetched and outcome(item.fetched) is Kind.ABSENT):
            return False
        special = bool(split_path_version(ref.module)[1]) or "/" in tag(ref.module, ref.version, origin.url)
        return special and not is_pseudo(ref.version)

    def unverified(item: Evidence) -> bool:
        answers = item.fetched or item.held
        wanted = bool(answers) and not item.reference.go_mod_hashes and outcome(answers) is Kind.SERVED
        return wanted and env.is_verified(item.reference.module)

    found = _learn(found, public, lambda refs: proxies.held(refs, held), "held")
    found = _learn(found, refused, lambda refs: proxies.listed(refs, held), "listed")
    found = _learn(found, unknown, lambda refs: origins.ask(refs, origin), "origin")
    found = _learn(found, worth_asking_plainly, lambda refs: proxies.fetched(refs, whole), "fetched")
    found = _learn(found, in_doubt, lambda refs: origins.ask(refs, whole, tags_suffice=False), "last_look")
    found = _learn(found, unverified, lambda refs: clients.database.records(refs, whole), "record")
    fine = {item.reference for item in found if public(item) and item.named and diagnose(item).verdict is Verdict.OK}
    if len({ref.module for ref in fine}) > _FEW:
        return found
    return _learn(found, lambda item: item.reference in fine, lambda refs: retracted(refs, proxies, whole), "retracted")


def _learn(
    found: list[Evidence],
    concerns: Callable[[Evidence], bool],
    question: Callable[[list[Reference]], Sequence[Any]],
    name: str,
) -> list[Evidence]:
    """Return FOUND with the answers to QUESTION, as the field NAME, for the items that it CONCERNS."""
    wanted = [not getattr(item, name) and concerns(item) for item in found]
    refs = [item.reference for item, want in zip(found, wanted, strict=True) if want]
    answers = iter(question(refs) if refs else [])
    return [replace(item, **{name: next(answers)}) if want else item for item, want in zip(found, wanted, strict=True)]
