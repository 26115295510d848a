"""What a model may name: states, paths and identifiers that can only mean what they say.

This is the one place where arguments are checked. The daemon checks again for itself; here, what
looks like an option, a range, a search or a way out of the repository does not even get there.
"""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path, PurePosixPath
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from heddle_mcp.limits import (
    MAX_BODY_CHARACTERS,
    MAX_PATH_CHARACTERS,
    MAX_PATHS,
    MAX_STATE_CHARACTERS,
)
from heddle_mcp.refusals import Refusal

_STATE: Final = re.compile(r"[!-~]+")
# `^{commit}` and the like peel; `@{1}` and `@{upstream}` look at a reflog or a configuration.
_NOT_IN_A_STATE: Final = re.compile(r"\.\.|[:?*\[\\`$;&|<>'\"()!]|\^\{(?!commit\}|\})|@\{-")
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,199}")
_NEVER_SERVED: Final = (".git", ".heddle")
_KEPT_CONTROLS: Final = "\n\t\r"


def checked_state(text: str) -> str:
    """Return the text of a state; empty is the worktree.

    Raises:
        ValueError: it is not one commit's id or name.
    """
    if not text:
        return text
    if text.startswith("-"):
        raise ValueError("it begins with a dash, which no state does; name a commit or a branch")
    if not _STATE.fullmatch(text):
        raise ValueError("it has spaces, control or non-ASCII characters; name the commit's id")
    if found := _NOT_IN_A_STATE.search(text):
        raise ValueError(f"'{found[0]}' is not allowed in it; name one commit by id or branch")
    return text


def checked_identifier(text: str) -> str:
    """Return an identifier that an earlier answer has given.

    Raises:
        ValueError: it cannot be one.
    """
    if not _IDENTIFIER.fullmatch(text):
        raise ValueError("that is no identifier; give one back as an earlier answer wrote it")
    return text


def checked_optional_identifier(text: str) -> str:
    """Return an identifier, or the empty text that stands for none.

    Raises:
        ValueError: it can be neither.
    """
    return checked_identifier(text) if text else text


def checked_name(text: str) -> str:
    """Return a name in one line, such as a symbol's or a branch's.

    Raises:
        ValueError: it is blank, has control characters, or begins with a dash.
    """
    if not text.strip():
        raise ValueError("it is blank")
    if text.startswith("-"):
        raise ValueError("it begins with a dash")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise ValueError("it has control characters or line breaks")
    return text


def checked_body(text: str) -> str:
    """Return text of several lines.

    Raises:
        ValueError: it is blank, or has control characters other than line breaks and tabs.
    """
    if not text.strip():
        raise ValueError("it is blank")
    return checked_words(text)


def checked_words(text: str) -> str:
    """Return text of several lines, which may be empty.

    Raises:
        ValueError: it has control characters other than line breaks and tabs.
    """
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cs") and character not in _KEPT_CONTROLS:
            raise ValueError("it has control characters other than line breaks and tabs")
    return text


def path_inside(root: Path, text: str) -> str:
    """Return a path from the served worktree's root, with forward slashes; `.` is the root.

    Nothing has to be there. An absolute path is taken if it leads into the worktree.

    Raises:
        Refusal: it leads out of the worktree, by itself or by a symbolic link, or into git's or
            heddle's own directory, or is not a path at all.
    """
    try:
        checked_name(text)
    except ValueError as error:
        raise Refusal(f"path {text!r} is refused: {error}") from None
    path = PurePosixPath(text)
    if ".." in path.parts:
        raise Refusal(f"path {text!r} is refused: write it without '..', from {root}")
    if path.is_absolute():
        path = _from_root(root, path, text)
    if path.parts and path.parts[0].lower().rstrip(". ") in _NEVER_SERVED:
        raise Refusal(f"path {text!r} is refused: {path.parts[0]} is not the worktree's")
    _require_no_way_out(root, path, text)
    if str(path).startswith("-"):
        raise Refusal(f"path {text!r} is refused: it begins with a dash; name its directory, '.'")
    return str(path)


def _from_root(root: Path, path: PurePosixPath, text: str) -> PurePosixPath:
    """Return an absolute path from the root on, which it may name by a symbolic link."""
    if path.is_relative_to(root):
        return path.relative_to(root)
    real = PurePosixPath(os.path.realpath(path.parent), path.name)
    if not real.is_relative_to(root):
        raise Refusal(f"path {text!r} is not in the served worktree, {root}")
    return real.relative_to(root)


def _require_no_way_out(root: Path, path: PurePosixPath, text: str) -> None:
    """Refuse what symbolic links lead out of the worktree; what a last one leads to is no matter.

    A link that is the last part is itself what the path means.
    """
    inside = Path(os.path.realpath(root))
    try:
        parent = Path(os.path.realpath(root / path.parent))
    except (OSError, ValueError) as error:
        raise Refusal(f"path {text!r} is refused: {error}") from None
    if not parent.is_relative_to(inside):
        raise Refusal(f"path {text!r} leads out of the served worktree by a symbolic link")
    for directory in (".git", ".heddle"):
        if parent.is_relative_to(inside / directory):
            raise Refusal(f"path {text!r} leads into {directory} by a symbolic link")


_STATE_HELP: Final = (
    "A commit's id (full, or as far as it is unique), a branch, a tag, HEAD, HEAD~2. "
    "No ranges, no searches."
)
State = Annotated[
    str,
    Field(max_length=MAX_STATE_CHARACTERS, description=_STATE_HELP),
    AfterValidator(checked_state),
]
Identifier = Annotated[str, AfterValidator(checked_identifier)]
OptionalIdentifier = Annotated[str, AfterValidator(checked_optional_identifier)]
Name = Annotated[str, Field(max_length=MAX_PATH_CHARACTERS), AfterValidator(checked_name)]
Body = Annotated[str, Field(max_length=MAX_BODY_CHARACTERS), AfterValidator(checked_body)]
Words = Annotated[str, Field(max_length=MAX_BODY_CHARACTERS), AfterValidator(checked_words)]
FilePath = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_PATH_CHARACTERS,
        description="Path from the worktree's root, with forward slashes.",
    ),
]
FilePaths = Annotated[list[FilePath], Field(min_length=1, max_length=MAX_PATHS)]
