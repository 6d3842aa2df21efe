"""GET requests over kept-alive connections: bounded in time and size, retried where an error may pass.

The transport is requests; what is added is what Go's client does (cmd/go/internal/web) and what a hook needs: nothing
waits beyond the deadline, credentials reach no other host, and a failure becomes words.
"""

import email.utils
import hashlib
import http.client
import os
import random
import re
import socket
import ssl
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urlsplit

import requests
import urllib3

from goproxy_check import __version__
from goproxy_check.connections import Adapter, Session, network_proxies
from goproxy_check.credentials import Credentials
from goproxy_check.parallel import Deadline
from goproxy_check.process import stop_all
from goproxy_check.redact import bare_url, one_line, trace

OUT_OF_TIME = "no answer before the time was up (--timeout)"
_ATTEMPTS = 5
_MORE_ATTEMPTS = 8  # where a host answers others: even if half of the requests fail, hardly anybody notices
_PASSING = {429, 502, 503, 504}
_CONNECT_SECONDS = 10.0
_GIVEN_UP_SECONDS = 2.0  # what one question has shown of a host, holds for all others of that time
_CHUNK = 64 * 1024
_CAP = 16 * 1024 * 1024  # cmd/go/internal/modfetch/codehost: MaxGoMod
_KEEP = 1024 * 1024
_ERROR_CAP = 8 * 1024
# Nothing but gzip, and no cookies: what Go's client sends.
_HEADERS = {"User-Agent": f"goproxy-check/{__version__}", "Accept-Encoding": "gzip", "Accept": "*/*"}


@dataclass
class Reply:
    """What came back. STATUS is 0 and FAILURE says why where there was no answer; SHA256 is of the whole body.

    RETRY_AFTER is for how many seconds the server wants to be left alone, REDIRECTED that another one has answered.
    """

    status: int
    failure: str = ""
    reason: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    sha256: str = ""
    retry_after: float = 0.0
    redirected: bool = False


class Transport:
    """A pool of connections for JOBS requests at once; if TRACED each request is told on standard error."""

    def __init__(self, jobs: int, traced: bool = False, credentials: Credentials | None = None) -> None:
        self._credentials = credentials or Credentials()
        self._adapter = Adapter(jobs)
        self._traced = traced
        self._answered: set[str] = set()  # hosts
        self._given_up: dict[str, tuple[Reply, float]] = {}  # host → its answer, and until when that is taken for it
        self._session = Session()
        self._session.trust_env = False  # what is taken from the environment is taken as Go does, below
        self._session.max_redirects = 10
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.mount("http://", self._adapter)
        self._session.mount("https://", self._adapter)

    def get(
        self, url: str, deadline: Deadline, headers: Mapping[str, str], patience: float, method: str = "GET"
    ) -> Reply:
        """Return the answer to METHOD URL, in the end; one attempt may take PATIENCE seconds. Never raises."""
        parts = urlsplit(url)
        shown = bare_url(url)
        said = "".join(f" ({name}: {value})" for name, value in headers.items())
        host = parts.netloc
        for attempt in range(_MORE_ATTEMPTS):
            reply, until = self._given_up.get(host, (Reply(0), 0.0))
            if until > time.monotonic():
                return reply
            if deadline.left() <= 0:
                return Reply(0, OUT_OF_TIME)
            started = time.monotonic()
            self._say(f"# {method.lower()} {shown}{said}")
            reply, wait = self._once(method, url, headers, min(deadline.left(), patience))
            outcome = f"{reply.status} {reply.reason}".strip() if reply.status else reply.failure
            self._say(f"# {method.lower()} {shown}: {outcome} ({time.monotonic() - started:.3f}s)")
            if not reply.status and deadline.left() <= 0:  # it was cut
                return Reply(0, OUT_OF_TIME)
            if wait is None:
                self._answered |= {host} if reply.status else set()
                break
            hopeless = attempt + 1 >= _ATTEMPTS and host not in self._answered
            if hopeless:
                self._give_up(host, reply)
            wait = max(wait, min(1.0, 0.2 * 2**attempt) * random.uniform(0.5, 1))  # noqa: S311
            if hopeless or attempt + 1 == _MORE_ATTEMPTS or wait >= deadline.left():
                break
            deadline.sleep(wait)
        return reply

    def cut(self) -> None:
        """Cut every connection, and end every program: what still waits for an answer fails at once."""
        stop_all()
        for sock in list(self._adapter.sockets):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def _give_up(self, host: str, reply: Reply) -> Reply:
        self._given_up[host] = reply, time.monotonic() + _GIVEN_UP_SECONDS
        return reply

    def _say(self, line: str) -> None:
        if self._traced:
            trace(line)

    def _once(self, method: str, url: str, headers: Mapping[str, str], seconds: float) -> tuple[Reply, float | None]:
        """Return the answer to one attempt, and None, or the least number of seconds before another makes sense."""
        parts = urlsplit(url)
        if parts.scheme == "file":
            return _read_file(url, method), None
        if parts.scheme == "http" and "@" in parts.netloc:
            return Reply(0, "Go sends no password over http: use https in GOPROXY"), None
        try:
            known = self._credentials.headers(url)
            reply = self._send(method, url, {**known, **headers}, seconds)
            if 400 <= reply.status < 500:
                new = self._credentials.better(url, known, reply.status, reply.reason, dict(reply.headers))
                reply = self._send(method, url, {**new, **headers}, seconds) if new else reply
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            return self._failed(error, parts.netloc, seconds)
        if reply.status not in _PASSING:
            return reply, None
        reply.retry_after = _retry_after(reply.headers)
        return reply, reply.retry_after

    def _send(self, method: str, url: str, headers: Mapping[str, str], seconds: float) -> Reply:
        parts = urlsplit(url)
        address = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()  # userinfo is among HEADERS
        request = requests.Request(method, address, {**_HEADERS, **headers}).prepare()
        timeout = (min(seconds, _CONNECT_SECONDS), seconds)
        proxies = network_proxies(parts.scheme, parts.netloc)
        with self._session.send(request, stream=True, timeout=timeout, proxies=proxies) as response:
            reply = _read_response(response)
            reply.redirected = bool(response.history)
            return reply

    def _failed(self, error: Exception, host: str, seconds: float) -> tuple[Reply, float | None]:
        """Say in words why there is no answer, and whether that may pass."""
        cause = _root_cause(error)
        if tunnel := re.search(r"Tunnel connection failed: (\d{3}) ?(.*)", str(cause)):
            return Reply(int(tunnel[1]), reason=f"{tunnel[2]} (said the network's proxy)".strip()), None
        if isinstance(cause, (TimeoutError, urllib3.exceptions.TimeoutError)):
            return Reply(0, f"no answer within {seconds:.3g}s"), None
        if isinstance(cause, ssl.SSLError):
            return Reply(
                0, f"TLS: {one_line(getattr(cause, 'verify_message', '') or cause.reason or str(cause))}"
            ), None
        if isinstance(cause, (ConnectionRefusedError, socket.gaierror)):
            return self._give_up(host, Reply(0, f"cannot connect: {cause.strerror}")), None
        if isinstance(cause, requests.TooManyRedirects):
            return Reply(0, "stopped after 10 redirects"), None
        text = one_line(cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause))
        if isinstance(cause, http.client.IncompleteRead):
            text = "the answer ends in the middle"
        broken = (OSError, urllib3.exceptions.ProtocolError, http.client.HTTPException)
        return Reply(0, text), 0 if isinstance(cause, broken) else None


