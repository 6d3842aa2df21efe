"""From the files of a change to the module versions that it newly references."""

import os
import posixpath
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from goproxy_check.gofiles import module, toolchain
from goproxy_check.gofiles.modfile import Entry, ModFile, Replacement, read
from goproxy_check.gofiles.names import ignored_folder
from goproxy_check.gofiles.problems import Skip, Skipped
from goproxy_check.gofiles.reference import Location, Reference, module_folders

_MOST = 20  # problems of one file that are shown


class File(Protocol):
    """A module file, by its path from the top of the repository."""

    @property
    def path(self) -> str: ...
    @property
    def data(self) -> bytes: ...


def new_references(
    files: Sequence[File],
    context: Sequence[File],
    before: Sequence[Sequence[File]] = (),
    fresh: frozenset[str] = frozenset(),
    tags: Iterable[tuple[str, str]] = (),
) -> list[Reference]:
    """Return what FILES newly reference, in the order of files and lines.

    CONTEXT are other files of the same tree, BEFORE those of each tree to compare with. Of the paths FRESH all is new.
    TAGS (folder, version) come with the change: what they make of this repository's own modules is not asked for. A
    toolchain that a go or toolchain line newly demands has its name for a version (see env.downloaded).
    """
    after, old = _Tree([*files, *context], tags), [_Tree(tree) for tree in before]
    known: set[tuple[str, str]] = set()
    skipped: set[tuple[str, str]] = set()
    hashes: dict[tuple[str, str, bool], set[str]] = {}
    for tree in old:
        for path, entry in tree.entries():
            (skipped if tree.skipped(path, entry) else known).add((entry.module, entry.version))
            hashes.setdefault((entry.module, entry.version, entry.go_mod), set()).add(entry.hash)
    found: dict[tuple[str, str], list[_Use]] = {}
    refs: list[Reference] = []
    demands: dict[str, tuple[Location, ...]] = {}
    for path in sorted((file.path for file in files), key=_reading_order):
        file = after.files[path]
        for entry in file.entries:
            name, skip = (entry.module, entry.version), after.skipped(path, entry)
            were = hashes.get((*name, entry.go_mod), set()) - {""}
            other_hash = bool(entry.hash and were and entry.hash not in were)
            if path in fresh or other_hash or not (name in known or (skip and name in skipped)):
                found.setdefault(name, []).append(_Use(path, entry, skip, other_hash))
        if not ignored_folder(path):
            wanted, line = toolchain.demanded(file)
            had = [toolchain.demanded(tree.files.get(path))[0] for tree in old]
            if wanted and all(toolchain.newer(wanted, name) for name in had):
                demands[wanted] = (*demands.get(wanted, ()), Location(path, line))
            refs += [Reference("", "", (Location(path, item.line),), invalid=item) for item in file.problems[:_MOST]]
    refs += [after.reference(uses) for uses in found.values()]
    refs += [Reference(toolchain.MODULE, name, places) for name, places in demands.items()]
    return sorted(refs, key=lambda ref: (_reading_order(ref.locations[0].file), ref.locations[0].line))


def _reading_order(path: str) -> tuple[str, bool, str]:
    return posixpath.dirname(path), path.endswith(".sum"), path


class _Use(NamedTuple):
    """One place that names a version."""

    path: str
    entry: Entry
    skipped: Skipped | None
    other_hash: bool


