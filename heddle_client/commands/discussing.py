"""What the commands of `heddle discuss` share: texts, ids, and how a discussion is printed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from heddle_client.visible import visible
from heddle_supervisor.console import print_result
from heddle_supervisor.errors import HeddleError

if TYPE_CHECKING:
    from heddle_client.client import Client
    from heddle_client.values import Discussion

Body = Annotated[
    str | None,
    typer.Option(
        "--message",
        "-m",
        metavar="BODY",
        help="What to say; `-` reads standard input.",
    ),
]
BodyFile = Annotated[
    Path | None,
    typer.Option("--file", "-F", metavar="FILE", help="A file with what to say; `-` as with -m."),
]

_STDIN: Final = "-"
_ID_LENGTH: Final = 36
_NAMED: Final = 3
_PAGE: Final = 1_024
_MOST_TEXT: Final = 1_048_576


class NoSuchDiscussionError(HeddleError):
    """An id, or the beginning of one, names no discussion, or several."""


class BodyError(HeddleError):
    """What to say cannot be read."""


@contextmanager
def body_of(given: str | None, file: Path | None, directory: Path, hints: str) -> Iterator[str]:
    """Give what a person wants to say: from the command line, a file, or an editor.

    Args:
        given: with -m.
        file: with -F.
        directory: whose git says which editor.
        hints: for the editor, what is being written.

    Raises:
        BodyError: a file cannot be read, or is no text in UTF-8.
        EditorError: there is no editor, or nothing was written.
    """
    if given is not None and file is not None:
        raise BodyError("give one of -m and -F")
    if given is not None and given != _STDIN:
        yield given
    elif given == _STDIN or file == Path(_STDIN):
        yield _decoded(sys.stdin.buffer.read(_MOST_TEXT), "standard input")
    elif file is not None:
        with file.open("rb") as opened:
            raw = opened.read(_MOST_TEXT)
        yield _decoded(raw, visible(str(file)))
    else:
        from heddle_client.editor import edited

        with edited(directory, hints) as text:
            yield text


def full_id(client: Client, given: str) -> str:
    """Return the id of the discussion that an id, or the beginning of one, names.

    Raises:
        NoSuchDiscussionError: it names none, or several.
    """
    if len(given) >= _ID_LENGTH:
        return given
    listed = every_page(
        lambda limit, after: client.discussions.by_state("HEAD", limit=limit, after_id=after)
    )
    found = [each.id for each in listed if each.id.startswith(given)]
    if not found:
        raise NoSuchDiscussionError(f"no discussion has an id that begins with '{visible(given)}'")
    if len(found) > 1:
        named = ", ".join(map(visible, found[:_NAMED]))
        more = " and others" if len(found) > _NAMED else ""
        raise NoSuchDiscussionError(f"'{visible(given)}' is ambiguous: {named}{more}")
    return found[0]


def every_page(ask: Callable[[int, str], Sequence[Discussion]]) -> list[Discussion]:
    """Return all discussions of a list, which may not fit into one reply.

    Args:
        ask: returns so many at most of those after the one with an id; of the first for no id.
    """
    from heddle_client.errors import ResourceExhaustedError

    found: list[Discussion] = []
    limit = _PAGE
    while True:
        try:
            page = ask(limit, found[-1].id if found else "")
        except ResourceExhaustedError:
            if limit == 1:
                raise
            limit = max(1, limit // 4)
            continue
        found += page
        if len(page) < limit:
            return found


def print_discussion(found: Discussion, *, as_json: bool) -> None:
    """Print one discussion with all its turns."""
    if as_json:
        from heddle_client.rendering.json_values import as_json as json_of

        print_result("", json_of(found), as_json=True)
        return
    from heddle_client.pager import screen_width
    from heddle_client.rendering.discussion_text import discussion_lines
    from heddle_client.rendering.paint import paint_for_output

    lines = discussion_lines(found, screen_width(), paint_for_output(), name=visible(found.id))
    print_result("\n".join(lines), {}, as_json=False)


def _decoded(raw: bytes, source: str) -> str:
    try:
        return raw.decode().strip("\n")
    except UnicodeDecodeError:
        raise BodyError(f"{source} is no text in UTF-8") from None
