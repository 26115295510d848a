"""`heddle discuss list`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from heddle_client.commands.options import NoStart
from heddle_supervisor.commands.options import Json, Repo
from heddle_supervisor.console import print_result, reported_errors


class Status(StrEnum):
    """How discussions stand."""

    OPEN = "open"
    RESOLVED = "resolved"
    ORPHANED = "orphaned"


_Symbol = Annotated[
    str,
    typer.Argument(metavar="[FILE:SYMBOL]", help="Only those about this symbol, as it is in HEAD."),
]
_State = Annotated[
    str | None, typer.Option("--state", help="Where they are in this commit; else in HEAD.")
]
_Status = Annotated[
    Status | None, typer.Option("--status", help="Only those that stand like this.")
]


def discuss_list(
    context: typer.Context,
    symbol: _Symbol = "",
    state: _State = None,
    status: _Status = None,
    repo: Repo = Path(),
    no_start: NoStart = False,
    as_json: Json = False,
) -> None:
    """List discussions in the order of opening, each with its first words.

    An id is shown as short as it tells the discussion from the others of the list.

    JSON KEYS. discussions: as of `heddle discuss show`.

    EXIT CODES. 0 listed; 1 there is no such state, or the daemon has refused; 3 no daemon runs,
    with --no-start; 5 it does not answer; 124 not in time; 2 wrong usage.
    """
    from heddle_client.commands.discussing import every_page
    from heddle_client.commands.options import open_client
    from heddle_client.pager import screen_width, show
    from heddle_client.rendering.discussion_text import discussions_text
    from heddle_client.rendering.json_values import as_json as json_of
    from heddle_client.rendering.paint import paint_for_output
    from heddle_client.symbol_names import file_and_symbol

    as_json = as_json or context.obj
    if symbol and state is not None:
        raise typer.BadParameter("give one of FILE:SYMBOL and --state")
    wanted = status.value if status is not None else ""
    with reported_errors(as_json=as_json), open_client(repo, start=not no_start) as client:
        if symbol:
            file, name = file_and_symbol(symbol, client.repository)
            found = every_page(
                lambda limit, after: client.discussions.by_symbol(
                    file, name, status=wanted, limit=limit, after_id=after
                )
            )
        else:
            where = "HEAD" if state is None else state
            found = every_page(
                lambda limit, after: client.discussions.by_state(
                    where, status=wanted, limit=limit, after_id=after
                )
            )
        if as_json:
            print_result("", {"discussions": json_of(found)}, as_json=True)
        elif not found:
            print_result("there are no such discussions", {}, as_json=False)
        else:
            text = discussions_text(found, width=screen_width(), paint=paint_for_output())
            show(text, client.repository)
