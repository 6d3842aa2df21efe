"""Which module files a change touches, with their text before and after. Everything is asked of git."""

import argparse
import os
import posixpath
import re
import sys
from typing import NamedTuple

from goproxy_check import repository
from goproxy_check.process import CommandError, git
from goproxy_check.quick import MODULE_FILES

_TAGS = "refs/tags/"


class File(NamedTuple):
    """A module file; PATH is relative to the top of the repository, with slashes."""

    path: str
    data: bytes


class Change(NamedTuple):
    """The module files of one change.

    A version is new if a file of AFTER has it and none of BEFORE, or if a file of WHOLE has it. BESIDE are the other
    module files of the same tree: they say what is replaced, and which modules belong to one workspace. ROOT is the
    top folder of the work tree, FOLDER where the user stands, from there ("" is the top).
    """

    root: str
    folder: str
    before: list[File]
    after: list[File]
    whole: list[File]
    beside: list[File]


def selected(options: argparse.Namespace) -> tuple[list[Change], set[tuple[str, str]]]:
    """Return the changes that OPTIONS, or pre-commit, ask about, and the tags that come with them (see pushed)."""
    # pre-commit says so where it was asked about a range: before a push, and with --from-ref and --to-ref.
    base = options.from_ref or os.environ.get("PRE_COMMIT_FROM_REF")
    head = options.to_ref or os.environ.get("PRE_COMMIT_TO_REF")
    if options.pre_push is not None:
        lines = sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
        return pushed(options.folder, lines, options.pre_push or "*")
    if options.versions:
        return [], set()
    if options.all:
        change: Change | None = everything(options.folder)
    elif base and head:
        change = between(options.folder, base, head, options.targets)
    else:
        change = staged(options.folder, options.targets)
    tag = os.environ.get("PRE_COMMIT_REMOTE_BRANCH", "")
    return [change] if change else [], {_tag(tag)} if tag.startswith(_TAGS) else set()


def staged(cwd: str, files: list[str]) -> Change | None:
    """Return what is staged, restricted to FILES if there are any; None if no module file is concerned.

    FILES are relative to CWD; those without a staged change are taken as they are in the index, as all new. During a
    merge only what no parent has is new. Raises CommandError if CWD is no repository, a file is not in the index, or
    a conflict is not resolved.
    """
    entries = repository.diff(cwd, "--cached")
    if not (entries or files):
        return None
    root, folder = repository.place(cwd)
    names = {_name(root, folder, file) for file in files} if files else {entry.path for entry in entries}
    for entry in entries:
        if entry.unmerged and entry.path in names:
            raise CommandError(
                f"{entry.path} is in the middle of a merge conflict: resolve it and git add it, then try again"
            )
    index = repository.index(cwd)
    changed = {entry.path for entry in entries}
    for name in sorted(names - index.keys() - changed):
        missing = not os.path.lexists(os.path.join(root, name))
        raise CommandError(f"{name}: no such file" if missing else f"{name} is not in the index: git add it first")
    parents = [repository.diff(cwd, "--cached", parent) for parent in repository.merge_heads(cwd)]
    old, new = _old_and_new([entries, *parents])
    whole = (names & index.keys()) - changed
    return _load(cwd, root, folder, old, index, new & names, whole)


def between(cwd: str, base: str, head: str, files: list[str]) -> Change | None:
    """Return what the commit HEAD has and its merge base with BASE has not, restricted to FILES if there are any."""
    root, folder = repository.place(cwd)
    ours, theirs = repository.commit_of(cwd, base), repository.commit_of(cwd, head)
    fork = git("merge-base", ours, theirs, cwd=cwd, check=False).decode().strip() if ours and theirs else ""
    if not fork:
        if git("rev-parse", "--is-shallow-repository", cwd=cwd).strip() == b"true":
            raise CommandError(
                f"this clone is shallow and does not reach back to where {head} left {base}: "
                "git fetch --unshallow (in CI: fetch-depth: 0, GIT_DEPTH: 0)"
            )
        if ours and theirs:
            raise CommandError(f"{base} and {head} have no commit in common")
        raise CommandError(f"{head if ours else base} is not a commit of this repository")
    old, new = _old_and_new([repository.diff(cwd, fork, theirs)])
    if files:
        new &= {_name(root, folder, file) for file in files}
    return _load(cwd, root, folder, old, repository.tree(cwd, theirs), new, set()) if new else None


