"""`heddle discuss show`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heddle_client.commands.discussing import full_id, print_discussion
from heddle_client.commands.options import NoStart
from heddle_supervisor.commands.options import Json, Repo
from heddle_supervisor.console import reported_errors


def discuss_show(
    context: typer.Context,
    discussion_id: Annotated[
        str, typer.Argument(metavar="ID", help="The discussion's id, or its beginning.")
    ],
    repo: Repo = Path(),
    no_start: NoStart = False,
    as_json: Json = False,
) -> None:
    """Print a discussion with all its turns.

    JSON KEYS. id, anchor and opened_anchor: file, symbol; opened_against_state (hexadecimal),
    opened_at (RFC 3339), thread_ref, turns: author_name, author_email, body, posted_at; resolution:
    open, into_annotation: annotation_id, by_edit: state_id, dismissed: reason, of which one is not
    null; body_changed_since_open, orphaned, visibility, resolved_annotation_id, start_line,
    end_line. Those in a review have no thread_ref, resolved_annotation_id and opened_anchor.

    EXIT CODES. 0 shown; 1 there is no such discussion, or the daemon has refused; 3 no daemon runs,
    with --no-start; 5 it does not answer; 124 not in time; 2 wrong usage.
    """
    from heddle_client.commands.options import open_client

    as_json = as_json or context.obj
    with reported_errors(as_json=as_json), open_client(repo, start=not no_start) as client:
        found = client.discussions.get(full_id(client, discussion_id))
        print_discussion(found, as_json=as_json)
