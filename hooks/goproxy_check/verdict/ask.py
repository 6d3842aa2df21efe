"""Each question at most once in a run, side by side, within one time limit."""

import random
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any, TypeVar

from goproxy_check.go.answers import Failure, Reason
from goproxy_check.go.questions import Answer, Go, Listing, Origin, State
from goproxy_check.gofiles import module
from goproxy_check.gofiles.reference import Reference
from goproxy_check.proxy.quick import Quick, Replies, Reply
from goproxy_check.system.terminal import Progress

T = TypeVar("T")

_ORIGIN_SECONDS = 10.0  # for the question whether a version exists
_QUICK_SECONDS = 10.0
_TOGETHER_SECONDS = 5.0  # for many versions in one process; then each is asked for by itself
_TRIES, _PAUSE = 3, 0.4  # of a question that may succeed at the next try; seconds, doubled each time
_GO_JOBS, _QUICK_JOBS = 32, 64


class Ask:
    """Asks, for at most SECONDS from now, and remembers the answers; safe to use from many threads.

    RELEASING: is the commit that is served the one that the tag names? UNTIL_LATEST: does @latest choose it? PATIENT:
    there will be another time (--wait), so no proxy need be asked for what may not exist; what is PUBLISHED does.
    """

    def __init__(
        self,
        go_command: Go,
        proxies: Quick | None,
        progress: Progress,
        jobs: int,
        seconds: float,
        *,
        releasing: bool = False,
        until_latest: bool = False,
        patient: bool = False,
        published: frozenset[Reference] = frozenset(),
    ) -> None:
        self.env = go_command.env
        self.releasing, self.until_latest, self.patient = releasing, until_latest, patient
        self._go_command, self._proxies, self._progress, self._jobs = go_command, proxies, progress, jobs
        self._published = published
        self._end = time.monotonic() + seconds
        self._silent: set[str] = set()  # hosts of origins that have not answered
        self._lock = threading.Lock()
        self._asked: dict[Hashable, Future[Any]] = {}
        self._groups: dict[Reference, Future[None]] = {}  # which process answers for it and others
        self._go_pool = ThreadPoolExecutor(min(jobs, _GO_JOBS), thread_name_prefix="go")
        self._quick_pool = ThreadPoolExecutor(min(jobs, _QUICK_JOBS), thread_name_prefix="quick")
        self._one_by_one = False

    def afresh(self, seconds: float, published: frozenset[Reference]) -> "Ask":
        """Return what asks everything again, for SECONDS, patiently; what is PUBLISHED is known to exist."""
        who, latest = (self._go_command, self._proxies, self._progress, self._jobs), self.until_latest
        return Ask(*who, seconds, releasing=self.releasing, until_latest=latest, patient=True, published=published)

    def left(self) -> float:
        """Return the seconds that are left, never less than 0."""
        return max(0.0, self._end - time.monotonic())

    def together(self, refs: Sequence[Reference]) -> None:
        """Begin to ask about REFS, if they are so many that an answer for each alone would cost too much.

        Of what only go can settle a process takes several. Where a question for each version keeps all connections
        busy, its files are asked for one after the other.
        """
        self._one_by_one = len(refs) >= self._jobs
        puzzling: dict[str, list[Reference]] = {}
        for ref in refs:
            if not (self.env.is_private(ref.module) or self.is_recorded(ref) or ref.is_toolchain):
                puzzling.setdefault(ref.module, []).append(ref)
        modules = list(puzzling.values())
        size = len(modules) // _GO_JOBS + 1
        for start in range(0, len(modules) if size > 1 else 0, size):
            group = [ref for some in modules[start : start + size] for ref in some]
            self._groups |= dict.fromkeys(group, self._go_pool.submit(self._several, group))

    def _several(self, group: list[Reference]) -> None:
        seconds, at_once = min(_TOGETHER_SECONDS, self.left()), max(1, self._jobs // _GO_JOBS)
        with self._progress.waiting_for(f"the versions of {group[0].module} and other modules"):
            listings, answers = self._go_command.several(group, seconds, at_once)
        known: dict[Hashable, object] = {("listing", path): listing for path, listing in listings.items()}
        known |= {("go", ref): answer for ref, answer in answers.items()}
        for key, answer in known.items():
            future: Future[Any] = Future()
            future.set_result(answer)
            with self._lock:
                self._asked.setdefault(key, future)

    def is_recorded(self, ref: Reference) -> bool:
        """Return whether somebody has fetched REF: a go.sum has its hash, or the module cache has it."""
        return bool(ref.go_sums) or ref in self._published or self.env.has_cached(ref, (".info",))

    def is_listed(self, ref: Reference) -> bool:
        """Return whether the proxies list REF."""
        return ref.version in self.listing(ref).versions

    def listing(self, ref: Reference) -> Listing:
        """Return what the proxies list of REF's module."""
        if ref in self._groups:
            self._groups[ref].result()
        return self._listing(ref).result()

    def origin(self, ref: Reference) -> Origin:
        """Return what the origin of REF has.

        A pseudo-version needs its commit, and ``+incompatible`` a look whether the tag has a go.mod. Where the go.mod
        of a tag may not fit (a /vN path, a sub-folder), it is looked at too, unless go.sum has its hash.
        """
        tags = self._origin(ref).result()
        if _is_commit(ref) or tags.state is State.UNKNOWN:
            return tags
        if ref.version not in tags.versions:
            return tags._replace(state=State.ABSENT)
        in_folder = "/" in module.tag(ref.module, ref.version, tags.url)
        if (in_folder or module.split_path_version(ref.module)[1]) and not ref.go_sums:
            return self.commit(ref)._replace(versions=tags.versions)
        return tags

    def commit(self, ref: Reference) -> Origin:
        """Return the commit that the tag of REF names at its origin."""
        return self._commit(ref).result()

    def latest(self, ref: Reference) -> str:
        """Return the version that @latest means for REF's module, "" if none."""
        question = self._go_command.latest
        return self._once(("latest", ref.module), self._go_pool, lambda: question(ref.module, self.left())).result()

    def quick(self, ref: Reference) -> Replies:
        """Return what the proxies answer at once about the files of REF that Go needs."""
        end = time.monotonic() + min(_QUICK_SECONDS, self.left() / 2)
        replies: list[Reply] = []
        for files, future in self._replies(ref).items():
            try:
                replies += future.result(max(0.0, end - time.monotonic()))
            except FutureTimeoutError:
                replies += [Reply(self.env.proxies[0], file, 0, detail="no answer in time") for file in files]
        return Replies(ref, tuple(replies))

    def go(self, ref: Reference) -> Answer:
        """Return what the judge says of REF: go itself, with the proxies alone."""
        archive = ref.rehashed or ((ref.archive or ref.is_toolchain) and self.quick(ref).lacks_archive())

        def judge() -> Answer:
            question = self._go_command.judge
            return self._tried(lambda: question(ref, self.left(), archive=archive), f"{ref} at the proxy")

        return self._once(("go", ref), self._go_pool, judge).result()

    def ahead(self, ref: Reference) -> None:
        """Begin to ask all that explains why REF is not served."""
        self._replies(ref)
        self._listing(ref)
        self._origin(ref)

    def _listing(self, ref: Reference) -> Future[Listing]:
        def question() -> Listing:
            seconds = self.left() / 3
            return self._tried(lambda: self._go_command.listing(ref.module, seconds), f"the versions of {ref.module}")

        return self._once(("listing", ref.module), self._go_pool, question)

    def _origin(self, ref: Reference) -> Future[Origin]:
        """Ask for the tags of REF's module, or for the commit of REF where that is what it names."""
        if _is_commit(ref):
            return self._commit(ref)
        question = self._go_command.tags
        return self._once(("tags", ref.module), self._go_pool, self._at_origin, ref, question, ref.module)

    def _commit(self, ref: Reference) -> Future[Origin]:
        return self._once(("commit", ref), self._go_pool, self._at_origin, ref, self._go_command.commit, ref)

    def _at_origin(self, ref: Reference, question: Callable[[T, float], Origin], what: T) -> Origin:
        host = ref.module.partition("/")[0]
        if host in self._silent:
            return Origin(State.UNKNOWN, failure=Failure(Reason.TIMED_OUT, f"{host} does not answer"))
        # What go.sum records was there once: for it there is more time.
        seconds = self.left() if ref.go_sums else min(_ORIGIN_SECONDS, self.left())
        origin = self._tried(lambda: question(what, seconds), f"the origin of {ref.module}")
        if origin.failure and origin.failure.reason is Reason.TIMED_OUT:
            self._silent.add(host)
        return origin

    def _replies(self, ref: Reference) -> dict[tuple[str, ...], Future[list[Reply]]]:
        """Ask for the files of REF: side by side, or one after the other."""
        client = self._proxies
        if not client:
            return {}

        def question(files: tuple[str, ...]) -> list[Reply]:
            with self._progress.waiting_for(f"{ref} at the proxy"):
                return [reply for file in files for reply in client.ask(ref, file)]

        files = client.files(ref)
        groups = [files] if self._one_by_one and files else [(file,) for file in files]
        return {some: self._once((ref, some), self._quick_pool, question, some) for some in groups}

    def _once(self, key: Hashable, pool: ThreadPoolExecutor, question: Callable[..., T], *args: object) -> Future[T]:
        with self._lock:
            if key not in self._asked:
                self._asked[key] = pool.submit(question, *args)
            return self._asked[key]

    def _tried(self, question: Callable[[], T], about: str) -> T:
        """Return the answer to QUESTION, asked again a few times while it fails in a way that may pass."""
        with self._progress.waiting_for(about):
            for attempt in range(1, _TRIES + 1):
                answer = question()
                failure: Failure | None = getattr(answer, "failure", None)
                pause = _PAUSE * 2**attempt * random.uniform(0.4, 0.6)  # noqa: S311
                if not (failure and failure.may_pass) or attempt == _TRIES or pause >= self.left():
                    break
                time.sleep(pause)
        return answer


def _is_commit(ref: Reference) -> bool:
    """Return whether more than the tags of its module must be fetched to know about REF."""
    return module.is_pseudo(ref.version) or ref.version.endswith("+incompatible")
