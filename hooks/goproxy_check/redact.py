"""Text, some of it from outside, made fit to print: no secrets, no control characters, one line."""

import os
import re
import sys
from urllib.parse import urlsplit

# Up to the last @ if there is a password, which may hold a slash; a port is none.
_USERINFO = re.compile(r"(?<=://)(?:[^/@\s'\"]*@|[^/@:\s'\"]*:(?!\d+/)[^@\s'\"]*@)")
_QUERY = re.compile(r"(?<=://)([^\s'\"?]*)\?[^\s'\"]*")
_ESCAPE_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?")


def printable(text: str) -> str:
    """Return TEXT without escape sequences, and with a space for every other character that is not printable."""
    return "".join(char if char.isprintable() else " " for char in _ESCAPE_SEQUENCE.sub("", text))


def one_line(text: str, limit: int = 300) -> str:
    """Return TEXT (a proxy's answer, git's words) as at most LIMIT printable characters, without userinfo in URLs."""
    text = _QUERY.sub(r"\1", _USERINFO.sub("", " ".join(printable(text[: limit * 20]).split())))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def bare_url(url: str) -> str:
    """Return URL without userinfo, query and fragment; raises ValueError where it is none."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def trace(line: str) -> None:
    """Write LINE to standard error; if that is not possible, it is not worth stopping for."""
    try:
        sys.stderr.write(f"{one_line(line, 1000)}\n")
    except AttributeError:
        pass  # closed
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # full; Python would try again at the end
