"""What every ``make deps`` pays for: is everything in the module cache already?

Only plain files are understood here, and "no" is never said: the long way knows all forms, and why.
"""

import os
import stat

from goproxy_check.quick import (
    EMPTY_GO_MOD,
    LS_FILES,
    PATHSPECS,
    cached_files,
    git_environment,
    ignored_folder,
    peek,
)

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/+")


def all_cached(folder: str) -> tuple[int, int] | None:
    """Return how many versions the work tree around FOLDER uses, and how many it names without using them.

    None unless its module files are plain and the module cache has all that the versions in use need.
    """
    if os.environ.keys() & {"GIT_DIR", "GIT_WORK_TREE"}:
        return None  # git's paths are not from here
    # What git calls its own must not reach go, and in the top folder there is hardly a go.mod for it to heed.
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        listed, settings = peek(
            (["git", "-C", folder, *LS_FILES, "--", *PATHSPECS], git_environment()),
            (
                ["go", "env", "-C", os.sep, "GOMODCACHE", "GOVERSION", "GOPROXY"],
                {**env, "GOTOOLCHAIN": "local", "GOWORK": "off"},
            ),
        )
        modcache, go, goproxy = settings.splitlines()
        if not goproxy.startswith(("https://", "http://", "file:///", "direct", "off")):
            return None
        tree = _Tree(_release(go.removeprefix("go")))
        if all(tree.reads(folder, path) for path in set(listed.split("\0")[:-1])):
            return tree.count(os.path.join(modcache, "cache", "download"))
    except (OSError, ValueError):
        pass
    return None


class _Tree:
    """What plain module files name, for a Go of the release GO; whatever is not plain modfiles.py reads.

    A version is "PATH VERSION" here, as in go.sum.
    """

    def __init__(self, go: list[int]) -> None:
        self._go = go
        self._named: list[tuple[str, dict[str, str]]] = []  # folder, what a file there names
        self._sums: dict[str, str] = {}
        self._own: set[str] = set()
        self._replaced: set[tuple[str, str]] = set()
        self._workspace = False

    def reads(self, folder: str, path: str) -> bool:
        """Take in the file at PATH, from FOLDER; False unless it is plain. Raises OSError, ValueError."""
        place = os.path.join(folder, path)
        if not stat.S_ISREG(os.lstat(place).st_mode):
            return False
        with open(place, "rb") as file:
            data = file.read()
        text = data.translate(None, b"\t\r\n").decode("ascii")
        at, _, name = path.rpartition("/")
        if not text.isprintable() or EMPTY_GO_MOD in text:
            return False
        text = data.decode("ascii")
        return self._records(text, at) if name.endswith(".sum") else self._directives(text, at, name == "go.work")

    def _records(self, text: str, at: str) -> bool:
        named: dict[str, str] = {}
        for line in text.split("\n"):
            name, _, sum_ = line.rpartition(" ")
            named[name] = sum_
            if self._sums.setdefault(name, sum_) != sum_ or (line and (not sum_ or name.count(" ") != 1)):
                return False
        named.pop("", None)  # after the last line
        self._named.append((at, named))
        return True

    def _directives(self, text: str, at: str, work: bool) -> bool:
        block, once = "", {"module", "go", "toolchain"}
        required: dict[str, str] = {}
        for line in text.split("\n"):
            words = line.partition("//")[0].split()
            if block and words == [")"]:
                block = ""
                continue
            match [block, *words] if block and words else words:
                case []:
                    pass
                case ["require" | "replace" | "use" | "tool", "("] if not block:
                    block = words[0]
                case [verb, *args] if not _PLAIN.issuperset("".join(args).replace("=>", "")):
                    return False
                case ["require", module, version] if not work and _fits(module, version):
                    required[f"{module} {version}"] = ""
                case ["replace", module, "=>", new] if new.startswith(("./", "../")) and not work and _fits(module):
                    self._replaced.add((at, module))
                case ["use" | "tool" as verb, _] if work == (verb == "use"):
                    self._workspace = self._workspace or work
                case [("module" | "go" | "toolchain") as verb, value] if verb in once:
                    once.remove(verb)
                    if verb == "module":
                        self._own.add(value)
                    else:
                        prefix = "go" if verb == "toolchain" else ""
                        if not value.startswith(prefix) or _release(value.removeprefix(prefix)) > self._go:
                            return False
                case _:
                    return False
        self._named.append((at, required))
        return not block

    def count(self, cache: str) -> tuple[int, int] | None:
        """Return how many versions are in use, and how many are not; None unless CACHE has all that are."""
        used: dict[str, str] = {}
        unused: dict[str, str] = {}
        for at, named in self._named:
            if ignored_folder(f"{at}/"):
                unused |= named
            elif self._replaced:
                for name in named:
                    (unused if (at, _path(name)) in self._replaced else used)[name] = ""
            else:
                used |= named
        if self._workspace and any(_path(name) in self._own for name in used):
            return None
        count = 0
        there = os.open(cache, os.O_RDONLY)
        try:
            for name in used:
                bare = name.removesuffix("/go.mod")
                if name is not bare and bare in used:
                    continue
                count += 1
                module, _, version = bare.partition(" ")
                file = f"{module}/@v/{version}"
                if file != file.lower():  # golang.org/x/mod/module: EscapePath
                    file = "".join(f"!{char.lower()}" if char.isupper() else char for char in file)
                if not _is_plain_path(module) or "/" in version:
                    return None
                for end in cached_files(go_mod_only=name is not bare):
                    if not os.access(file + end, os.F_OK, dir_fd=there):
                        return None
        finally:
            os.close(there)
        used = {name.removesuffix("/go.mod"): "" for name in used} if unused else {}
        return count, len({name.removesuffix("/go.mod") for name in unused} - used.keys())


def _path(name: str) -> str:
    return name.partition(" ")[0]


def _is_plain_path(module: str) -> bool:
    """Tell whether MODULE is a path that no file system reads in another way."""
    return "!" not in module and {"", ".", ".."}.isdisjoint(module.split("/"))


def _fits(module: str, version: str = "") -> bool:
    """Tell whether it is certain that VERSION, of the form v1.2.3-…, fits the path MODULE, and that this is one."""
    last = module.rpartition("/")[2]
    major = last[1:] if last[:1] == "v" and last[1:2].isdigit() else ""
    if (major and not (major.isdigit() and int(major) > 1)) or module.startswith("gopkg.in/"):
        return False
    numbers, _, pre = version.removeprefix("v").partition("-")
    parts = numbers.split(".")
    plain = len(parts) == 3 and all(part.isdigit() and str(int(part)) == part for part in parts) and "+" not in pre
    names = pre.split(".") if "-" in version else []
    plain = plain and all(name and not (name.isdigit() and str(int(name)) != name) for name in names)
    return not version or (plain and version.startswith(tuple(f"v{n}." for n in ([major] if major else [0, 1]))))


def _release(text: str) -> list[int]:
    """Return the numbers of a release such as 1.23.4; raises ValueError for every other form."""
    numbers = [int(part) for part in text.split(".")]
    if not 2 <= len(numbers) <= 3 or numbers[0] < 1 or ".".join(map(str, numbers)) != text:
        raise ValueError(text)
    return numbers
