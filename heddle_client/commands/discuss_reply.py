"""`heddle discuss reply`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heddle_client.commands.discussing import Body, BodyFile, body_of, full_id, print_discussion
from heddle_client.commands.options import NoStart
from heddle_supervisor.commands.options import Json, Repo
from heddle_supervisor.console import reported_errors


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
        hints = f"What is to be said in {wanted}? Lines that begin with # are left out,\n"
        with body_of(body, file, client.repository, f"{hints}and an empty text aborts.") as text:
            found = client.discussions.append(wanted, text)
        print_discussion(found, as_json=as_json)
