"""`heddle hook log`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from heddle_client.visible import visible
from heddle_supervisor.commands.options import Json, Repo, config_of
from heddle_supervisor.console import print_result, reported_errors

if TYPE_CHECKING:
    from heddle_api.v1 import operation_log_pb2
    from heddle_supervisor.config import LocalDaemonConfig

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
    with reported_errors(as_json=as_json):
        for hit in _entries(config_of(repo), follow=follow):
            print_result(_line(hit), _entry(hit), as_json=as_json)


def _entries(
    config: LocalDaemonConfig, *, follow: bool
) -> Iterator[operation_log_pb2.OperationHit]:
    from heddle_api.v1 import operation_log_pb2, operation_log_pb2_grpc
    from heddle_client.daemon import stream

    request = operation_log_pb2.StreamOperationsRequest(
        query=operation_log_pb2.QueryOperationsRequest(verbs=VERBS), follow=follow
    )
    for hit in stream(
        config,
        lambda channel: (
            operation_log_pb2_grpc.OperationLogQueryServiceStub(channel).StreamOperations
        ),
        request,
    ):
        request.query.after_seq = hit.seq
        yield hit


def _line(hit: operation_log_pb2.OperationHit) -> str:
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(hit.timestamp_secs))
    verb = hit.verb.removeprefix("hook.")
    return f"{at}  {visible(verb):<15}  {visible(hit.detail)}".rstrip()


def _entry(hit: operation_log_pb2.OperationHit) -> dict[str, Any]:
    return {
        "seq": hit.seq,
        "time": hit.timestamp_secs,
        "verb": hit.verb,
        "actor_email": hit.actor_email,
        "operation_id": hit.operation_id,
        "thread": hit.thread,
        "detail": hit.detail,
    }