class _Tree:
    """The module files of one tree, and what they say about each other; TAGS come with it."""

    def __init__(self, files: Iterable[File], tags: Iterable[tuple[str, str]] = ()) -> None:
        self.files = {file.path: read(posixpath.basename(file.path), file.data) for file in files}
        mods = [(self.files.get(posixpath.join(folder, "go.mod")), version) for folder, version in tags]
        self.own = {(mod.module, version) for mod, version in mods if mod}
        # (folder, module, version, is it the /go.mod line?) → its lines with a hash that Go heeds
        self.sums: dict[tuple[str, str, str, bool], list[str]] = {}
        for path, entry in self.entries():
            if path.endswith(".sum") and not ignored_folder(path):
                key = (posixpath.dirname(path), entry.module, entry.version, entry.go_mod)
                line = f"{entry.module} {entry.version}{'/go.mod' * entry.go_mod} {entry.hash}"
                self.sums.setdefault(key, []).extend([line] if entry.hash.startswith("h1:") else [])
        self.workspaces: dict[str, tuple[str, set[str]]] = {}  # folder of a module → its go.work, its neighbours
        for path, file in self.files.items():
            if posixpath.basename(path) == "go.work" and os.environ.get("GOWORK") != "off":
                self._workspace(path, file)

    def _workspace(self, path: str, file: ModFile) -> None:
        """Note which modules the go.work at PATH joins (https://go.dev/ref/mod#workspaces)."""
        root = posixpath.dirname(path)
        folders = [posixpath.normpath(posixpath.join(root, use)).removeprefix(".").lstrip("/") for use in file.uses]
        mods = [self.files[at] for folder in folders if (at := posixpath.join(folder, "go.mod")) in self.files]
        for folder in {*folders, root}:
            self.workspaces[folder] = (path, {mod.module for mod in mods})

    def entries(self) -> Iterable[tuple[str, Entry]]:
        """Return every entry of every file, with the file's path."""
        return ((path, entry) for path, file in self.files.items() for entry in file.entries)

    def skipped(self, path: str, entry: Entry) -> Skipped | None:
        """Return why Go never fetches ENTRY, which the file at PATH names."""
        if ignored := ignored_folder(path):
            return Skipped(Skip.IGNORED_FOLDER, ignored)
        folder = posixpath.dirname(path)
        work, neighbours = self.workspaces.get(folder, ("", set()))
        if entry.module in neighbours:
            return Skipped(Skip.WORKSPACE, work)
        for name in (work, posixpath.join(folder, "go.mod")):
            file = self.files.get(name, ModFile())
            if replacement := _replacement(file.replacements, entry):
                return Skipped(Skip.REPLACED, f"{replacement.new} {replacement.new_version}".strip() + f" ({name})")
            if (entry.module, entry.version) in file.excluded:
                return Skipped(Skip.EXCLUDED, name)
        return Skipped(Skip.PUSHED) if (entry.module, entry.version) in self.own else None

    def reference(self, uses: list[_Use]) -> Reference:
        """Join the USES of one version."""
        live = [use for use in uses if not use.skipped] or uses
        name = live[0].entry.module, live[0].entry.version
        folders = module_folders([use.path for use in live])
        go_mod_only = all(use.entry.go_mod for use in live)
        kinds = (True,) if go_mod_only else (False, True)
        lines = [[line for kind in (False, True) for line in self.sums.get((at, *name, kind), ())] for at in folders]
        return Reference(
            *name,
            tuple(Location(use.path, use.entry.line) for use in live),
            go_sums=tuple(dict.fromkeys(tuple(some) for some in lines if some)),
            go_mod_only=go_mod_only,
            rehashed=any(use.other_hash and not use.entry.go_mod for use in live),
            required=any(use.entry.required for use in live),
            unrecorded=tuple(at for at in folders if any((at, *name, kind) not in self.sums for kind in kinds)),
            workspace=not self.workspaces.keys().isdisjoint(folders),
            skipped=live[0].skipped,
            invalid=None if live[0].skipped else module.check(*name),
        )


def _replacement(replacements: list[Replacement], entry: Entry) -> Replacement | None:
    """Return what replaces ENTRY; one for its very version goes first (https://go.dev/ref/mod#go-mod-file-replace)."""
    if any((item.new, item.new_version) == (entry.module, entry.version) for item in replacements):
        return None  # the right side of a replacement is fetched, and never replaced again
    fitting = (item for item in replacements if item.old == entry.module and item.old_version in ("", entry.version))
    return max(fitting, key=lambda item: item.old_version != "", default=None)
