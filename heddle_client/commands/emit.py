"""`heddle hook test`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heddle_client.commands.options import open_client
from heddle_client.visible import visible, visible_lines
from heddle_supervisor.commands.options import Json, Repo
from heddle_supervisor.console import columns, print_result, reported_errors

if TYPE_CHECKING:
    from heddle_client.values.git_hook import HookVerdict


def emit(
    context: typer.Context,
    event: Annotated[str, typer.Argument(help="The event, such as pre_capture.")],
    payload: Annotated[
        str, typer.Option("--payload", help="A JSON object; made up unless given.")
    ] = "",
    repo: Repo = Path(),
    as_json: Json = False,
) -> None:
    """Emit an event by hand, and say who answers what.

    Nothing happens in the repository, but the commands do run.

    JSON KEYS. vetoed, reason, author (of the veto), answers: author, event_name, outcome (passed,
    vetoed, failed, timed_out), detail, duration_ms, in the order in which they were asked.

    EXIT CODES. 0 nobody objects; 1 vetoed, or refused; 3 no daemon runs; 5 it does not answer;
    2 wrong usage.
    """
    from dataclasses import asdict

    from heddle_supervisor.errors import ExitCode

    as_json = as_json or context.obj
    with reported_errors(as_json=as_json), open_client(repo, start=False) as client:
        verdict = client.hooks.test(event, payload)
        print_result(_text(verdict), asdict(verdict), as_json=as_json)
    raise typer.Exit(int(ExitCode.FAILURE if verdict.vetoed else ExitCode.OK))


def _text(verdict: HookVerdict) -> str:
    if not verdict.answers:
        return "nobody listens"
    rows = [
        (
            visible(answer.author),
            answer.outcome,
            f"{answer.duration_ms} ms",
            visible(answer.detail),
        )
        for answer in verdict.answers
    ]
    table = columns([("WHO", "OUTCOME", "TOOK", "DETAIL"), *rows])
    if not verdict.vetoed:
        return table
    return f"{table}\n\nvetoed by {visible(verdict.author)}: {visible_lines(verdict.reason)}"
