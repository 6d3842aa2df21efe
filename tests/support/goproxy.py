"""A Go module proxy on the loopback interface, as real ones are: it fetches from origins, caches, and remembers misses.

The origins are git repositories on disk. It can be told to delay, to reset connections, to refuse, or to lie.
"""

import base64
import contextlib
import gzip
import hashlib
import io
import json
import os
import re
import socket
import ssl
import struct
import subprocess
import tarfile
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from tests.support import gitobjects

if TYPE_CHECKING:
    from tests.support.sumdb import SumDB


@contextlib.contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[None]:
    """Let SERVER serve in a thread until the block ends."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(frozen=True)
class Seen:
    """One request: the path, and whether it said Disable-Module-Fetch."""

    path: str
    hold: bool
    headers: dict[str, str] = field(default_factory=dict, compare=False)
    method: str = "GET"


@dataclass(frozen=True)
class Said:
    """An answer to give instead of the truth."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/plain; charset=utf-8"),)


Fault = Callable[[BaseHTTPRequestHandler], "Said | None"]


class GoProxy:
    """The proxy; ``url`` is what GOPROXY is set to while it runs.

    REMEMBERS: for how many seconds what was not found is not looked for again. HONOURS: whether Disable-Module-Fetch
    keeps it from going to the origin. SAYS_UNTIL: whether a miss has a Cache-Control. ORIGINS: module path →
    repository, tag prefix. As it is, it behaves like the default proxy; see also ``repository_manager`` and ``athens``.
    """

    def __init__(
        self, *, remembers: float = 1800, honours: bool = True, latency: float = 0, says_until: bool = True
    ) -> None:
        self.remembers = remembers
        self.honours = honours
        self.latency = latency
        self.says_until = says_until
        self.origins: dict[str, tuple[Path, str]] = {}
        self.log: list[Seen] = []
        self.faults: list[tuple[re.Pattern[str], Fault]] = []
        self.sumdb: SumDB | None = None
        self.connections = 0
        self._cache: dict[tuple[str, str], dict[str, bytes]] = {}
        self._missed: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()
        self._server = _Server(self)
        self._scheme = "http"

    @classmethod
    def repository_manager(cls) -> "GoProxy":
        """Return one that heeds no header and remembers every miss for a day, as companies run them.

        An HTTP cache in front of any other proxy does the same.
        """
        return cls(remembers=24 * 3600, honours=False, says_until=False)

    @classmethod
    def athens(cls) -> "GoProxy":
        """Return one that heeds no header, and remembers nothing."""
        return cls(remembers=0, honours=False, says_until=False)

    def over_tls(self, context: ssl.SSLContext) -> None:
        """Speak https, with the certificate of CONTEXT."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "https"

    @property
    def url(self) -> str:
        """The URL that GOPROXY is set to."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}"

    @contextlib.contextmanager
    def running(self) -> Iterator["GoProxy"]:
        """Serve until the block ends."""
        with serving(self._server):
            yield self

    def serves(self, module: str, repository: Path, tag_prefix: str = "") -> None:
        """Take MODULE from REPOSITORY; its tags begin with TAG_PREFIX."""
        self.origins[module] = (repository, tag_prefix)

    def put(self, module: str, version: str, go_mod: str = "") -> None:
        """Hold a version that no origin has."""
        self._cache[module, version] = _made(module, version, {"go.mod": (go_mod or f"module {module}\n").encode()}, "")

    def misses(self, module: str, version: str) -> None:
        """Let VERSION be asked for before it is published, so that its absence is remembered."""
        self._missed[module, version] = time.time() + self.remembers

    def fault(self, pattern: str, fault: Fault | Said) -> None:
        """Do FAULT to every request whose path matches PATTERN."""
        act: Fault = (lambda _: fault) if isinstance(fault, Said) else fault
        self.faults.append((re.compile(pattern), act))

    def asked(self, *, hold: bool | None = None) -> list[str]:
        """Return the paths that were asked for, with or without the header, or both."""
        return [seen.path for seen in self.log if hold in (None, seen.hold)]

    def answer(self, path: str, hold: bool) -> Said:
        """Return the answer to GET PATH."""
        if path.startswith("/sumdb/"):
            return self._sumdb(path)
        match = re.fullmatch(r"/(.+)/@v/(list|(.+)\.(info|mod|zip))", path)
        if not match:
            return Said(404, b"not found: no such endpoint")
        module = _unescape(match[1])
        if match[2] == "list":
            return self._list(module, hold)
        version, kind = _unescape(match[3]), match[4]
        files = self._find(module, version, hold)
        if isinstance(files, Said):
            return files
        types = {"info": "application/json", "mod": "text/plain; charset=utf-8", "zip": "application/zip"}
        return Said(200, files[kind], (("Content-Type", types[kind]),))

    def _sumdb(self, path: str) -> Said:
        _, _, name, rest = path.split("/", 3)
        if not self.sumdb or name != self.sumdb.name:
            return Said(404, b"not found: no such checksum database")
        if rest == "supported":
            return Said(200)
        body = self.sumdb.answer(f"/{rest}")
        return Said(404, b"not found") if body is None else Said(200, body)

    def _list(self, module: str, hold: bool) -> Said:
        with self._lock:
            versions = {version for name, version in self._cache if name == module}
            missed = {name[1] for name, until in self._missed.items() if name[0] == module and until > time.time()}
        if not hold or not self.honours:
            origin = self.origins.get(module)
            versions |= {_as_version(module, tag) for tag in _tags(*origin)} - missed if origin else set()
        if not self.honours and (not versions or "list" in missed):
            with self._lock:
                self._missed.setdefault((module, "list"), time.time() + self.remembers)
            return Said(404, b"not found: module unknown")
        if not versions and (hold or module not in self.origins):
            return Said(404, b"not found: temporarily unavailable" if hold else b"not found: module unknown")
        return Said(200, "".join(f"{version}\n" for version in sorted(versions)).encode())

    def _find(self, module: str, version: str, hold: bool) -> "dict[str, bytes] | Said":
        with self._lock:
            held = self._cache.get((module, version))
            until = self._missed.get((module, version), 0)
        if held:
            return held
        if hold and self.honours:
            return Said(
                404,
                b"not found: temporarily unavailable",
                (*Said(404).headers, ("Cache-Control", "public, max-age=60")),
            )
        if until > time.time():
            return self._miss(module, version, until)
        origin = self.origins.get(module)
        files = _fetched(module, version, *origin) if origin else None
        with self._lock:
            if files:
                self._cache[module, version] = files
                return files
            self._missed[module, version] = until = time.time() + self.remembers
        return self._miss(module, version, until)

    def _miss(self, module: str, version: str, until: float) -> Said:
        body = f"not found: {module}@{version}: invalid version: unknown revision {version}".encode()
        age = (("Cache-Control", f"public, max-age={round(until - time.time())}"),) if self.says_until else ()
        return Said(404, body, (*Said(404).headers, *age))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, proxy: GoProxy) -> None:
        self.proxy = proxy
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # clients that go away are part of the tests


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.proxy.connections += 1

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_CONNECT(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        proxy = self.server.proxy
        path = unquote(self.path.partition("?")[0])
        hold = self.headers.get("Disable-Module-Fetch", "").lower() == "true"
        headers = {name.lower(): value for name, value in self.headers.items()}
        proxy.log.append(Seen(path, hold, headers, self.command))
        if proxy.latency:
            time.sleep(proxy.latency)
        said = None
        for pattern, fault in proxy.faults:
            if said is None and pattern.search(path if pattern.pattern.endswith("$") else unquote(self.path)):
                said = fault(self)
        if self.close_connection and said is None and getattr(self, "gone", False):
            return
        self.say(said or proxy.answer(path, hold))

    def say(self, said: Said) -> None:
        self.send_response(said.status)
        for name, value in said.headers:
            self.send_header(name, value)
        if not any(name in ("Content-Length", "Transfer-Encoding") for name, _ in said.headers):
            self.send_header("Content-Length", str(len(said.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(said.body)

    def log_message(self, *args: Any) -> None:
        pass


def reset(handler: BaseHTTPRequestHandler) -> None:
    """Fault: cut the connection hard, as a crashing server does."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.gone = True  # type: ignore[attr-defined]
    os.close(handler.connection.detach())


def times(count: int, fault: Fault | Said) -> Fault:
    """Fault: do FAULT for the first COUNT requests only."""
    left = [count]

    def act(handler: BaseHTTPRequestHandler) -> Said | None:
        left[0] -= 1
        if left[0] < 0:
            return None
        return fault if isinstance(fault, Said) else fault(handler)

    return act


def stall(seconds: float) -> Fault:
    """Fault: think for SECONDS before the first byte."""

    def act(_: BaseHTTPRequestHandler) -> None:
        time.sleep(seconds)

    return act


def bomb(status: int, *headers: tuple[str, str]) -> Fault:
    """Fault: answer STATUS with few bytes, which are compressed and become 100 MB."""
    return lambda _: Said(status, _bomb(), (("Content-Encoding", "gzip"), *headers))


@cache
def _bomb() -> bytes:
    """Return a gzip file of one megabyte 100 times, each of which is compressed to the same bytes (RFC 1951, 1952)."""
    megabyte = b"0" * (1 << 20)
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block, end = deflate.compress(megabyte) + deflate.flush(zlib.Z_FULL_FLUSH), deflate.flush()
    checksum = 0
    for _ in range(100):
        checksum = zlib.crc32(megabyte, checksum)
    return gzip.compress(b"")[:10] + block * 100 + end + struct.pack("<II", checksum, 100 << 20)


def h1(files: dict[str, bytes]) -> str:
    """Return the ``h1:`` hash of FILES (golang.org/x/mod/sumdb/dirhash, Hash1)."""
    lines = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    return "h1:" + base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()


def hashes(module: str, version: str, files: dict[str, bytes]) -> tuple[str, str]:
    """Return the hash of a module's archive with FILES, and of its go.mod, as go.sum has them."""
    go_mod = files.get("go.mod", f"module {module}\n".encode())
    return h1({f"{module}@{version}/{name}": data for name, data in files.items()}), h1({"go.mod": go_mod})


def _git(repository: Path, *args: str) -> bytes:
    return subprocess.run(["git", "-C", str(repository), *args], capture_output=True, check=False).stdout


def _tags(repository: Path, prefix: str) -> list[str]:
    tags = gitobjects.tags(repository)
    if tags is None:
        tags = _git(repository, "tag", "--list").decode().split()
    return [tag.removeprefix(prefix) for tag in tags if tag.startswith(f"{prefix}v")]


def _as_version(module: str, tag: str) -> str:
    """Return the version of MODULE that TAG publishes (https://go.dev/ref/mod#incompatible-versions)."""
    fits = tag.startswith(("v0.", "v1.")) or re.search(r"[./]v\d+$", module)
    return tag if fits else f"{tag}+incompatible"


def _fetched(module: str, version: str, repository: Path, prefix: str) -> dict[str, bytes] | None:
    found = published_files(version, repository, prefix)
    return _made(module, version, *found) if found else None


def published_files(version: str, repository: Path, prefix: str) -> tuple[dict[str, bytes], str] | None:
    """Return the files of a module at VERSION in REPOSITORY, and when it was committed; None if it is not there."""
    pseudo = re.fullmatch(r".*-([0-9a-f]{12})(?:\+incompatible)?", version)
    rev = pseudo[1] if pseudo else f"refs/tags/{prefix}{version.removesuffix('+incompatible')}"
    archive = _git(repository, "archive", "--format=tar", f"{rev}^{{commit}}")
    if not archive:
        return None
    files, seconds = {}, 0.0
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            seconds = member.mtime  # of the commit
            if member.name.startswith(prefix) and (data := tar.extractfile(member)):
                files[member.name.removeprefix(prefix)] = data.read()
    # Folders with a go.mod of their own are other modules.
    others = {name.rpartition("/")[0] + "/" for name in files if name.endswith("/go.mod")}
    files = {name: data for name, data in files.items() if not any(name.startswith(other) for other in others)}
    return files, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _made(module: str, version: str, files: dict[str, bytes], made: str) -> dict[str, bytes]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        for name, data in files.items():
            out.writestr(f"{module}@{version}/{name}", data)
    info = json.dumps({"Version": version, "Time": made or "2026-01-01T00:00:00Z"}).encode()
    return {"info": info, "mod": files.get("go.mod", f"module {module}\n".encode()), "zip": archive.getvalue()}


def _unescape(text: str) -> str:
    return re.sub("!([a-z])", lambda match: match[1].upper(), text)
