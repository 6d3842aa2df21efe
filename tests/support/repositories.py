"""What tests do with a user's git repository: hooks, linked work trees, submodules."""

from pathlib import Path

from tests.support.world import World


def hook(repository: Path, command: str, name: str = "pre-commit") -> None:
    """Let REPOSITORY run the shell COMMAND as its hook NAME."""
    path = repository / ".git" / "hooks" / name
    path.write_text(f"#!/bin/sh\n{command}\n")
    path.chmod(0o755)


def placed(world: World, app: Path, where: str) -> tuple[Path, Path]:
    """Return a work tree of APP (main, linked), or one of it as a submodule, and the folder of its hooks and refs."""
    if where == "linked":
        world.git("worktree", "add", "-q", str(world.root / "linked"), "-b", "work", cwd=app)
        return world.root / "linked", app / ".git"
    if where == "submodule":
        outer = world.app(name="outer")
        world.git("submodule", "add", "-q", app.as_uri(), "inner", cwd=outer)
        return outer / "inner", outer / ".git" / "modules" / "inner"
    return app, app / ".git"
