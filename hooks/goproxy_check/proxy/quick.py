"""The quick question, without credentials: does a proxy serve what go.sum records? Proof, or it decides nothing."""

import base64
import hashlib
import json
import re
import time
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from goproxy_check import __version__
from goproxy_check.go.env import Proxy
from goproxy_check.gofiles import module
from goproxy_check.gofiles.reference import Reference
from goproxy_check.system.redact import one_line
from goproxy_check.system.terminal import complain

_MOST = 1 << 20  # bytes of an answer that are read
_SECONDS = 10.0  # for one read; the whole is bounded by whoever waits for it
_REDIRECTS = 10
_HEADERS = {"User-Agent": f"goproxy-check/{__version__}", "Accept-Encoding": "identity", "Accept": "*/*"}


class Reply(NamedTuple):
    """The answer of one proxy about one file."""

    proxy: Proxy
    file: str  # .info, .mod or .zip
    status: int  # of HTTP; 0: there was no answer
    phrase: str = ""  # the words that come with the status: Not Found
    detail: str = ""  # the proxy's own words, or why there was no answer: one line, redacted
    until: float | None = None  # until when the proxy will repeat it, in seconds since the epoch
    body: bytes = b""

    @property
    def absent(self) -> bool:
        """Whether Go asks the next proxy of a list after it, whatever stands between them."""
        return self.status in (404, 410)


class Replies(NamedTuple):
    """The answers to all questions about one version."""

    ref: Reference
    replies: tuple[Reply, ...] = ()

    @property
    def lacking(self) -> set[str]:
        """The files that no proxy serves."""
        return {reply.file for reply in self.replies} - {reply.file for reply in self.replies if reply.status == 200}

    def body(self, file: str) -> bytes:
        """Return what is served as FILE, nothing where it is not."""
        return b"".join(reply.body for reply in self.replies if reply.file == file)

    def proves(self) -> bool:
        """Return whether the version is served, and is what go.sum records."""
        named = self.ref.go_mod_only or _names(self.body(".info"), self.ref.version)
        return named and not self.lacking and self.ref.go_mod_hashes == {go_mod_hash(self.body(".mod"))}


class Quick:
    """Asks the PROXIES of GOPROXY, JOBS questions at once; safe to use from many threads."""

    def __init__(self, proxies: tuple[Proxy, ...], jobs: int, traced: bool) -> None:
        __import__("requests")  # as a whole: another thread may be importing it at this moment
        from requests.adapters import HTTPAdapter

        self._proxies, self._traced = proxies, traced
        # Its pools alone: a Session would add a netrc, read the bodies of redirects, and take most of the time.
        self._adapter = HTTPAdapter(pool_connections=8, pool_maxsize=jobs)
        self._network: dict[str, Any] = {}  # scheme and host → the way there

    def files(self, ref: Reference) -> tuple[str, ...]:
        """Return the files that Go needs of REF, as far as go.sum records them; folders (file://) are left to go."""
        if any(not proxy.url.startswith("http") for proxy in self._proxies):
            return ()
        if ref.is_toolchain:
            return (".zip",)
        return (".mod",) if ref.go_mod_only else (".info", ".mod", ".zip") if ref.archive else (".info", ".mod")

    def ask(self, ref: Reference, *files: str) -> list[Reply]:
        """Ask the proxies for FILES of REF, by the rules of the list (cmd/go/internal/modfetch: TryProxies)."""
        replies = []
        for file in files:
            for proxy in self._proxies:
                replies.append(self._one(proxy, ref, file))
                if replies[-1].status == 200 or not (replies[-1].absent or proxy.on_any_error):
                    break
        return replies

    def _one(self, proxy: Proxy, ref: Reference, file: str) -> Reply:
        started, url = time.monotonic(), proxy.url
        try:
            parts = urlsplit(proxy.url)  # the query belongs to the proxy, the credentials to go
            path = f"{parts.path.rstrip('/')}/{quote(module.escape(ref.module))}/@v/{quote(module.escape(ref.version))}"
            url = parts._replace(netloc=parts.netloc.rpartition("@")[2], path=path + file).geturl()
            for method in ("HEAD", "GET") if file == ".zip" else ("GET",):
                reply = self._request(method, url, proxy, file)
                if reply.status == 200 or reply.absent:  # many storages refuse HEAD
                    break
        except Exception as error:  # requests, urllib3, http.client and codecs raise what they like
            reply = Reply(proxy, file, 0, detail=one_line(str(error).rpartition(": ")[2]) or type(error).__name__)
        if self._traced:
            outcome = f"{reply.status} {reply.phrase}".strip() if reply.status else reply.detail
            complain(f"# get {url}: {outcome} ({time.monotonic() - started:.3f}s)")
        return reply

    def _request(self, method: str, url: str, proxy: Proxy, file: str) -> Reply:
        """Return the answer to METHOD URL, after redirects; an archive is not read, and no answer that is too long."""
        for _ in range(_REDIRECTS):
            response = self._pools(url).urlopen(
                method, url, headers=_HEADERS, redirect=False, retries=False, preload_content=False, timeout=_SECONDS
            )
            with closing(response):  # where all was read it is in its pool again, and this does nothing
                status, headers, body = response.status, response.headers, b""
                if status in (301, 302, 303, 307, 308) and headers.get("Location"):
                    url = urljoin(url, headers["Location"])
                    continue
                for chunk in response.stream(1 << 16, decode_content=True):
                    if file == ".zip" and status == 200:
                        break
                    body += chunk
                    if len(body) > _MOST:
                        raise ValueError("a longer answer than any such file is")
            phrase = one_line(response.reason or "", 60)
            if status == 200:
                return Reply(proxy, file, status, phrase, body=body)
            text = headers.get("Content-Type", "text/plain").startswith(("text/plain", "application/json"))
            detail = one_line(body.decode("utf-8", "replace")) if text else ""
            return Reply(proxy, file, status, phrase, detail, cached_until(headers, time.time()))
        raise ValueError("too many redirects")

    def _pools(self, url: str) -> Any:
        """Return the connections for URL: through the network's proxy, if the environment names one for its host."""
        from requests.utils import get_environ_proxies, select_proxy

        parts = urlsplit(url)
        host = f"{parts.scheme}://{parts.netloc}"
        if host not in self._network:
            local = parts.hostname in ("localhost", "127.0.0.1", "::1")  # Go uses none on this machine
            network = None if local else select_proxy(url, get_environ_proxies(url, None))
            self._network[host] = self._adapter.proxy_manager_for(network) if network else self._adapter.poolmanager
        return self._network[host]


