"""What to look at: the module files that a commit, a push, a range or the work tree brings."""

import os
import posixpath
import re
from dataclasses import dataclass

from goproxy_check.change.git import OBJECT, Blob, DiffEntry, Git
from goproxy_check.change.tags import published_by
from goproxy_check.gofiles.names import MODULE_FILES
from goproxy_check.system.programs import CommandError

_LINKS = 8  # symbolic links that are followed


@dataclass(frozen=True)
class File:
    """A module file; PATH is relative to the top of the repository, with slashes."""

    path: str
    data: bytes


@dataclass(frozen=True)
class Change:
    """The module files of one change."""

    root: str
    """The top folder of the work tree."""
    folder: str
    """Where the user stands, from there; "" is the top."""
    files: tuple[File, ...]
    """The files that the change adds or modifies."""
    context: tuple[File, ...] = ()
    """Other files of the same tree: they say what is replaced, and which modules share a workspace."""
    before: tuple[str, ...] = ()
    """The trees to compare with: what a file there names is not new."""
    fresh: frozenset[str] = frozenset()
    """Paths of files all of whose versions count as new."""
    outside: tuple[str, ...] = ()
    """Paths of symbolic links that lead out of the repository; they are not read."""
    tags: frozenset[tuple[str, str]] = frozenset()
    """The tags (folder of the module, version) that a push brings with it."""


def staged(git: Git, files: tuple[str, ...]) -> Change | None:
    """Return what is staged, restricted to FILES if there are any; None if no module file is concerned.

    FILES are relative to git's folder; those without a staged change are taken as they are in the index, as all new.
    During a merge only what no parent has is new. Raises CommandError if this is no repository, a file is not in the
    index, or a conflict is not resolved.
    """
    entries = git.diff("--cached")
    if not (entries or files):
        return None
    root, folder = git.place()
    names = {_name(root, folder, file) for file in files} if files else {entry.path for entry in entries}
    index, changed = git.index(), {entry.path for entry in entries}
    for entry in entries:
        if entry.unmerged and entry.path in names:
            raise CommandError(f"{entry.path} is in the middle of a merge conflict: resolve it and git add it")
    for name in sorted(names - index.keys() - changed):
        missing = not os.path.lexists(os.path.join(root, name))
        raise CommandError(f"{name}: no such file" if missing else f"{name} is not in the index: git add it first")
    parents = [name for name in (git.commit_of("HEAD"), *git.merge_heads()) if name]
    new = _changed([entries, *(git.diff("--cached", parent) for parent in parents[1:])])
    fresh = frozenset(names & index.keys() - changed)
    return _load(Change(root, folder, (), before=tuple(parents), fresh=fresh), git, "", index, new & names | fresh)


def between(git: Git, base: str, head: str, files: tuple[str, ...], pushed_ref: str) -> Change | None:
    """Return what the commit HEAD has and its merge base with BASE has not, restricted to FILES if there are any."""
    root, folder = git.place()
    ours, theirs = git.commit_of(base), git.commit_of(head)
    fork = git("merge-base", ours, theirs, check=False).strip() if ours and theirs else ""
    if not fork:
        if git("rev-parse", "--is-shallow-repository").strip() == "true":
            raise CommandError(
                f"this clone is shallow and does not reach back to where {head} left {base}: "
                "git fetch --unshallow (in CI: fetch-depth: 0, GIT_DEPTH: 0)"
            )
        if ours and theirs:
            raise CommandError(f"{base} and {head} have no commit in common")
        raise CommandError(f"{head if ours else base} is not a commit of this repository")
    new = _changed([git.diff(fork, theirs)])
    new &= {_name(root, folder, file) for file in files} or new
    change = Change(root, folder, (), before=(fork,), tags=published_by(pushed_ref))
    return _load(change, git, theirs, git.tree(theirs), new) if new else None


def everything(git: Git) -> Change:
    """Return all module files of the work tree, as they are on disk, all new; ignored ones are left out."""
    root, folder = git.place()
    files, outside = [], []
    for path in git.work_tree():
        place = os.path.join(root, path)
        inside = os.path.realpath(place).startswith(os.path.realpath(root) + os.sep)
        if os.path.islink(place) and not (inside and os.path.isfile(place)):
            outside.append(path)
        elif os.path.isfile(place):
            with open(place, "rb") as file:
                files.append(File(path, file.read()))
    fresh = frozenset(file.path for file in files)
    return Change(root, _reader(root, folder), tuple(files), fresh=fresh, outside=tuple(outside))


