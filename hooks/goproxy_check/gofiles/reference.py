"""A reference: one module version that a change, or the command line, names; and how those of a change are found."""

import os
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from goproxy_check.gofiles import module, toolchain
from goproxy_check.gofiles.modfile import Entry, ModFile, read
from goproxy_check.gofiles.names import ignored_folder
from goproxy_check.gofiles.problems import Problem, Skip, Skipped

_MOST = 20  # problems of one file that are shown
_NONE = ModFile()


class Location(NamedTuple):
    """Where a version is named: a file, from the top of the repository, and a line, from 1."""

    file: str
    line: int


class Reference(NamedTuple):
    """One module version, or one line that names none, with every place where the change names it."""

    module: str
    version: str
    locations: tuple[Location, ...] = ()
    go_sums: tuple[tuple[str, ...], ...] = ()  # its lines with an h1: hash, once for each go.sum that has others
    go_mod_only: bool = False  # go.sum has no more than its /go.mod line, so Go needs its .mod file alone
    rehashed: bool = False  # go.sum had another hash for its archive before
    required: bool = False  # a require line, or the command line, names it: its go.mod must declare its path
    unrecorded: tuple[str, ...] = ()  # folders whose go.sum lacks a line for it
    workspace: bool = False  # a go.work joins its module with others
    commit: str = ""  # of --tag: the commit that the tag names here
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
        firsts = (next((line for line in lines if line.startswith(start)), "") for lines in self.go_sums)
        return {line.removeprefix(start) for line in firsts if line}

    @property
    def is_toolchain(self) -> bool:
        """Whether it is a Go toolchain, which no go.sum lists."""
        return self.module == toolchain.MODULE


def of_argument(text: str) -> Reference:
    """Return the reference that MODULE@VERSION on the command line is."""
    path, _, version = text.rpartition("@")
    return Reference(path, version, required=True, invalid=module.check(path, version))


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


