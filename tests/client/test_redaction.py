"""Redacted text: no name is left in it, and what is no name stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heddle_client.redaction import Redactor

NAMES = {"ada": "user", "topic/one": "ref", "my file.txt": "file", "secret.py": "file"}
PLACES = {"/home/ada": "~", "/home/ada/src/r": "<repository>"}


def redactor() -> Redactor:
    return Redactor(names=NAMES, places=PLACES, code={"/usr/lib/python": "<python>"})


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("by ada, and ada again", "by <user-1>, and <user-1> again"),
        ("canada", "canada"),
        ("on topic/one.", "on <ref-1>."),
        ("in /home/ada/src/r/a/b.py:3", "in <repository>/<path-1>:3"),
        ("in /home/ada/x and /home/ada", "in ~/<path-1> and ~"),
        ("/home/adam/x", "<path-1>"),
        ("'/home/ada/src/r/.heddle/state/heddle.db'", "'<repository>/.heddle/state/heddle.db'"),
        ('File "/usr/lib/python/asyncio/x.py", line 3', 'File "<python>/asyncio/x.py", line 3'),
        ("/home/ada/src/r/my file.txt", "<repository>/<path-1>"),
        ("about my file.txt.", "about <file-1>."),
        ("secret.py a/secret.py", "<file-1> <path-1>"),
        ("Ada <ada@example.com>", "Ada <<email-1>>"),
        ("https://u:p@h/x?q=1 http://h", "<url-1> <url-2>"),
        ("/heddle.v1.HookService/ListHooks took 3", "/heddle.v1.HookService/ListHooks took 3"),
        ("3 / 4, version 0.1.0, 2026-11-24", "3 / 4, version 0.1.0, 2026-11-24"),
    ],
)
def test_names_become_tokens(text: str, wanted: str) -> None:
    assert redactor().redact(text) == wanted


def test_equal_names_have_equal_tokens() -> None:
    one = redactor()
    assert one.redact("a/b c/d") == "<path-1> <path-2>"
    assert one.redact("c/d a/b") == "<path-2> <path-1>"


@given(
    before=st.text(max_size=10),
    after=st.text(max_size=10),
    name=st.sampled_from([*NAMES, "/home/ada/src/r/deep/down", "bob@example.org"]),
)
def test_no_name_is_left_whatever_is_around_it(before: str, after: str, name: str) -> None:
    text = f"{before} {name} {after}"
    redacted = redactor().redact(text)
    assert f" {name} " not in redacted
    assert "deep" not in redacted