def _names(info: bytes, version: str) -> bool:
    """Return whether a .info file is about VERSION, in a form that Go certainly accepts (modfetch: RevInfo)."""
    try:
        pairs = json.loads(info.decode("utf-8"), parse_constant=lambda word: 1 / 0).items()  # NaN is no JSON to Go
        about = {name.lower(): value for name, value in pairs}  # the case of a name is the same to Go
        time_, origin = about.get("time", "2026-01-01T00:00:00Z"), about.get("origin") or {}
        datetime.strptime(re.sub(r"(?<=\d)\.\d+(?=Z|[+-])", "", time_), "%Y-%m-%dT%H:%M:%S%z")
        plain = all(isinstance(value, str) for value in origin.values()) and len(about) == len(pairs)
        return about["version"] == version and plain
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError):
        return False


def go_mod_hash(go_mod: bytes) -> str:
    """Return the ``h1:`` hash of a go.mod file (golang.org/x/mod/sumdb/dirhash, Hash1 over one file named go.mod)."""
    lines = f"{hashlib.sha256(go_mod).hexdigest()}  go.mod\n".encode()
    return "h1:" + base64.b64encode(hashlib.sha256(lines).digest()).decode()


def cached_until(headers: Mapping[str, str], now: float) -> float | None:
    """Return until when an answer is repeated, in seconds since the epoch (RFC 9110, 10.2.3; RFC 9111, 4.2)."""
    retry, control = headers.get("Retry-After", ""), headers.get("Cache-Control", "").lower()
    if age := re.search(r"\bmax-age\s*=\s*\"?([0-9]{1,9})", control):
        spent = re.fullmatch(r"[0-9]{1,9}", headers.get("Age", ""))
        until = now + int(age[1]) - int(spent[0] if spent else 0)
    elif retry.isdecimal() and len(retry) < 9:
        until = now + int(retry)
    else:
        try:
            until = parsedate_to_datetime(retry or headers.get("Expires", "")).timestamp()
        except (TypeError, ValueError, OverflowError):
            return None
    uncached = "no-store" in control or "no-cache" in control
    return until if now < until < now + 10 * 365 * 86400 and not uncached else None
