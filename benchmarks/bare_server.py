"""The floor of a start: an interpreter that imports what the daemon does and answers `Check`.

`python -m benchmarks.bare_server SOCKET` serves on a Unix socket while its standard input is open.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
from typing import Final

import grpc
from grpc_health.v1 import health, health_pb2_grpc

from benchmarks.lifeline import serve_aio

_WHAT_THE_DAEMON_IMPORTS: Final = ("apsw", "filelock", "psutil", "pygit2", "typer")


async def main() -> None:
    """Serve health checks until standard input ends."""
    for name in _WHAT_THE_DAEMON_IMPORTS:
        importlib.import_module(name)
    server = grpc.aio.server()
    health_pb2_grpc.add_HealthServicer_to_server(health.aio.HealthServicer(), server)
    server.add_insecure_port(f"unix:{sys.argv[1]}")
    await serve_aio(server)


if __name__ == "__main__":
    asyncio.run(main())
