"""Text from outside, made fit to print: no secrets, no control characters, one line."""

import re

_USERINFO = re.compile(r"(?<=://)[^/@\s'\"]*@")
_ESCAPE_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?")


def one_line(text: str, limit: int = 300) -> str:
    """Return TEXT (a proxy's answer, git's words) as at most LIMIT printable characters, without userinfo in URLs."""
    text = _ESCAPE_SEQUENCE.sub("", text[: limit * 20])
    text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    text = _USERINFO.sub("", text)
    return text if len(text) <= limit else text[: limit - 1] + "…"
