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


def commands(remedy: Remedy, items: Sequence[Diagnosis], reader: Reader) -> list[str]:
    """Return the commands of REMEDY for ITEMS, in the shell of this platform; none where it makes no sense."""
    refs = [item.ref for item in items]
    match remedy:
        case Remedy.DIRECT:
            return fetch(refs, reader, {"GOPROXY": "direct"})
        case Remedy.NOSUMDB:
            modules = ",".join(dict.fromkeys(ref.module for ref in refs))
            direct = {"GOPROXY": "direct"} if items[0].verdict in FIXABLE else {}
            return fetch(refs, reader, {**direct, "GONOSUMDB": f"$(go env GONOSUMDB),{modules}"})
        case Remedy.PRIVATE:
            modules = ",".join(dict.fromkeys(ref.module for ref in refs))
            return [f'go env -w "GOPRIVATE=$(go env GOPRIVATE),{modules}"']
        case Remedy.PUSH_TAG:
            tags = dict.fromkeys(_tag(item) for item in items)
            return [f"git push origin {tag}" for tag in tags if tag]
        case Remedy.EDIT:
            return [line for item in items for line in _edit(item, reader)]
        case Remedy.QUERY:
            return [line for item in items for line in _query(item, reader)]


def fetch(refs: Iterable[Reference], reader: Reader, settings: dict[str, str]) -> list[str]:
    """Return the commands that fetch REFS with SETTINGS of Go, one for each module folder.

    In a workspace go.sum gets its lines only without the workspace.
    """
    lines = []
    for folder, some in by_folder(refs).items():
        workspace = {"GOWORK": "off"} if any(ref.workspace for ref in some) else {}
        download = f"go mod download {' '.join(sorted(map(str, some)))}"
        lines.append(_in_folder(download, reader.path(folder), {**settings, **workspace}))
    return lines


def _edit(item: Diagnosis, reader: Reader) -> list[str]:
    """Return the command that requires another version: the nearest, or what a problem says is right."""
    ref = item.ref
    if not item.nearest and item.why is not Why.DECLARED:
        return []
    if item.why is Why.DECLARED and module.check(item.declares, ref.version):  # no path to be pasted
        return []
    if item.why is Why.DECLARED:
        step = f"go mod edit -droprequire={ref.module} -require={item.declares}@{ref.version}"
    else:
        step = f"go mod edit -require={ref.module}@{_choice(item)}" if ref.required and ref.locations else ""
    return [_in_folder(step, reader.path(folder), {}) for folder in by_folder([ref]) if step]


def _choice(item: Diagnosis) -> str:
    """Return the version to take instead: the next lower one, or else the lowest that there is."""
    key = module.semver_key(item.ref.version)
    lower = [version for version in item.nearest if module.semver_key(version) < key]
    return lower[-1] if lower else item.nearest[0]


def _query(item: Diagnosis, reader: Reader) -> list[str]:
    """Return the command that lets Go write the version that a query means, or that of a commit."""
    ref = item.ref
    query = "latest"
    if item.why is Why.UNFIT_COMMIT:
        query = ref.version.removesuffix("+incompatible").rpartition("-")[2]
    if not ref.locations:
        return [f"go list -m {ref.module}@{ref.version if ref.invalid else query}"]
    if ref.invalid or not ref.required:
        return []
    step = f"go mod edit -require={ref.module}@{query} && go mod tidy"
    return [_in_folder(step, reader.path(folder), {}) for folder in by_folder([ref])]


def _tag(item: Diagnosis) -> str:
    ref = item.ref
    if module.is_pseudo(ref.version):
        return ""
    return module.tag(ref.module, ref.version, item.origin.url if item.origin else "")


def _in_folder(command: str, folder: str, settings: dict[str, str]) -> str:
    """Return COMMAND with SETTINGS of Go, to be run in FOLDER ("" is here)."""
    if sys.platform == "win32":
        place = folder.replace("'", "''")
        steps = [f"cd '{place}'"] if folder else []
        steps += [f"$env:{name}={_word(value, always=True)}" for name, value in settings.items()]
        return "; ".join([*steps, command.replace(" && ", "; "), *(f"$env:{name}=$null" for name in settings)])
    change = f"cd {quoted(folder)} && " if folder else ""
    return change + " ".join([*(f"{name}={_word(value)}" for name, value in settings.items()), command])


def _word(value: str, always: bool = False) -> str:
    """Return VALUE in quotes that let ``$(…)`` work, in a shell as in PowerShell, where it needs any."""
    return f'"{value}"' if "$" in value else f"'{value}'" if always else value


def quoted(folder: str) -> str:
    """Return FOLDER as one word for a shell; what cannot be printed is escaped as bash and POSIX 2024 read it."""
    folder = f"./{folder}" if folder.startswith(("-", ":")) else folder  # no option, no magic of git's pathspecs
    if folder.isprintable():
        return shlex.quote(folder)
    plain = (chr(byte) if 32 <= byte < 127 and byte not in b"'\\" else f"\\x{byte:02x}" for byte in os.fsencode(folder))
    return "$'" + "".join(plain) + "'"


def once(reader: Reader) -> str:
    """Return what lets a commit or a push go on without its hook."""
    if reader.hook == "pre-commit":
        return f"SKIP=goproxy-{'fix' if reader.fixes else 'check'} git {reader.action}"
    return f"git {reader.action} --no-verify"
