"""What is asked of git: NUL-separated, and with nothing left to the user's configuration."""

import contextlib
import io
import os
import posixpath
import re
from collections.abc import Iterable
from functools import cached_property

from goproxy_check import MODULE_FILES, PATHSPECS
from goproxy_check.system.programs import CommandError, Programs
from goproxy_check.system.redact import one_line

OBJECT = "(?:[0-9a-f]{40}|[0-9a-f]{64})"  # a SHA-1 or SHA-256 object id
# Of ls-files --stage: 100644 ID 0<tab>sub/go.mod; of ls-tree: 100644 blob ID<tab>sub/go.mod. No submodule (160000).
_RECORD = re.compile(rf"(1[02]0[0-7]{{3}}) (?:blob )?({OBJECT})(?: ([0-3]))?\t(.+)", re.DOTALL)
_LINK = "120000"  # the mode of a symbolic link

# Path → content of module files, by their paths from the top; None: a symbolic link to no file of the repository
Tree = dict[str, bytes | None]


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
        """The top folder of the work tree, and where the user stands, from there; "" is the top."""
        asked = ("--show-toplevel", "--show-prefix")
        both = self("rev-parse", *asked).split("\n")
        if len(both) != 3:  # the name of a folder has a line end
            both = [self("rev-parse", one).removesuffix("\n") for one in asked]
        root, folder = both[:2]
        if not os.path.isdir(os.path.join(root, folder)):
            raise CommandError(f"git rev-parse: a folder that is not there ({one_line(root + folder)}): is that git?")
        prefix = os.environ.get("GIT_PREFIX", "")  # git starts hooks at the top, and tells so
        return root, (folder or prefix * os.path.isdir(os.path.join(root, prefix))).rstrip("/")

    def paths(self, files: Iterable[str]) -> set[str]:
        """Return the paths from the top of FILES, which are relative to CWD."""
        parts = [os.path.split(os.path.join(self._cwd, file)) for file in files]
        places = [os.path.join(os.path.realpath(folder), name) for folder, name in parts]  # the file may be a link
        top = os.path.realpath(self.place[0]) if places else ""
        return {os.path.relpath(place, top).replace(os.sep, "/") for place in places}

    def find(self, name: str, kind: str = "commit") -> str:
        """Return the id of the object of KIND that NAME is or, as a tag, names; "" if there is none here."""
        found = self("rev-parse", "--verify", "--quiet", f"{name}^{{{kind}}}", check=False).strip()
        return found if re.fullmatch(OBJECT, found) else ""

    def parents(self) -> list[str]:
        """Return what the next commit follows: HEAD, if there is one, and MERGE_HEAD (gitrevisions(7))."""
        # pre-merge-commit runs before the file MERGE_HEAD is written; git has set GITHEAD_<commit>.
        merged = [name.removeprefix("GITHEAD_") for name in os.environ if name.startswith("GITHEAD_")]
        path = os.path.join(self._cwd, self("rev-parse", "--git-path", "MERGE_HEAD").removesuffix("\n"))
        with contextlib.suppress(FileNotFoundError), open(path, encoding="ascii", errors="replace") as file:
            merged = file.read().split()
        return [name for name in (self.find("HEAD"), *filter(re.compile(OBJECT).fullmatch, merged)) if name]

    def tree(self, commit: str) -> Tree:
        """Return the module files of COMMIT, or of the index where that is ""."""
        files = self._listed(commit, MODULE_FILES)
        found = [path for path in files if posixpath.basename(path) in MODULE_FILES]
        self._fetch(files[path][1] for path in found)
        files = self._listed(commit, ("",)) if any(files[path][0] == _LINK for path in found) else files
        return {path: self._followed(path, files) for path in found}

    def _listed(self, commit: str, ends: tuple[str, ...]) -> dict[str, tuple[str, str]]:
        """Return mode and object of the files with those ENDS, by their paths (git-ls-tree(1), git-ls-files(1))."""
        if commit:
            listed = self("ls-tree", "-r", "-z", "--full-tree", commit)
        else:
            listed = self("ls-files", "--stage", "--full-name", "-z", "--", *(PATHSPECS if all(ends) else [":/"]))
        if listed and not listed.endswith("\0"):
            raise CommandError(f"git: a list that makes no sense ({one_line(listed)}): is that git?")
        files = {}
        for record in listed.split("\0"):
            if record.endswith(ends) and (match := _RECORD.fullmatch(record)):
                mode, name, stage, path = match.groups()
                if stage not in (None, "0") and posixpath.basename(path) in MODULE_FILES:
                    raise CommandError(f"{path} is in the middle of a merge conflict: resolve it and git add it")
                files[path] = (mode, name)
        return files

    def _followed(self, path: str, files: dict[str, tuple[str, str]]) -> bytes | None:
        """Return the content of that one of FILES at PATH, or of the one that it leads to over at most 8 links."""
        for _ in range(9):
            if path not in files:
                break
            mode, name = files[path]
            self._fetch([name])
            if mode != _LINK:
                return self._content[name]
            path = posixpath.normpath(posixpath.join(posixpath.dirname(path), os.fsdecode(self._content[name])))
        return None

    def _fetch(self, names: Iterable[str]) -> None:
        """Read those objects NAMES that were not read yet (git-cat-file(1), --batch)."""
        if not (wanted := sorted({name for name in names if name not in self._content})):
            return
        request = "".join(f"{name}\n" for name in wanted).encode()
        output = io.BytesIO(self._programs.git("cat-file", "--batch", cwd=self._cwd, stdin=request))
        for name in wanted:
            if not (header := re.fullmatch(rb"\S+ blob ([0-9]+)\n", output.readline())):
                raise CommandError(f"git has no object {name}: the repository is incomplete, try git fetch")
            self._content[name] = output.read(int(header[1]))
            output.read(1)  # the line end
