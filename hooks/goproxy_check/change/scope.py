"""What to look at: the module files that a commit, a push, a range or the work tree brings."""

import os
import posixpath
import re
from typing import NamedTuple

from goproxy_check.change.git import OBJECT, Git, Tree
from goproxy_check.gofiles import module
from goproxy_check.gofiles.modfile import read
from goproxy_check.gofiles.names import MODULE_FILES
from goproxy_check.gofiles.reference import Location, Reference, Skip, Skipped, new_references
from goproxy_check.system.programs import CommandError


class Change(NamedTuple):
    """The module files of one change, by their paths from the top of the repository, with slashes."""

    root: str  # the top folder of the work tree
    folder: str  # where the user stands, from there; "" is the top
    files: dict[str, bytes]  # what the change adds or modifies
    context: dict[str, bytes]  # others of that tree: what is replaced, and which modules share a workspace
    before: tuple[Tree, ...] = ()  # what a file there names is not new
    fresh: frozenset[str] = frozenset()  # files all of whose versions count as new
    outside: tuple[str, ...] = ()  # symbolic links that lead out of the repository; they are not read
    tags: frozenset[tuple[str, str]] = frozenset()  # (folder of the module, version) of the tags that are pushed too


def staged(git: Git, files: tuple[str, ...]) -> list[Change]:
    """Return what is staged, restricted to FILES if there are any.

    FILES are relative to git's folder; those without a staged change are taken as they are in the index, as all new.
    During a merge only what no parent has is new. Raises CommandError if this is no repository, a file is not in the
    index, or a conflict is not resolved.
    """
    index, before = git.tree(""), [git.tree(commit) for commit in git.parents()]
    head = before[0].files if before else {}
    given = {_name(git, file) for file in files}
    for path in sorted(given - index.files.keys() - head.keys()):
        missing = not os.path.lexists(os.path.join(git.place[0], path))
        raise CommandError(f"{path}: no such file" if missing else f"{path} is not in the index: git add it first")
    for path, blob in index.files.items():
        if blob.unmerged and (path in given or not given):
            raise CommandError(f"{path} is in the middle of a merge conflict: resolve it and git add it")
    fresh = frozenset(path for path in given & index.files.keys() if index.files[path] == head.get(path))
    return _changes(git, index, before, given, fresh=fresh)


def between(git: Git, base: str, head: str, files: tuple[str, ...], pushed_ref: str) -> list[Change]:
    """Return what the commit HEAD has and its merge base with BASE has not, restricted to FILES if there are any."""
    ours, theirs = git.find(base), git.find(head)
    fork = git("merge-base", ours, theirs, check=False).strip() if ours and theirs else ""
    if fork:
        given = {_name(git, file) for file in files}
        return _changes(git, git.tree(theirs), [git.tree(fork)], given, pushed_ref)
    if git("rev-parse", "--is-shallow-repository").strip() == "true":
        problem = f"this clone is shallow and does not reach back to where {head} left {base}"
        raise CommandError(f"{problem}: git fetch --unshallow (in CI: fetch-depth: 0, GIT_DEPTH: 0)")
    if ours and theirs:
        raise CommandError(f"{base} and {head} have no commit in common")
    raise CommandError(f"{head if ours else base} is not a commit of this repository")


def everything(git: Git) -> list[Change]:
    """Return all module files of the work tree, as they are on disk, all new; ignored ones are left out."""
    files, outside, root = {}, [], git.place[0]
    top = os.path.join(os.path.realpath(root), "")
    for path in git.work_tree():
        place = os.path.join(root, path)
        if os.path.isfile(place) and (not os.path.islink(place) or os.path.realpath(place).startswith(top)):
            with open(place, "rb") as file:
                files[path] = file.read()
        elif os.path.islink(place):
            outside.append(path)
    return [Change(root, _reader(git), files, {}, fresh=frozenset(files), outside=tuple(outside))]


def pushed(git: Git, lines: str, remote: str) -> list[Change]:
    """Return what a push brings that REMOTE (a name, "" for any) has not yet, one change per commit.

    LINES are what git gives a pre-push hook (githooks(5)): local ref, its object, remote ref, its object. Raises
    CommandError for a line that is none.
    """
    commits: dict[str, None] = {}  # what is pushed, in order
    known = [f"--remotes={remote}" if remote else "--remotes"]  # what the remote has
    refs, changes = [], []
    for line in filter(str.strip, lines.split("\n")):
        match = re.fullmatch(rf"([^ ]+) ({OBJECT}) ([^ ]+) ({OBJECT})\r?", line)
        if not match:
            raise CommandError("--pre-push: standard input is not what git gives a pre-push hook")
        _, ours, remote_ref, theirs = match.groups()
        if commit := git.find(ours):
            commits[commit] = None
            refs.append(remote_ref)
        elif ours.strip("0") and not git.find(ours, "object"):
            raise CommandError(f"--pre-push: there is no object {ours} here")
        # else a ref is deleted, or it is a tag of something else than a commit
        known += filter(None, [git.find(theirs)])
    for commit in commits:
        listed = git("rev-list", "--boundary", commit, "--not", *known).split()
        before = [git.tree(name[1:]) for name in listed if name.startswith("-")]
        changes += _changes(git, git.tree(commit), before, set(), *refs) if listed else []  # or the remote has it all
    return changes


