"""The one command that helps: fetch a version from its origin, in words to paste and, with --fix, for real."""

import os
import posixpath
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace

from goproxy_check.goenv import GoEnv
from goproxy_check.parallel import Deadline
from goproxy_check.process import CommandError, go_environment, json_objects, run
from goproxy_check.redact import one_line
from goproxy_check.references import Reference, module_folders
from goproxy_check.verdict import DIRECT, FIXABLE, Diagnosis, Verdict

_NO_RECORD = re.compile(r"/lookup/\S+: (?:404|410)\b")


@dataclass(frozen=True)
class Outcome:
    """What --fix did: the DIAGNOSES with FIXED set, or with the reason why not, and what is TO_ADD to the commit."""

    diagnoses: list[Diagnosis]
    to_add: list[str]


def by_folder(diagnoses: Iterable[Diagnosis]) -> dict[str, list[Reference]]:
    """Return the references of DIAGNOSES by the folders of the modules that name them ("" is the top)."""
    folders: dict[str, list[Reference]] = {}
    for ref in (item.reference for item in diagnoses):
        for folder in module_folders([place.file for place in ref.locations]) or [""]:
            folders.setdefault(folder, []).append(ref)
    return folders


def command(references: Iterable[Reference], folder: str = "", setting: tuple[str, str] = DIRECT) -> str:
    """Return the command that fetches REFERENCES with SETTING, for the shell of this platform.

    FOLDER is where to run it, from where the reader is ("" is here). In a workspace go.sum gets its lines only
    without the workspace.
    """
    refs = sorted(references, key=str)
    download = f"go mod download {' '.join(str(ref) for ref in refs)}"
    settings = dict([setting])
    if any(ref.workspace for ref in refs):
        settings["GOWORK"] = "off"
    if sys.platform == "win32":
        place = folder.replace("'", "''")
        steps = [f"cd '{place}'"] if folder else []
        steps += [f"$env:{name}={_word(value, always=True)}" for name, value in settings.items()]
        return "; ".join([*steps, download, *(f"$env:{name}=$null" for name in settings)])
    change = f"cd {quoted(folder)} && " if folder else ""
    return change + " ".join([*(f"{name}={_word(value)}" for name, value in settings.items()), download])


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


def fix(
    diagnoses: list[Diagnosis], env: GoEnv, root: str, scratch: str, seconds: float, *, nosumdb: bool, traced: bool
) -> Outcome:
    """Fetch every stale or unlisted version from its origin within SECONDS, by one run of go per folder below ROOT.

    With NOSUMDB the checksum database is done without where it has no record. Writes the module cache and go.sum,
    nothing else; SCRATCH is a folder for what is needed meanwhile.
    """
    remedied = FIXABLE | {Verdict.UNVERIFIABLE} if nosumdb else FIXABLE
    fixable = [item for item in diagnoses if item.verdict in remedied]
    served = {item.reference for item in fixable if item.verdict is Verdict.UNVERIFIABLE}
    deadline = Deadline(seconds)
    errors: dict[Reference, str] = {}
    to_add: list[str] = []
    for folder, refs in by_folder(fixable).items():
        path = os.path.join(*folder.split("/"), "go.sum")
        if os.path.realpath(os.path.join(root, path)) != os.path.join(os.path.realpath(root), path):
            # git would not add it, and it may be anywhere.
            errors |= dict.fromkeys(refs, "Not fixed: go.sum is a symbolic link, or behind one.")
            continue
        download = _Download(env, os.path.join(root, *folder.split("/")), scratch, deadline, traced)
        held = [ref for ref in refs if ref in served]
        problems = download([ref for ref in refs if ref not in served], GOPROXY="direct")
        # The checksum database may be reachable through the proxy alone: with GONOPROXY just these modules come from
        # their origins, and everything else, the database too, takes the usual way.
        cut_off = [ref for ref in refs if _verification_failed(problems.get(ref, ""))]
        if env.proxies:
            problems |= download(cut_off, GONOPROXY=_joined(env.no_proxy, cut_off))
        unrecorded = [ref for ref in refs if _NO_RECORD.search(problems.get(ref, ""))]
        if nosumdb:
            problems |= download(unrecorded, GOPROXY="direct", GONOSUMDB=_joined(env.no_sumdb, unrecorded))
            problems |= download(held, GONOSUMDB=_joined(env.no_sumdb, held))  # what a proxy serves comes from there
        after = download.go_sum()
        changed = after != download.before
        for ref in (ref for ref in refs if not problems[ref] and folder in ref.unrecorded and _wants_lines(ref)):
            if _has(after, ref):
                changed = True  # written before, perhaps, and not added since
            else:
                problems[ref] = "go.sum got no lines for it: is the go.mod in the work tree the one that is staged?"
        for ref, error in problems.items():
            errors[ref] = errors.get(ref) or (_explain(ref, error, folder, env) if error else "")
        to_add += [posixpath.join(folder, "go.sum")] if changed else []
    done = [_settled(item, errors[item.reference]) if item.verdict in remedied else item for item in diagnoses]
    return Outcome(done, to_add)


def _settled(item: Diagnosis, error: str) -> Diagnosis:
    return replace(item, do=(*error.split("\n"), *item.do)) if error else replace(item, fixed=True)


