"""Calls of `heddle.local.v1.DaemonService`."""

from __future__ import annotations

from typing import Final

from heddle_api.local.v1 import daemon_pb2
from heddle_client.calls import Call, Method, request
from heddle_client.values.daemon import Daemon

_GET: Final = Method(
    "/heddle.local.v1.DaemonService/GetDaemon", daemon_pb2.Daemon.FromString, Daemon.of
)


@request
def daemon(repo_path: str, *, timeout: float | None) -> Call[Daemon]:
    """Return the call that asks the daemon about itself."""
    return _GET.call(daemon_pb2.GetDaemonRequest(repo_path=repo_path), timeout)
