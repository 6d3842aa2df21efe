"""What to look at: the versions that a commit, a push, a range or the work tree newly references."""

import os
import posixpath
import re
from collections.abc import Iterable, Sequence

from goproxy_check.change.git import OBJECT, Git, Tree
from goproxy_check.gofiles import module
from goproxy_check.gofiles.modfile import read
from goproxy_check.gofiles.names import MODULE_FILES, PATHSPECS
from goproxy_check.gofiles.reference import Location, Reference, Skip, Skipped, new_references
from goproxy_check.system.programs import CommandError


def staged(git: Git, files: Iterable[str]) -> list[Reference]:
    """Return what is new in what is staged, restricted to FILES if there are any.

    FILES are relative to git's folder; of those without a staged change all is new. During a merge only what no parent
    has is new. Raises CommandError if a file is not in the index, or a conflict is not resolved.
    """
    index, before = git.tree(""), [git.tree(commit) for commit in git.parents()]
    head, given = before[0] if before else {}, {_name(git, file) for file in files}
    for path in sorted(given - index.keys() - head.keys()):
        raise CommandError(f"{path} is not in the index: git add it first")
    fresh = {path for path in given & index.keys() & head.keys() if index[path] == head[path]}
    return _new(index, before, given, fresh=fresh)


def between(git: Git, base: str, head: str, files: Iterable[str], pushed_ref: str) -> list[Reference]:
    """Return what is new in the commit HEAD since its merge base with BASE, restricted to FILES if there are any."""
    ours, theirs = git.find(base), git.find(head)
    fork = git("merge-base", ours, theirs, check=False).strip() if ours and theirs else ""
    if fork:
        return _new(git.tree(theirs), [git.tree(fork)], {_name(git, file) for file in files}, [pushed_ref])
    if git("rev-parse", "--is-shallow-repository").strip() == "true":
        problem = f"this clone is shallow and does not reach back to where {head} left {base}"
        raise CommandError(f"{problem}: git fetch --unshallow (in CI: fetch-depth: 0, GIT_DEPTH: 0)")
    if ours and theirs:
        raise CommandError(f"{base} and {head} have no commit in common")
    raise CommandError(f"{head if ours else base} is not a commit of this repository")


def everything(git: Git) -> list[Reference]:
    """Return what the module files of the work tree reference, as they are on disk; ignored ones are left out."""
    tree: Tree = {}
    top = os.path.join(os.path.realpath(git.place[0]), "")
    listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--full-name", "--", *PATHSPECS)
    for path in listed.split("\0")[:-1]:
        place = os.path.join(top, path)
        if os.path.isfile(place) and os.path.realpath(place).startswith(top):
            with open(place, "rb") as file:
                tree[path] = file.read()
        elif os.path.islink(place):
            tree[path] = None
    return _new(tree, [], set())


def pushed(git: Git, lines: str, remote: str) -> list[Reference]:
    """Return what is new in a push to REMOTE (a name, "" for any), in one pushed commit after the other.

    LINES are what git gives a pre-push hook (githooks(5)): local ref, its object, remote ref, its object.
    """
    refs: dict[str, str] = {}  # at the remote → the commit that is pushed
    known = [f"--remotes={remote}" if remote else "--remotes"]  # what the remote has
    for line in filter(str.strip, lines.split("\n")):
        if not (match := re.fullmatch(rf"[^ ]+ ({OBJECT}) ([^ ]+) ({OBJECT})\r?", line)):
            raise CommandError("--pre-push: standard input is not what git gives a pre-push hook")
        ours, remote_ref, theirs = match.groups()
        if commit := git.find(ours):
            refs[remote_ref] = commit
        elif ours.strip("0") and not git.find(ours, "object"):
            raise CommandError(f"--pre-push: there is no object {ours} here")
        # else a ref is deleted, or it is a tag of something else than a commit
        known += filter(None, [git.find(theirs)])
    found = []
    for commit in dict.fromkeys(refs.values()):
        listed = git("rev-list", "--boundary", commit, "--not", *known).split()
        if listed:  # or the remote has it all
            before = [git.tree(name[1:]) for name in listed if name.startswith("-")]
            found += _new(git.tree(commit), before, set(), refs)
    return found


def tagged(git: Git, tag: str) -> Reference:
    """Return the module version that TAG publishes: v1.2.3 of ./go.mod, sub/v1.2.3 of sub/go.mod.

    From v2 on the go.mod may lie in a folder of that name too (https://go.dev/ref/mod#vcs-version).
    """
    folder, _, version = tag.rpartition("/")
    commit = git.find(f"refs/tags/{tag}")
    if not commit:
        raise CommandError(f"--tag {tag}: there is no such tag here (git fetch --tags brings those of the remote)")
    tree, problem = git.tree(commit), f"there is no {posixpath.join(folder, 'go.mod')}"
    for place in (folder, posixpath.join(folder, version.partition(".")[0])):
        if go_mod := tree.get(posixpath.join(place, "go.mod")):
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


def _new(
    tree: Tree, before: Sequence[Tree], given: set[str], refs: Iterable[str] = (), fresh: Iterable[str] = ()
) -> list[Reference]:
    """Return what TREE references and none BEFORE does, restricted to GIVEN paths; REFS are pushed with it.

    A file that is the same as in one parent, or in one commit of the remote, brings nothing new. The others are
    compared with themselves before, and with all that named before what they add: a version, or a hash in go.sum.
    """
    paths = {path for path, data in tree.items() if all(data != old.get(path, "") for old in before)}
    paths = (paths & given if given else paths).union(fresh)
    if not paths:
        return []
    files, context = _content(tree, paths), _content(tree, _context(tree, paths) - paths)
    added: set[tuple[str, str]] = set()
    for path in files:
        read_as = (read(posixpath.basename(path), each.get(path) or b"") for each in (tree, *before))
        now, *earlier = ({entry._replace(line=0) for entry in file.entries} for file in read_as)
        added |= {entry[:2] for entry in now.difference(*earlier)}
    names = [(os.fsencode(path), os.fsencode(version)) for path, version in added]
    compared = []
    for old in before:
        texts = _content(old, old)
        same = {path for path, text in texts.items() if any(name in text and tag in text for name, tag in names)}
        same |= files.keys() & old.keys()
        compared.append(_content(old, same | _context(old, same)))
    tags = [posixpath.split(ref.removeprefix("refs/tags/")) for ref in refs if ref.startswith("refs/tags/")]
    found = new_references(files, context, compared, frozenset(fresh), tags)
    links = sorted(paths - files.keys())  # that lead out of the repository
    return found + [Reference("", "", (Location(path, 1),), skipped=Skipped(Skip.LINK, path)) for path in links]


def _content(tree: Tree, paths: Iterable[str]) -> dict[str, bytes]:
    return {path: data for path in sorted(paths) if (data := tree.get(path)) is not None}


def _context(files: Iterable[str], paths: set[str]) -> set[str]:
    """Return those of a tree's FILES that say what Go does with the versions that the files at PATHS name."""
    folders = {posixpath.dirname(path) for path in paths}
    works = any(posixpath.basename(path) == "go.work" for path in files)
    wanted = ("go.work", "go.mod") if works else ()
    return {path for path in files if posixpath.dirname(path) in folders or posixpath.basename(path) in wanted}
