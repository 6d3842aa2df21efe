"""GET requests over kept-alive connections: bounded in time and size, retried where an error may pass.

The transport is requests; what is added is what Go's client does (cmd/go/internal/web) and what a hook needs: nothing
waits beyond the deadline, credentials reach no other host, and a failure becomes words.
"""

import http.client
import random
import re
import socket
import ssl
import time
from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from goproxy_check import __version__
from goproxy_check.connections import Adapter, network_proxies
from goproxy_check.credentials import Credentials
from goproxy_check.parallel import Deadline
from goproxy_check.process import stop_all
from goproxy_check.redact import bare_url, one_line, trace
from goproxy_check.reply import Reply, read_file, read_response, retry_after

OUT_OF_TIME = "no answer before the time was up (--timeout)"
_ATTEMPTS = 5
_MORE_ATTEMPTS = 8  # where a host answers others: even if half of the requests fail, hardly anybody notices
_PASSING = {429, 502, 503, 504}
_CONNECT_SECONDS = 10.0
_REDIRECTS = 10
_GIVEN_UP_SECONDS = 2.0  # what one question has shown of a host, holds for all others of that time
# Nothing but gzip, and no cookies: what Go's client sends.
_HEADERS = {"User-Agent": f"goproxy-check/{__version__}", "Accept-Encoding": "gzip", "Accept": "*/*"}


