"""The quick question: does a proxy serve what go.sum records? Its answer is a proof, or it decides nothing.

Asked once, over requests, without credentials. Everything else that Go does (credentials, its certificates, the
checksum database) is left to go itself.
"""

import base64
import hashlib
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit

from goproxy_check import __version__
from goproxy_check.go.env import Proxy
from goproxy_check.gofiles import module
from goproxy_check.gofiles.references import Reference
from goproxy_check.system.redact import one_line
from goproxy_check.system.terminal import complain

if TYPE_CHECKING:
    import requests

_MOST = 1 << 20  # bytes of an answer that are read
_SECONDS = 10.0  # for one read; the whole is bounded by whoever waits for it
_REDIRECTS = 10


@dataclass(frozen=True)
class Reply:
    """The answer of one proxy about one file."""

    proxy: Proxy
    file: str
    """.info, .mod or .zip"""
    status: int
    """Of HTTP; 0: there was no answer."""
    phrase: str = ""
    """The words that come with the status: Not Found."""
    detail: str = ""
    """The proxy's own words, or why there was no answer: one line, redacted."""
    until: float | None = None
    """Until when the proxy will repeat this answer, in seconds since the epoch."""
    body: bytes = b""

    @property
    def absent(self) -> bool:
        """Whether Go asks the next proxy of a list after it, whatever stands between them."""
        return self.status in (404, 410)


@dataclass(frozen=True)
class Replies:
    """The answers to all questions about one version, in the order in which they were asked."""

    ref: Reference
    replies: tuple[Reply, ...] = ()

    def proves(self) -> bool:
        """Return whether the version is served, and is what go.sum records.

        Go takes the last answer about a file: an earlier proxy of the list did not have it.
        """
        last = {reply.file: reply for reply in self.replies}
        if not last or any(reply.status != 200 for reply in last.values()):
            return False
        hashes = self.ref.go_mod_hashes
        return bool(hashes) and hashes == (go_mod_hash(last[".mod"].body),) and self._is_info(last.get(".info"))

    def denies(self) -> bool:
        """Return whether a proxy says that it does not have the version, or a file of it."""
        return any(reply.absent for reply in self.replies)

    def lacks_archive(self) -> bool:
        """Return whether the archive alone is in doubt."""
        last = {reply.file: reply.status for reply in self.replies}
        return last.pop(".zip", 200) != 200 and all(status == 200 for status in last.values())

    def _is_info(self, reply: Reply | None) -> bool:
        """Return whether .info names the version, as Go's decoder wants it (cmd/go/internal/modfetch: proxyRepo)."""
        if reply is None:
            return self.ref.go_mod_only
        try:
            info = json.loads(reply.body)
            named = [value for name, value in info.items() if name.lower() in ("version", "time")]
            return info.get("Version") == self.ref.version and all(isinstance(value, str) for value in named)
        except (ValueError, AttributeError, RecursionError):
            return False

    @property
    def go_mod(self) -> bytes:
        """The go.mod that is served."""
        return next((reply.body for reply in self.replies if reply.file == ".mod" and reply.status == 200), b"")


