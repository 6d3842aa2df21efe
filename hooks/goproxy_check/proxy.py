"""The client's side of the GOPROXY protocol (https://go.dev/ref/mod#goproxy-protocol).

The rules of the list are Go's (cmd/go/internal/modfetch: TryProxies): after a ``,`` the next proxy is asked only where
the answer was 404 or 410, after a ``|`` whatever it was.
"""

import base64
import enum
import hashlib
import json
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from goproxy_check import module
from goproxy_check.goenv import GoEnv, Proxy
from goproxy_check.parallel import Deadline, in_parallel
from goproxy_check.redact import one_line
from goproxy_check.references import Reference
from goproxy_check.reply import Reply, http_date
from goproxy_check.toolchain import MODULE as TOOLCHAIN
from goproxy_check.transport import OUT_OF_TIME, Transport

# Asks a proxy to answer from what it holds, so that asking leaves no "not found" behind. The default proxy documents
# it, goproxy honours it too; Athens goes to the origin all the same, but remembers no misses.
_HOLD = {"Disable-Module-Fetch": "true"}
_HOLD_PATIENCE = 10.0  # seconds; a proxy that need not go anywhere is quick
_PATIENCE = 60.0


class Kind(enum.Enum):
    """What an answer means to Go."""

    SERVED = "served"
    ABSENT = "absent"  # 404 and 410
    REFUSED = "refused"  # any other 4xx that will not pass by itself
    UNAVAILABLE = "unavailable"  # no answer, or none that makes sense
    UNSAID = "unsaid"  # it does not answer such a question


class Answer(NamedTuple):
    """What a proxy said of one file: STATUS (0: no answer) and REASON of HTTP, DETAIL in its own words or ours.

    UNTIL is when it may change its mind, in seconds since the epoch.
    """

    proxy: Proxy
    resource: str
    kind: Kind
    status: int
    detail: str = ""
    reason: str = ""
    until: float | None = None
    go_mod_hash: str = ""
    text: str = ""
    versions: tuple[str, ...] = ()


class ProxyClient:
    """Asks the proxies of ENV about references, JOBS questions at a time, over TRANSPORT."""

    def __init__(self, env: GoEnv, transport: Transport, jobs: int) -> None:
        self._env = env
        self._transport = transport
        self._jobs = jobs
        self._known: dict[tuple[str, bool], Answer] = {}  # by URL, and whether it was asked plainly

    def held(self, references: Sequence[Reference], deadline: Deadline) -> list[tuple[Answer, ...]]:
        """Return what the proxies hold of each reference, without making them fetch anything."""
        return self._ask(references, _resources, deadline)

    def listed(self, references: Sequence[Reference], deadline: Deadline) -> list[tuple[Answer, ...]]:
        """Return which versions the proxies list of each reference's module, without making them fetch anything."""
        return self._ask(references, lambda _: ("list",), deadline)

    def fetched(self, references: Sequence[Reference], deadline: Deadline) -> list[tuple[Answer, ...]]:
        """Return what the proxies say of each reference when asked plainly, and which versions they list.

        Ask only for what the origin has, or cannot be asked about: a proxy remembers what it did not find.
        """
        return self._ask(references, lambda ref: (*_resources(ref), "list"), deadline, plainly=True)

    def go_mods(self, references: Sequence[Reference], deadline: Deadline) -> list[str]:
        """Return the go.mod of each reference as far as a proxy holds it, or ""."""
        answers = self._ask(references, lambda _: ("go.mod",), deadline)
        return [next((answer.text for answer in group if answer.text), "") for group in answers]

    def _ask(
        self,
        references: Sequence[Reference],
        resources: Callable[[Reference], tuple[str, ...]],
        deadline: Deadline,
        plainly: bool = False,
    ) -> list[tuple[Answer, ...]]:
        # By path: a module has one list, however many of its versions are asked for.
        files = [{_path(ref, resource): (ref, resource) for resource in resources(ref)} for ref in references]
        different = {path: file for group in files for path, file in group.items()}

        def walk(file: tuple[Reference, str]) -> list[Answer]:
            return self._walk(*file, plainly, deadline)

        def late(file: tuple[Reference, str]) -> list[Answer]:
            return [answer_to(self._env.proxies[0], *file, Reply(0, OUT_OF_TIME))]

        walks = in_parallel(walk, list(different.values()), self._jobs, deadline, self._transport.cut, late)
        said = dict(zip(different, walks, strict=True))
        return [tuple(answer for path in group for answer in said[path]) for group in files]

    def _walk(self, ref: Reference, resource: str, plainly: bool, deadline: Deadline) -> list[Answer]:
        """Ask the proxies for one file, in the order of the list and by its rules."""
        path = _path(ref, resource)
        headers, patience = ({}, _PATIENCE) if plainly else (_HOLD, _HOLD_PATIENCE)

        def ask(proxy: Proxy) -> Answer:
            def get(at: str, method: str = "GET") -> Reply:
                return self._transport.get(proxy.place(at), deadline, headers, patience, method)

            key = proxy.place(path), plainly
            known = self._known.get(key)
            if known and known.until and known.until > time.time():
                return known  # it would only repeat itself
            archive = resource == ".zip"
            answer = _archive(proxy, ref, path, get) if archive else answer_to(proxy, ref, resource, get(path))
            self._known[key] = answer
            return answer

        return [answer for answer in walk(self._env.proxies, ask) if answer.kind is not Kind.UNSAID]


