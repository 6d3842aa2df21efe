"""What every commit pays for: is a module file staged at all?

Next to nothing is imported here, and in warm.py: subprocess alone takes longer than git does. A quick way answers only
where the answer is certain; the long way gives the same one, and all others.
"""

import os
import select
import time

TYPE_CHECKING = False  # as typing has it, which is not worth importing
if TYPE_CHECKING:
    from typing import TextIO

MODULE_FILES = ("go.mod", "go.sum", "go.work", "go.work.sum")
PATHSPECS = tuple(f":(top,glob)**/{name}" for name in MODULE_FILES)
# Raw and NUL-separated, and nothing of it left to the user's configuration: no renames, no external diff, no order of
# theirs, paths from the top of the repository (diff.relative would make them relative to the current folder).
_PLAINLY = ("--no-renames", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all", "-O/dev/null")
DIFF = ("-c", "diff.relative=false", "diff", "--raw", "-z", "--no-abbrev", *_PLAINLY)
_GLANCE = 5.0  # seconds
_MOST = 256  # pipes full, of at most 64 KB
# Go writes this hash of an empty go.mod by an old bug, and ignores it (cmd/go/internal/modfetch: emptyGoModHash).
EMPTY_GO_MOD = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY="
LS_FILES = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")
# Nobody is there to answer a question; "true" answers every one with nothing. Credential helpers still work, and
# GIT_SSH_COMMAND is left alone, for it would override the user's core.sshCommand.
UNASKED = {"GIT_TERMINAL_PROMPT": "0", "GCM_INTERACTIVE": "never"}
UNASKED |= {"GIT_ASKPASS": "true", "SSH_ASKPASS": "true", "SSH_ASKPASS_REQUIRE": "force"}


def nothing_staged(folder: str) -> bool:
    """Tell whether it is certain that no module file is staged in the repository around FOLDER."""
    try:
        return peek((["git", "-C", folder, *DIFF, "--cached", "--", *PATHSPECS], git_environment())) == [""]
    except OSError:
        return False


def git_environment() -> dict[str, str]:
    """Return the environment for git on the user's repository.

    Pathspecs mean what is written here, whatever the user's editor told git about its own. Only reading is wanted:
    without optional locks git refreshes nothing on disk (git(1)).
    """
    env = {name: value for name, value in os.environ.items() if not name.endswith("_PATHSPECS")}
    return {**env, **UNASKED, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}


def ignored_folder(path: str) -> str:
    """Return the folder of PATH that Go's own patterns leave out, or "" (``go help packages``)."""
    for folder in path.split("/")[:-1]:
        if folder in ("testdata", "vendor") or (folder.startswith(("_", ".")) and folder != ".."):
            return folder
    return ""


def cached_files(go_mod_only: bool) -> tuple[str, ...]:
    """Return how the files end that the module cache must have of a version (https://go.dev/ref/mod#module-cache).

    Go takes a module's go.mod before its archive, which builds need, and ``go mod download`` the .info.
    """
    return (".mod",) if go_mod_only else (".zip", ".info")


def is_terminal(stream: "TextIO | None") -> bool:
    """Tell whether STREAM is there, and a terminal."""
    return stream is not None and stream.isatty()


def summary(checked: int, skipped: int, seconds: float) -> str:
    """Return the line that says that all is well."""
    if not checked:
        return f"goproxy-check: no new module version{f' but {skipped} skipped' if skipped else ''}"
    what = "version resolves" if checked == 1 else "versions resolve"
    return f"goproxy-check: {checked} module {what}{f', {skipped} skipped' if skipped else ''} ({seconds:.2f}s)"


def peek(*commands: tuple[list[str], dict[str, str]]) -> list[str]:
    """Run COMMANDS side by side, each in its environment, and return what they print.

    Raises OSError if one can't be run, fails, or takes longer than a glance may; why, the long way will say.
    """
    if not hasattr(os, "posix_spawnp"):
        raise OSError("only POSIX systems start programs this way")
    started: list[tuple[int, int]] = []
    try:
        for command, env in commands:
            ours, theirs = os.pipe()
            quiet = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 2)]
            try:
                if theirs <= 2:
                    raise OSError("a standard stream is closed, and the pipe would be taken for it")
                actions = [*quiet, (os.POSIX_SPAWN_DUP2, theirs, 1)]
                started.append((os.posix_spawnp(command[0], command, env, file_actions=actions, setpgroup=0), ours))
            finally:
                os.close(theirs)
        printed = [_read(ours) for _, ours in started]
    except BaseException:  # an interrupt too
        for pid, _ in started:
            os.killpg(pid, 9)
            os.waitpid(pid, 0)
        raise
    if sum(os.waitpid(pid, 0)[1] for pid, _ in started):
        raise OSError("a program failed")
    return printed


def _read(pipe: int) -> str:
    parts: list[bytes] = []
    end = time.monotonic() + _GLANCE
    while (left := end - time.monotonic()) > 0 and len(parts) < _MOST and select.select([pipe], [], [], left)[0]:
        part = os.read(pipe, 1 << 16)
        if not part:
            os.close(pipe)
            return os.fsdecode(b"".join(parts))
        parts.append(part)
    raise OSError("no answer in time")
