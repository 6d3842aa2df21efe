"""One function for each git command: NUL-separated, and with nothing left to the user's configuration."""

import contextlib
import os
import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from goproxy_check.gofiles.names import MODULE_FILES, PATHSPECS
from goproxy_check.system.programs import CommandError, Programs
from goproxy_check.system.redact import one_line

OBJECT = "(?:[0-9a-f]{40}|[0-9a-f]{64})"  # a SHA-1 or SHA-256 object id
# Raw: no renames, no external diff, no order and no relative paths of the user's own.
_DIFF = (
    "-c diff.relative=false -c index.sparse=false diff --raw -z --no-abbrev --no-renames --no-ext-diff --no-textconv"
)
_DIFF += " --ignore-submodules=all -O/dev/null"


class DiffEntry(NamedTuple):
    """One line of ``git diff --raw``: whether the file is there afterwards, and whether a merge left it open."""

    path: str
    exists: bool
    unmerged: bool


class Blob(NamedTuple):
    """A file of a tree or of the index; the content of a LINK is where it leads."""

    name: str
    link: bool


class Git:
    """Asks git about the repository around the folder CWD."""

    def __init__(self, programs: Programs, cwd: str) -> None:
        self.programs = programs
        self.cwd = cwd

    def __call__(self, *args: str, stdin: bytes = b"", check: bool = True) -> str:
        """Run git and return what it printed; raises CommandError."""
        return os.fsdecode(self.programs.git(*args, cwd=self.cwd, stdin=stdin, check=check))

    def place(self) -> tuple[str, str]:
        """Return the top folder of the work tree, and CWD relative to it ("" is the top)."""
        with _understood("rev-parse"):
            root = self("rev-parse", "--show-toplevel").removesuffix("\n")
            folder = self("rev-parse", "--show-prefix").removesuffix("\n").rstrip("/")
            if not os.path.isabs(root) or not os.path.isdir(os.path.join(root, folder)):
                raise ValueError("no such folder")
            return root, folder

    def commit_of(self, name: str) -> str:
        """Return the commit that NAME is or, as a tag, names; "" if there is none here."""
        found = self("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", check=False).strip()
        return found if re.fullmatch(OBJECT, found) else ""

    def has(self, name: str) -> bool:
        """Return whether there is an object called NAME, of whichever type."""
        return bool(self("rev-parse", "--verify", "--quiet", f"{name}^{{object}}", check=False).strip())

    def diff(self, *trees: str) -> list[DiffEntry]:
        """Return the module files that differ between two TREES; --cached stands for the index (git-diff(1))."""
        try:
            output = self(*_DIFF.split(), *trees, "--", *PATHSPECS)
        except CommandError:
            self("rev-parse", "--git-dir")  # outside a repository this one has the better words
            raise
        entries: dict[str, DiffEntry] = {}
        with _understood("diff"):
            fields = output.split("\0")
            for meta, path in zip(fields[0::2], fields[1::2], strict=False):
                _, mode, _, _, status = meta[1:].split()
                unmerged = status == "U" or (path in entries and entries[path].unmerged)
                entries[path] = DiffEntry(path, _is_file(mode), unmerged)
        return list(entries.values())

    def index(self) -> dict[str, Blob]:
        """Return path → blob of every module file in the index (git-ls-files(1), --stage)."""
        return _listed(self("ls-files", "--stage", "--full-name", "-z", "--", *PATHSPECS), 1)

    def tree(self, commit: str) -> dict[str, Blob]:
        """Return path → blob of every module file in COMMIT (git-ls-tree(1))."""
        return _listed(self("ls-tree", "-r", "-z", "--full-tree", commit), 2)

    def entry(self, commit: str, path: str) -> Blob | None:
        """Return the file at PATH of COMMIT, or of the index where that is ""."""
        if commit:
            listed = self("ls-tree", "-z", "--full-tree", commit, "--", path)
        else:
            listed = self("ls-files", "--stage", "--full-name", "-z", "--", f":(top,literal){path}")
        return _listed(listed, 2 if commit else 1, named=(posixpath.basename(path),)).get(path)

    def work_tree(self) -> list[str]:
        """Return every module file that git tracks or would track (git-ls-files(1)), from the top."""
        listed = self("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--full-name", "--", *PATHSPECS)
        return sorted(set(listed.split("\0")[:-1]))

    def merge_heads(self) -> list[str]:
        """Return the other parents of a merge that is being committed (gitrevisions(7), MERGE_HEAD)."""
        path = self("rev-parse", "--git-path", "MERGE_HEAD").removesuffix("\n")
        try:
            with _understood("rev-parse"), open(os.path.join(self.cwd, path), "rb") as file:
                return re.findall(f"^{OBJECT}$", file.read().decode("ascii", "replace"), re.MULTILINE)
        except FileNotFoundError:  # pre-merge-commit runs before that file is written; git has set GITHEAD_<commit>
            names = (key.removeprefix("GITHEAD_") for key in os.environ)
            return [name for name in names if re.fullmatch(OBJECT, name)]

    def read(self, names: set[str]) -> dict[str, bytes]:
        """Return the content of every blob of NAMES (git-cat-file(1), --batch); raises CommandError."""
        ordered = sorted(names)
        request = os.fsencode("".join(f"{name}\n" for name in ordered))
        output = self.programs.git("cat-file", "--batch", cwd=self.cwd, stdin=request) if ordered else b""
        content: dict[str, bytes] = {}
        at = 0
        with _understood("cat-file"):
            for name in ordered:
                end = output.index(b"\n", at)
                _, kind, size = output[at:end].split() if output[at:end].count(b" ") == 2 else (b"", b"", b"")
                if kind != b"blob":
                    raise CommandError(f"git has no object {name}: the repository is incomplete, try git fetch")
                at = end + 1 + int(size) + 1
                content[name] = output[end + 1 : at - 1]
        return content


@contextlib.contextmanager
def _understood(command: str) -> Iterator[None]:
    """Turn an answer of git that can't be taken apart into a CommandError."""
    try:
        yield
    except (ValueError, IndexError) as error:
        raise CommandError(f"git {command}: the answer makes no sense ({one_line(str(error))}): is that git?") from None


def _is_file(mode: str) -> bool:
    """Return whether MODE is that of a regular file or a symbolic link, not of a submodule."""
    return mode.startswith(("100", "120"))


def _listed(output: str, at: int, named: tuple[str, ...] = MODULE_FILES) -> dict[str, Blob]:
    """Return path → blob of the files called one of NAMED in a listing: records have the mode first, the blob at AT."""
    files: dict[str, Blob] = {}
    with _understood("ls-files"):
        for record in output.split("\0")[:-1]:
            meta, _, path = record.partition("\t")
            if posixpath.basename(path) in named:
                fields = meta.split()
                if _is_file(fields[0]):
                    files[path] = Blob(fields[at], fields[0] == "120000")
    return files
