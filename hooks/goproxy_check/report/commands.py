"""The commands that a report prints: each works when pasted where the reader stands."""

import os
import shlex
import sys
from collections.abc import Iterable, Sequence

from goproxy_check.gofiles import module
from goproxy_check.gofiles.reference import Reference, by_folder
from goproxy_check.report.outcome import Reader
from goproxy_check.verdict.evidence import Diagnosis
from goproxy_check.verdict.reasons import FIXABLE, Remedy, Why

_WINDOWS = sys.platform == "win32"


def commands(remedy: Remedy, items: Sequence[Diagnosis], reader: Reader) -> list[str]:
    """Return the commands of REMEDY for ITEMS, in the shell of this platform; none where it makes no sense."""
    refs = [item.ref for item in items]
    both = list(zip(items, refs, strict=True))
    modules = list(dict.fromkeys(ref.module for ref in refs))
    match remedy:
        case Remedy.DIRECT:
            return fetch(refs, reader, {"GOPROXY": "direct"})
        case Remedy.NOSUMDB:
            direct = {"GOPROXY": "direct"} if items[0].verdict in FIXABLE else {}
            return fetch(refs, reader, {**direct, "GONOSUMDB": ",".join(filter(None, [reader.gonosumdb, *modules]))})
        case Remedy.PRIVATE:
            setting = f"{reader.private.name}={','.join(filter(None, [reader.private.value, *modules]))}"
            if reader.private.exported:  # which outweighs what go env -w writes
                return [
                    f"$env:{setting.replace('=', '=' + chr(39))}'" if _WINDOWS else f"export {shlex.quote(setting)}"
                ]
            return [f"go env -w {shlex.quote(setting)}"]
        case Remedy.PUSH_TAG:
            tags = dict.fromkeys(_tag(item) for item in items if not module.is_pseudo(item.ref.version))
            return [f"git push origin {tag}" for tag in tags]
        case Remedy.EDIT:
            edits = {ref: _edit(item) for item, ref in both if ref.required and ref.locations}
            return _edits({ref: edit for ref, edit in edits.items() if edit}, reader, "")
        case Remedy.QUERY:
            if not refs[0].locations:
                return [f"go list -m {ref.module}@{ref.version if ref.invalid else _query(item)}" for item, ref in both]
            wanted = [(item, ref) for item, ref in both if ref.invalid or ref.required]
            edits = {ref: "" if ref.invalid else f"-require={ref.module}@{_query(item)}" for item, ref in wanted}
            return _edits(edits, reader, "mod tidy")
        case Remedy.TIDY:
            return _edits(dict.fromkeys(refs, ""), reader, "mod tidy")


def fetch(refs: Iterable[Reference], reader: Reader, settings: dict[str, str]) -> list[str]:
    """Return the commands that fetch REFS with SETTINGS of Go, one for each module folder.

    In a workspace go.sum gets its lines only without the workspace.
    """
    lines = []
    for folder, some in by_folder(refs).items():
        every = {**settings, "GOWORK": "off"} if any(ref.workspace for ref in some) else settings
        download = _go(f"mod download {' '.join(sorted(map(str, some)))}", reader.path(folder))
        if _WINDOWS:
            before = [f"$env:{name}='{value}'" for name, value in every.items()]
            lines.append("; ".join([*before, download, *(f"$env:{name}=$null" for name in every)]))
        else:
            lines.append(" ".join([*(f"{name}={shlex.quote(value)}" for name, value in every.items()), download]))
    return lines


def _edits(edits: dict[Reference, str], reader: Reader, then: str) -> list[str]:
    """Return the commands that make EDITS of go.mod, and THEN run go again, one line for each module folder."""
    lines = []
    for folder, refs in by_folder(edits).items():
        place, flags = reader.path(folder), " ".join(dict.fromkeys(filter(None, (edits[ref] for ref in refs))))
        steps = [_go(step, place) for step in (f"mod edit {flags}" if flags else "", then) if step]
        lines.append(("; " if _WINDOWS else " && ").join(steps))
    return lines


def _edit(item: Diagnosis) -> str:
    """Return the flags that require another version: the next lower one, or else the lowest that there is."""
    ref = item.ref
    if item.why is Why.DECLARED:  # nothing is pasted that is no path
        fits = not module.check(item.declares, ref.version)
        return f"-droprequire={ref.module} -require={item.declares}@{ref.version}" if fits else ""
    lower = [version for version in item.nearest if module.semver_key(version) < module.semver_key(ref.version)]
    choice = [*lower[-1:], *item.nearest[:1]]
    return f"-require={ref.module}@{choice[0]}" if choice else ""


def _query(item: Diagnosis) -> str:
    """Return what go get takes for the commit that ITEM names, or else for the newest version."""
    commit = item.ref.version.removesuffix("+incompatible").rpartition("-")[2]
    return commit if item.why is Why.UNFIT_COMMIT else "latest"


def _tag(item: Diagnosis) -> str:
    return module.tag(item.ref.module, item.ref.version, item.origin.url if item.origin else "")


def _go(command: str, folder: str) -> str:
    """Return a go COMMAND to be run in FOLDER ("" is here), which leaves the reader where he is."""
    place = f"'{folder.replace(chr(39), chr(39) * 2)}'" if _WINDOWS else quoted(folder)
    return f"go -C {place} {command}" if folder else f"go {command}"


def quoted(folder: str) -> str:
    """Return FOLDER as one word for a shell; what cannot be printed is escaped as bash and POSIX 2024 read it."""
    folder = f"./{folder}" if folder.startswith(("-", ":")) else folder  # no option, no magic of git's pathspecs
    if folder.isprintable():
        return shlex.quote(folder)
    plain = (chr(byte) if 32 <= byte < 127 and byte not in b"'\\" else f"\\x{byte:02x}" for byte in os.fsencode(folder))
    return "$'" + "".join(plain) + "'"


def once(reader: Reader) -> str:
    """Return what lets the same commit or push go on without its hook: a command where it is sure to be the same."""
    # Either id; of an unknown one pre-commit takes no notice.
    skip = "SKIP=goproxy-check,goproxy-fix" if reader.hook == "pre-commit" else ""
    if reader.plain and reader.action == "commit":
        return f"{skip} git commit" if skip else "git commit --no-verify"
    return f"the same git {reader.action} with {f'{skip} in front' if skip else '--no-verify'}"
