"""Repositories written as git keeps them on disk, without starting git: most tests need some, and git takes its time.

They are real ones, which git and Go read, with loose objects and loose refs (gitrepository-layout(5)). What ``commit``
makes has no index; the first ``git add`` writes one.
"""

import hashlib
import os
import subprocess
import time
import zlib
from pathlib import Path

_config: list[bytes] = []  # of a new repository, once git has made one


def init(repository: Path, env: dict[str, str]) -> None:
    """Do what ``git init`` does in the folder REPOSITORY with the settings of World: no sample hooks, branch main."""
    git = repository / ".git"
    if not _config:  # what is in it depends on the file system
        subprocess.run(["git", "init", "--quiet"], cwd=repository, env=env, check=True)
        _config.append((git / "config").read_bytes())
        return
    for folder in ("hooks", "objects/info", "objects/pack", "refs/heads", "refs/tags"):
        (git / folder).mkdir(parents=True)
    (git / "HEAD").write_bytes(b"ref: refs/heads/main\n")
    (git / "config").write_bytes(_config[0])


def commit(repository: Path, message: str) -> str:
    """Commit all files in the work tree of REPOSITORY on the branch that is checked out, and return the commit."""
    objects, parent = repository / ".git" / "objects", head(repository)
    lines = [f"tree {_tree(objects, repository)}", *([f"parent {parent}"] if parent else [])]
    who = f"Tester <tester@example.com> {int(time.time())} +0000"
    lines += [f"author {who}", f"committer {who}", "", message, ""]
    made = _object(objects, "commit", "\n".join(lines).encode())
    _write_ref(repository, (repository / ".git" / "HEAD").read_text().removeprefix("ref: ").strip(), made)
    return made


def tag(repository: Path, name: str, commit: str) -> None:
    """Let the tag NAME be COMMIT."""
    _write_ref(repository, f"refs/tags/{name}", commit)


def head(repository: Path) -> str:
    """Return the commit that is checked out, "" if there is none, or if git alone knows it."""
    try:
        name = (repository / ".git" / "HEAD").read_text().removeprefix("ref: ").strip()
        return (repository / ".git" / name).read_text().strip()
    except OSError:
        return ""


def tags(repository: Path) -> list[str] | None:
    """Return the tags of REPOSITORY, None if git alone knows them: it may have packed them."""
    folder = repository / ".git" / "refs" / "tags"
    if not folder.is_dir() or (repository / ".git" / "packed-refs").exists():
        return None
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _write_ref(repository: Path, name: str, commit: str) -> None:
    path = repository / ".git" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")  # who reads it meanwhile sees the old one, or the new one
    new.write_text(f"{commit}\n")
    new.replace(path)


def _tree(objects: Path, folder: Path) -> str:
    entries = {}
    for item in os.scandir(folder):
        path = Path(item.path)
        if item.is_symlink():
            entries[item.name] = ("120000", _object(objects, "blob", os.fsencode(os.readlink(path))))
        elif not item.is_dir():
            mode = "100755" if os.access(path, os.X_OK) else "100644"
            entries[item.name] = (mode, _object(objects, "blob", path.read_bytes()))
        elif item.name != ".git" and any(path.iterdir()):
            entries[f"{item.name}/"] = ("40000", _tree(objects, path))  # sorted as if it ended with a slash
    lines = [
        f"{mode} {name.rstrip('/')}\0".encode() + bytes.fromhex(made) for name, (mode, made) in sorted(entries.items())
    ]
    return _object(objects, "tree", b"".join(lines))


def _object(objects: Path, kind: str, data: bytes) -> str:
    data = f"{kind} {len(data)}\0".encode() + data
    name = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    path = objects / name[:2] / name[2:]
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(zlib.compress(data, 1))
    return name
