"""A reference: one module version that a change, or the command line, names; and how those of a change are found."""

import enum
import os
import posixpath
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import NamedTuple

from goproxy_check.gofiles import module
from goproxy_check.gofiles.modfile import TOOLCHAIN, Entry, ModFile, demanded, read, release

_NONE = ModFile()
# Why Go does not fetch a version that a file names; verdict/reasons.py has the words.
Skip = enum.Enum("Skip", ["IGNORED_FOLDER", "WORKSPACE", "REPLACED", "EXCLUDED", "PUSHED", "OFF", "LINK"])


class Skipped(NamedTuple):
    """Why a version is not checked; DETAIL names the folder, the file or the replacement."""

    why: Skip
    detail: str = ""


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
    invalid: module.Problem | None = None

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
        return self.module == TOOLCHAIN

    @property
    def folders(self) -> list[str]:
        """The folders of the modules whose go.mod or go.sum names it, else those of go.work; "" is the top."""
        paths = [place.file for place in self.locations]
        of_modules = [path for path in paths if posixpath.basename(path) in ("go.mod", "go.sum")]
        return list(dict.fromkeys(posixpath.dirname(path) for path in of_modules or paths or [""]))


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
    """Return REFS by the folders of the modules that name them."""
    folders: dict[str, list[Reference]] = {}
    for ref in refs:
        for folder in ref.folders:
            folders.setdefault(folder, []).append(ref)
    return folders


def _ignored_folder(path: str) -> str:
    """Return the folder of PATH that Go's own patterns leave out, or "" (``go help packages``)."""
    folders = path.split("/")[:-1]
    return next((name for name in folders if name in ("testdata", "vendor") or name[:1] in ("_", ".")), "")


def new_references(
    files: Mapping[str, bytes],
    context: Mapping[str, bytes],
    before: Iterable[Mapping[str, bytes]] = (),
    fresh: frozenset[str] = frozenset(),
    tags: Iterable[tuple[str, str]] = (),
) -> list[Reference]:
    """Return what FILES (path → content) newly reference, in the order of files and lines; of each 20 bad lines.

    CONTEXT are other files of the same tree, BEFORE those of each tree to compare with. Of the paths FRESH all is new.
    TAGS (folder, version) come with the change. A toolchain has its name for a version (see env.downloaded).
    """
    after, old = _Tree({**files, **context}, tags), [_Tree(tree) for tree in before]
    # Module and version → whether a file before skips it, whether it is the /go.mod line, and the hash that go.sum has
    seen: dict[tuple[str, str], set[tuple[bool, bool, str]]]
    seen = {entry[:2]: set() for path in files for entry in after.files[path].entries}
    for tree in old:
        for path, entry in tree.entries:
            if entry[:2] in seen:
                seen[entry[:2]].add((bool(tree.skipped(path, entry)), entry.go_mod, entry.hash))
    found: dict[tuple[str, str], list[tuple[Location, Entry, Skipped | None, bool]]] = {}
    refs: list[Reference] = []
    demands: dict[str, tuple[Location, ...]] = {}
    order = sorted(files, key=lambda path: (posixpath.dirname(path), path.endswith(".sum"), path))
    for path in order:
        file = after.files[path]
        for entry in file.entries:
            name, skip = entry[:2], after.skipped(path, entry)
            known = any(skip or not was_skipped for was_skipped, _, _ in seen[name])
            hashes = {old_hash for _, go_mod, old_hash in seen[name] if go_mod == entry.go_mod} - {""}
            rehashed = bool(entry.hash and hashes and entry.hash not in hashes)
            if path in fresh or rehashed or not known:
                use = Location(path, entry.line), entry, skip, rehashed and not entry.go_mod
                found.setdefault(name, []).append(use)
        if _ignored_folder(path):
            continue
        refs += [Reference("", "", (Location(path, item.line),), invalid=item) for item in file.problems[:20]]
        wanted, line = demanded(file)
        if wanted and all(release(wanted) > release(demanded(tree.files.get(path, _NONE))[0]) for tree in old):
            demands[wanted] = (*demands.get(wanted, ()), Location(path, line))
    refs += [after.reference(*name, uses) for name, uses in found.items()]
    refs += [Reference(TOOLCHAIN, version, places) for version, places in demands.items()]
    rank = {path: number for number, path in enumerate(order)}
    return sorted(refs, key=lambda ref: (rank[ref.locations[0].file], ref.locations[0].line))


