"""`heddle signatures`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heddle_client.commands.options import NoStart
from heddle_supervisor.commands.options import Json, Repo
from heddle_supervisor.console import print_result, reported_errors


def signatures(
    context: typer.Context,
    state: Annotated[
        str, typer.Argument(metavar="[STATE]", help="A commit, as git names it.")
    ] = "HEAD",
    repo: Repo = Path(),
    no_start: NoStart = False,
    as_json: Json = False,
) -> None:
    """List the signatures that hold for a state, those carried from other states included.

    JSON KEYS. signatures, carried: signature_id, actor_name, actor_email, kind (read,
    agent_preview, agent_co_review), scope: whole_change or symbols, of which one is not null;
    justification, signed_at (RFC 3339), algorithm, public_key, signature, signed_state_id
    (hexadecimal).

    EXIT CODES. 0 listed; 1 there is no such state, or the daemon has refused; 3 no daemon runs,
    with --no-start; 5 it does not answer; 124 not in time; 2 wrong usage.
    """
    from heddle_client.commands.options import open_client
    from heddle_client.pager import screen_width, show
    from heddle_client.rendering.json_values import as_json as json_of
    from heddle_client.rendering.paint import paint_for_output
    from heddle_client.rendering.signature_text import signatures_text

    as_json = as_json or context.obj
    with reported_errors(as_json=as_json), open_client(repo, start=not no_start) as client:
        found = client.signatures(state)
        if as_json:
            print_result("", json_of(found), as_json=True)
        elif not (found.signatures or found.carried):
            print_result("nobody has signed it", {}, as_json=False)
        else:
            show(
                signatures_text(found, width=screen_width(), paint=paint_for_output()),
                client.repository,
            )
