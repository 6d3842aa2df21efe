"""Programs are started without a terminal, within a time limit, and ended with what they started."""

import os
import threading
import time
from pathlib import Path

import pytest

from goproxy_check.system.programs import CommandError, Programs
from tests.support.processes import is_gone

pytestmark = [pytest.mark.starts_programs, pytest.mark.skipif(os.name == "nt", reason="shell scripts")]


def test_result_has_what_a_program_leaves_behind() -> None:
    result = Programs().run(["sh", "-c", "cat; echo oh >&2; exit 3"], 30, stdin=b"in\0put")
    assert tuple(result) == (3, b"in\0put", "oh\n")
    assert Programs().run(["sh", "-c", "kill -9 $$"], 30).code == -9
    assert Programs().run(["sh", "-c", "printf '\\377' >&2"], 30).stderr == "\ufffd"


def test_program_without_standard_input_reads_nothing() -> None:
    assert Programs().run(["cat"], timeout=30).stdout == b""


def test_program_that_is_not_there_is_named() -> None:
    with pytest.raises(CommandError, match=r"cannot run no-such-program: No such file or directory"):
        Programs().run(["no-such-program"], 30)


def test_program_that_outlives_its_time_is_ended_with_its_children(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    started = time.monotonic()
    result = Programs().run(["sh", "-c", f'sleep 300 & echo $! >"{pid}"; wait'], timeout=1)
    assert result.code is None and time.monotonic() - started < 15
    assert is_gone(int(pid.read_text()))


def test_stop_ends_all_that_run_and_starts_no_more(tmp_path: Path) -> None:
    programs = Programs()
    pids = [tmp_path / str(number) for number in range(4)]
    codes: list[int | None] = []

    def run(pid: Path) -> None:
        codes.append(
            programs.run(["sh", "-c", f'sleep 300 & echo $! >"{pid}.new"; mv "{pid}.new" "{pid}"; wait'], 60).code
        )

    threads = [threading.Thread(target=run, args=(pid,)) for pid in pids]
    for thread in threads:
        thread.start()
    while not all(pid.exists() for pid in pids):
        time.sleep(0.01)
    programs.stop()
    for thread in threads:
        thread.join(30)
    assert len(codes) == 4 and 0 not in codes
    assert all(is_gone(int(pid.read_text())) for pid in pids)
    started = time.monotonic()
    assert programs.run(["sleep", "300"], 60).code is None and time.monotonic() - started < 5


def test_stop_while_programs_are_starting_misses_none() -> None:
    """A run that is being started is known to ``stop`` before it returns."""
    for _ in range(20):
        programs = Programs()
        threads = [threading.Thread(target=programs.run, args=(["sleep", "300"], 60)) for _ in range(4)]
        for thread in threads:
            thread.start()
        programs.stop()
        for thread in threads:
            thread.join(30)
        assert not any(thread.is_alive() for thread in threads)


def test_git_is_quoted_with_the_line_that_says_what_failed(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"not in a git repository.*-C DIR"):
        Programs().git("rev-parse", "--show-toplevel", cwd=str(tmp_path))
    with pytest.raises(CommandError, match=r"^git hash-object: fatal: .*no-such-file"):
        Programs().git("hash-object", "no-such-file", cwd=str(tmp_path))
    assert Programs().git("rev-parse", "--show-toplevel", cwd=str(tmp_path), check=False) == b""


# What every git has on its list, whatever its version (git rev-parse --local-env-vars).
LOCAL = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX"]
LOCAL += ["GIT_CONFIG_PARAMETERS", "GIT_ALTERNATE_OBJECT_DIRECTORIES"]
KEPT = ["GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0", "GIT_ASKPASS", "GIT_SSH_COMMAND", "GOPROXY"]


def test_environment_of_go_is_the_users_without_the_repositorys(monkeypatch: pytest.MonkeyPatch) -> None:
    values = dict.fromkeys([*LOCAL, *KEPT], "x")
    values |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "some.key", "GIT_CONFIG_PARAMETERS": "'a.b=c'"}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    env = Programs().go_environment(GOWORK="off")
    assert env["GOWORK"] == "off" and all(name in env for name in KEPT)
    assert not set(LOCAL) & set(env)


def test_environment_of_go_needs_no_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Programs().go_environment(GOWORK="off")["GOWORK"] == "off"


def test_prompts_are_off_unless_the_user_has_settled_that(monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GCM_INTERACTIVE": "never"}
    settled = {"GIT_TERMINAL_PROMPT": "1", "GCM_INTERACTIVE": "auto", "GIT_ASKPASS": "/bin/mine"}
    for users, wanted in (({}, quiet), ({"GIT_TERMINAL_PROMPT": ""}, quiet), (settled, settled)):
        for name in (*quiet, "GIT_ASKPASS"):
            monkeypatch.delenv(name, raising=False)
        for name, value in users.items():
            monkeypatch.setenv(name, value)
        assert Programs().go_environment().items() >= wanted.items()
