"""The tests' own rules: quick ones start nothing, and none takes anything from another test module."""

import re
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.support import quick

pytestmark = pytest.mark.starts_programs  # these try to, at least


def bind() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))


def test_quick_test_that_starts_a_program_fails() -> None:
    with pytest.raises(pytest.fail.Exception, match="a quick test must not start a program"), quick.watched():
        subprocess.run([sys.executable, "--version"], check=False)
    subprocess.run([sys.executable, "--version"], check=True, capture_output=True)


def test_quick_test_that_starts_a_server_fails() -> None:
    with pytest.raises(pytest.fail.Exception, match="a quick test must not use the network"), quick.watched():
        bind()
    bind()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_quick_test_fails_for_what_its_threads_do() -> None:
    with pytest.raises(pytest.fail.Exception, match="a quick test must not use the network"), quick.watched():
        thread = threading.Thread(target=bind)
        thread.start()
        thread.join()


def test_thread_that_an_earlier_test_has_left_is_no_fault_of_a_quick_one() -> None:
    go_on, failed = threading.Event(), []

    def late() -> None:
        go_on.wait()
        try:
            bind()
        except pytest.fail.Exception as error:
            failed.append(error)

    thread = threading.Thread(target=late)
    thread.start()
    with quick.watched():
        go_on.set()
        thread.join()
    assert failed == []


def test_no_test_module_imports_another() -> None:
    for module in Path(__file__).parent.rglob("*.py"):
        text = module.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(?:from|import) tests(?:\.\w+)*(?:\.| import )test_", text, re.MULTILINE), module
