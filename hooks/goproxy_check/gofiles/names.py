"""Which files are module files, and which folders Go leaves out. Imports nothing: every commit pays for this."""

MODULE_FILES = ("go.mod", "go.sum", "go.work", "go.work.sum")
# For git: these names in every folder, from the top of the repository (gitglossary(7), pathspec).
PATHSPECS = tuple(f":(top,glob)**/{name}" for name in MODULE_FILES)


def ignored_folder(path: str) -> str:
    """Return the folder of PATH that Go's own patterns leave out, or "" (``go help packages``)."""
    for folder in path.split("/")[:-1]:
        if folder in ("testdata", "vendor") or (folder.startswith(("_", ".")) and folder != ".."):
            return folder
    return ""
