from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numstat import run_git

from heddle_worker.repository.messages import parse_message

LINES = st.sampled_from(
    [
        "",
        " ",
        "Fix the loop",
        "It ran once too often.",
        "Signed-off-by: Ada <ada@example.com>",
        "Reviewed-by: Bob",
        "Closes : #12",
        "Empty:",
        "a folded: one",
        "Long: begins",
        " and goes on",
        "\tand on",
        "# a comment",
        "(cherry picked from commit 0123)",
        "---",
        "--- a divider",
        "---x",
        "no trailer here",
        "http://example.com/a",
        "Ünder: value",
        ": nothing",
        "- Item: value",
    ]
)


def trailers_by_git(message: str) -> list[str]:
    words = ["git", "interpret-trailers", "--parse"]
    done = subprocess.run(words, check=True, input=message.encode(), capture_output=True)
    return done.stdout.decode().splitlines()


@given(st.lists(LINES, max_size=12).map("\n".join), st.booleans())
@example("subject\n\nToken: value\n# comment\n\n\n", True)
@example("subject\nToken: value", False)
@example("Token: value", False)
def test_trailers_are_those_that_git_finds(message: str, has_end: bool) -> None:
    message += "\n" if has_end else ""
    found = parse_message(message.encode(), None).trailers
    shown = [f"{token}: {value}" for token, value in found]
    assert [line.strip() for line in shown] == [line.strip() for line in trailers_by_git(message)]


@pytest.mark.parametrize(
    ("message", "subject", "body"),
    [
        ("one", "one", ""),
        ("\n \n one \ntwo\n\n\nthree\n\nfour\n\n", " one two", "three\n\nfour"),
        ("", "", ""),
        ("\n\n", "", ""),
        ("a\r\n\r\nb\r\n", "a", "b"),
    ],
)
def test_a_message_has_a_subject_and_a_body(message: str, subject: str, body: str) -> None:
    parsed = parse_message(message.encode(), None)
    assert (parsed.subject, parsed.body) == (subject, body)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty repository."""
    root = tmp_path_factory.mktemp("messages")
    run_git(root, "init", "--quiet")
    return root


@given(message=st.lists(LINES, max_size=8).map("\n".join))
def test_the_subject_is_git_s(root: Path, message: str) -> None:
    tree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
    raw = f"tree {tree}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\n{message}".encode()
    commit = (
        run_git(root, "hash-object", "-t", "commit", "-w", "--stdin", given=raw).decode().strip()
    )
    subject = run_git(root, "log", "-1", "--format=%s", commit).decode()
    assert parse_message(message.encode(), None).subject == subject.removesuffix("\n")


@pytest.mark.parametrize(
    ("raw", "encoding", "subject"),
    [
        ("Grüße".encode("latin-1"), "ISO-8859-1", "Grüße"),
        ("Grüße".encode("latin-1"), None, r"Gr\374\337e"),
        ("Grüße".encode("latin-1"), "no-such-thing", r"Gr\374\337e"),
        ("日本".encode("shift_jis"), "shift_jis", "日本"),
        (b"\xff", "shift_jis", "�"),
        (b"abc", "rot13", "abc"),
        (b"abc", "zlib", "abc"),
        (rb"\ud800", "unicode_escape", r"\ud800"),
        (b"a\xff", "UTF-8", r"a\377"),
    ],
)
def test_a_message_in_any_encoding_is_text(raw: bytes, encoding: str | None, subject: str) -> None:
    parsed = parse_message(raw, encoding)
    assert parsed.subject == subject
    assert parsed.subject.encode()
