"""Which tag publishes a version, and which published ones are near it."""

import posixpath
import re

from goproxy_check import module
from goproxy_check.references import Reference


def tag(ref: Reference, url: str) -> str:
    """Return the tag that publishes REF, with its sub-folder in front (https://go.dev/ref/mod#vcs-version)."""
    path = module.split_path_version(ref.module)[0]
    root = re.sub(r"^\w+://|\.git$", "", url)
    folder = posixpath.relpath(path, root) if root and path.startswith(f"{root}/") else ""
    return posixpath.join(folder, ref.version.removesuffix("+incompatible"))


def nearest_versions(version: str, published: tuple[str, ...], count: int = 3) -> tuple[str, ...]:
    """Return the COUNT published versions around VERSION, and the newest, in order."""
    ordered = sorted((item for item in published if item != version), key=module.semver_key)
    key = module.semver_key(version)
    below = sum(module.semver_key(item) < key for item in ordered)
    start = max(0, min(below - (count + 1) // 2, len(ordered) - count))
    near = ordered[start : start + count]
    return tuple(dict.fromkeys([*near, *ordered[-1:]]))