class Transport:
    """A pool of connections for JOBS requests at once; if TRACED each request is told on standard error."""

    def __init__(self, jobs: int, traced: bool = False, credentials: Credentials | None = None) -> None:
        self._credentials = credentials or Credentials()
        self._adapter = Adapter(jobs)
        self._traced = traced
        self._answered: set[str] = set()  # hosts
        self._given_up: dict[str, tuple[Reply, float]] = {}  # host → its answer, and until when that is taken for it

    def get(
        self, url: str, deadline: Deadline, headers: Mapping[str, str], patience: float, method: str = "GET"
    ) -> Reply:
        """Return the answer to METHOD URL, in the end; one attempt may take PATIENCE seconds. Never raises."""
        shown = bare_url(url)
        host = urlsplit(shown).netloc
        said = "".join(f" ({name}: {value})" for name, value in headers.items())
        known = Reply(0, OUT_OF_TIME)  # until an attempt has failed in its own way
        for attempt in range(_MORE_ATTEMPTS):
            reply, until = self._given_up.get(host, (Reply(0), 0.0))
            if until > time.monotonic():
                return reply
            if deadline.left() <= 0:
                return known
            started = time.monotonic()
            self._say(f"# {method.lower()} {shown}{said}")
            reply = self._once(method, url, headers, min(deadline.left(), patience))
            outcome = f"{reply.status} {reply.reason}".strip() if reply.status else reply.failure
            self._say(f"# {method.lower()} {shown}: {outcome} ({time.monotonic() - started:.3f}s)")
            if deadline.left() <= 0:  # what was cut looks as if it had ended
                return known
            if not reply.may_pass:
                self._answered |= {host} if reply.status else set()
                break
            last = attempt + 1 >= (_MORE_ATTEMPTS if host in self._answered else _ATTEMPTS)
            if last and host not in self._answered:
                self._give_up(host, reply)
            wait = max(reply.retry_after, min(1.0, 0.2 * 2**attempt) * random.uniform(0.5, 1))  # noqa: S311
            if last or wait >= deadline.left():
                break
            deadline.sleep(wait)
            known = reply
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
        self._adapter.close()

    def _give_up(self, host: str, reply: Reply) -> Reply:
        self._given_up[host] = reply, time.monotonic() + _GIVEN_UP_SECONDS
        return reply

    def _say(self, line: str) -> None:
        if self._traced:
            trace(line)

    def _once(self, method: str, url: str, headers: Mapping[str, str], seconds: float) -> Reply:
        """Return the answer to one attempt."""
        parts = urlsplit(url)
        if parts.scheme == "file":
            return read_file(url, method)
        if parts.scheme == "http" and "@" in parts.netloc:
            return Reply(0, "Go sends no password over http: use https in GOPROXY")
        try:
            known = self._credentials.headers(url)
            reply = self._send(method, url, headers, known, seconds)
            if 400 <= reply.status < 500:
                new = self._credentials.better(url, known, reply.status, reply.reason, dict(reply.headers))
                reply = self._send(method, url, headers, new, seconds) if new else reply
        except (OSError, ValueError, http.client.HTTPException, urllib3.exceptions.HTTPError) as error:
            asked = getattr(getattr(error, "request", None), "url", None)  # perhaps not the first, after a redirect
            return self._failed(error, urlsplit(asked or url).netloc, seconds)
        if reply.status in _PASSING:
            reply.may_pass, reply.retry_after = True, retry_after(reply.headers)
        return reply

    def _send(
        self, method: str, url: str, headers: Mapping[str, str], credentials: Mapping[str, str], seconds: float
    ) -> Reply:
        """Return the answer, after redirects, as Go's client follows them; CREDENTIALS go to no other host."""
        parts = urlsplit(url)
        url = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()  # userinfo is among CREDENTIALS
        for hop in range(_REDIRECTS + 1):
            here = urlsplit(url)
            request = requests.Request(method, url, {**_HEADERS, **headers, **credentials}).prepare()
            timeout = (min(seconds, _CONNECT_SECONDS), seconds)
            proxies = network_proxies(here.scheme, here.netloc)
            with self._adapter.send(request, stream=True, timeout=timeout, proxies=proxies) as response:
                target = _target(response, url)
                if not target:
                    return read_response(response, redirected=hop > 0)
            there = urlsplit(target)
            if there.scheme not in ("http", "https") or (here.scheme, there.scheme) == ("https", "http"):
                return Reply(0, f"redirected from {here.scheme} to {one_line(there.scheme, 20)}, which Go refuses")
            self._answered.add(here.netloc)
            if there[:2] != here[:2]:
                credentials = {}
            url = target
        return Reply(0, f"stopped after {_REDIRECTS} redirects")

    def _failed(self, error: Exception, host: str, seconds: float) -> Reply:
        """Say in words why there is no answer, and whether that may pass."""
        cause = _root_cause(error)
        if tunnel := re.search(r"Tunnel connection failed: (\d{3}) ?(.*)", str(cause)):
            said = f"{tunnel[2]} (said the network's proxy)".strip()
            if tunnel[1] in ("404", "410"):  # not what the host has to say of a file
                return Reply(0, f"cannot connect: {tunnel[1]} {said}")
            return Reply(int(tunnel[1]), reason=said)
        if isinstance(cause, (TimeoutError, urllib3.exceptions.TimeoutError)):
            return Reply(0, f"no answer within {seconds:.3g}s")
        if isinstance(cause, ssl.SSLError):
            words = getattr(cause, "verify_message", "") or cause.reason or str(cause)
            return Reply(0, f"TLS: {one_line(words)}")
        if isinstance(cause, (ConnectionRefusedError, socket.gaierror)):
            return self._give_up(host, Reply(0, f"cannot connect: {cause.strerror}"))
        if isinstance(cause, http.client.IncompleteRead):
            return Reply(0, "the answer ends in the middle", may_pass=True)
        broken = (OSError, urllib3.exceptions.ProtocolError, http.client.HTTPException)
        text = one_line(getattr(cause, "strerror", "") or str(cause))
        return Reply(0, text, may_pass=isinstance(cause, broken))


def _target(response: requests.Response, url: str) -> str:
    """Return where the answer to URL sends us, "" if it is one itself."""
    location = response.headers.get("Location", "")
    if response.status_code not in (301, 302, 303, 307, 308) or not location:
        return ""
    if re.fullmatch("[0-9]{1,4}", response.headers.get("Content-Length", "")):
        response.raw.drain_conn()  # so that the connection can be kept
    return urljoin(url, location.encode("latin-1").decode("utf-8", "replace"))


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
