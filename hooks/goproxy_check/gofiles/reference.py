"""A reference: one module version that a change, or the command line, names."""

import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from goproxy_check.gofiles import module, toolchain
from goproxy_check.gofiles.problems import Problem, Skip, Skipped


class Location(NamedTuple):
    """Where a version is named: a file, from the top of the repository, and a line, from 1."""

    file: str
    line: int


@dataclass(frozen=True)
class Reference:
    """One module version, or one line that names none, with every place where the change names it."""

    module: str
    version: str
    locations: tuple[Location, ...] = ()
    go_sums: tuple[tuple[str, ...], ...] = ()
    """What go.sum has for it: its lines with an h1: hash, once for each go.sum that has others."""
    go_mod_only: bool = False
    """go.sum has no more than its /go.mod line, so Go needs its .mod file alone."""
    rehashed: bool = False
    """go.sum had another hash for its archive before."""
    required: bool = False
    """A require line, or the command line, names it: its go.mod must declare its path."""
    unrecorded: tuple[str, ...] = ()
    """Folders whose go.sum lacks a line for it."""
    workspace: bool = False
    """A go.work joins its module with others."""
    commit: str = ""
    """Of --tag: the commit that the tag names here."""
    skipped: Skipped | None = None
    invalid: Problem | None = None

    def __str__(self) -> str:
        return f"{self.module}@{self.version}"

    @property
    def archive(self) -> bool:
        """Whether go.sum records the archive, so that Go needs it."""
        return any(f" {self.version} " in line for lines in self.go_sums for line in lines)

    @property
    def go_mod_hashes(self) -> set[str]:
        """The hash of its go.mod that each go.sum has; of two in one file Go takes the first (checkModSum)."""
        start = f"{self.module} {self.version}/go.mod "
        firsts = [[line.removeprefix(start) for line in lines if line.startswith(start)][:1] for lines in self.go_sums]
        return {first[0] for first in firsts if first}

    @property
    def is_toolchain(self) -> bool:
        """Whether it is a Go toolchain, which no go.sum lists."""
        return self.module == toolchain.MODULE


def of_argument(text: str) -> Reference:
    """Return the reference that MODULE@VERSION on the command line is."""
    path, _, version = text.rpartition("@")
    return Reference(path, version, required=True, invalid=module.check(path, version))


def of_tag(path: str, version: str, commit: str) -> Reference:
    """Return the reference that --tag makes: the module PATH at VERSION, whose tag names COMMIT here."""
    return Reference(path, version, required=True, commit=commit)


def outside(path: str) -> Reference:
    """Return the reference that stands for the file at PATH, a symbolic link that leads out of the repository."""
    return Reference("", "", (Location(path, 1),), skipped=Skipped(Skip.LINK, path))


def joined(references: Iterable[Reference]) -> list[Reference]:
    """Return REFERENCES of several changes with each version once; it is skipped only if all of them skip it."""
    found: dict[tuple[object, ...], Reference] = {}
    for ref in references:
        key = (ref.module, ref.version, *(() if ref.version else ref.locations))
        if key not in found or found[key].skipped:
            found[key] = ref
    return list(found.values())


def by_folder(refs: Iterable[Reference]) -> dict[str, list[Reference]]:
    """Return REFS by the folders of the modules that name them ("" is the top)."""
    folders: dict[str, list[Reference]] = {}
    for ref in refs:
        for folder in module_folders([place.file for place in ref.locations]) or [""]:
            folders.setdefault(folder, []).append(ref)
    return folders


def module_folders(paths: Sequence[str]) -> list[str]:
    """Return the folders of the modules whose go.mod or go.sum is among PATHS, else those of go.work, in order."""
    of_modules = [path for path in paths if posixpath.basename(path) in ("go.mod", "go.sum")]
    return list(dict.fromkeys(posixpath.dirname(path) for path in of_modules or paths))