def references(git: Git, change: Change) -> list[Reference]:
    """Return what CHANGE newly references.

    It is compared with the files that it modifies first; only for what these do not name, and for lines added to
    go.sum, which elsewhere may have another hash, all others are searched.
    """
    refs = _compared(git, change, set())
    new = [ref for ref in refs if ref.version and not ref.is_toolchain]
    names = {ref[:2] for ref in new if any(place.file not in change.fresh for place in ref.locations)}
    for path, data in change.files.items() if change.before else ():
        if path.endswith(".sum"):
            old = [git.read(tree, [path]).get(path, b"") for tree in change.before if path in tree.files]
            read_as = (read(posixpath.basename(path), each).entries for each in (data, *old))
            now, *earlier = ({entry._replace(line=0) for entry in entries} for entries in read_as)
            names |= {entry[:2] for entry in now.difference(*earlier)}
    if change.before and names:
        refs = _compared(git, change, names)
    links = [Reference("", "", (Location(path, 1),), skipped=Skipped(Skip.LINK, path)) for path in change.outside]
    return refs + links


def tagged(git: Git, tag: str) -> Reference:
    """Return the module version that TAG publishes: v1.2.3 of ./go.mod, sub/v1.2.3 of sub/go.mod.

    From v2 on the go.mod may lie in a folder of that name too (https://go.dev/ref/mod#vcs-version). Raises CommandError
    for a tag that is not here, or whose go.mod does not fit its version.
    """
    folder, _, version = tag.rpartition("/")
    commit = git.find(f"refs/tags/{tag}")
    if not commit:
        raise CommandError(f"--tag {tag}: there is no such tag here (git fetch --tags brings those of the remote)")
    tree, problem = git.tree(commit), f"there is no {posixpath.join(folder, 'go.mod')}"
    places = [posixpath.join(place, "go.mod") for place in (folder, posixpath.join(folder, version.partition(".")[0]))]
    for go_mod in git.read(tree, [place for place in places if place in tree.files]).values():
        path = read("go.mod", go_mod).module
        wrong = module.check(path, version)
        if not wrong:
            return Reference(path, version, required=True, commit=commit)
        problem = wrong.detail
    raise CommandError(f"--tag {tag}: its go.mod does not fit: {problem}")


def _name(git: Git, file: str) -> str:
    """Return the path of FILE, which is relative to git's folder, from the top of the repository."""
    folder, name = os.path.split(os.path.join(*git.place, file))
    place = os.path.join(os.path.realpath(folder), name)  # the file itself may be a link
    path = os.path.relpath(place, os.path.realpath(git.place[0])).replace(os.sep, "/")
    if path.startswith("../") or name not in MODULE_FILES:
        raise CommandError(f"{file} is not a go.mod, go.sum, go.work or go.work.sum of this repository")
    return path


def _reader(git: Git) -> str:
    """Return where the user stands who started git: git starts hooks at the top, and sets GIT_PREFIX."""
    (root, folder), prefix = git.place, os.environ.get("GIT_PREFIX", "").rstrip("/")
    return prefix if prefix and not folder and os.path.isdir(os.path.join(root, prefix)) else folder


def _changes(
    git: Git, tree: Tree, before: list[Tree], given: set[str], *refs: str, fresh: frozenset[str] = frozenset()
) -> list[Change]:
    """Return what TREE brings that none BEFORE has, if anything, restricted to GIVEN paths; REFS are pushed with it.

    A file that is the same as in one parent, or in one commit of the remote, brings nothing new.
    """
    paths = {path for path, blob in tree.files.items() if all(blob != old.files.get(path) for old in before)}
    paths = (paths & given if given else paths) | fresh
    if not paths:
        return []
    context = git.read(tree, paths | _context(tree, paths))
    files = {path: context.pop(path) for path in sorted(paths & context.keys())}
    tags = [ref.removeprefix("refs/tags/").rpartition("/") for ref in refs if ref.startswith("refs/tags/")]
    published = frozenset((folder, version) for folder, _, version in tags)
    outside = tuple(sorted(paths - files.keys()))
    return [Change(git.place[0], _reader(git), files, context, tuple(before), fresh, outside, published)]


def _context(tree: Tree, paths: set[str]) -> set[str]:
    """Return the files of TREE that say what Go does with the versions that the files at PATHS name."""
    folders = {posixpath.dirname(path) for path in paths}
    works = any(posixpath.basename(path) == "go.work" for path in tree.files)
    wanted = ("go.work", "go.mod") if works else ()
    return {path for path in tree.files if posixpath.dirname(path) in folders or posixpath.basename(path) in wanted}


def _compared(git: Git, change: Change, names: set[tuple[str, str]]) -> list[Reference]:
    """Return what CHANGE references and no tree before: neither the files that it modifies, nor any with NAMES."""
    texts = [(os.fsencode(path), os.fsencode(version)) for path, version in names]
    before = []
    for tree in change.before:
        paths = change.files.keys() & tree.files.keys()
        for path, data in git.read(tree, tree.files if names else ()).items():
            if any(version in data and path in data for path, version in texts):
                paths.add(path)
        before.append(git.read(tree, paths | _context(tree, paths)))
    return new_references(change.files, change.context, before, change.fresh, change.tags)
