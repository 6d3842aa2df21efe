"""Text from outside is one printable line, without secrets, and orders nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goproxy_check.system.redact import harmless, one_line, printable, redacted_url


@given(st.text())
def test_any_text_becomes_one_printable_line(text: str) -> None:
    line = one_line(text)
    assert line.isprintable() and len(line) <= 300
    assert harmless(text).isprintable() and "##" not in harmless(text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("see https://user:pw@host.example/x", "see https://host.example/x"),
        ("'ssh://git:pw@host.example'", "'ssh://host.example'"),
        ("'https://x:a/pw@host.example/'", "'https://host.example/'"),
        ("https://token@host.example/x", "https://host.example/x"),
        ("https://a:b@c:d@host.example/x", "https://host.example/x"),
        ("'https://host.example/x?token=pw'", "'https://host.example/x'"),
        ("https://u:pw@a.example and https://u:pw@b.example?pw", "https://a.example and https://b.example"),
        ("https://127.0.0.1:80/lookup/m@v1.0.0: 404", "https://127.0.0.1:80/lookup/m@v1.0.0: 404"),
        ("https://host.example/m/@v/list", "https://host.example/m/@v/list"),
        ("a@b", "a@b"),
        ("\x1b[31mred\x1b[0m \x1b]0;title\x07x", "red x"),
        ("a\r\nb\tc\u202ed", "a b c d"),
        ("x" * 500, "x" * 299 + "…"),
    ],
)
def test_line_has_no_secrets_and_no_control_characters(text: str, wanted: str) -> None:
    assert one_line(text) == wanted


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://u:pw@goproxy.example/sub/?token=x#y", "https://goproxy.example/sub"),
        ("https://u:p@w@goproxy.example", "https://goproxy.example"),
        ("http://u:pw@[::1", "http://[::1"),
        ("file:///proxy", "file:///proxy"),
    ],
)
def test_url_has_no_secrets(url: str, wanted: str) -> None:
    assert redacted_url(url) == wanted


@pytest.mark.parametrize(
    "text", ["::error::x", " ::set-output name=a::b", "\x1b[m::error::x", "a ##vso[task.x]", "###[x", "#\x1b[m#vso[x]"]
)
def test_ci_system_takes_no_line_for_a_command(text: str) -> None:
    line = harmless(text)
    assert not line.lstrip().startswith("::") and "##" not in line
    assert set(line) >= set(printable(text)) - {" "}, "only what makes a command of it is changed"
