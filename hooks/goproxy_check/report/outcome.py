"""What a finished run amounts to: the findings, the exit status, and who reads the report where."""

import posixpath
from dataclasses import dataclass
from typing import NamedTuple

from goproxy_check.gofiles.problems import Skip
from goproxy_check.verdict.evidence import Diagnosis
from goproxy_check.verdict.reasons import Verdict


class Setting(NamedTuple):
    """The setting of Go that says which modules are private; EXPORTED: the environment sets it."""

    name: str
    value: str
    exported: bool


_UNSET = Setting("GOPRIVATE", "", False)


@dataclass(frozen=True)
class Reader:
    """Who reads the report, and where."""

    hook: str = ""
    """What started this: "pre-commit", "git" (any other hook of git), "" for a person."""
    plain: bool = True
    """What is staged is what will be committed: no ``git commit -a``, no ``git commit FILE``."""
    fixes: bool = False
    """--fix ran."""
    action: str = "commit"
    """What the hook stops: "commit" or "push"."""
    folder: str = ""
    """Where the reader stands, from the top of the repository; "" is the top."""
    commits: bool = True
    """What --fix changes must be added to a commit."""
    private: Setting = _UNSET
    gonosumdb: str = ""

    def path(self, path: str) -> str:
        """Return PATH, which is relative to the top of the repository, from where the reader stands ("" is here)."""
        if path == self.folder:
            return ""
        return posixpath.relpath(path or ".", self.folder) if self.folder else path


@dataclass(frozen=True)
class Run:
    """One finished run."""

    diagnoses: list[Diagnosis]
    reader: Reader
    to_add: tuple[str, ...] = ()
    """The go.sum files that --fix has changed."""
    direct_allowed: bool = True
    """GOPROXY ends with direct."""
    seconds: float = 0.0
    tolerant: bool = False
    """--allow-unavailable was given."""
    show_skipped: bool = False

    @property
    def findings(self) -> list[Diagnosis]:
        """What is wrong."""
        return [item for item in self.diagnoses if item.finding]

    @property
    def unchecked(self) -> list[Diagnosis]:
        """What was skipped although the user would expect it to be checked."""
        kinds = (Skip.OFF, Skip.LINK)
        return [item for item in self.diagnoses if item.ref.skipped and item.ref.skipped.why in kinds]

    def tolerated(self, item: Diagnosis) -> bool:
        """Return whether ITEM passes because of --allow-unavailable."""
        return self.tolerant and item.verdict is Verdict.UNAVAILABLE

    def stops(self, item: Diagnosis) -> bool:
        """Return whether ITEM is a reason to fail."""
        return item.finding and not item.fixed and not self.tolerated(item)

    def exit_status(self) -> int:
        """Return 0 if nothing was found, or all of it fixed and nothing left to add to the commit, else 1."""
        unfinished = self.reader.commits and bool(self.to_add)
        return int(unfinished or any(self.stops(item) for item in self.diagnoses))

    def counts(self) -> dict[str, int]:
        """Return how many versions there are of each kind."""
        verdicts = [item.verdict for item in self.diagnoses]
        skipped = verdicts.count(Verdict.SKIPPED)
        return {
            "checked": len(verdicts) - skipped,
            "ok": verdicts.count(Verdict.OK),
            "findings": len(self.findings),
            "skipped": skipped,
        }
