"""The way of one version: who is asked, in which order. Nothing else in this program decides that.

A proxy, which may remember what it did not find, is asked only for what is known to exist. Each question is asked at
most once in a run, side by side with others, within one time limit.
"""

import threading
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from typing import Any, TypeVar

from goproxy_check.go.answers import Failure, Reason
from goproxy_check.go.questions import Answer, Go
from goproxy_check.gofiles import module
from goproxy_check.gofiles.reference import Reference
from goproxy_check.options import Options
from goproxy_check.proxy.quick import Quick, Replies, Reply
from goproxy_check.system.programs import CommandError
from goproxy_check.system.terminal import Progress
from goproxy_check.verdict import diagnose
from goproxy_check.verdict.evidence import Diagnosis
from goproxy_check.verdict.reasons import Why

T = TypeVar("T")

_ORIGIN_SECONDS = 10.0  # for the question whether a version exists
_QUICK_SECONDS = 10.0
_TOGETHER_SECONDS = 5.0  # for many versions in one process; then each is asked for by itself
_GO_JOBS, _QUICK_JOBS = 32, 64
_VERSIONS = 256  # that are examined at once


def examine(ref: Reference, ask: "Ask") -> Diagnosis:
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


def _released(ref: Reference, answer: Answer, ask: "Ask") -> Diagnosis | None:
    """Return what a release must not pass over: another commit than the tag names, or another version as @latest."""
    if ask.options.releasing and (other := diagnose.moved(ref, answer, ask.commit(ref))):
        return other
    newest = ask.latest(ref) if ask.options.latest and "-" not in ref.version else ref.version
    older = module.semver_key(newest) < module.semver_key(ref.version)
    return Diagnosis(ref, Why.NOT_LATEST, declares=newest or "another version") if older else None


def examine_all(refs: Sequence[Reference], ask: "Ask") -> list[Diagnosis]:
    """Return the verdicts on REFS, which do not wait for each other."""
    ask.together(refs)
    with ThreadPoolExecutor(max(1, min(_VERSIONS, len(refs))), thread_name_prefix="version") as pool:
        return list(pool.map(lambda ref: examine(ref, ask), refs))


