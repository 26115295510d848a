"""`heddle hook test`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from heddle_client.visible import visible
from heddle_supervisor.commands.options import Json, Repo, config_of
from heddle_supervisor.console import columns, print_result, reported_errors

if TYPE_CHECKING:
    from heddle_api.local.v1 import git_hook_pb2

_SECONDS: Final = 3_600.0


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
    from google.protobuf.json_format import MessageToDict

    from heddle_api.local.v1 import git_hook_pb2, git_hook_pb2_grpc
    from heddle_client.daemon import call
    from heddle_supervisor.errors import ExitCode

    as_json = as_json or context.obj
    with reported_errors(as_json=as_json):
        verdict = call(
            config_of(repo),
            lambda channel: git_hook_pb2_grpc.GitHookServiceStub(channel).TestHookEvent,
            git_hook_pb2.TestHookEventRequest(event_name=event, payload_json=payload),
            timeout=_SECONDS,
        )
        body = MessageToDict(
            verdict, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
        )
        print_result(_text(verdict), body, as_json=as_json)
    raise typer.Exit(int(ExitCode.FAILURE if verdict.vetoed else ExitCode.OK))


def _text(verdict: git_hook_pb2.HookVerdict) -> str:
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
    reason = "\n".join(map(visible, verdict.reason.split("\n")))
    return f"{table}\n\nvetoed by {visible(verdict.author)}: {reason}"
