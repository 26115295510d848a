"""Asks a daemon through its socket how it is, as a client would."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any, Final

import grpc
from google.protobuf.json_format import MessageToDict
from grpc_health.v1 import health_pb2

from heddle_api.local.v1 import daemon_pb2, daemon_pb2_grpc
from heddle_supervisor.peer_credentials import check_peer_uid_matches_self
from heddle_worker.serving.socket_address import grpc_address

_CONNECT_SECONDS: Final = 0.5


def probe_health(socket_path: Path, *, timeout: float) -> str:
    """Return what `grpc.health.v1.Health/Check` answers for the whole server.

    That is the name of a serving status, or `unreachable: …` with the reason.

    Args:
        socket_path: the daemon's socket.
        timeout: seconds to wait for the reply.
    """
    try:
        _require_own_server(socket_path)
    except OSError as error:
        return f"unreachable: {error.strerror or error}"
    with grpc.insecure_channel(grpc_address(socket_path)) as channel:
        try:
            check = channel.unary_unary(
                "/grpc.health.v1.Health/Check",
                request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
                response_deserializer=health_pb2.HealthCheckResponse.FromString,
            )
            reply = check(health_pb2.HealthCheckRequest(), timeout=timeout)
        except grpc.RpcError as error:
            return f"unreachable: {error.code().name}: {error.details()}"
    return str(health_pb2.HealthCheckResponse.ServingStatus.Name(reply.status))


def probe_daemon(socket_path: Path, *, timeout: float) -> dict[str, Any] | None:
    """Return what `heddle.local.v1.DaemonService/GetDaemon` answers, as JSON values."""
    with grpc.insecure_channel(grpc_address(socket_path)) as channel:
        try:
            reply = daemon_pb2_grpc.DaemonServiceStub(channel).GetDaemon(
                daemon_pb2.GetDaemonRequest(), timeout=timeout
            )
        except grpc.RpcError:
            return None
    return dict(MessageToDict(reply, preserving_proto_field_name=True))


def _require_own_server(socket_path: Path) -> None:
    """Refuse to talk to a server that is another user's, wherever the path has led."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_CONNECT_SECONDS)
        connection.connect(str(socket_path))
        check_peer_uid_matches_self(connection)
