"""From the files of a change to the module versions that it newly references."""

import os
import posixpath
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from goproxy_check import module, toolchain
from goproxy_check.changes import Change, File
from goproxy_check.modfiles import Entry, ModFile, Replacement, read
from goproxy_check.quick import ignored_folder

_MOST = 20  # problems of one file that are shown


class Location(NamedTuple):
    """Where a version is named: a file, from the top of the repository, and a line, from 1."""

    file: str
    line: int


@dataclass(frozen=True)
class Reference:
    """One module version, or one line that names none, with every place where the change names it.

    GO_MOD_ONLY: go.sum has no more than its ``/go.mod`` line, so Go needs the .mod file alone. ARCHIVE: go.sum has the
    hash of its archive, so Go needs that too. GO_MOD_HASHES are the ``h1:`` hashes that go.sum has for its go.mod.
    CONFLICT are lines of one go.sum that contradict each other, with their hashes. UNRECORDED are the folders whose
    go.sum lacks a line for it. SKIPPED and INVALID say why it is not asked for at all. WORKSPACE: a go.work joins its
    module with others.
    """

    module: str
    version: str
    locations: tuple[Location, ...] = ()
    go_mod_only: bool = False
    archive: bool = False
    go_mod_hashes: tuple[str, ...] = ()
    conflict: tuple[tuple[Location, str], ...] = ()
    unrecorded: tuple[str, ...] = ()
    skipped: str = ""
    invalid: str = ""
    workspace: bool = False

    def __str__(self) -> str:
        return f"{self.module}@{self.version}"


def new_references(change: Change, published: Collection[tuple[str, str]] = ()) -> list[Reference]:
    """Return what CHANGE newly references, in the order of its files and lines.

    A toolchain that a go or toolchain line newly demands has its name for a version (see goenv.downloaded).
    PUBLISHED are the tags (folder, version) that come with it: what they make of this repository's own modules.
    """
    after = _Tree([*change.after, *change.whole, *change.beside], published)
    before = _Tree(change.before)
    whole = {file.path for file in change.whole}
    known: set[tuple[str, str]] = set()
    hashes: dict[tuple[str, str, bool], set[str]] = {}
    for path, file in before.files:
        for entry in file.entries:
            hashes.setdefault((entry.module, entry.version, entry.go_mod), set()).add(entry.hash)
            if not before.skipped(path, entry):
                known.add((entry.module, entry.version))

    def is_new(entry: Entry) -> bool:
        """A version that was not there, or a line of go.sum that contradicts what was there."""
        were = hashes.get((entry.module, entry.version, entry.go_mod), set()) - {""}
        return (entry.module, entry.version) not in known or bool(entry.hash and were and entry.hash not in were)

    found: dict[tuple[str, str], list[tuple[str, Entry, str]]] = {}
    invalid: list[Reference] = []
    demands: dict[str, tuple[Location, ...]] = {}
    for path in sorted([file.path for file in change.after] + sorted(whole), key=_reading_order):
        file = after.by_path[path]
        for entry in file.entries:
            if path in whole or is_new(entry):
                uses = found.setdefault((entry.module, entry.version), [])
                uses.append((path, entry, after.skipped(path, entry)))
        if not ignored_folder(path):
            more = len(file.problems) - _MOST
            demanded, line = toolchain.raised(file, before.by_path.get(path))
            if demanded:
                demands[demanded] = (*demands.get(demanded, ()), Location(path, line))
            for problem in file.problems[:_MOST]:
                also = f" (and {more} more lines)" if more > 0 and problem is file.problems[_MOST - 1] else ""
                invalid.append(Reference("", "", (Location(path, problem.line),), invalid=problem.why + also))
    refs = [after.reference(uses) for uses in found.values()]
    refs += [*invalid, *(Reference(toolchain.MODULE, name, places) for name, places in demands.items())]
    return sorted(refs, key=lambda ref: (_reading_order(ref.locations[0].file), ref.locations[0].line))


def joined(references: Iterable[Reference]) -> list[Reference]:
    """Return REFERENCES of several changes with each version once; it is skipped only if all of them skip it."""
    found: dict[tuple[object, ...], Reference] = {}
    for ref in references:
        key = (ref.module, ref.version, *(ref.locations if ref.invalid else ()))
        if key not in found or found[key].skipped:
            found[key] = ref
    return list(found.values())


def module_folders(paths: Sequence[str]) -> list[str]:
    """Return the folders of the modules whose go.mod or go.sum is among PATHS, else those of go.work, in order."""
    of_modules = [path for path in paths if posixpath.basename(path) in ("go.mod", "go.sum")]
    return list(dict.fromkeys(posixpath.dirname(path) for path in of_modules or paths))


def _reading_order(path: str) -> tuple[str, bool, str]:
    return posixpath.dirname(path), path.endswith(".sum"), path


