"""What carries requests: whom it trusts, as whom and which way it goes, as Go's own client (cmd/go/internal/web)."""

import email.errors
import http.client
import ipaddress
import os
import re
import socket
import ssl
import sys
import threading
import weakref
from typing import Any
from urllib.parse import urlsplit

import truststore
from requests.adapters import HTTPAdapter

_HEAD = 256 * 1024  # bytes


class _Lines:
    """The lines of an answer's head; it raises where they end never, or too early, which to http.client is the end."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._left = _HEAD

    def readline(self, limit: int) -> bytes:
        line: bytes = self._stream.readline(limit)
        self._left -= len(line)
        if self._left < 0:
            raise ValueError(f"the head of the answer is larger than {_HEAD >> 10} KB")  # another try is no use
        if line[-1:] != b"\n" and len(line) < limit:
            raise http.client.IncompleteRead(line)
        return line

    def close(self) -> None:
        self._stream.close()


class _Response(http.client.HTTPResponse):
    """An answer whose head is what it has to be, as Go's client demands (net/http: ReadResponse).

    What comes before the final answer, such as 103 Early Hints, is passed over (net/http: persistConn.readResponse), or
    the next question on this connection would get the final answer to this one.
    """

    def begin(self) -> None:
        stream: Any = self.fp
        started: Any = self
        started.fp = _Lines(stream)
        try:
            super().begin()
            while 100 <= self.status < 200 and self.status != 101:
                started.headers = None  # so that it begins again
                super().begin()
        finally:
            started.fp = stream if self.fp else None
        self.will_close = self.will_close or self.status == 101  # what follows is no HTTP
        lengths = self.headers.get_all("Content-Length", [])
        if not all(re.fullmatch(r"\s*[0-9]{1,18}\s*", length) for length in lengths):
            raise http.client.HTTPException("the answer has a Content-Length that is no number")
        if any(isinstance(defect, email.errors.MissingHeaderBodySeparatorDefect) for defect in self.headers.defects):
            raise http.client.HTTPException("the answer has a header without a colon")


class Adapter(HTTPAdapter):
    """Knows its open sockets, and trusts the certificates that the system trusts, as Go does."""

    def __init__(self, jobs: int) -> None:
        self.sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._context: ssl.SSLContext | None = None
        super().__init__(pool_maxsize=jobs)

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        if host["scheme"] != "https":
            return host, {}
        with self._lock:  # one context for all, or each would get a pool of its own
            self._context = self._context or _system_trust()
            return host, {"ssl_context": self._context}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        conn.cert_reqs = "CERT_REQUIRED"  # against the context above; requests would add a bundle of its own

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        if "ConnectionCls" not in vars(pool):
            sockets, base = self.sockets, pool.ConnectionCls

            class Connection(base):  # type: ignore[misc,valid-type]
                response_class = _Response

                def connect(self) -> None:
                    super().connect()
                    sockets.add(self.sock)

            pool.ConnectionCls = Connection
        return pool


def _system_trust() -> ssl.SSLContext:
    """Return a context that trusts whom the system trusts: SSL_CERT_FILE and SSL_CERT_DIR too, where Go heeds them.

    truststore lets only one handshake at a time through, so that it is taken only where OpenSSL alone does not know
    the system's certificates.
    """
    paths = ssl.get_default_verify_paths()
    if sys.platform in ("win32", "darwin") or not (paths.cafile or paths.capath):
        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    return context


def network_proxies(scheme: str, netloc: str) -> dict[str, str]:
    """Return the network's proxy for a host, as HTTPS_PROXY, HTTP_PROXY and NO_PROXY say.

    Never one for the loopback interface. Source: golang.org/x/net/http/httpproxy.
    """
    proxy = _setting(f"{scheme.upper()}_PROXY")
    if not proxy or _is_reached_directly(scheme, netloc):
        return {}
    return {scheme: proxy if "://" in proxy else f"http://{proxy}"}


def _setting(name: str) -> str:
    return os.environ.get(name) or os.environ.get(name.lower()) or ""


def _is_reached_directly(scheme: str, netloc: str) -> bool:
    parts = urlsplit(f"//{netloc}")
    host, port = (parts.hostname or "").lower(), parts.port or (443 if scheme == "https" else 80)
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        address = None
    if host == "localhost" or (address and address.is_loopback):
        return True
    for entry in (item.strip().lower() for item in _setting("NO_PROXY").split(",")):
        if entry == "*":
            return True
        try:
            if address and address in ipaddress.ip_network(entry, strict=False):
                return True
        except ValueError:
            pass  # no address, no network: a name, perhaps with a port
        match = re.fullmatch(r"\*?(\[?[^\[\]]+?\]?)(?::(\d+))?", entry)
        if match and (not match[2] or int(match[2]) == port):
            name = match[1].strip("[]")
            if host == name or (not address and host.endswith(f".{name.removeprefix('.')}")):
                return True
    return False