class Ask:
    """Asks, for at most SECONDS from now, and remembers the answers; safe to use from many threads."""

    def __init__(self, go: Go, proxies: Quick | None, progress: Progress, options: Options, seconds: float) -> None:
        self.env, self.options, self.patient, self._one_by_one = go.env, options, False, False
        self._published: frozenset[Reference] = frozenset()
        self._go, self._proxies, self._progress, self._jobs = go, proxies, progress, options.jobs
        self._end = time.monotonic() + seconds
        self._silent: set[str] = set()  # hosts of origins that have not answered
        self._lock = threading.Lock()
        self._asked: dict[Hashable, Future[Any]] = {}
        self._groups: dict[Reference, Future[None]] = {}  # which process answers for it and others
        self._go_pool = ThreadPoolExecutor(min(self._jobs, _GO_JOBS), thread_name_prefix="go")
        self._quick_pool = ThreadPoolExecutor(min(self._jobs, _QUICK_JOBS), thread_name_prefix="quick")

    def afresh(self, seconds: float, published: frozenset[Reference]) -> "Ask":
        """Return a new Ask, for SECONDS: it names to proxies only what is known to exist, as PUBLISHED is (--wait)."""
        again = Ask(self._go, self._proxies, self._progress, self.options, seconds)
        again.patient, again._published = True, published
        return again

    def left(self) -> float:
        """Return the seconds that are left, never less than 0."""
        return max(0.0, self._end - time.monotonic())

    def together(self, refs: Sequence[Reference]) -> None:
        """Begin to ask about REFS, if an answer for each alone would cost too much: several for each process."""
        self._one_by_one = len(refs) >= self._jobs  # its files: the versions alone keep all connections busy
        new = [ref for ref in refs if not (ref.is_toolchain or self.is_recorded(ref))]
        modules = list(dict.fromkeys(ref.module for ref in new if not self.env.is_private(ref.module)))
        size = len(modules) // _GO_JOBS + 1
        for start in range(0, len(modules) if size > 1 else 0, size):
            names = {*modules[start : start + size]}
            group = [ref for ref in new if ref.module in names]
            self._groups |= dict.fromkeys(group, self._go_pool.submit(self._several, group))

    def _several(self, group: list[Reference]) -> None:
        with self._progress.waiting_for(f"the versions of {group[0].module} and other modules"):
            answers = self._go.several(group, min(_TOGETHER_SECONDS, self.left()), max(1, self._jobs // _GO_JOBS))
        for name, answer in answers.items():
            future: Future[Any] = Future()
            future.set_result(answer)
            with self._lock:
                self._asked.setdefault(name, future)

    def is_recorded(self, ref: Reference) -> bool:
        """Return whether somebody has fetched REF: a go.sum has its hash, or the module cache has it."""
        return bool(ref.go_sums) or ref in self._published or self.env.has_cached(ref, ".info")

    def listing(self, ref: Reference) -> Answer:
        """Return what the proxies list of REF's module."""
        if ref in self._groups:
            self._groups[ref].result()
        return self._listing(ref).result()

    def origin(self, ref: Reference) -> Answer:
        """Return what the origin of REF has: its commit, if the tags of its module do not say all."""
        found = self._origin(ref).result()
        if found.failure:
            return found
        if ref.version not in found.versions:
            return found._replace(failure=Failure(Reason.UNKNOWN_REVISION))
        # Where the go.mod of a tag may not fit (a /vN path, a sub-folder), it is looked at, unless go.sum has its hash.
        in_folder = "/" in module.tag(ref.module, ref.version, found.url)
        if (in_folder or module.split_path_version(ref.module)[1]) and not ref.go_sums:
            return self.commit(ref)._replace(versions=found.versions)
        return found

    def commit(self, ref: Reference) -> Answer:
        """Return the commit that the tag of REF names at its origin."""
        return self._origin(ref, commit=True).result()

    def latest(self, ref: Reference) -> str:
        """Return the version that ``go get MODULE@latest`` would choose with the proxies alone, "" if none."""
        return "".join(self._go.known(f"{ref.module}@latest", self.left()).versions)

    def quick(self, ref: Reference) -> Replies:
        """Return what the proxies answer at once about the files of REF that Go needs."""
        if self._proxies is None:
            return Replies(ref)
        files, asked = self._proxies.files(ref), dict[tuple[str, ...], Future[list[Reply]]]()
        for some in [files] if self._one_by_one else [(file,) for file in files]:
            question = partial(self._proxies.ask, ref, *some)
            asked[some] = self._once((str(ref), some), self._quick_pool, f"{ref} at the proxy", question)
        wait(asked.values(), min(_QUICK_SECONDS, self.left() / 2))
        replies: list[Reply] = []
        for some, future in asked.items():
            late = [Reply(self.env.proxies[0], file, 0, detail="no answer in time") for file in some]
            replies += future.result() if future.done() else late
        return Replies(ref, tuple(replies))

    def go(self, ref: Reference) -> Answer:
        """Return what the judge says of REF: go itself, with the proxies alone."""
        archive = ref.rehashed or ((ref.archive or ref.is_toolchain) and self.quick(ref).lacking == {".zip"})
        about = f"{ref} at the proxy"
        return self._once(str(ref), self._go_pool, about, lambda: self._go.judge(ref, self.left(), archive)).result()

    def ahead(self, ref: Reference) -> None:
        """Begin to ask what, beside the proxies' answers, explains why REF is not served."""
        self._listing(ref)
        self._origin(ref)

    def _listing(self, ref: Reference) -> Future[Answer]:
        path, about = ref.module, f"the versions of {ref.module}"
        return self._once(path, self._go_pool, about, lambda: self._go.known(path, self.left() / 3))

    def _origin(self, ref: Reference, commit: bool = False) -> Future[Answer]:
        """Ask for the tags of the module of REF, or for its COMMIT, if that is wanted or they do not say all."""
        commit = commit or module.is_pseudo(ref.version) or ref.version.endswith("+incompatible")
        host, query = ref.module.partition("/")[0], str(ref) if commit else ref.module

        def ask() -> Answer:
            if host in self._silent:
                return Answer(Failure(Reason.TIMED_OUT, f"{host} does not answer"))
            # What go.sum records was there once: for it there is more time.
            seconds = self.left() if ref.go_sums else min(_ORIGIN_SECONDS, self.left())
            answer = self._go.known(query, seconds, origin=True)
            if answer.failure and answer.failure.reason is Reason.TIMED_OUT:
                self._silent.add(host)
            return answer

        return self._once(("origin", query), self._go_pool, f"the origin of {ref.module}", ask)

    def _once(self, key: Hashable, pool: ThreadPoolExecutor, about: str, question: Callable[[], T]) -> Future[T]:
        """Ask QUESTION, if none was asked under KEY before; a terminal shows ABOUT what it is."""
        with self._lock:
            if key not in self._asked:
                self._asked[key] = pool.submit(self._progress.waiting_for(about)(question))
            return self._asked[key]