class Quick:
    """Asks the PROXIES of GOPROXY; safe to use from many threads."""

    def __init__(self, proxies: tuple[Proxy, ...], jobs: int, traced: bool) -> None:
        import requests
        from requests.adapters import HTTPAdapter

        self._proxies = [proxy for proxy in proxies if urlsplit(proxy.url).scheme in ("http", "https")]
        self._complete = len(self._proxies) == len(proxies)
        self._traced = traced
        self._session = requests.Session()
        self._session.trust_env = False  # no netrc; the network's proxies are asked for below
        self._session.headers.update({"User-Agent": f"goproxy-check/{__version__}", "Accept-Encoding": "identity"})
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_connections=8, pool_maxsize=jobs))

    def files(self, ref: Reference) -> tuple[str, ...]:
        """Return the files that Go needs of REF, as far as go.sum records them."""
        if not self._complete:  # file:// is left to go
            return ()
        if ref.is_toolchain:
            return (".zip",)
        return (".mod",) if ref.go_mod_only else (".info", ".mod", ".zip") if ref.archive else (".info", ".mod")

    def ask(self, ref: Reference, file: str) -> list[Reply]:
        """Ask the proxies for one FILE of REF, by the rules of the list (cmd/go/internal/modfetch: TryProxies)."""
        replies = []
        for proxy in self._proxies:
            replies.append(self._one(proxy, ref, file))
            if replies[-1].status == 200 or not (replies[-1].absent or proxy.on_any_error):
                break
        return replies

    def _one(self, proxy: Proxy, ref: Reference, file: str) -> Reply:
        parts = urlsplit(proxy.url)
        path = f"{parts.path.rstrip('/')}/{quote(module.escape(ref.module))}/@v/{quote(module.escape(ref.version))}"
        url = parts._replace(netloc=parts.netloc.rpartition("@")[2], path=path + file).geturl()
        started = time.monotonic()
        try:
            reply = self._request("HEAD" if file == ".zip" else "GET", url, proxy, file)
            if file == ".zip" and reply.status != 200 and not reply.absent:  # many storages refuse HEAD
                reply = self._request("GET", url, proxy, file)
        except Exception as error:  # requests, urllib3, http.client and codecs raise what they like
            reply = Reply(proxy, file, 0, detail=_why(error))
        if self._traced:
            outcome = f"{reply.status} {reply.phrase}".strip() if reply.status else reply.detail
            complain(f"# get {url}: {outcome} ({time.monotonic() - started:.3f}s)")
        return reply

    def _request(self, method: str, url: str, proxy: Proxy, file: str) -> Reply:
        """Return the answer to METHOD URL. Of an archive only the headers are read."""
        from requests.utils import get_environ_proxies

        for _ in range(_REDIRECTS):
            network = get_environ_proxies(url, None)
            response = self._session.request(
                method, url, allow_redirects=False, stream=True, timeout=_SECONDS, proxies=network
            )
            if response.is_redirect:  # followed here: requests would read the body of a redirect without a bound
                url = urljoin(url, response.headers["Location"])
                response.close()
                continue
            body = b"" if file == ".zip" and response.status_code == 200 else _body(response)
            if file == ".zip":
                response.close()
            return _reply(proxy, file, response, body)
        return Reply(proxy, file, 0, detail="too many redirects")


def _body(response: "requests.Response") -> bytes:
    body = b""
    for chunk in response.iter_content(1 << 16):
        body += chunk
        if len(body) > _MOST:
            response.close()
            return b""
    return body


def _reply(proxy: Proxy, file: str, response: "requests.Response", body: bytes) -> Reply:
    phrase = one_line(response.reason or "", 60)
    if response.status_code == 200:
        return Reply(proxy, file, 200, phrase, body=body)
    kind = response.headers.get("Content-Type", "text/plain").partition(";")[0].strip()
    detail = one_line(body.decode("utf-8", "replace")) if kind == "text/plain" else ""
    return Reply(proxy, file, response.status_code, phrase, detail, cached_until(response.headers, time.time()))


def _why(error: Exception) -> str:
    """Return why there was no answer: the innermost reason that the libraries name."""
    reason: object = error
    for _ in range(8):
        args = getattr(reason, "args", ())
        inner = getattr(reason, "reason", None) or next((arg for arg in args if isinstance(arg, Exception)), None)
        if inner is None or inner is reason:
            break
        reason = inner
    return one_line(str(getattr(reason, "strerror", None) or reason)) or type(error).__name__


def go_mod_hash(go_mod: bytes) -> str:
    """Return the ``h1:`` hash of a go.mod file (golang.org/x/mod/sumdb/dirhash, Hash1 over one file named go.mod)."""
    lines = f"{hashlib.sha256(go_mod).hexdigest()}  go.mod\n".encode()
    return "h1:" + base64.b64encode(hashlib.sha256(lines).digest()).decode()


def cached_until(headers: Mapping[str, str], now: float) -> float | None:
    """Return until when an answer with HEADERS may be repeated, or nothing new can be had: seconds since the epoch.

    From Retry-After, Cache-Control: max-age less Age, or Expires (RFC 9110, 10.2.3; RFC 9111, 4.2); None: unknown.
    """
    control = headers.get("Cache-Control", "").lower()
    if (retry := headers.get("Retry-After", "")).isdecimal() and len(retry) < 9:
        return now + int(retry)
    if "no-store" in control or "no-cache" in control:
        return None
    if age := re.search(r"\bmax-age\s*=\s*\"?([0-9]{1,9})", control):
        spent = headers.get("Age", "")
        left = int(age[1]) - (int(spent) if re.fullmatch(r"[0-9]{1,9}", spent) else 0)
        return now + left if left > 0 else None
    try:
        expires = parsedate_to_datetime(retry or headers.get("Expires", "")).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
    return expires if now < expires < now + 10 * 365 * 86400 else None
