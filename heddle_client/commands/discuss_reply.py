"""`heddle discuss reply`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from heddle_client.commands.discussing import Body, BodyFile, body_of, full_id, print_discussion
from heddle_client.commands.options import NoStart
from heddle_supervisor.commands.options import Json, Repo
from heddle_supervisor.console import reported_errors

if TYPE_CHECKING:
    from heddle_client.client import Client

_WIDTH: Final = 76
"""Cells of a line in the editor, besides the mark of a comment."""


def discuss_reply(
    context: typer.Context,
    discussion_id: Annotated[
        str, typer.Argument(metavar="ID", help="The discussion's id, or its beginning.")
    ],
    body: Body = None,
    file: BodyFile = None,
    repo: Repo = Path(),
    no_start: NoStart = False,
    as_json: Json = False,
) -> None:
    """Answer in a discussion, and print it. One that is settled stays settled.

    Without -m and -F, git's editor is opened; lines that begin with # are left out, and an empty
    text aborts.

    JSON KEYS. As of `heddle discuss show`.

    EXIT CODES. 0 answered; 1 there is no such discussion, nothing was said, or the daemon has
    refused; 3 no daemon runs, with --no-start; 5 it does not answer; 124 not in time; 2 wrong
    usage.
    """
    from heddle_client.commands.options import open_client

    as_json = as_json or context.obj
    with reported_errors(as_json=as_json), open_client(repo, start=not no_start) as client:
        wanted = full_id(client, discussion_id)
        # Only who writes in an editor is shown what was said before.
        hints = _hints(client, wanted) if body is None and file is None else ""
        with body_of(body, file, client.repository, hints) as text:
            found = client.discussions.append(wanted, text)
        print_discussion(found, as_json=as_json)


def _hints(client: Client, discussion_id: str) -> str:
    from heddle_client.rendering.discussion_text import discussion_lines
    from heddle_client.rendering.paint import plain

    said = discussion_lines(client.discussions.get(discussion_id), _WIDTH, plain)
    asked = "What is to be said in this discussion? Lines that begin with # are left out,"
    return "\n".join((asked, "and an empty text aborts.", "", *said))