class _Tree:
    """The module files of one tree, and what they say about each other; TAGS come with it."""

    def __init__(self, files: Mapping[str, bytes], tags: Iterable[tuple[str, str]] = ()) -> None:
        self.files = {path: read(posixpath.basename(path), data) for path, data in files.items()}
        self.entries = [(path, entry) for path, file in self.files.items() for entry in file.entries]
        self.own = {(self._module(folder), version) for folder, version in tags}
        self.workspaces: dict[str, tuple[str, set[str]]] = {}  # folder of a module → its go.work, its neighbours
        for path in self.files if os.environ.get("GOWORK") != "off" else ():
            if posixpath.basename(path) == "go.work":  # https://go.dev/ref/mod#workspaces
                root = posixpath.dirname(path)
                uses = [posixpath.normpath(posixpath.join(root, use)) for use in self.files[path].uses]
                folders = [use.removeprefix(".").lstrip("/") for use in uses]
                self.workspaces |= dict.fromkeys((*folders, root), (path, set(map(self._module, folders))))

    def _module(self, folder: str) -> str:
        return self.files.get(posixpath.join(folder, "go.mod"), _NONE).module

    @cached_property
    def _sums(self) -> dict[tuple[str, str, str], list[Entry]]:
        """Folder, module and version → the lines of go.sum and go.work.sum, that of the archive first."""
        sums: dict[tuple[str, str, str], list[Entry]] = {}
        for path, entry in sorted(self.entries, key=lambda each: each[1].go_mod):
            if entry.hash.startswith("h1:"):
                sums.setdefault((posixpath.dirname(path), *entry[:2]), []).append(entry)
        return sums

    def skipped(self, path: str, entry: Entry) -> Skipped | None:
        """Return why Go never fetches ENTRY, named by the file at PATH (https://go.dev/ref/mod#go-mod-file-replace)."""
        if ignored := _ignored_folder(path):
            return Skipped(Skip.IGNORED_FOLDER, ignored)
        folder, name = posixpath.dirname(path), entry[:2]
        work, neighbours = self.workspaces.get(folder, ("", ()))
        if entry.module in neighbours:
            return Skipped(Skip.WORKSPACE, work)
        for place in (work, posixpath.join(folder, "go.mod")):
            file = self.files.get(place, _NONE)
            new = file.replacements.get(name) or file.replacements.get((entry.module, ""))
            if new and name not in file.replacements.values():  # what replaces another is not replaced again
                return Skipped(Skip.REPLACED, f"{' '.join(new).strip()} ({place})")
            if name in file.excluded:
                return Skipped(Skip.EXCLUDED, place)
        return Skipped(Skip.PUSHED) if name in self.own else None

    def reference(self, path: str, version: str, uses: list[tuple[Location, Entry, Skipped | None, bool]]) -> Reference:
        """Return PATH at VERSION with its USES, and what the go.sum of each of its folders records of it."""
        # It is skipped only if each place that names it is.
        places, entries, skips, rehashes = zip(*([use for use in uses if not use[2]] or uses), strict=True)
        ref, go_mod_only = Reference(path, version, places), all(entry.go_mod for entry in entries)
        sums = {folder: self._sums.get((folder, path, version), []) for folder in ref.folders}
        texts = [tuple(f"{path} {version}{'/go.mod' * line.go_mod} {line.hash}" for line in sums[at]) for at in sums]
        needed = {True} if go_mod_only else {False, True}
        return ref._replace(
            go_sums=tuple(dict.fromkeys(filter(None, texts))),
            go_mod_only=go_mod_only,
            rehashed=any(rehashes),
            required=any(entry.required for entry in entries),
            unrecorded=tuple(at for at, lines in sums.items() if not needed <= {line.go_mod for line in lines}),
            workspace=not self.workspaces.keys().isdisjoint(ref.folders),
            skipped=skips[0],
            invalid=None if skips[0] else module.check(path, version),
        )
