"""`heddle hook remove`."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Annotated, Final

import typer

from heddle_client.visible import visible
from heddle_supervisor.commands.options import Json, Repo, config_of
from heddle_supervisor.console import print_result, reported_errors

_SECONDS: Final = 10.0


def remove(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The name under which it was registered.")],
    repo: Repo = Path(),
    as_json: Json = False,
) -> None:
    """Remove a registered command.

    JSON KEYS. deleted: whether there was one.

    EXIT CODES. 0 it is not registered any more, or never was; 1 refused; 3 no daemon runs; 5 it
    does not answer; 2 wrong usage.
    """
    from heddle_api.v1 import hook_pb2, hook_pb2_grpc
    from heddle_client.daemon import call

    as_json = as_json or context.obj
    with reported_errors(as_json=as_json):
        reply = call(
            config_of(repo),
            lambda channel: hook_pb2_grpc.HookServiceStub(channel).DeregisterHook,
            hook_pb2.DeregisterHookRequest(name=name, client_operation_id=str(uuid.uuid4())),
            timeout=_SECONDS,
        )
        what = "removed" if reply.deleted else "was not registered"
        print_result(
            f"heddle hook: {visible(name)} {what}", {"deleted": reply.deleted}, as_json=as_json
        )
