"""What a finished run amounts to: its findings and the exit status."""

import posixpath
from typing import NamedTuple

from goproxy_check.go.env import GoEnv
from goproxy_check.options import Options
from goproxy_check.verdict.evidence import Diagnosis
from goproxy_check.verdict.reasons import Verdict


class Run(NamedTuple):
    """One finished run."""

    options: Options
    diagnoses: list[Diagnosis]
    env: GoEnv | None = None  # None: nothing had to be asked
    folder: str = ""  # where the reader stands, from the top of the repository; "" is the top
    to_add: tuple[str, ...] = ()  # the go.sum files that --fix has changed
    seconds: float = 0.0

    @property
    def findings(self) -> list[Diagnosis]:
        """What is wrong."""
        return [item for item in self.diagnoses if item.finding]

    def tolerated(self, item: Diagnosis) -> bool:
        """Return whether ITEM passes because of --allow-unavailable."""
        return self.options.allow_unavailable and item.verdict is Verdict.UNAVAILABLE

    def stops(self, item: Diagnosis) -> bool:
        """Return whether ITEM is a reason to fail."""
        return item.finding and not item.fixed and not self.tolerated(item)

    def exit_status(self) -> int:
        """Return 0 if nothing was found, or all of it fixed and nothing left to add to the commit, else 1."""
        unfinished = self.to_add and not self.options.all
        return int(bool(unfinished) or any(map(self.stops, self.diagnoses)))

    def path(self, path: str) -> str:
        """Return PATH, which is relative to the top of the repository, from where the reader stands ("" is here)."""
        if path == self.folder:
            return ""
        return posixpath.relpath(path or ".", self.folder) if self.folder else path
