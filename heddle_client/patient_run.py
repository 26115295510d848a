"""A run of a hook that could not be answered at once: by way of gRPC, which knows why."""

from __future__ import annotations

from pathlib import Path

from heddle_api.local.v1 import git_hook_pb2, git_hook_pb2_grpc
from heddle_client.daemon import call
from heddle_client.swift_wire import Verdict
from heddle_supervisor.config import LocalDaemonConfig


def ask_patiently(heddle_dir: str, request: bytes, *, timeout: float) -> Verdict:
    """Return the daemon's verdict, whichever of its workers gives it.

    Raises:
        HeddleError: as `heddle_client.daemon.call`.
    """
    reply = call(
        LocalDaemonConfig.for_heddle_dir(Path(heddle_dir)),
        lambda channel: git_hook_pb2_grpc.GitHookServiceStub(channel).RunGitHook,
        git_hook_pb2.RunGitHookRequest.FromString(request),
        timeout=timeout,
    )
    return Verdict.decode(reply.SerializeToString())