def everything(cwd: str) -> Change:
    """Return all module files of the work tree, as they are on disk, all new; ignored ones are left out."""
    root, folder = repository.place(cwd)
    files = []
    for path in repository.work_tree(cwd):
        place = os.path.join(root, path)
        if os.path.isfile(place) and not os.path.islink(place):
            with open(place, "rb") as file:
                files.append(File(path, file.read()))
    return Change(root, _reader(root, folder), [], [], files, [])


def pushed(cwd: str, lines: str, remote: str = "*") -> tuple[list[Change], set[tuple[str, str]]]:
    """Return what a push brings that REMOTE (a name, or all of them) has not yet, one change per ref, and its tags.

    LINES are what git gives a pre-push hook (githooks(5)): local ref, its object, remote ref, its object. A tag is
    (folder of the module, version). Raises CommandError for a line that is none.
    """
    root, folder = repository.place(cwd)
    changes, tags = [], set()
    for line in filter(str.strip, lines.split("\n")):
        match = re.fullmatch(rf"([^ ]+) ({repository.OBJECT}) ([^ ]+) ({repository.OBJECT})\r?", line)
        if not match:
            raise CommandError("--pre-push: standard input is not what git gives a pre-push hook")
        _, ours, remote_ref, theirs = match.groups()
        commit = repository.commit_of(cwd, ours)
        if not commit:
            if ours.strip("0") and not repository.has(cwd, ours):
                raise CommandError(f"--pre-push: there is no object {ours} here")
            continue  # a ref is deleted, or it is a tag of something else than a commit
        if remote_ref.startswith(_TAGS):
            tags.add(_tag(remote_ref))
        known = [
            "--remotes" if remote == "*" else f"--remotes={remote}",
            *filter(None, [repository.commit_of(cwd, theirs)]),
        ]
        listed = git("rev-list", "--boundary", commit, "--not", *known, cwd=cwd).decode().split()
        if not listed:
            continue  # the remote has all of it
        bases = [name[1:] for name in listed if name.startswith("-")]
        tree = repository.tree(cwd, commit)
        old, new = _old_and_new([repository.diff(cwd, base, commit) for base in bases]) if bases else ([], set(tree))
        changes.append(_load(cwd, root, folder, old, tree, new, set()))
    return changes, tags


def _tag(ref: str) -> tuple[str, str]:
    """Return the folder and the version of the module that the tag REF publishes."""
    folder, _, version = ref.removeprefix(_TAGS).rpartition("/")
    return folder, version


def _old_and_new(diffs: list[list[repository.DiffEntry]]) -> tuple[list[tuple[str, str]], set[str]]:
    """Return the files (path, blob) of all that DIFFS compare with, and the paths that differ from each of them.

    A file that is the same as in one parent, or in one commit of the remote, brings nothing new.
    """
    old = [(entry.path, entry.old) for entries in diffs for entry in entries if entry.old]
    return old, set.intersection(*({entry.path for entry in entries if entry.new} for entries in diffs))


def _reader(root: str, folder: str) -> str:
    """Return where the user stands, who started git: it starts hooks at the top, and says so in GIT_PREFIX."""
    prefix = os.environ.get("GIT_PREFIX", "").rstrip("/")
    return prefix if prefix and not folder and os.path.isdir(os.path.join(root, prefix)) else folder


def _name(root: str, folder: str, file: str) -> str:
    """Return the path of FILE, which is relative to FOLDER, from the top of the repository."""
    if os.path.isabs(file):
        relative = os.path.relpath(os.path.realpath(file), os.path.realpath(root))
    else:
        relative = os.path.relpath(os.path.join(root, folder, file), root)
    name = relative.replace(os.sep, "/")
    if name.startswith("../") or posixpath.basename(name) not in MODULE_FILES:
        raise CommandError(f"{file} is not a go.mod, go.sum, go.work or go.work.sum of this repository")
    return name


def _load(
    cwd: str, root: str, folder: str, old: list[tuple[str, str]], tree: dict[str, str], new: set[str], whole: set[str]
) -> Change:
    if unknown := sorted((new | whole) - tree.keys()):
        raise CommandError(f"git tells of {unknown[0]}, but does not list it: try again")
    folders = {posixpath.dirname(path) for path in new | whole}
    beside = {
        path
        for path in tree.keys() - new - whole
        if posixpath.basename(path) in ("go.mod", "go.work") or posixpath.dirname(path) in folders
    }
    text = repository.read_blobs(cwd, {name for _, name in old} | {tree[path] for path in new | whole | beside})

    def files(paths: set[str]) -> list[File]:
        return [File(path, text[tree[path]]) for path in sorted(paths)]

    before = [File(path, text[name]) for path, name in old]
    return Change(root, _reader(root, folder), before, files(new), files(whole), files(beside))
