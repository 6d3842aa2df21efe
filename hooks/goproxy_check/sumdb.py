"""Whether the checksum database has a record of a version (https://go.dev/ref/mod#checksum-database).

It is asked as Go asks it (cmd/go/internal/modfetch: dbClient), through a proxy that mirrors it or else directly, but
only for the record itself: its signature and its place in the log are checked by Go when it downloads.
"""

import base64
import contextlib
import hashlib
import re
from collections.abc import Sequence

from goproxy_check import module
from goproxy_check.goenv import GoEnv, GoEnvError, Proxy, checked_url
from goproxy_check.parallel import Deadline, in_parallel
from goproxy_check.proxy import Answer, Kind, answer_to, walk
from goproxy_check.references import Reference
from goproxy_check.reply import Reply
from goproxy_check.transport import OUT_OF_TIME, Transport

_PATIENCE = 30.0  # seconds


class ChecksumDatabase:
    """Asks the checksum database of ENV, JOBS questions at a time, over TRANSPORT."""

    def __init__(self, env: GoEnv, transport: Transport, jobs: int) -> None:
        self._env = env
        self._transport = transport
        self._jobs = jobs
        self._place: Proxy | None = None

    def records(self, references: Sequence[Reference], deadline: Deadline) -> list[Answer]:
        """Return what the database says of each reference; a record's hash of the go.mod file is in ``go_mod_hash``.

        Ask only for what a proxy has served: a database remembers what it did not find, too.
        """
        place = self._place or self._find(references[0], deadline)
        if isinstance(place, Answer):  # next time it may be there
            return [place] * len(references)
        self._place = place

        def lookup(ref: Reference) -> Answer:
            path = f"{module.escape(ref.module)}@{module.escape(ref.version)}"
            reply = self._transport.get(place.place(f"lookup/{path}"), deadline, {}, _PATIENCE)
            answer = answer_to(place, ref, "record", reply)
            if answer.kind is not Kind.SERVED:
                return answer
            line = rf"^{re.escape(f'{ref.module} {ref.version}/go.mod')} (h1:\S+)$"
            if found := re.search(line, reply.body.decode("utf-8", "replace"), re.MULTILINE):
                return answer._replace(go_mod_hash=found[1])
            return answer._replace(kind=Kind.UNAVAILABLE, detail="the answer is no record of it")

        def late(ref: Reference) -> Answer:
            return answer_to(place, ref, "record", Reply(0, OUT_OF_TIME))

        return in_parallel(lookup, references, self._jobs, deadline, self._transport.cut, late)

    def _find(self, ref: Reference, deadline: Deadline) -> Proxy | Answer:
        """Return where the database is to be reached, or an answer that says why it can't be.

        A URL in GOSUMDB is taken as it is. Otherwise the first proxy that supports the database is the only way to it,
        and only where none does it is asked directly (cmd/go/internal/modfetch: initBase).
        """
        key, *urls = self._env.sumdb.split() or [""]
        name = key.partition("+")[0]
        url = urls[0] if urls else f"https://{name}"
        sound = re.fullmatch(r"[\w.-]+(?::\d+)?(?:/[\w.~/-]*[\w.~-])?", name) and name.lower() != "off"
        problem = "GOSUMDB is not NAME, NAME+KEY or NAME+KEY URL (see go env GOSUMDB)"
        if self._env.sumdb in ("", "off"):
            problem = "GOSUMDB=off, and nothing else can vouch for a toolchain"
        elif sound and len(urls) < 2 and _is_key(key) and not url.lower().startswith("file:"):
            with contextlib.suppress(GoEnvError):
                direct, problem = Proxy(url, checked_url(url), False), ""
        if problem:
            return answer_to(Proxy("", "GOSUMDB", False), ref, "record", Reply(0, problem))
        if urls:
            return direct

        def supports(proxy: Proxy) -> Answer:
            url = proxy.place(f"sumdb/{name}/supported")
            return answer_to(proxy, ref, "supported", self._transport.get(url, deadline, {}, _PATIENCE))

        answers = walk(self._env.proxies, supports)
        if answers and answers[-1].kind is Kind.SERVED:
            mirror = answers[-1].proxy
            return Proxy(mirror.place(f"sumdb/{name}"), f"{mirror.shown}/sumdb/{name}", False)
        failed = [answer for answer in answers if answer.kind is not Kind.ABSENT]
        return failed[-1] if failed and (self._env.end != "direct" or not failed[-1].proxy.on_any_error) else direct


def _is_key(key: str) -> bool:
    """Tell whether KEY is a verifier's (x/mod/sumdb/note: NewVerifier), or a bare name, whose key Go may know."""
    name, plus, rest = key.partition("+")
    hash_, _, encoded = rest.partition("+")
    try:
        public = base64.b64decode(encoded, validate=True)
    except ValueError:
        return False
    known = public[:1] == b"\x01" and hash_ == hashlib.sha256(f"{name}\n".encode() + public).hexdigest()[:8]
    return not plus or (known and len(public) == 33)
