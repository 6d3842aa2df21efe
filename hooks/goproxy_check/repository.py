"""Git, told exactly: NUL-separated, with every flag that keeps the user's configuration out of the answer."""

import contextlib
import os
import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from goproxy_check.process import CommandError, git
from goproxy_check.quick import DIFF, LS_FILES, MODULE_FILES, PATHSPECS
from goproxy_check.redact import one_line

OBJECT = "(?:[0-9a-f]{40}|[0-9a-f]{64})"


class DiffEntry(NamedTuple):
    """One line of ``git diff --raw``; an id is "" where there is no file on that side."""

    path: str
    old: str
    new: str
    unmerged: bool


@contextlib.contextmanager
def _understood(command: str) -> Iterator[None]:
    """Turn what can't be taken apart into words: something else than git answers to that name."""
    try:
        yield
    except (ValueError, IndexError, OSError) as error:
        raise CommandError(f"git {command}: the answer makes no sense ({one_line(str(error))}): is that git?") from None


@_understood("rev-parse")
def place(cwd: str) -> tuple[str, str]:
    """Return the top folder of the work tree, and CWD relative to it ("" is the top)."""
    root, folder = (git("rev-parse", f"--show-{what}", cwd=cwd) for what in ("toplevel", "prefix"))
    top, prefix = os.fsdecode(root).removesuffix("\n"), os.fsdecode(folder).removesuffix("\n").rstrip("/")
    if not os.path.isabs(top) or not os.path.isdir(os.path.join(top, prefix)):
        raise ValueError("no such folder")
    return top, prefix


def commit_of(cwd: str, name: str) -> str:
    """Return the commit that NAME is or, as a tag, names; "" if there is none here."""
    return git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", cwd=cwd, check=False).decode().strip()


def has(cwd: str, name: str) -> bool:
    """Tell whether there is an object called NAME, of whichever type."""
    return bool(git("rev-parse", "--verify", "--quiet", f"{name}^{{object}}", cwd=cwd, check=False).strip())


@_understood("diff")
def diff(cwd: str, *what: str) -> list[DiffEntry]:
    """Return the module files that differ (git-diff(1), --raw) between what WHAT names; --cached is the index."""
    try:
        output = git(*DIFF, *what, "--", *PATHSPECS, cwd=cwd)
    except CommandError:
        git("rev-parse", "--git-dir", cwd=cwd)  # outside a repository this one has the better words
        raise
    fields = output.decode("utf-8", "surrogateescape").split("\0")
    entries: dict[str, DiffEntry] = {}
    for meta, path in zip(fields[0::2], fields[1::2], strict=False):
        old_mode, new_mode, old, new, status = meta[1:].split()
        unmerged = status == "U" or (path in entries and entries[path].unmerged)
        entries[path] = DiffEntry(path, _blob(old_mode, old), _blob(new_mode, new), unmerged)
    return list(entries.values())


def _blob(mode: str, name: str) -> str:
    return name if mode.startswith("100") else ""  # not a link, not a submodule


def index(cwd: str) -> dict[str, str]:
    """Return path → blob of every module file in the index (git-ls-files(1), --stage)."""
    return _listed(git("ls-files", "--stage", "--full-name", "-z", "--", *PATHSPECS, cwd=cwd), 1)


def tree(cwd: str, commit: str) -> dict[str, str]:
    """Return path → blob of every module file in COMMIT (git-ls-tree(1))."""
    return _listed(git("ls-tree", "-r", "-z", "--full-tree", commit, cwd=cwd), 2)


@_understood("ls-files")
def _listed(output: bytes, at: int) -> dict[str, str]:
    """Return path → blob of the module files in a listing whose records have the mode first, the blob at AT."""
    files: dict[str, str] = {}
    for record in output.decode("utf-8", "surrogateescape").split("\0")[:-1]:
        meta, _, path = record.partition("\t")
        fields = meta.split()
        if posixpath.basename(path) in MODULE_FILES and _blob(fields[0], fields[at]):
            files[path] = fields[at]
    return files


def work_tree(cwd: str) -> list[str]:
    """Return every module file that git tracks or would track (git-ls-files(1)), from the top of the repository."""
    output = git(*LS_FILES, "--full-name", "--", *PATHSPECS, cwd=cwd)
    return sorted(set(output.decode("utf-8", "surrogateescape").split("\0")[:-1]))


@_understood("rev-parse")
def merge_heads(cwd: str) -> list[str]:
    """Return the other parents of a merge that is being committed (gitrevisions(7), MERGE_HEAD)."""
    path = git("rev-parse", "--git-path", "MERGE_HEAD", cwd=cwd).decode("utf-8", "surrogateescape").rstrip("\n")
    try:
        with open(os.path.join(cwd, path), encoding="ascii", errors="replace") as file:
            return re.findall(f"^{OBJECT}$", file.read(), re.MULTILINE)
    except FileNotFoundError:  # before pre-merge-commit, git merge has told nobody else
        return [name for name in (key.removeprefix("GITHEAD_") for key in os.environ) if re.fullmatch(OBJECT, name)]


@_understood("cat-file")
def read_blobs(cwd: str, names: set[str]) -> dict[str, bytes]:
    """Return the content of every blob of NAMES (git-cat-file(1), --batch)."""
    ordered = sorted(names)
    output = git("cat-file", "--batch", cwd=cwd, stdin="".join(f"{name}\n" for name in ordered).encode())
    text: dict[str, bytes] = {}
    at = 0
    for name in ordered:
        end = output.index(b"\n", at)
        kind, _, size = output[at:end].partition(b" ")[2].partition(b" ")
        if kind != b"blob":
            raise CommandError(f"git has no object {name}: the repository is incomplete, try git fetch")
        at = end + 1
        text[name] = output[at : at + int(size)]
        at += int(size) + 1
    return text
