"""`heddle discuss open`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heddle_client.commands.discussing import Body, BodyFile, body_of, print_discussion
from heddle_client.commands.options import NoStart
from heddle_supervisor.commands.options import Json, Repo
from heddle_supervisor.console import reported_errors


def discuss_open(
    context: typer.Context,
    symbol: Annotated[
        str,
        typer.Argument(metavar="FILE:SYMBOL", help="What it is about; FILE alone is a whole file."),
    ],
    body: Body = None,
    file: BodyFile = None,
    state: Annotated[str, typer.Option("--state", help="The commit that has the symbol.")] = "HEAD",
    visibility: Annotated[
        str, typer.Option("--visibility", help="public, internal, team_scoped or restricted.")
    ] = "",
    thread_ref: Annotated[
        str, typer.Option("--ref", help="What else it belongs to, such as a ticket.")
    ] = "",
    repo: Repo = Path(),
    no_start: NoStart = False,
    as_json: Json = False,
) -> None:
    """Open a discussion about a symbol, and print it.

    Without -m and -F, git's editor is opened; lines that begin with # are left out, and an empty
    text aborts.

    JSON KEYS. As of `heddle discuss show`.

    EXIT CODES. 0 opened; 1 there is no such symbol or state, nothing was said, or the daemon has
    refused; 3 no daemon runs, with --no-start; 5 it does not answer; 124 not in time; 2 wrong
    usage.
    """
    from heddle_client.commands.options import open_client
    from heddle_client.symbol_names import file_and_symbol

    as_json = as_json or context.obj
    with reported_errors(as_json=as_json), open_client(repo, start=not no_start) as client:
        path, name = file_and_symbol(symbol, client.repository)
        hints = f"What is to be said about {symbol}? Lines that begin with # are left out,\n"
        with body_of(body, file, client.repository, f"{hints}and an empty text aborts.") as text:
            found = client.discussions.open(
                path, name, text, state=state, visibility=visibility, thread_ref=thread_ref
            )
        print_discussion(found, as_json=as_json)
