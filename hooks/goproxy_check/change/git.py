"""One function for each git command: NUL-separated, and with nothing left to the user's configuration."""

import io
import os
import posixpath
import re
from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple, NoReturn

from goproxy_check.gofiles.names import MODULE_FILES, PATHSPECS
from goproxy_check.system.programs import CommandError, Programs
from goproxy_check.system.redact import one_line

OBJECT = "(?:[0-9a-f]{40}|[0-9a-f]{64})"  # a SHA-1 or SHA-256 object id
# Of ls-files --stage: 100644 ID 0<tab>sub/go.mod; of ls-tree: 100644 blob ID<tab>sub/go.mod
_RECORD = re.compile(rf"([0-7]{{6}}) (?:[a-z]+ )?({OBJECT})(?: ([0-3]))?\t(.+)", re.DOTALL)
_LINK = "120000"  # the mode of a symbolic link
_MOST_LINKS = 8  # that are followed, one to the next
_LONGEST = 4096  # path that a link may lead to, as on most systems


class Blob(NamedTuple):
    """A regular file or a symbolic link; the content of a link is where it leads."""

    mode: str
    name: str  # its object id
    unmerged: bool = False  # in the middle of a merge conflict


class Tree(NamedTuple):
    """The module files of a commit, or of the index where COMMIT is "", by their paths from the top."""

    commit: str
    files: dict[str, Blob]


class Git:
    """Asks git about the repository around the folder CWD; every method raises CommandError."""

    def __init__(self, programs: Programs, cwd: str) -> None:
        self._programs, self._cwd = programs, cwd
        self._content: dict[str, bytes] = {}  # of the blobs that were read

    def __call__(self, *args: str, check: bool = True) -> str:
        """Run git and return what it printed."""
        return os.fsdecode(self._programs.git(*args, cwd=self._cwd, check=check))

    @cached_property
    def place(self) -> tuple[str, str]:
        """The top folder of the work tree, and CWD from there; "" is the top."""
        asked = ("--show-toplevel", "--show-prefix")
        both = self("rev-parse", *asked).split("\n")
        if len(both) != 3:  # the name of a folder has a line end
            both = [self("rev-parse", one).removesuffix("\n") for one in asked]
        root, folder = both[:2]
        if not os.path.isabs(root) or not os.path.isdir(os.path.join(root, folder)):
            _nonsense("rev-parse", root + folder)
        return root, folder.rstrip("/")

    def find(self, name: str, kind: str = "commit") -> str:
        """Return the id of the object of KIND that NAME is or, as a tag, names; "" if there is none here."""
        found = self("rev-parse", "--verify", "--quiet", f"{name}^{{{kind}}}", check=False).strip()
        return found if re.fullmatch(OBJECT, found) else ""

    def parents(self) -> list[str]:
        """Return what the next commit follows: HEAD, if there is one, and MERGE_HEAD (gitrevisions(7))."""
        path = os.path.join(self._cwd, self("rev-parse", "--git-path", "MERGE_HEAD").removesuffix("\n"))
        try:
            with open(path, "rb") as file:
                merged = re.findall(f"^{OBJECT}$", file.read().decode("ascii", "replace"), re.MULTILINE)
        except FileNotFoundError:  # pre-merge-commit runs before that file is written; git has set GITHEAD_<commit>
            merged = re.findall(rf"^GITHEAD_({OBJECT})$", "\n".join(os.environ), re.MULTILINE)
        except ValueError:  # a NUL
            _nonsense("rev-parse", path)
        return [name for name in (self.find("HEAD"), *merged) if name]

    def tree(self, commit: str) -> Tree:
        """Return the module files of COMMIT, or of the index where that is ""."""
        return Tree(commit, self._listed(commit, MODULE_FILES))

    def _listed(self, commit: str, names: tuple[str, ...], *paths: str) -> dict[str, Blob]:
        """Return the files called one of NAMES, of those PATHS if there are any (git-ls-tree(1), git-ls-files(1))."""
        if commit:
            listed = self("ls-tree", "-r", "-z", "--full-tree", commit, "--", *paths)
        else:
            specs = [f":(top,literal){path}" for path in paths] or PATHSPECS
            listed = self("ls-files", "--stage", "--full-name", "-z", "--", *specs)
        files = {}
        for number, record in enumerate(listed.removesuffix("\0").split("\0") if listed else ()):
            if number == 0 or record.endswith(names):  # the first one of all shows that this is git's answer
                match = _RECORD.fullmatch(record) or _nonsense("ls-tree" if commit else "ls-files", record)
                mode, name, stage, path = match.groups()
                if posixpath.basename(path) in names and mode.startswith(("100", "120")):  # no submodule
                    files[path] = Blob(mode, name, stage in ("1", "2", "3"))
        return files

    def work_tree(self) -> list[str]:
        """Return every module file that git tracks or would track (git-ls-files(1)), from the top."""
        listed = self("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--full-name", "--", *PATHSPECS)
        return sorted(set(listed.split("\0")[:-1]))

    def read(self, tree: Tree, paths: Iterable[str]) -> dict[str, bytes]:
        """Return path → content of the files at PATHS of TREE, without links that lead out of the repository."""
        blobs = {path: tree.files[path] for path in sorted(paths)}
        self._fetch({blob.name for blob in blobs.values()})
        found = {path: self._content[blob.name] for path, blob in blobs.items() if blob.mode != _LINK}
        targets = {path: self._target(tree.commit, path, blob) for path, blob in blobs.items() if blob.mode == _LINK}
        return found | {path: data for path, data in targets.items() if data is not None}

    def _target(self, commit: str, path: str, link: Blob) -> bytes | None:
        """Return the content of the file that LINK, at PATH, leads to; None if that is not in the repository."""
        for _ in range(_MOST_LINKS):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(path), os.fsdecode(self._content[link.name])))
            inside = path.partition("/")[0] not in ("", "..") and "\0" not in path and len(path) < _LONGEST
            target = self._listed(commit, (posixpath.basename(path),), path).get(path) if inside else None
            if not target:
                return None
            self._fetch({target.name})
            if target.mode != _LINK:
                return self._content[target.name]
            link = target
        return None

    def _fetch(self, names: set[str]) -> None:
        """Read those blobs of NAMES that were not read yet (git-cat-file(1), --batch)."""
        wanted = sorted(names - self._content.keys())
        if not wanted:
            return
        request = "".join(f"{name}\n" for name in wanted).encode()
        output = io.BytesIO(self._programs.git("cat-file", "--batch", cwd=self._cwd, stdin=request))
        for name in wanted:
            header = re.fullmatch(rb"\S+ blob ([0-9]+)\n", output.readline())
            if not header:
                raise CommandError(f"git has no object {name}: the repository is incomplete, try git fetch")
            self._content[name] = output.read(int(header[1]))
            output.read(1)  # the line end


def _nonsense(command: str, answer: str) -> NoReturn:
    """Raise CommandError for an ANSWER of git that can't be taken apart."""
    raise CommandError(f"git {command}: the answer makes no sense ({one_line(answer)}): is that git?")
