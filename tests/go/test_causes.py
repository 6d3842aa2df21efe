"""What the words of a proxy's 404 mean."""

import pytest

from goproxy_check.go.answers import Cause, cause

GIT = "git ls-remote -q origin in /tmp/x: exit status 128: fatal: "
WORDS = [
    ("", Cause.UNSAID),
    ("not found", Cause.UNSAID),
    ("not found: temporarily unavailable", Cause.UNSAID),
    ("not found: a@v1.0.0: invalid version: unknown revision v1.0.0", Cause.UNSAID),
    ('no matching versions for query "v1.0.0"', Cause.UNSAID),
    (f"{GIT}could not read Username for 'https://github.com': terminal prompts disabled", Cause.NO_LOGIN),
    (f"{GIT}Authentication failed for 'https://git.example/a/'", Cause.NO_LOGIN),
    ("git@git.example: Permission denied (publickey).", Cause.NO_LOGIN),
    ("ERROR: Repository not found. fatal: Could not read from remote repository.", Cause.NO_LOGIN),
    (f"{GIT}unable to access 'https://git.example/a/': Connection refused", Cause.NO_ORIGIN),
    (f"{GIT}unable to access 'https://git.example/a/': Could not resolve host: git.example", Cause.NO_ORIGIN),
    ("not found: fetch timed out", Cause.NO_ORIGIN),
    ('Get "https://git.example/a?go-get=1": dial tcp: lookup git.example: no such host', Cause.NO_ORIGIN),
    ("read tcp 127.0.0.1:1->127.0.0.1:2: i/o timeout", Cause.NO_ORIGIN),
    ("net/http: TLS handshake timeout", Cause.NO_ORIGIN),
    ("context deadline exceeded", Cause.NO_ORIGIN),
    ("Requested item is quarantined", Cause.POLICY),
    ("This version is too young (minimum age: 14 days)", Cause.POLICY),
    ("Blocked by policy", Cause.POLICY),
    ("download is not allowed", Cause.POLICY),
    # What comes first decides: a login is why the revision is unknown.
    ("unknown revision v1.0.0: could not read Password", Cause.NO_LOGIN),
]


@pytest.mark.parametrize(("words", "wanted"), WORDS)
def test_cause(words: str, wanted: Cause) -> None:
    assert cause(words) is wanted
    assert cause(words.upper()) is wanted


@pytest.mark.parametrize("words", ["politeness", "module github.com/acme/network not found", "not found: v1.0.0"])
def test_words_that_only_look_alike(words: str) -> None:
    assert cause(words) is Cause.UNSAID
