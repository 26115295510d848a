"""`heddle discuss resolve`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heddle_client.commands.discussing import full_id, print_discussion
from heddle_client.commands.options import NoStart
from heddle_supervisor.commands.options import Json, Repo
from heddle_supervisor.console import reported_errors

_DiscussionId = Annotated[
    str, typer.Argument(metavar="ID", help="The discussion's id, or its beginning.")
]
_Dismiss = Annotated[
    str | None,
    typer.Option("--dismiss", metavar="REASON", help="Nothing needs to be done, since REASON."),
]
_ByEdit = Annotated[
    str | None,
    typer.Option("--by-edit", metavar="STATE", help="The change of that state settled it."),
]
_Into = Annotated[
    tuple[str, str] | None,
    typer.Option(
        "--into",
        metavar="KIND TEXT",
        help="Write TEXT down about the symbol, as a constraint, invariant or rationale.",
    ),
]
_Tags = Annotated[
    list[str] | None,
    typer.Option("--tag", help="A label of what is written down; more than once for more."),
]


def discuss_resolve(
    context: typer.Context,
    discussion_id: _DiscussionId,
    dismiss: _Dismiss = None,
    by_edit: _ByEdit = None,
    into: _Into = None,
    tags: _Tags = None,
    repo: Repo = Path(),
    no_start: NoStart = False,
    as_json: Json = False,
) -> None:
    """Settle a discussion in one of three ways, and print it.

    JSON KEYS. As of `heddle discuss show`.

    EXIT CODES. 0 settled; 1 there is no such discussion or state, it was settled before, or the
    daemon has refused; 3 no daemon runs, with --no-start; 5 it does not answer; 124 not in time;
    2 wrong usage.
    """
    from heddle_client.commands.options import open_client

    as_json = as_json or context.obj
    if sum(each is not None for each in (dismiss, by_edit, into)) != 1:
        raise typer.BadParameter("give one of --dismiss, --by-edit and --into")
    if tags and into is None:
        raise typer.BadParameter("--tag goes with --into")
    with reported_errors(as_json=as_json), open_client(repo, start=not no_start) as client:
        wanted = full_id(client, discussion_id)
        if dismiss is not None:
            found = client.discussions.dismiss(wanted, dismiss)
        elif by_edit is not None:
            found = client.discussions.resolve_by_edit(wanted, by_edit)
        else:
            kind, text = into or ("", "")
            found = client.discussions.resolve_into_annotation(
                wanted, kind, text, tags=tuple(tags or ())
            )
        print_discussion(found, as_json=as_json)
