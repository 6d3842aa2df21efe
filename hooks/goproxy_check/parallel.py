"""Many questions side by side, against one deadline."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

from goproxy_check.process import interrupt

T = TypeVar("T")
R = TypeVar("R")


class Deadline:
    """A point in time, SECONDS from now."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._over = threading.Event()

    def left(self) -> float:
        """Return the seconds that are left, never less than 0."""
        return 0.0 if self._over.is_set() else max(0.0, self._end - time.monotonic())

    def sleep(self, seconds: float) -> None:
        """Wait for SECONDS, or until somebody calls the whole thing off."""
        self._over.wait(min(seconds, self.left()))

    def expire(self) -> None:
        """Call it off: nothing is left."""
        self._over.set()


_LOOK_UP = 0.25  # seconds; a signal that the system hands to another thread does not wake the main one
_GRACE = 20  # tries, 0.05 s each, to make what still waits return


def in_parallel(
    do: Callable[[T], R],
    items: Sequence[T],
    jobs: int,
    deadline: Deadline,
    cut: Callable[[], None],
    late: Callable[[T], R],
) -> list[R]:
    """Return DO of each of ITEMS, JOBS at a time.

    When the time is up, or on an interrupt, CUT makes them return; LATE stands in for those that do not.
    """
    pool = ThreadPoolExecutor(max(1, min(jobs, len(items))), thread_name_prefix="goproxy-check-question")
    futures: list[Future[R]] = []
    try:
        with interrupt:  # or nobody would wait for what has begun
            futures += [pool.submit(do, item) for item in items]
        waiting = set(futures)
        while waiting and (left := deadline.left()) > 0:
            waiting = wait(waiting, min(left + 0.1, _LOOK_UP)).not_done
    finally:  # after an interrupt too
        for _ in range(_GRACE):  # what is just being opened can be cut only in a moment
            if all(future.done() for future in futures):
                break
            deadline.expire()
            pool.shutdown(wait=False, cancel_futures=True)
            cut()
            time.sleep(0.05)
        pool.shutdown(wait=all(future.done() for future in futures))
    ended = [future.done() and not future.cancelled() for future in futures]
    return [future.result() if end else late(item) for end, future, item in zip(ended, futures, items, strict=True)]
