"""What to look at: the versions that a commit, a push, a range or the work tree newly references."""

import os
import posixpath
import re
from collections.abc import Iterable, Sequence

from goproxy_check import PATHSPECS
from goproxy_check.change.git import OBJECT, Git, Tree
from goproxy_check.gofiles.modfile import read
from goproxy_check.gofiles.reference import Location, Reference, Skip, Skipped, new_references, of_argument
from goproxy_check.system.programs import CommandError


def staged(git: Git, files: Iterable[str]) -> list[Reference]:
    """Return what is new in the index, restricted to FILES if there are any; in a merge only what no parent has is."""
    index, before = git.tree(""), [git.tree(commit) for commit in git.parents()]
    head, given = before[0] if before else {}, git.paths(files)
    if unknown := sorted(given - index.keys() - head.keys()):
        raise CommandError(f"{unknown[0]} is not in the index: is the name right, and was it added (git add)?")
    # Of FILES without a staged change all is new.
    fresh = {path for path in given & index.keys() & head.keys() if index[path] == head[path]}
    return _new(index, before, given, fresh=fresh)


def between(git: Git, base: str, head: str, files: Iterable[str], pushed_ref: str) -> list[Reference]:
    """Return what is new in the commit HEAD since its merge base with BASE, restricted to FILES if there are any."""
    ours, theirs = git.find(base), git.find(head)
    fork = git("merge-base", ours, theirs, check=False).strip() if ours and theirs else ""
    if fork:
        return _new(git.tree(theirs), [git.tree(fork)], git.paths(files), [pushed_ref])
    if git("rev-parse", "--is-shallow-repository").strip() == "true":
        problem = f"this clone is shallow and does not reach back to where {head} left {base}"
        raise CommandError(f"{problem}: git fetch --unshallow (in CI: fetch-depth: 0, GIT_DEPTH: 0)")
    absent = f"{head if ours else base} is not a commit of this repository"
    raise CommandError(f"{base} and {head} have no commit in common" if ours and theirs else absent)


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
    """Return what is new in a push to REMOTE (a name, "" for any), from git's LINES for its hook (githooks(5))."""
    refs: dict[str, str] = {}  # at the remote → the commit that is pushed
    known = [f"--remotes={remote}" if remote else "--remotes"]  # what the remote has
    for line in filter(str.strip, lines.split("\n")):  # refs/heads/main ID refs/heads/main ID
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
        if listed := git("rev-list", "--boundary", commit, "--not", *known).split():  # or the remote has it all
            before = [git.tree(name[1:]) for name in listed if name.startswith("-")]
            found += _new(git.tree(commit), before, set(), refs)
    return found


def tagged(git: Git, tag: str) -> Reference:
    """Return the module version that TAG publishes: v1.2.3 of ./go.mod, sub/v1.2.3 of sub/go.mod."""
    folder, _, version = tag.rpartition("/")
    if not (commit := git.find(f"refs/tags/{tag}")):
        raise CommandError(f"--tag {tag}: there is no such tag here (git fetch --tags brings those of the remote)")
    tree, problem = git.tree(commit), f"there is no {posixpath.join(folder, 'go.mod')}"
    # From v2 on the go.mod may lie in a folder of that name too (https://go.dev/ref/mod#vcs-version).
    for place in (folder, posixpath.join(folder, version.partition(".")[0])):
        if go_mod := tree.get(posixpath.join(place, "go.mod")):
            ref = of_argument(f"{read('go.mod', go_mod).module}@{version}")
            if not ref.invalid:
                return ref._replace(commit=commit)
            problem = ref.invalid.detail
    raise CommandError(f"--tag {tag}: its go.mod does not fit: {problem}")


def _new(
    tree: Tree, before: Sequence[Tree], given: set[str], refs: Iterable[str] = (), fresh: Iterable[str] = ()
) -> list[Reference]:
    """Return what TREE references and none BEFORE does, restricted to GIVEN paths; REFS are pushed with it.

    A file that is the same in one tree before brings nothing new; what another adds is compared with all that name it.
    """
    paths = {path for path, data in tree.items() if all(data != old.get(path, "") for old in before)}
    paths = (paths & given if given else paths).union(fresh)
    if not paths:
        return []
    tags = [posixpath.split(ref.removeprefix("refs/tags/")) for ref in refs if ref.startswith("refs/tags/")]
    context = _context(tree, paths.union(posixpath.join(folder, "go.mod") for folder, _ in tags))
    files = {path: context.pop(path) for path in sorted(paths & context.keys())}
    added = set[tuple[bytes, bytes]]()
    for path in files:
        read_as = (read(posixpath.basename(path), each.get(path) or b"") for each in (tree, *before))
        now, *earlier = ({entry._replace(line=0) for entry in file.entries} for file in read_as)
        added |= {(entry.module.encode(), entry.version.encode()) for entry in now.difference(*earlier)}
    compared = []
    for old in before:
        same = {path for path, data in old.items() if data and any(one in data and two in data for one, two in added)}
        compared.append(_context(old, same | (files.keys() & old.keys())))
    found = new_references(files, context, compared, frozenset(fresh), tags)
    links = sorted(paths - files.keys())  # that lead out of the repository
    return found + [Reference("", "", (Location(path, 1),), skipped=Skipped(Skip.LINK, path)) for path in links]


def _context(tree: Tree, paths: set[str]) -> dict[str, bytes]:
    """Return the files of TREE at PATHS, and those that say what Go does with the versions that these name."""
    folders = {posixpath.dirname(path) for path in paths}
    wanted = ("go.work", "go.mod") if "go.work" in map(posixpath.basename, tree) else ()
    near = {path for path in tree if posixpath.dirname(path) in folders or posixpath.basename(path) in wanted}
    return {path: data for path, data in tree.items() if path in near and data is not None}
