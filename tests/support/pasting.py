"""The commands that a report prints, pasted into a shell as its reader would."""

import re
from pathlib import Path

from tests.support.world import World

# At the end of a line, after white space or a colon: GOPROXY=direct go mod download github.com/acme/lib@v1.0.0
_COMMAND = re.compile(r"""(?:^\s*|:\s)((?:[A-Z_]+=(?:"[^"]*"|\S+)\s)*(?:cd|go|git|export)\s\S.*)$""", re.MULTILINE)
# To push without this check, once: the same git push with --no-verify
_AGAIN = re.compile(r"once: the same git (?:commit|push) with (?:(--\S+)|(\S+) in front)$", re.MULTILINE)
_ONCE = re.compile(r"once: ((?:\S+=\S+ )?git .*)$", re.MULTILINE)


def printed(report: str, having: str = "") -> list[str]:
    """Return the commands of a REPORT that hold the text HAVING."""
    return [command for command in _COMMAND.findall(report) if having in command]


def only(report: str, having: str) -> str:
    """Return the one command of a REPORT that holds the text HAVING."""
    found = printed(report, having)
    assert len(found) == 1, f"{having}: {found}\n{report}"
    return found[0]


def way_out(report: str, stopped: str) -> str:
    """Return the command that a REPORT names as the way out of what was STOPPED: as printed, or STOPPED with more."""
    if again := _AGAIN.search(report):
        return f"{stopped} {again[1]}" if again[1] else f"{again[2]} {stopped}"
    found = _ONCE.findall(report)
    assert len(found) == 1, report
    return str(found[0])


def paste(world: World, commands: str | list[str], cwd: Path, shell: str = "sh") -> str:
    """Run COMMANDS, pasted together, in one shell in CWD; each must succeed. An editor writes a commit message."""
    lines = [commands] if isinstance(commands, str) else commands
    assert lines and all(lines), "nothing was printed"
    return world.run(shell, "-c", "\n".join(["set -e", *lines]), cwd=cwd, GIT_EDITOR="echo pasted >").stdout
