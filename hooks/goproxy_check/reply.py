"""What a server, or a folder, answers: read to its end, bounded in size, and not mended where it is broken."""

import contextlib
import email.utils
import hashlib
import http.client
import os
import re
import time
import urllib.request
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests

from goproxy_check.redact import one_line

_CHUNK = 64 * 1024
_CAP = 16 * 1024 * 1024  # cmd/go/internal/modfetch/codehost: MaxGoMod
_KEEP = 1024 * 1024
_ERROR_CAP = 8 * 1024


@dataclass
class Reply:
    """What came back. STATUS is 0 and FAILURE says why where there was no answer; SHA256 is of the whole body.

    MAY_PASS: another attempt may fare better, RETRY_AFTER seconds from now at the soonest. REDIRECTED: another server
    than the one asked has answered.
    """

    status: int
    failure: str = ""
    reason: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    sha256: str = ""
    may_pass: bool = False
    retry_after: float = 0.0
    redirected: bool = False


_TOO_LARGE = Reply(0, f"the answer is larger than {_CAP >> 20} MB")


def read_response(response: requests.Response, redirected: bool) -> Reply:
    """Return what came: never more of a body than is needed, nor read beyond what Go would."""
    status, reason = response.status_code, response.reason or ""
    body, digest, size = bytearray(), hashlib.sha256(), 0
    for chunk in _unpacked(response):
        size += len(chunk)
        if size > _CAP and status == 200:
            return _TOO_LARGE
        if size > _ERROR_CAP and status != 200:
            break
        digest.update(chunk)
        if size <= _KEEP:
            body += chunk
    return Reply(status, "", reason, response.headers, bytes(body), digest.hexdigest(), redirected=redirected)


def _unpacked(response: requests.Response) -> Iterator[bytes]:
    """Yield the body, which may be in gzip; what ends in the middle is no answer, though urllib3 takes it for one."""
    pieces = response.raw.stream(_CHUNK, decode_content=False)
    packed = response.headers.get("Content-Encoding", "").lower() == "gzip"
    if not packed or response.request.method == "HEAD":
        yield from pieces
        return
    unpack = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    with contextlib.suppress(zlib.error):
        for piece in pieces:
            left = piece
            while left:
                yield unpack.decompress(left, _CHUNK)
                left = unpack.unconsumed_tail
    if not unpack.eof:
        raise http.client.HTTPException("the answer is not the gzip that it claims to be")


def read_file(url: str, method: str) -> Reply:
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
    if len(body) > _CAP:
        return _TOO_LARGE
    return Reply(200, reason="OK", body=body[:_KEEP], sha256=hashlib.sha256(body).hexdigest())


def retry_after(headers: Mapping[str, str]) -> float:
    """Return the seconds that a server asks to be left alone for (RFC 9110, 10.2.3)."""
    value = headers.get("Retry-After", "")
    if re.fullmatch(r"[0-9]{1,9}", value):
        return float(value)
    return max(0.0, http_date(value) - time.time())


def http_date(text: str) -> float:
    """Return the time that a header names (RFC 9110, 5.6.7), in seconds since the epoch; 0 where it names none."""
    try:
        return email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return 0.0
