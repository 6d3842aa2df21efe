"""Why a line, or a version, is no reference to a module version; or is one that Go does not fetch. Values, no words."""

import enum
from typing import NamedTuple


class Invalid(enum.Enum):
    """Why something cannot be a reference to a module version."""

    SYNTAX = enum.auto()  # Go does not accept the line
    VERSION = enum.auto()  # the version is not of the form v1.2.3
    NO_V = enum.auto()  # 1.2.3: the v is missing
    QUERY = enum.auto()  # latest, a branch: go get writes the version that it means now
    PATH = enum.auto()  # not a module path
    MAJOR = enum.auto()  # v2.0.0 of a path without /v2, or the other way round
    CONFLICT = enum.auto()  # merge conflict markers
    SIZE = enum.auto()  # nobody has written such a file, and reading it would take long


class Problem(NamedTuple):
    """What is wrong with a line: DETAIL is in Go's own words where Go has any; RIGHT is the corrected reference."""

    line: int
    kind: Invalid
    detail: str
    right: str = ""


class Skip(enum.Enum):
    """Why Go does not fetch a version that a file names."""

    IGNORED_FOLDER = enum.auto()  # testdata, vendor, _x, .x
    WORKSPACE = enum.auto()  # a module of the same workspace
    REPLACED = enum.auto()
    EXCLUDED = enum.auto()
    PUSHED = enum.auto()  # its tag comes with this push
    OFF = enum.auto()  # GOPROXY=off
    LINK = enum.auto()  # the file is a symbolic link that leads to no file of this repository


class Skipped(NamedTuple):
    """Why a version is not checked; DETAIL names the folder, the file or the replacement."""

    why: Skip
    detail: str = ""