def pushed(git: Git, lines: str, remote: str) -> list[Change]:
    """Return what a push brings that REMOTE (a name, "" for any) has not yet, one change per ref.

    LINES are what git gives a pre-push hook (githooks(5)): local ref, its object, remote ref, its object. Raises
    CommandError for a line that is none.
    """
    root, folder = git.place()
    commits: dict[str, str] = {}
    tags: frozenset[tuple[str, str]] = frozenset()
    for line in filter(str.strip, lines.split("\n")):
        match = re.fullmatch(rf"([^ ]+) ({OBJECT}) ([^ ]+) ({OBJECT})\r?", line)
        if not match:
            raise CommandError("--pre-push: standard input is not what git gives a pre-push hook")
        _, ours, remote_ref, theirs = match.groups()
        if commit := git.commit_of(ours):
            commits[commit] = git.commit_of(theirs)
            tags |= published_by(remote_ref)
        elif ours.strip("0") and not git.has(ours):
            raise CommandError(f"--pre-push: there is no object {ours} here")
        # else a ref is deleted, or it is a tag of something else than a commit
    changes = []
    for commit, theirs in commits.items():
        known = [f"--remotes={remote}" if remote else "--remotes", *filter(None, [theirs])]
        listed = git("rev-list", "--boundary", commit, "--not", *known).split()
        if listed:  # else the remote has all of it
            bases = tuple(name[1:] for name in listed if name.startswith("-"))
            tree = git.tree(commit)
            new = _changed([git.diff(base, commit) for base in bases]) if bases else set(tree)
            changes.append(_load(Change(root, folder, (), before=bases, tags=tags), git, commit, tree, new))
    return changes


def earlier(git: Git, change: Change, names: set[tuple[str, str]]) -> list[list[File]]:
    """Return, of each tree that CHANGE is compared with, the files that name one of NAMES, and their context.

    NAMES are modules and versions. The files that the change modifies are always among them.
    """
    changed = {file.path for file in change.files}
    texts = [(os.fsencode(module), os.fsencode(version)) for module, version in names]
    trees = []
    for commit in change.before:
        tree = git.tree(commit)
        paths = changed & tree.keys()
        if texts:
            files, _ = _files(git, commit, tree, set(tree))
            paths |= {file.path for file in files if any(v in file.data and m in file.data for m, v in texts)}
        paths |= _context(tree, paths)
        trees.append(_files(git, commit, tree, paths)[0])
    return trees


def _changed(diffs: list[list[DiffEntry]]) -> set[str]:
    """Return the paths of files that differ from all that DIFFS compare with.

    A file that is the same as in one parent, or in one commit of the remote, brings nothing new.
    """
    return set.intersection(*({entry.path for entry in entries if entry.exists} for entries in diffs))


def _reader(root: str, folder: str) -> str:
    """Return where the user stands who started git: git starts hooks at the top, and sets GIT_PREFIX."""
    prefix = os.environ.get("GIT_PREFIX", "").rstrip("/")
    return prefix if prefix and not folder and os.path.isdir(os.path.join(root, prefix)) else folder


def _name(root: str, folder: str, file: str) -> str:
    """Return the path of FILE, which is relative to FOLDER, from the top of the repository."""
    place, top = os.path.join(root, folder, file), root
    if os.path.isabs(file):
        place, top = (
            os.path.join(os.path.realpath(os.path.dirname(file)), os.path.basename(file)),
            os.path.realpath(root),
        )
    name = os.path.relpath(place, top).replace(os.sep, "/")
    if name.startswith("../") or posixpath.basename(name) not in MODULE_FILES:
        raise CommandError(f"{file} is not a go.mod, go.sum, go.work or go.work.sum of this repository")
    return name


def _context(tree: dict[str, Blob], paths: set[str]) -> set[str]:
    """Return the files of TREE that say what Go does with the versions that the files at PATHS name."""
    folders = {posixpath.dirname(path) for path in paths}
    works = any(posixpath.basename(path) == "go.work" for path in tree)
    wanted = ("go.work", "go.mod") if works else ()
    return {path for path in tree if posixpath.dirname(path) in folders or posixpath.basename(path) in wanted}


def _load(change: Change, git: Git, commit: str, tree: dict[str, Blob], paths: set[str]) -> Change:
    """Return CHANGE with the files at PATHS of TREE, which is that of COMMIT ("" is the index), and their context."""
    if unknown := sorted(paths - tree.keys()):
        raise CommandError(f"git tells of {unknown[0]}, but does not list it: try again")
    loaded, outside = _files(git, commit, tree, paths | _context(tree, paths))
    return Change(
        change.root,
        _reader(change.root, change.folder),
        tuple(file for file in loaded if file.path in paths),
        tuple(file for file in loaded if file.path not in paths),
        change.before,
        change.fresh,
        tuple(path for path in outside if path in paths),
        change.tags,
    )


def _files(git: Git, commit: str, tree: dict[str, Blob], paths: set[str]) -> tuple[list[File], list[str]]:
    """Return the files at PATHS of TREE, and which of them are symbolic links that lead out of the repository."""
    content = git.read({tree[path].name for path in paths})
    files, outside = [], []
    for path in sorted(paths):
        blob = tree[path]
        data = _target(git, commit, path, content[blob.name]) if blob.link else content[blob.name]
        if data is None:
            outside.append(path)
        else:
            files.append(File(path, data))
    return files, outside


def _target(git: Git, commit: str, path: str, link: bytes) -> bytes | None:
    """Return the content of the file that LINK, the symbolic link at PATH, leads to; None outside the repository."""
    for _ in range(_LINKS):
        path = posixpath.normpath(posixpath.join(posixpath.dirname(path), os.fsdecode(link)))
        blob = None if path.startswith(("/", "../")) else git.entry(commit, path)
        if not blob:
            return None
        link = git.read({blob.name})[blob.name]
        if not blob.link:
            return link
    return None
