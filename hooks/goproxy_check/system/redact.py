"""Text from outside (a proxy, git, go), made fit to print: one line, no secrets, no control characters."""

import re

# https://user:p/ss@host: up to the last @ if there is a password, which may hold a slash; a port is no password.
_USERINFO = re.compile(r"(?<=://)(?:[^/@:\[\s'\"]*:(?!\d+/)[^\s'\"]*@(?!v/|v\d|latest)|[^/@\s'\"]*@)")
# user:password@ where a scheme is missing or mangled, and what Go quotes of a password that it takes for a port
_BARE_USERINFO = re.compile(r"(?<!\w)[\w.%+-]*:(?!\d+/)[^\s'\"@/]*@|(?<=invalid port \":)[^\"]*")
_QUERY = re.compile(r"(?<=://)([^\s'\"?]*)\?[^\s'\"]*")  # https://host/path?token=secret
_ESCAPE_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?")  # ESC [31m


def printable(text: str) -> str:
    """Return TEXT without escape sequences, and with a space for every other character that is not printable."""
    return "".join(char if char.isprintable() else " " for char in _ESCAPE_SEQUENCE.sub("", text))


def one_line(text: str, limit: int = 300) -> str:
    """Return TEXT as at most LIMIT printable characters, without the userinfo and the query of any URL in it."""
    text = " ".join(printable(text[: limit * 20]).split())
    text = _BARE_USERINFO.sub("", _QUERY.sub(r"\1", _USERINFO.sub("", text)))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def harmless(text: str) -> str:
    """Return TEXT, printable, so that no CI system takes it for a command."""
    text = re.sub("#(?=#)", "# ", printable(text))  # of Azure Pipelines, anywhere in a line: ##vso[
    return f"./{text}" if text.lstrip().startswith("::") else text  # of GitHub, at its beginning: ::error::


def redacted_url(url: str) -> str:
    """Return URL without userinfo, query and fragment, and without a slash at its end."""
    return printable(re.split("[?#]", _BARE_USERINFO.sub("", _USERINFO.sub("", url)))[0]).rstrip("/")