def _read_response(response: requests.Response) -> Reply:
    """Read a body, but never keep more than is needed, nor read more than Go would."""
    ok = response.status_code == 200
    body, digest, size = bytearray(), hashlib.sha256(), 0
    for chunk in response.iter_content(_CHUNK):
        size += len(chunk)
        if size > _CAP and ok:
            return Reply(0, f"the answer is larger than {_CAP >> 20} MB")
        if size > _ERROR_CAP and not ok:
            break
        digest.update(chunk)
        if size <= _KEEP:
            body += chunk
    return Reply(response.status_code, "", response.reason or "", response.headers, bytes(body), digest.hexdigest())


def _read_file(url: str, method: str) -> Reply:
    """Answer for a file: URL as Go does: what is not there is a 404, what may not be read a 403."""
    path = urllib.request.url2pathname(urlsplit(url).path)
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            return Reply(0, "not a regular file")
        with open(path, "rb") as file:
            body = file.read(_CAP + 1 if method == "GET" else 0)
    except FileNotFoundError:
        return Reply(404, reason="Not Found")
    except PermissionError:
        return Reply(403, reason="Forbidden")
    except (OSError, ValueError) as error:
        return Reply(0, one_line(getattr(error, "strerror", "") or str(error)))
    return Reply(200, reason="OK", body=body[:_KEEP], sha256=hashlib.sha256(body).hexdigest())


def _retry_after(headers: Mapping[str, str]) -> float:
    """Return the seconds that a server asks to be left alone for (RFC 9110, 10.2.3)."""
    value = headers.get("Retry-After", "")
    if re.fullmatch(r"[0-9]{1,9}", value):
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0


def _root_cause(error: BaseException) -> BaseException:
    """Return the error at the bottom of those that requests and urllib3 wrapped around it."""
    for _ in range(8):
        inner = [getattr(error, "reason", None), *error.args, error.__cause__, error.__context__]
        wrapped = next((item for item in inner if isinstance(item, BaseException)), None)
        # urllib3 takes a refused connection for a kind of time-out.
        refused = isinstance(error, urllib3.exceptions.NewConnectionError)
        final = isinstance(error, (TimeoutError, urllib3.exceptions.TimeoutError, ssl.SSLError)) and not refused
        if wrapped is None or final:
            break
        error = wrapped
    return error