class _Tree:
    """All module files of one side of a change, and what they say about each other; PUBLISHED come with it."""

    def __init__(self, files: Iterable[File], published: Collection[tuple[str, str]] = ()) -> None:
        self.files = [(file.path, read(posixpath.basename(file.path), file.data)) for file in files]
        self.by_path: dict[str, ModFile] = dict(self.files)
        mods = [(self.by_path.get(posixpath.join(folder, "go.mod")), version) for folder, version in published]
        self.own = {(mod.module, version) for mod, version in mods if mod}
        # Folder, module, version, is it the /go.mod line? → its hashes, and where each is.
        self.sums: dict[tuple[str, str, str, bool], dict[str, Location]] = {}
        self.go_mod_hashes: dict[tuple[str, str], dict[str, None]] = {}
        for path, file in self.files:
            for entry in file.entries if path.endswith(".sum") and not ignored_folder(path) else ():
                record = self.sums.setdefault((posixpath.dirname(path), entry.module, entry.version, entry.go_mod), {})
                if entry.hash.startswith("h1:"):  # others are ignored by Go
                    record.setdefault(entry.hash, Location(path, entry.line))
                    if entry.go_mod:
                        self.go_mod_hashes.setdefault((entry.module, entry.version), {})[entry.hash] = None
        self.workspaces: dict[str, tuple[str, set[str]]] = {}  # folder of a module → its go.work, its neighbours
        if os.environ.get("GOWORK") != "off":
            for path, file in self.files:
                if posixpath.basename(path) == "go.work":
                    self._workspace(path, file)

    def _workspace(self, path: str, file: ModFile) -> None:
        """Note which modules the go.work at PATH joins (https://go.dev/ref/mod#workspaces)."""
        root = posixpath.dirname(path)
        folders = [posixpath.normpath(posixpath.join(root, use)).removeprefix(".").lstrip("/") for use in file.uses]
        mods = [self.by_path[at] for folder in folders if (at := posixpath.join(folder, "go.mod")) in self.by_path]
        for folder in {*folders, root}:
            self.workspaces[folder] = (path, {mod.module for mod in mods})

    def skipped(self, path: str, entry: Entry) -> str:
        """Return why Go never fetches ENTRY, which the file at PATH names, or ""."""
        if folder := ignored_folder(path):
            return f"in {folder}"
        folder = posixpath.dirname(path)
        work, neighbours = self.workspaces.get(folder, ("", set()))
        if entry.module in neighbours:
            return f"a module of the same workspace ({work})"
        own = posixpath.join(folder, "go.mod")
        for name in filter(None, (work, own)):
            file = self.by_path.get(name)
            if not file:
                continue
            replacement = _replacement(file.replacements, entry)
            if replacement:
                target = " ".join(filter(None, (replacement.new, replacement.new_version)))
                return f"replaced by {target} ({name})"
            if (entry.module, entry.version) in file.excluded:
                return f"excluded ({name})"
        return ""

    def reference(self, uses: list[tuple[str, Entry, str]]) -> Reference:
        """Join the USES (file, entry, reason to skip) of one version."""
        live = [use for use in uses if not use[2]] or uses
        entry = live[0][1]
        folders = module_folders([path for path, _, _ in live])
        go_mod_only = all(use.go_mod for _, use, _ in live)
        lines = {(folder, entry.module, entry.version, kind) for folder in folders for kind in (True, False)}
        records = [self.sums.get(line, {}) for line in sorted(lines)]
        lines -= {line for line in lines if go_mod_only and not line[3]}
        return Reference(
            entry.module,
            entry.version,
            tuple(Location(path, use.line) for path, use, _ in live),
            go_mod_only=go_mod_only,
            archive=any(self.sums.get(line) for line in lines if not line[3]),
            unrecorded=tuple(sorted({line[0] for line in lines if line not in self.sums})),
            conflict=tuple((place, hash_) for of in records if len(of) > 1 for hash_, place in of.items()),
            go_mod_hashes=tuple(self.go_mod_hashes.get((entry.module, entry.version), {})),
            skipped=live[0][2] or ("its tag comes with this push" if (entry.module, entry.version) in self.own else ""),
            invalid="" if live[0][2] else module.check(entry.module, entry.version),
            workspace=not self.workspaces.keys().isdisjoint(folders),
        )


def _replacement(replacements: list[Replacement], entry: Entry) -> Replacement | None:
    """Return what replaces ENTRY; one for its very version goes first (https://go.dev/ref/mod#go-mod-file-replace)."""
    if any((item.new, item.new_version) == (entry.module, entry.version) for item in replacements):
        return None  # the right side of a replacement is fetched, and never replaced again
    fitting = (item for item in replacements if item.old == entry.module and item.old_version in ("", entry.version))
    return max(fitting, key=lambda item: item.old_version != "", default=None)
