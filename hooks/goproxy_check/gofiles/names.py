"""Which files are module files, and which folders Go leaves out. Imports nothing: every commit pays for this."""

MODULE_FILES = ("go.mod", "go.sum", "go.work", "go.work.sum")
# For git: these names in every folder, from the top of the repository (gitglossary(7), pathspec).
PATHSPECS = tuple(f":(top,glob)**/{name}" for name in MODULE_FILES)
_IGNORED = ("testdata", "vendor")


def ignored_folder(path: str) -> str:
    """Return the folder of PATH that Go's own patterns leave out, or "" (``go help packages``)."""
    folders = path.split("/")[:-1]
    return next((name for name in folders if name in _IGNORED or (name[:1] in ("_", ".") and name != "..")), "")
