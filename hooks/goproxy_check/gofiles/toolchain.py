"""Which Go toolchain a go.mod or go.work demands (https://go.dev/doc/toolchain, cmd/go/internal/toolchain)."""

import re
from typing import TYPE_CHECKING

from goproxy_check.gofiles.modfile import ModFile

if TYPE_CHECKING:
    from packaging.version import Version

MODULE = "golang.org/toolchain"
# 1.23, 1.23.4, 1.23rc1
_RELEASE = re.compile(r"([0-9]{1,6})\.([0-9]{1,6})(\.[0-9]{1,6})?((?:alpha|beta|rc)[0-9]{1,6})?")
# go1.23.4, go1.23.4-custom
_NAME = r"go[0-9][0-9A-Za-z.]*(?:-[0-9A-Za-z][0-9A-Za-z._-]*)?"


def release(name: str) -> "Version | None":
    """Return the release that NAME (``go1.23.4``, ``1.23``, ``1.23rc1``) stands for, to be compared; None for others.

    Since 1.21 a language version such as 1.23 comes before the candidates of its first release, 1.23.0
    (internal/gover: Compare). A suffix after a dash is not compared.
    """
    match = _RELEASE.fullmatch(re.split(r"[ \t-]", name.removeprefix("devel ").removeprefix("go"))[0])
    if not match:
        return None
    from packaging.version import Version  # only a changed go line pays for this

    language = not (match[3] or match[4]) and (int(match[1]), int(match[2])) >= (1, 21)
    return Version(f"{match[0]}.dev0" if language else match[0])


def demanded(file: ModFile) -> tuple[str, int]:
    """Return the name of the toolchain that FILE demands, and the line that says so; "" if it demands none."""
    if not file.go[0] or file.toolchain[0] == "default":
        return "", 0
    number, line = file.go
    first = release(number)
    name = f"go{number}.0" if first and first.is_devrelease else f"go{number}"
    if re.fullmatch(_NAME, file.toolchain[0]) and newer(file.toolchain[0], number):
        return file.toolchain
    return (name, line) if first else ("", 0)


def newer(name: str, than: str) -> bool:
    """Return whether NAME is a release after THAN, which may be none at all."""
    one, other = release(name), release(than)
    return one is not None and (other is None or one > other)
