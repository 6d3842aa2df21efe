"""Each question at most once in a run, side by side, within one time limit."""

import random
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any, TypeVar

from goproxy_check.go.answers import Failure, Reason
from goproxy_check.go.env import GoEnv
from goproxy_check.go.questions import Answer, Go, Listing, Origin, State
from goproxy_check.gofiles import module
from goproxy_check.gofiles.reference import Reference
from goproxy_check.proxy.quick import Quick, Replies, Reply
from goproxy_check.system.terminal import Progress

T = TypeVar("T")

_ORIGIN_SECONDS = 10.0  # for the question whether a version exists
_QUICK_SECONDS = 10.0
_TRIES, _PAUSE = 3, 0.4  # of a question that may succeed at the next try; seconds, doubled each time
_GO_JOBS, _QUICK_JOBS = 32, 64
_TIME_IS_UP = Failure(Reason.TIMED_OUT, "no answer before the time was up (--timeout)")
_NO_GO = Failure(Reason.NO_GO, "there is no go command here")
_NO_ORIGIN = Origin(State.UNKNOWN, failure=_NO_GO)


class Ask:
    """Asks, for at most SECONDS from now, and remembers the answers; safe to use from many threads."""

    def __init__(
        self,
        env: GoEnv,
        go: Go | None,
        quick: Quick | None,
        progress: Progress,
        jobs: int,
        seconds: float,
        *,
        releasing: bool = False,
        until_latest: bool = False,
    ) -> None:
        self.env = env
        self.patient = False  # there will be another time (--wait): no proxy need be asked for what may not exist
        self.releasing = releasing  # a release: is the commit that is served the one that the tag names?
        self.until_latest = until_latest  # does @latest choose it?
        self._who = go, quick, progress, jobs
        self._end = time.monotonic() + seconds
        self._published: frozenset[Reference] = frozenset()
        self._silent: set[str] = set()  # hosts of origins that have not answered
        self._lock = threading.Lock()
        self._asked: dict[Hashable, Future[Any]] = {}
        self._go_pool = ThreadPoolExecutor(min(jobs, _GO_JOBS), thread_name_prefix="go")
        self._quick_pool = ThreadPoolExecutor(min(jobs, _QUICK_JOBS), thread_name_prefix="quick")

    def afresh(self, seconds: float, published: frozenset[Reference]) -> "Ask":
        """Return what asks everything again, for SECONDS, patiently; what is PUBLISHED is known to exist."""
        ask = Ask(self.env, *self._who, seconds, releasing=self.releasing, until_latest=self.until_latest)
        ask.patient, ask._published = True, published
        return ask

    def left(self) -> float:
        """Return the seconds that are left, never less than 0."""
        return max(0.0, self._end - time.monotonic())

    def is_recorded(self, ref: Reference) -> bool:
        """Return whether somebody has fetched REF: a go.sum has its hash, or the module cache has it."""
        return bool(ref.go_sums) or ref in self._published or self.env.has_cached(ref, (".info",))

    def is_listed(self, ref: Reference) -> bool:
        """Return whether the proxies list REF."""
        return ref.version in self.listing(ref).versions

    def listing(self, ref: Reference) -> Listing:
        """Return what the proxies list of REF's module."""
        return _result(self._listing(ref), self.left(), Listing(failure=_TIME_IS_UP))

    def origin(self, ref: Reference) -> Origin:
        """Return what the origin of REF has.

        A pseudo-version needs its commit, and ``+incompatible`` a look whether the tag has a go.mod. Where the go.mod
        of a tag may not fit (a /vN path, a sub-folder), it is looked at too, unless go.sum has its hash.
        """
        late = Origin(State.UNKNOWN, failure=_TIME_IS_UP)
        tags = _result(self._origin(ref), self.left(), late)
        if _is_commit(ref) or tags.state is State.UNKNOWN:
            return tags
        if ref.version not in tags.versions:
            return tags._replace(state=State.ABSENT)
        in_folder = "/" in module.tag(ref.module, ref.version, tags.url)
        if (in_folder or module.split_path_version(ref.module)[1]) and not ref.go_sums:
            return _result(self._commit(ref), self.left(), late)._replace(versions=tags.versions)
        return tags

    def commit(self, ref: Reference) -> Origin:
        """Return the commit that the tag of REF names at its origin."""
        return _result(self._commit(ref), self.left(), Origin(State.UNKNOWN, failure=_TIME_IS_UP))

    def latest(self, ref: Reference) -> str:
        """Return the version that @latest means for REF's module, "" if none."""
        return _result(self._once(("latest", ref), lambda go: go.latest(ref.module, self.left()), ""), self.left(), "")

    def quick(self, ref: Reference) -> Replies:
        """Return what the proxies answer at once about the files of REF that Go needs."""
        end = time.monotonic() + min(_QUICK_SECONDS, self.left() / 2)
        replies: list[Reply] = []
        for file, future in self._replies(ref).items():
            late = [Reply(self.env.proxies[0], file, 0, detail=_TIME_IS_UP.detail)]
            answers: list[Reply] = _result(future, end - time.monotonic(), late)
            replies += answers
        return Replies(ref, tuple(replies))

    def go(self, ref: Reference) -> Answer:
        """Return what the judge says of REF: go itself, with the proxies alone."""
        archive = ref.rehashed or ((ref.archive or ref.is_toolchain) and self.quick(ref).lacks_archive())

        def judge(go: Go) -> Answer:
            return self._tried(lambda: go.judge(ref, self.left(), archive=archive), f"{ref} at the proxy")

        return _result(self._once(("go", ref), judge, Answer(_NO_GO)), self.left(), Answer(_TIME_IS_UP))

    def ahead(self, ref: Reference) -> None:
        """Begin to ask all that explains why REF is not served."""
        self._replies(ref)
        self._listing(ref)
        self._origin(ref)

    def _listing(self, ref: Reference) -> "Future[Listing]":
        def question(go: Go) -> Listing:
            return self._tried(lambda: go.listing(ref.module, self.left() / 3), f"the versions of {ref.module}")

        return self._once(("listing", ref.module), question, Listing(failure=_NO_GO))

    def _origin(self, ref: Reference) -> "Future[Origin]":
        """Ask for the tags of REF's module, or for the commit of REF where that is what it names."""
        if _is_commit(ref):
            return self._commit(ref)
        return self._once(("tags", ref.module), lambda go: self._at_origin(ref, go.tags, ref.module), _NO_ORIGIN)

    def _commit(self, ref: Reference) -> "Future[Origin]":
        return self._once(("commit", ref), lambda go: self._at_origin(ref, go.commit, ref), _NO_ORIGIN)

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

    def _replies(self, ref: Reference) -> "dict[str, Future[list[Reply]]]":
        _, client, progress, _ = self._who
        if not client:
            return {}

        def question(file: str) -> list[Reply]:
            with progress.waiting_for(f"{ref} at the proxy"):
                return client.ask(ref, file)

        return {file: self._start((ref, file), self._quick_pool, question, file) for file in client.files(ref)}

    def _once(self, key: Hashable, question: Callable[[Go], T], without_go: T) -> "Future[T]":
        if go := self._who[0]:
            return self._start(key, self._go_pool, question, go)
        done: Future[T] = Future()
        done.set_result(without_go)
        return done

    def _start(self, key: Hashable, pool: ThreadPoolExecutor, question: Callable[..., T], *args: object) -> "Future[T]":
        with self._lock:
            if key not in self._asked:
                self._asked[key] = pool.submit(question, *args)
            return self._asked[key]

    def _tried(self, question: Callable[[], T], about: str) -> T:
        """Return the answer to QUESTION, asked again a few times while it fails in a way that may pass."""
        with self._who[2].waiting_for(about):
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


def _result(future: "Future[T]", seconds: float, late: T) -> T:
    """Return the result of FUTURE, or LATE if there is none within SECONDS."""
    try:
        return future.result(max(0.0, seconds))
    except FutureTimeoutError:
        return late
