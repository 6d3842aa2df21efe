"""Tags of this repository, and the module versions that they publish (https://go.dev/ref/mod#vcs-version)."""

import posixpath

from goproxy_check.change.git import Git
from goproxy_check.gofiles import module
from goproxy_check.gofiles.modfile import read
from goproxy_check.system.programs import CommandError


def published_by(ref: str) -> frozenset[tuple[str, str]]:
    """Return the folder and the version of the module that REF publishes, if it is a tag: refs/tags/sub/v1.2.3."""
    folder, _, version = ref.removeprefix("refs/tags/").rpartition("/")
    return frozenset({(folder, version)} if ref.startswith("refs/tags/") else ())


def tagged(git: Git, tag: str) -> tuple[str, str, str]:
    """Return the module that TAG publishes, its version, and its commit: v1.2.3 of ./go.mod, sub/v1.2.3 of sub/go.mod.

    From v2 on the go.mod may lie in a folder of that name too. Raises CommandError
    for a tag that is not here, or whose go.mod does not fit its version.
    """
    folder, _, version = tag.rpartition("/")
    commit = git.commit_of(f"refs/tags/{tag}")
    if not commit:
        raise CommandError(f"--tag {tag}: there is no such tag here (git fetch --tags brings those of the remote)")
    problem = f"there is no {posixpath.join(folder, 'go.mod')}"
    for place in (folder, posixpath.join(folder, version.partition(".")[0])):
        blob = git.entry(commit, posixpath.join(place, "go.mod"))
        if blob:
            go_mod = git.read({blob.name})[blob.name]
            path = read("go.mod", go_mod).module
            wrong = module.check(path, version)
            if not wrong:
                return path, version, commit
            problem = wrong.detail
    raise CommandError(f"--tag {tag}: its go.mod does not fit: {problem}")
