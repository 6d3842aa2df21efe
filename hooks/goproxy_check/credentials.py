"""The user's credentials for a URL, found where Go finds them (``go help goauth``, cmd/go/internal/auth).

They go over https alone, to the host that they are for, and are never printed.
"""

import base64
import contextlib
import os
import re
import sys
import threading
from collections import Counter
from urllib.parse import unquote, urlsplit

from goproxy_check.process import CommandError, go_environment, run
from goproxy_check.redact import trace

Headers = dict[str, str]

_SECONDS = 10.0  # for a program of the user's
_FRUITLESS = 3  # runs for one host, after which it is left at that
_WORD = re.compile(r"'([^']*)'|\"([^\"]*)\"|([^\s'\"]\S*)")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\[\]]+|/\S*")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


class Credentials:
    """What GOAUTH says: a list, by ``;``, of ``off``, ``netrc``, ``git DIR`` and programs; the first has precedence."""

    def __init__(self, goauth: str = "", traced: bool = False) -> None:
        self._methods = [method.strip() for method in (goauth or "netrc").split(";")]
        self._traced = traced
        self._asked = False
        self._known: dict[str, Headers] = {}
        self._fruitless: Counter[str] = Counter()
        self._lock = threading.Lock()

    def headers(self, url: str) -> Headers:
        """Return the headers that go with a request for URL; {} where there are none, or it is not https."""
        login, at, _ = urlsplit(url).netloc.rpartition("@")
        if at:
            name, _, password = login.partition(":")
            return _basic(unquote(name), unquote(password))
        if not url.startswith("https://"):
            return {}
        with self._lock:
            if not self._asked:
                self._asked = True
                self._learn()
            return self._find(url)

    def better(self, url: str, used: Headers, status: int, reason: str, said: Headers) -> Headers:
        """Return the headers for URL after USED led to a 4xx answer with REASON and the headers SAID; {} for no others.

        Programs are told the URL and the answer, and git is asked for the first time. Where that led to nothing once,
        a mere "not found" of the same host is taken for what it says.
        """
        host = urlsplit(url).netloc
        told_all = all(method in ("off", "netrc") for method in self._methods)
        if told_all or "@" in host or not url.startswith("https://"):
            return {}
        with self._lock:
            found = self._find(url)
            if found not in ({}, used):
                return found  # another question has led to them in the meantime
            if self._fruitless[host] >= (1 if status in (404, 410) else _FRUITLESS):
                return {}
            lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in said.items())]
            self._learn(url, "\n".join([*lines, "", ""]))
            found = self._find(url)
            if found in ({}, used):
                self._fruitless[host] += 1
                return {}
            return found

    def _learn(self, url: str = "", answer: str = "") -> None:
        """Ask every method for credentials; URL is empty at first, and then what an ANSWER was to."""
        for method in reversed(self._methods):
            words = method.split()
            if method == "netrc":
                for machine, login, password in reversed(_netrc()):
                    self._store(machine, _basic(login, password))
            elif words[:1] == ["git"]:
                if url and len(words) == 2 and os.path.isdir(words[1]) and os.path.isabs(words[1]):
                    self._ask_git(words[1], url)
            elif method not in ("", "off"):
                self._ask_program(method, url, answer)

    def _ask_git(self, folder: str, url: str) -> None:
        output = self._output(["git", "credential", "fill"], folder, f"url={url}\n")
        values = dict(line.strip().partition("=")[::2] for line in output.split("\n") if "=" in line)
        path = f"/{values['path'].lstrip('/')}" if values.get("path") else ""
        prefix = values.get("url") or f"{values.get('protocol', '')}://{values.get('host', '')}{path}"
        if url.startswith(prefix) and "password" in values:
            self._store(prefix, _basic(values.get("username", ""), values["password"]))

    def _ask_program(self, command: str, url: str, answer: str) -> None:
        """Run a GOAUTH command, whose words are split as Go does (cmd/internal/quoted), and take in what it prints."""
        words = [a or b or c for a, b, c in _WORD.findall(command)]
        if not words or _WORD.sub("", command).strip():
            return  # a quote that does not end
        for prefix, headers in _parsed(self._output([*words, *filter(None, [url])], None, answer)):
            self._store(prefix, headers)

    def _output(self, command: list[str], folder: str | None, stdin: str) -> str:
        """Return what a program of the user's prints, "" if it fails; its words and arguments may be secrets."""
        with contextlib.suppress(CommandError):
            done = run(command, cwd=folder, env=go_environment(), stdin=stdin.encode(), timeout=_SECONDS)
            if done.code == 0:
                return done.stdout.decode("latin-1")
        if self._traced:
            trace(f"# GOAUTH: {os.path.basename(command[0])} has failed")
        return ""

    def _store(self, prefix: str, headers: Headers) -> None:
        prefix = prefix.removeprefix("https://").removesuffix("/")
        if headers:
            self._known[prefix] = headers
        else:
            self._known.pop(prefix, None)

    def _find(self, url: str) -> Headers:
        """Return the headers for the longest known prefix of URL that ends at a slash."""
        prefix = url.removeprefix("https://").removesuffix("/")
        while prefix:
            if prefix in self._known:
                return self._known[prefix]
            prefix = prefix.rpartition("/")[0]
        return {}


def _parsed(output: str) -> list[tuple[str, Headers]]:
    """Return the URLs that a GOAUTH command names, with their headers; none where OUTPUT is not as it has to be."""
    found: list[tuple[str, Headers]] = []
    while output:
        blocks: list[list[str]] = [[], []]  # URLs, then headers, each up to an empty line
        for block in blocks:
            while (cut := output.partition("\n"))[0]:
                block.append(cut[0])
                output = cut[2]
            if not cut[1]:
                return []
            output = cut[2]
        pairs = [line.partition(": ") for line in blocks[1]]
        sound = all(sep and _NAME.fullmatch(name) and _VALUE.fullmatch(value.strip()) for name, sep, value in pairs)
        if not (sound and all(_URL.fullmatch(url) for url in blocks[0])):
            return []
        found += [(url, {name: value.strip() for name, _, value in pairs}) for url in blocks[0]]
    return found


def _basic(login: str, password: str) -> Headers:
    plain = f"{login}:{password}".encode("utf-8", "surrogateescape")
    return {"Authorization": f"Basic {base64.b64encode(plain).decode()}"}


def _netrc() -> list[tuple[str, str, str]]:
    """Return (machine, login, password) of every entry of NETRC or ~/.netrc (cmd/go/internal/auth: parseNetrc)."""
    home = os.path.expanduser("~")
    names = ["_netrc", ".netrc"] if sys.platform == "win32" else [".netrc"]
    paths = [os.environ["NETRC"]] if os.environ.get("NETRC") else [os.path.join(home, name) for name in names]
    try:
        with open(next(filter(os.path.exists, paths)), encoding="utf-8", errors="surrogateescape") as file:
            text = file.read()
    except (StopIteration, OSError):
        return []
    entries: list[tuple[str, str, str]] = []
    entry: Headers = {}
    in_macro = False
    for line in text.split("\n"):
        if in_macro:
            in_macro = line != ""
            continue
        words = line.split()
        for name, value in zip(words[::2], words[1::2], strict=False):
            if name == "machine":
                entry = {"machine": value}
            elif name in ("login", "password"):
                entry[name] = value
            in_macro = in_macro or name == "macdef"
            if entry.keys() >= {"machine", "login", "password"}:
                entries.append((entry["machine"], entry["login"], entry["password"]))
                entry = {}
        if len(words) % 2 and words[-1] == "default":
            break
    return entries