def new_references(
    files: Mapping[str, bytes],
    context: Mapping[str, bytes],
    before: Iterable[Mapping[str, bytes]] = (),
    fresh: frozenset[str] = frozenset(),
    tags: Iterable[tuple[str, str]] = (),
) -> list[Reference]:
    """Return what FILES (path → content) newly reference, in the order of files and lines.

    CONTEXT are other files of the same tree, BEFORE those of each tree to compare with. Of the paths FRESH all is new.
    TAGS (folder, version) come with the change: what they make of this repository's own modules is not asked for. A
    toolchain that a go or toolchain line newly demands has its name for a version (see env.downloaded).
    """
    after, old = _Tree({**files, **context}, tags), [_Tree(tree) for tree in before]
    # Module and version → whether a file before skips it, whether it is the /go.mod line, and the hash that go.sum has
    seen: dict[tuple[str, str], set[tuple[bool, bool, str]]]
    seen = {entry.name: set() for path in files for entry in after.files[path].entries}
    for tree in old:
        for path, entry in tree.entries():
            if entry.name in seen:
                seen[entry.name].add((bool(tree.skipped(path, entry)), entry.go_mod, entry.hash))
    found: dict[tuple[str, str], list[_Use]] = {}
    refs: list[Reference] = []
    demands: dict[str, tuple[Location, ...]] = {}
    for path in sorted(files, key=_reading_order):
        file = after.files[path]
        for entry in file.entries:
            skip, earlier = after.skipped(path, entry), seen[entry.name]
            known = any(skip or not was_skipped for was_skipped, _, _ in earlier)
            hashes = {old_hash for _, go_mod, old_hash in earlier if go_mod == entry.go_mod} - {""}
            other_hash = bool(entry.hash and hashes and entry.hash not in hashes)
            if path in fresh or other_hash or not known:
                found.setdefault(entry.name, []).append(_Use(path, entry, skip, other_hash))
        if not ignored_folder(path):
            wanted, line = toolchain.demanded(file)
            had = [toolchain.demanded(tree.files.get(path, _NONE))[0] for tree in old]
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

    def __init__(self, files: Mapping[str, bytes], tags: Iterable[tuple[str, str]] = ()) -> None:
        self.files = {path: read(posixpath.basename(path), data) for path, data in files.items()}
        mods = [(self.files.get(posixpath.join(folder, "go.mod")), version) for folder, version in tags]
        self.own = {(mod.module, version) for mod, version in mods if mod}
        self.workspaces: dict[str, tuple[str, set[str]]] = {}  # folder of a module → its go.work, its neighbours
        for path in self.files if os.environ.get("GOWORK") != "off" else ():
            if posixpath.basename(path) == "go.work":  # https://go.dev/ref/mod#workspaces
                root = posixpath.dirname(path)
                uses = [posixpath.normpath(posixpath.join(root, use)) for use in self.files[path].uses]
                folders = [use.removeprefix(".").lstrip("/") for use in uses]
                members = (self.files.get(posixpath.join(folder, "go.mod")) for folder in folders)
                neighbours = {mod.module for mod in members if mod}
                self.workspaces |= dict.fromkeys((*folders, root), (path, neighbours))

    def entries(self) -> Iterable[tuple[str, Entry]]:
        """Return every entry of every file, with the file's path."""
        return ((path, entry) for path, file in self.files.items() for entry in file.entries)

    @cached_property
    def sums(self) -> dict[tuple[str, tuple[str, str]], list[Entry]]:
        """Folder, and module and version → the lines of go.sum and go.work.sum."""
        sums: dict[tuple[str, tuple[str, str]], list[Entry]] = {}
        for path, entry in self.entries():
            if path.endswith(".sum") and not ignored_folder(path):
                sums.setdefault((posixpath.dirname(path), entry.name), []).append(entry)
        return sums

    def skipped(self, path: str, entry: Entry) -> Skipped | None:
        """Return why Go never fetches ENTRY, which the file at PATH names.

        A replacement of its very version goes before one of all (https://go.dev/ref/mod#go-mod-file-replace); what is
        on the right side of one is fetched, and never replaced again.
        """
        if ignored := ignored_folder(path):
            return Skipped(Skip.IGNORED_FOLDER, ignored)
        folder = posixpath.dirname(path)
        work, neighbours = self.workspaces.get(folder, ("", set()))
        if entry.module in neighbours:
            return Skipped(Skip.WORKSPACE, work)
        for name in (work, posixpath.join(folder, "go.mod")):
            file = self.files.get(name, _NONE)
            new = file.replacements.get(entry.name) or file.replacements.get((entry.module, ""))
            if new and entry.name not in file.replacements.values():
                return Skipped(Skip.REPLACED, f"{' '.join(new).strip()} ({name})")
            if entry.name in file.excluded:
                return Skipped(Skip.EXCLUDED, name)
        return Skipped(Skip.PUSHED) if entry.name in self.own else None

    def reference(self, uses: list[_Use]) -> Reference:
        """Join the USES of one version."""
        live = [use for use in uses if not use.skipped] or uses
        name = live[0].entry.name
        folders = module_folders([use.path for use in live])
        go_mod_only = all(use.entry.go_mod for use in live)
        needed = {True} if go_mod_only else {False, True}
        sums = {folder: sorted(self.sums.get((folder, name), ()), key=lambda line: line.go_mod) for folder in folders}
        hashed = ([line for line in lines if line.hash.startswith("h1:")] for lines in sums.values())
        texts = (tuple(f"{' '.join(name)}{'/go.mod' * line.go_mod} {line.hash}" for line in lines) for lines in hashed)
        return Reference(
            *name,
            tuple(Location(use.path, use.entry.line) for use in live),
            go_sums=tuple(dict.fromkeys(filter(None, texts))),
            go_mod_only=go_mod_only,
            rehashed=any(use.other_hash and not use.entry.go_mod for use in live),
            required=any(use.entry.required for use in live),
            unrecorded=tuple(at for at, lines in sums.items() if not needed <= {line.go_mod for line in lines}),
            workspace=not self.workspaces.keys().isdisjoint(folders),
            skipped=live[0].skipped,
            invalid=None if live[0].skipped else module.check(*name),
        )
