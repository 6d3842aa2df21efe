"""Standard error while a run goes on: whether it is coloured, and what is being waited for."""

import os
import re
import sys
from pathlib import Path

import pytest

from goproxy_check.system.terminal import styled
from tests.support.goproxy import GoProxy, stall
from tests.support.world import World


class Terminal:
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("wanted", "stream", "env", "coloured"),
    [
        ("auto", Terminal(), {}, True),
        ("auto", Terminal(), {"NO_COLOR": "1"}, False),
        ("auto", Terminal(), {"NO_COLOR": ""}, True),  # https://no-color.org: "when present and not an empty string"
        ("auto", Terminal(), {"TERM": "dumb"}, False),
        ("auto", None, {}, False),
        ("always", None, {"NO_COLOR": "1"}, True),
        ("never", Terminal(), {}, False),
    ],
)
def test_colours(
    monkeypatch: pytest.MonkeyPatch, wanted: str, stream: object, env: dict[str, str], coloured: bool
) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert styled(wanted, stream) is coloured  # type: ignore[arg-type]


def on_a_terminal(world: World, *args: str) -> tuple[int, str]:
    """Run goproxy-check on a terminal of its own; return its exit status and all that was shown there."""
    import pty

    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(world.root / "app")
        command = [sys.executable, "-m", "goproxy_check", *args]
        os.execve(sys.executable, command, {**world.env, "TERM": "xterm", "COLUMNS": "100", "LINES": "24"})
    shown = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # Linux: the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


@pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals")
class TestOnATerminal:
    @pytest.fixture(autouse=True)
    def recorded(self, world: World, proxy: GoProxy) -> None:
        world.origin("github.com/acme/lib", "v1.0.0")
        world.app("github.com/acme/lib v1.0.0")

    def test_who_waits_sees_what_for_and_the_line_goes_away(self, world: World, proxy: GoProxy) -> None:
        proxy.fault("/@v/list$", stall(3))
        code, shown = on_a_terminal(world)
        waiting = re.search(r"waiting since \d\d:\d\d:\d\d for [^\r\n]*github\.com/acme/lib", shown)
        assert code == 0 and waiting
        assert re.search(r"\r +\r", shown[waiting.end() :]), "the line is erased"
        assert "1 module version resolves" in shown

    def test_quick_run_shows_no_such_line(self, world: World) -> None:
        code, shown = on_a_terminal(world)
        assert code == 0 and "waiting since" not in shown

    def test_nothing_to_check_is_said(self, world: World) -> None:
        world.commit(world.root / "app", "first")
        code, shown = on_a_terminal(world)
        assert code == 0 and "no new module version" in shown

    def test_git_and_go_have_no_terminal_to_ask_on(self, world: World, tmp_path: Path) -> None:
        notes = tmp_path / "notes"
        look = f'if (: </dev/tty) 2>/dev/null; then echo "$0" >>"{notes}"; fi'
        for name in ("git", "go"):
            world.wrap(name, look)
        code, _ = on_a_terminal(world)
        assert code == 0 and not notes.exists()
