"""Has a person write a text in the editor that git would use."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from heddle_client.git_command import GitError, git
from heddle_client.visible import visible
from heddle_supervisor.console import print_message
from heddle_supervisor.errors import HeddleError

_NAME: Final = "HEDDLE_EDITMSG"
_COMMENT: Final = "#"


class EditorError(HeddleError):
    """There is no editor, it has failed, or nothing was written with it."""


@contextmanager
def edited(directory: Path, hints: str) -> Iterator[str]:
    """Give what a person writes, without comment lines; it is not lost if the block fails.

    Args:
        directory: whose git says which editor.
        hints: what is told to the writer, as comments below the empty text.

    Raises:
        EditorError: there is none, it has failed, or there is no text.
    """
    command = _editor(directory)
    place = Path(tempfile.mkdtemp(prefix="heddle-"))
    path = place / _NAME
    comments = "".join(f"{_COMMENT} {visible(line)}".rstrip() + "\n" for line in hints.split("\n"))
    path.write_text(f"\n{comments}", encoding="utf-8")
    try:
        text = _written(command, path)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    try:
        yield text
    except BaseException:
        print_message(f"what you wrote is kept in {visible(str(path))}")
        raise
    shutil.rmtree(place, ignore_errors=True)


def without_comments(text: str) -> str:
    """Return a text without the lines that begin with `#`, and without empty ones around it."""
    kept = (line.rstrip() for line in text.splitlines() if not line.startswith(_COMMENT))
    return "\n".join(kept).strip("\n")


def _editor(directory: Path) -> str:
    # For a dumb terminal git names an editor only if one was chosen. No terminal is as dumb.
    terminal = {} if sys.stdin.isatty() else {"TERM": "dumb"}
    try:
        return os.fsdecode(git(directory, "var", "GIT_EDITOR", environment=terminal)).strip()
    except GitError:
        raise EditorError(
            "there is no terminal for an editor: give the text with -m, or in a file with -F"
        ) from None


def _written(command: str, path: Path) -> str:
    # As git does it: the editor is a piece of shell, and the file its last argument.
    words: list[str | Path] = ["/bin/sh", "-c", f'{command} "$@"', command, path]
    code = subprocess.call(words)  # noqa: S603 - the user's own editor
    if code:
        raise EditorError(f"the editor '{visible(command)}' has ended with {code}")
    try:
        text = without_comments(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise EditorError("what the editor has written is not UTF-8") from None
    if not text.strip():
        raise EditorError("nothing was written, so nothing is done")
    return text
