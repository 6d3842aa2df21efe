"""The order of asking, which never poisons a proxy.

1. every proxy, with Disable-Module-Fetch: what do you hold?
2. where none has it, the origin: is it published?
3. only where it is, or where the origin can't be asked: the proxies, plainly.

Where they still do not have it, a last look at the origin tells whether more than the tag is there: the go.mod of a
major version or of a sub-folder must fit its path.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from goproxy_check.diagnose import diagnose, tag
from goproxy_check.goenv import GoEnv
from goproxy_check.module import is_pseudo, split_path_version
from goproxy_check.origin import OriginClient
from goproxy_check.parallel import Deadline
from goproxy_check.proxy import Kind, ProxyClient
from goproxy_check.references import Reference
from goproxy_check.verdict import Diagnosis, Evidence, outcome

# Shares of the whole time after which a step must be over, so that a slow proxy leaves time for the explanation.
_HELD_SHARE = 0.4
_ORIGIN_SHARE = 0.8


def check(
    references: Iterable[Reference],
    env: GoEnv,
    proxies: ProxyClient,
    origins: OriginClient,
    seconds: float,
    cache_suffices: bool = False,
) -> list[Diagnosis]:
    """Return the verdict on each reference, in their order, within SECONDS.

    If CACHE_SUFFICES, nobody is asked about what the module cache has.
    """
    found = [Evidence(ref, skipped=_skipped(ref, env)) for ref in references]
    if cache_suffices:
        found = [replace(item, cached=not _settled(item) and env.is_cached(item.reference)) for item in found]
    whole, held, origin = Deadline(seconds), Deadline(seconds * _HELD_SHARE), Deadline(seconds * _ORIGIN_SHARE)

    def asks(item: Evidence) -> bool:
        return not (_settled(item) or item.cached)

    def public(item: Evidence) -> bool:
        return asks(item) and bool(env.proxies) and not env.is_private(item.reference.module)

    def refused(item: Evidence) -> bool:
        return bool(item.held) and outcome(item.held) is Kind.REFUSED

    def unknown(item: Evidence) -> bool:
        # A proxy that does not hold it yet may fetch it, whatever one further down the list says.
        absent = any(answer.kind is Kind.ABSENT for answer in item.held)
        return asks(item) and (not item.held or (absent and outcome(item.held) is not Kind.SERVED))

    def worth_asking_plainly(item: Evidence) -> bool:
        return item.origin is not None and item.origin.published is not False and public(item)

    def in_doubt(item: Evidence) -> bool:
        ref, origin = item.reference, item.origin
        if not (origin and origin.published and item.fetched and outcome(item.fetched) is Kind.ABSENT):
            return False
        return not is_pseudo(ref.version) and (bool(split_path_version(ref.module)[1]) or "/" in tag(ref, origin.url))

    found = _learn(found, public, lambda refs: proxies.held(refs, held), "held")
    found = _learn(found, refused, lambda refs: proxies.listed(refs, held), "listed")
    found = _learn(found, unknown, lambda refs: origins.ask(refs, origin), "origin")
    found = _learn(found, worth_asking_plainly, lambda refs: proxies.fetched(refs, whole), "fetched")
    found = _learn(found, in_doubt, lambda refs: origins.ask(refs, whole, tags_suffice=False), "last_look")
    return [diagnose(item) for item in found]


def _settled(item: Evidence) -> bool:
    return bool(item.reference.invalid or item.reference.skipped or item.skipped)


def _learn(
    found: list[Evidence],
    concerns: Callable[[Evidence], bool],
    ask: Callable[[list[Reference]], Sequence[Any]],
    name: str,
) -> list[Evidence]:
    """Return FOUND with the answers to ASK, as the field NAME, for the items that the question CONCERNS."""
    refs = [item.reference for item in found if concerns(item)]
    answers = iter(ask(refs) if refs else [])
    return [replace(item, **{name: next(answers)}) if concerns(item) else item for item in found]


def _skipped(ref: Reference, env: GoEnv) -> str:
    """Return why Go would ask nobody at all about REF, or ""."""
    if env.off and not env.proxies and not env.is_private(ref.module):
        return "GOPROXY=off"
    return ""
