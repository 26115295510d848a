"""`heddle hook log`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from heddle_client.commands.options import open_client
from heddle_client.visible import visible
from heddle_supervisor.commands.options import Json, Repo
from heddle_supervisor.console import print_result, reported_errors

if TYPE_CHECKING:
    from heddle_client.values.operation_log import OperationHit

VERBS: Final = (
    "hook.register_hook",
    "hook.deregister_hook",
    "hook.respond_to_hook",
    "hook.run",
    "hook.veto",
    "hook.failure",
    "hook.extra_signals",
)
"""Of the entries that are about hooks."""


def log(
    context: typer.Context,
    repo: Repo = Path(),
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with each new entry, until interrupted.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Print what the operation log tells of hooks, the oldest entry first.

    With --follow it goes on when a worker of the daemon is replaced, and leaves nothing out.

    JSON KEYS. One object a line: seq, time (unix seconds), verb, actor_email, operation_id, thread,
    detail.

    EXIT CODES. 0 printed; 3 no daemon runs; 5 it does not answer; 1 refused; 2 wrong usage;
    130 interrupted.
    """
    as_json = as_json or context.obj
    with reported_errors(as_json=as_json), open_client(repo, start=False) as client:
        for hit in client.operations(follow=follow, verbs=VERBS):
            print_result(_line(hit), _entry(hit), as_json=as_json)


def _line(hit: OperationHit) -> str:
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(hit.timestamp_secs))
    verb = hit.verb.removeprefix("hook.")
    return f"{at}  {visible(verb):<15}  {visible(hit.detail)}".rstrip()


def _entry(hit: OperationHit) -> dict[str, Any]:
    return {
        "seq": hit.seq,
        "time": hit.timestamp_secs,
        "verb": hit.verb,
        "actor_email": hit.actor_email,
        "operation_id": hit.operation_id,
        "thread": hit.thread,
        "detail": hit.detail,
    }
