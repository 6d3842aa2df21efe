"""The commands that a report prints, for a POSIX shell: each works when pasted where the reader stands."""

import os
import shlex
from collections.abc import Iterable, Iterator, Sequence

from goproxy_check.gofiles import module
from goproxy_check.gofiles.reference import Reference, by_folder
from goproxy_check.verdict.evidence import Diagnosis, Run
from goproxy_check.verdict.reasons import FIXABLE, Remedy, Why


def commands(remedy: Remedy, items: Sequence[Diagnosis], run: Run) -> Iterator[str]:
    """Yield the commands of REMEDY for ITEMS; none where it makes no sense."""
    refs = [item.ref for item in items]
    match remedy:
        case Remedy.DIRECT | Remedy.FIRST:
            yield from _fetch(refs, run, GOPROXY="direct")
        case Remedy.NOSUMDB:
            direct = {"GOPROXY": "direct"} if items[0].verdict in FIXABLE else {}
            yield from _fetch(refs, run, **direct, GONOSUMDB=run.env.adding("GONOSUMDB", refs))
        case Remedy.PRIVATE:
            name = "GOPRIVATE" if run.env.settings["GOPRIVATE"] == run.env.settings["GONOPROXY"] else "GONOPROXY"
            setting = f"{name}={run.env.adding('GONOPROXY', refs)}"
            # The environment outweighs what go env -w writes.
            yield f"{'export' if name in os.environ else 'go env -w'} {quoted(setting)}"
        case Remedy.PUSH_TAG:
            urls = {one.ref: one.origin.url for one in items if one.origin and not module.is_pseudo(one.ref.version)}
            yield from dict.fromkeys(f"git push origin {module.tag(*ref[:2], url)}" for ref, url in urls.items())
        case Remedy.QUERY if not refs[0].locations:
            yield from (f"go list -m {shlex.quote(_query(item))}" for item in items)
        case _:
            yield from _edits(remedy, items, run)


def _fetch(refs: Iterable[Reference], run: Run, **settings: str) -> Iterator[str]:
    for folder, some in by_folder(refs).items():
        # In a workspace go.sum gets its lines only without the workspace.
        every = settings | ({"GOWORK": "off"} if any(ref.workspace for ref in some) else {})
        words = [f"{name}={quoted(value)}" for name, value in every.items()]
        yield " ".join([*words, _go(folder, run), "mod download", *sorted(map(str, some))])


def _edits(remedy: Remedy, items: Iterable[Diagnosis], run: Run) -> Iterator[str]:
    edits = {item.ref: _flags(remedy, item) for item in items if item.ref.locations}
    for folder, refs in by_folder(ref for ref, flags in edits.items() if flags is not None).items():
        flags = " ".join(dict.fromkeys(filter(None, (edits[ref] for ref in refs))))
        steps = [f"mod edit {flags}"] * bool(flags) + ["mod tidy"] * (remedy in (Remedy.QUERY, Remedy.TIDY))
        yield " && ".join(f"{_go(folder, run)} {step}" for step in steps)


def _flags(remedy: Remedy, item: Diagnosis) -> str | None:
    """Return the flags of go mod edit that REMEDY takes for ITEM; None where it makes no sense."""
    ref, key = item.ref, module.semver_key
    if remedy is Remedy.TIDY or ref.invalid:  # what is invalid is a query already
        return ""
    if not ref.required:
        return None
    if remedy is Remedy.QUERY:
        return f"-require={_query(item)}"
    if remedy is Remedy.MOVE:  # nothing is pasted that is no path
        fits = not module.check(item.declares, ref.version)
        return f"-droprequire={ref.module} -require={item.declares}@{ref.version}" if fits else None
    lower = [version for version in item.nearest if key(version) < key(ref.version)]
    return f"-require={ref.module}@{(lower or item.nearest[:1])[-1]}" if item.nearest else None


def _query(item: Diagnosis) -> str:
    """Return what go get takes for what ITEM names: a query as it is, the commit, or else the newest version."""
    if item.ref.invalid:
        return str(item.ref)
    commit = item.ref.version.removesuffix("+incompatible").rpartition("-")[2]
    return f"{item.ref.module}@{commit if item.why is Why.UNFIT_COMMIT else 'latest'}"


def _go(folder: str, run: Run) -> str:
    path = run.path(folder)
    return f"go -C {quoted(path)}" if path else "go"


def quoted(text: str) -> str:
    """Return TEXT as one word for a shell; what cannot be printed is escaped as bash and POSIX 2024 read it."""
    text = f"./{text}" if text.startswith(("-", ":")) else text  # a path: no option, no magic of git's pathspecs
    if text.isprintable():
        return shlex.quote(text)
    plain = (chr(byte) if 32 <= byte < 127 and byte not in b"'\\" else f"\\x{byte:02x}" for byte in os.fsencode(text))
    return "$'" + "".join(plain) + "'"