def _path(ref: Reference, resource: str) -> str:
    file = resource if resource == "list" else f"{module.escape(ref.version)}{resource.removeprefix('go')}"
    return f"{module.escape(ref.module)}/@v/{file}"


def _archive(proxy: Proxy, ref: Reference, path: str, get: Callable[..., Reply]) -> Answer:
    """Tell whether PROXY serves the archive at PATH, without fetching it; UNSAID where nobody can know.

    Not every proxy knows this question, nor every storage behind one. A no is believed where it says yes to what it
    does serve; of a toolchain nothing but the archive is needed, so that its go.mod proves nothing.
    """
    reply = get(path, "HEAD")
    answer = answer_to(proxy, ref, ".zip", reply)
    mod = f"{path.removesuffix('.zip')}.mod"
    no = reply.status in (403, 404, 410, 451) and not reply.redirected
    if answer.kind is Kind.SERVED or (no and (ref.module == TOOLCHAIN or get(mod, "HEAD").status == 200)):
        return answer
    if ref.module == TOOLCHAIN:
        return answer_to(proxy, ref, ".zip", get(mod))
    return answer._replace(kind=Kind.UNSAID)


def walk(proxies: Iterable[Proxy], ask: Callable[[Proxy], Answer]) -> list[Answer]:
    """Return the answers of PROXIES, asked in order, as far as the rules of the list demand."""
    answers: list[Answer] = []
    for proxy in proxies:
        answer = ask(proxy)
        answers.append(answer)
        useful = answer.kind is Kind.SERVED and (answer.resource != "list" or answer.versions)
        if useful or answer.kind is Kind.UNSAID:
            break
        if answer.kind in (Kind.REFUSED, Kind.UNAVAILABLE) and not proxy.on_any_error:
            break
    return answers


def _resources(ref: Reference) -> tuple[str, ...]:
    """Return the files that Go needs; of the archive no more than its being there is asked for."""
    if ref.module == TOOLCHAIN:
        return (".zip",)
    return (".mod",) if ref.go_mod_only else (".info", ".mod", ".zip") if ref.archive else (".info", ".mod")


def answer_to(proxy: Proxy, ref: Reference, resource: str, reply: Reply) -> Answer:
    """Return what the REPLY of PROXY to a question for RESOURCE of REF means."""
    if reply.status == 200:
        problem = _info_problem(ref, reply) if resource == ".info" else _page_problem(reply)
        problem = "" if resource == "supported" else problem  # to Go any 200 says yes
        if problem:
            return Answer(proxy, resource, Kind.UNAVAILABLE, 200, problem)
        answer = Answer(proxy, resource, Kind.SERVED, 200, reason="OK")
        if resource == ".mod":
            return answer._replace(go_mod_hash=go_mod_hash(reply.sha256))
        if resource not in ("list", "go.mod"):
            return answer
        text = reply.body.decode("utf-8", "replace")
        versions = (line.split()[0] for line in text.split("\n") if line.strip())
        return answer._replace(versions=tuple(versions)) if resource == "list" else answer._replace(text=text)
    until = time.time() + reply.retry_after if reply.retry_after else None
    if reply.status in (404, 410):
        kind, until = Kind.ABSENT, _cached_until(reply.headers)
    elif 400 <= reply.status < 500 and reply.status not in (408, 425, 429):
        kind = Kind.REFUSED
    else:
        kind = Kind.UNAVAILABLE
    words = reply.failure or _words(reply)
    return Answer(proxy, resource, kind, reply.status, words, one_line(reply.reason, 60), until)


def _info_problem(ref: Reference, reply: Reply) -> str:
    """Return why a .info file is none (cmd/go/internal/modfetch: proxyRepo.Stat), or ""."""
    try:
        version = json.loads(reply.body)["Version"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return _page_problem(reply) or "the answer is no module information"
    return "" if version == ref.version else f"answered for version {one_line(str(version), 60)} instead"


def _page_problem(reply: Reply) -> str:
    """Return what is wrong with a web page in place of a file, which captive portals and login pages give."""
    return "the answer is a web page: a login in between?" if reply.body.lstrip()[:1] == b"<" else ""


def _words(reply: Reply) -> str:
    """Return the words of an error, if its body is plain text, as Go shows them (cmd/go/internal/web)."""
    kind = reply.headers.get("Content-Type", "text/plain").partition(";")[0].strip()
    return one_line(reply.body.decode("utf-8", "replace")) if kind == "text/plain" else ""


def go_mod_hash(sha256: str) -> str:
    """Return the ``h1:`` hash of a go.mod file whose content has the hexadecimal SHA256.

    Source: golang.org/x/mod/sumdb/dirhash, Hash1 over one file named go.mod.
    """
    return "h1:" + base64.b64encode(hashlib.sha256(f"{sha256}  go.mod\n".encode()).digest()).decode()


def _cached_until(headers: Mapping[str, str]) -> float | None:
    """Return until when an answer may be repeated (RFC 9111, 4.2), in seconds since the epoch, or None."""
    control = headers.get("Cache-Control", "").lower()
    if "no-store" in control or "no-cache" in control:
        return None
    if age := re.search(r"\bmax-age\s*=\s*\"?([0-9]{1,9})", control):
        spent = headers.get("Age", "")
        left = int(age[1]) - (int(spent) if re.fullmatch(r"[0-9]{1,9}", spent) else 0)
        return time.time() + left if left > 0 else None
    expires = http_date(headers.get("Expires", ""))
    return expires if expires > time.time() else None
