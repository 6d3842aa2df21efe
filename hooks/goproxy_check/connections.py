"""What carries requests: whom it trusts, as whom and which way it goes, as Go's own client (cmd/go/internal/web)."""

import ipaddress
import os
import re
import socket
import ssl
import sys
import threading
import weakref
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import truststore
from requests.adapters import HTTPAdapter

# What a request has without the user's credentials, which may be in any other header (go help goauth).
OWN_HEADERS = {"User-Agent", "Accept-Encoding", "Accept", "Connection", "Disable-Module-Fetch"}


class Session(requests.Session):
    """A session that, like Go's client, follows no redirect from https to http, and that keeps credentials at home."""

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        usual: Any = super()  # requests has types only since lately
        usual.rebuild_auth(prepared_request, response)
        if usual.should_strip_auth(str(response.request.url), str(prepared_request.url)):
            for name in set(prepared_request.headers) - OWN_HEADERS:
                del prepared_request.headers[name]

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        target = super().get_redirect_target(resp)
        if target and resp.url.startswith("https:") and urlsplit(urljoin(resp.url, target)).scheme != "https":
            raise requests.exceptions.InvalidURL("redirected from https to http, which Go refuses")
        return target


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
    parts = urlsplit(f"//{netloc.rpartition('@')[2]}")
    proxy = _setting(f"{scheme.upper()}_PROXY")
    if not proxy or _is_reached_directly(
        (parts.hostname or "").lower(), parts.port or (443 if scheme == "https" else 80)
    ):
        return {}
    return {scheme: proxy if "://" in proxy else f"http://{proxy}"}


def _setting(name: str) -> str:
    return os.environ.get(name) or os.environ.get(name.lower()) or ""


def _is_reached_directly(host: str, port: int) -> bool:
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
            if host == name or (not address and host.endswith(name if name.startswith(".") else f".{name}")):
                return True
    return False
