"""The way of one version: who is asked, in which order. Nothing else in this program decides that.

A proxy, which may remember what it did not find, is asked only for what is known to exist.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from goproxy_check.go.answers import Reason
from goproxy_check.go.questions import Answer
from goproxy_check.gofiles import module
from goproxy_check.gofiles.reference import Reference
from goproxy_check.system.programs import CommandError
from goproxy_check.verdict import diagnose
from goproxy_check.verdict.ask import Ask
from goproxy_check.verdict.evidence import Diagnosis
from goproxy_check.verdict.reasons import Why

_VERSIONS = 256  # that are examined at once


def examine(ref: Reference, ask: Ask) -> Diagnosis:
    """Return the verdict on REF; raises CommandError where Go can't use its settings."""
    if ask.env.is_private(ref.module):
        return diagnose.private(ref, ask.origin(ref))
    if not (ask.is_recorded(ref) or ref.version in ask.listing(ref).versions):
        origin = ask.origin(ref)
        if origin.published is False:
            return diagnose.unpublished(ref, origin)  # no proxy has heard of this version
        if origin.published is None and ask.patient:
            return diagnose.not_listed(ref, origin, ask.listing(ref))
    if ref.go_mod_hashes and not (ref.rehashed or ask.options.releasing):
        quick = ask.quick(ref)
        if quick.proves():
            return diagnose.served(ref, go_mod=quick.body(".mod"))
        if any(reply.absent for reply in quick.replies):
            ask.ahead(ref)
    answer = ask.go(ref)
    if answer.failure is None:
        return _released(ref, answer, ask) or diagnose.served(ref, answer.declares)
    if answer.failure.reason is Reason.SETTINGS:
        raise CommandError(f"go: {answer.failure.detail} (see go env GOPROXY)")
    if answer.failure.reason is Reason.NO_GO:
        return Diagnosis(ref, Why.NO_GO)
    ask.ahead(ref)
    return diagnose.not_served(ref, answer.failure, ask.quick(ref), ask.origin(ref), ask.listing(ref))


def _released(ref: Reference, answer: Answer, ask: Ask) -> Diagnosis | None:
    """Return what a release must not pass over: another commit than the tag names, or another version as @latest."""
    if ask.options.releasing and (other := diagnose.moved(ref, answer, ask.commit(ref))):
        return other
    newest = ask.latest(ref) if ask.options.latest and "-" not in ref.version else ref.version
    older = module.semver_key(newest) < module.semver_key(ref.version)
    return Diagnosis(ref, Why.NOT_LATEST, declares=newest or "another version") if older else None


def examine_all(refs: Sequence[Reference], ask: Ask) -> list[Diagnosis]:
    """Return the verdicts on REFS, which do not wait for each other."""
    ask.together(refs)
    with ThreadPoolExecutor(max(1, min(_VERSIONS, len(refs))), thread_name_prefix="version") as pool:
        return list(pool.map(lambda ref: examine(ref, ask), refs))
