"""goproxy-check: does every newly referenced Go module version resolve, and if not, why?"""

__version__ = "0.2.0"
MODULE_FILES = ("go.mod", "go.sum", "go.work", "go.work.sum")
# For git: these names in every folder, from the top of the repository (gitglossary(7), pathspec).
PATHSPECS = tuple(f":(top,glob)**/{name}" for name in MODULE_FILES)