class _Download:
    """Runs ``go mod download -json`` in the module folder PLACE, whose go.sum was what BEFORE says."""

    def __init__(self, env: GoEnv, place: str, scratch: str, deadline: Deadline, traced: bool) -> None:
        self._env = env
        self._place = place
        self._deadline = deadline
        self._traced = traced
        self._go_sum = os.path.join(place, "go.sum")
        self.before = self.go_sum()
        self._copy = _copied(place, scratch)

    def go_sum(self) -> bytes:
        """Return what go.sum holds now."""
        try:
            with open(self._go_sum, "rb") as file:
                return file.read()
        except OSError:
            return b""

    def __call__(self, refs: list[Reference], **settings: str) -> dict[Reference, str]:
        """Return for each of REFS what went wrong, "" where nothing did."""
        if not refs:
            return {}
        # -mod=mod would let go edit go.mod, a -modfile of the user's keep it away from go.sum.
        env = go_environment(GOWORK="off", GO111MODULE="on", GOFLAGS=self._env.flags_without_mod(), **settings)
        versions = [str(ref) for ref in refs]
        said = " ".join(f"{name}={value}" for name, value in settings.items())
        told = f"cd {self._place}; {said} go mod download {' '.join(versions)}" if self._traced else ""
        # With -json go writes the go.sum lines of what succeeded even where something else failed.
        command = [self._env.go, "mod", "download", "-json", *self._copy, *versions]
        code: int | None = None
        try:
            result = run(command, cwd=self._place, env=env, timeout=max(0.1, self._deadline.left()), told=told)
            code = result.code
        except CommandError as error:
            return dict.fromkeys(refs, str(error))
        finally:
            if code not in (0, 1):
                self._mend()
        answers = {f"{item.get('Path')}@{item.get('Version')}": item for item in json_objects(result.stdout)}
        errors = {name: str(answer.get("Error") or "") for name, answer in answers.items()}
        words = result.stderr.strip() or f"go mod download: exit status {result.code}"
        if result.code != 0 and not any(errors.values()):  # all have come, and go.sum could not be written
            return dict.fromkeys(refs, words)
        return {ref: errors.get(str(ref), words) for ref in refs}

    def _mend(self) -> None:
        """Put go.sum back if go was ended while it wrote it, in place (cmd/go/internal/lockedfile: Transform)."""
        now = self.go_sum()
        if set(self.before.split(b"\n")) - set(now.split(b"\n")) or not (b"\n" + now).endswith(b"\n"):
            with open(self._go_sum, "r+b") as file:  # in place too: a full disk must not take it away
                file.write(self.before)
                file.truncate()


def _copied(place: str, scratch: str) -> list[str]:
    """Return the flag that lets go work on a copy of the go.mod in PLACE, but on the real go.sum; [] if there is none.

    Go would write a go.mod that is not in its own style anew, and over what an editor has saved in the meantime.
    """
    folder = tempfile.mkdtemp(dir=scratch)
    copy = os.path.join(folder, "go.mod")
    try:
        shutil.copyfile(os.path.join(place, "go.mod"), copy)
        os.symlink(os.path.join(os.path.realpath(place), "go.sum"), os.path.join(folder, "go.sum"))
    except OSError:  # no go.mod, or links are a privilege, as on Windows
        return []
    return [f"-modfile={copy}"]


def _verification_failed(error: str) -> bool:
    """Tell whether the files came, but the checksum database could not be reached to verify them."""
    return "verifying" in error and not _NO_RECORD.search(error) and "mismatch" not in error


def _joined(patterns: str, refs: list[Reference]) -> str:
    return ",".join(dict.fromkeys([*filter(None, patterns.split(",")), *(ref.module for ref in refs)]))


def _explain(ref: Reference, error: str, folder: str, env: GoEnv) -> str:
    """Return what a person needs to know of ERROR."""
    if _NO_RECORD.search(error):
        narrow = f"GONOSUMDB={shlex.quote(_joined(env.no_sumdb, [ref]))} {command([ref], folder)}"
        return (
            "Not fixed: it came, but the checksum database has no record of it yet, so it was not kept. Wait until it "
            "has one (up to half an hour), or go without that check for this module, this once, with goproxy-check "
            f"--fix --nosumdb, which runs:\n  {narrow}"
        )
    lines = [line.strip() for line in error.replace(f"{ref}: ", "").splitlines() if line.strip()]
    said = [line for line in lines if line.startswith(("fatal:", "error:"))]
    words = f"Not fixed: {one_line(said[-1] if said else ' '.join(lines))}"
    return f"{words} (the checksum database is out of reach)" if _verification_failed(error) else words


def _wants_lines(ref: Reference) -> bool:
    return any(posixpath.basename(place.file) in ("go.mod", "go.sum") for place in ref.locations)


def _has(go_sum: bytes, ref: Reference) -> bool:
    """Tell whether GO_SUM has a line for REF: for its archive, or for its go.mod where that is all that is needed."""
    line = f"{ref.module} {ref.version}{'/go.mod' if ref.go_mod_only else ''} h1:"
    return f"\n{line}".encode() in b"\n" + go_sum
