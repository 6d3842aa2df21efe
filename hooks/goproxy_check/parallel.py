"""Many questions side by side, against one deadline."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

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


def in_parallel(
    do: Callable[[T], R], items: Sequence[T], jobs: int, deadline: Deadline, cut: Callable[[], None]
) -> list[R]:
    """Return DO of each of ITEMS, JOBS at a time; when the time is up, or on an interrupt, CUT makes them return."""
    pool = ThreadPoolExecutor(max_workers=max(1, min(jobs, len(items))))
    futures = [pool.submit(do, item) for item in items]
    try:
        while wait(futures, timeout=deadline.left() + 0.1).not_done:
            cut()
    except BaseException:
        deadline.expire()
        pool.shutdown(wait=False, cancel_futures=True)
        for _ in range(20):  # what is just being opened can be cut only in a moment
            cut()
            if all(future.done() for future in futures):
                break
            time.sleep(0.05)
        raise
    pool.shutdown()
    return [future.result() for future in futures]
