"""The worker that every supervisor keeps alive: a gRPC server with a health service.

`python worker.py SOCKET` serves on a Unix socket until SIGTERM.
"""

from __future__ import annotations

import signal
import sys
from concurrent.futures import ThreadPoolExecutor

import grpc
from grpc_health.v1 import health, health_pb2_grpc


def main() -> None:
    """Serve health checks until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = grpc.server(ThreadPoolExecutor(max_workers=4))
    health_pb2_grpc.add_HealthServicer_to_server(health.HealthServicer(), server)
    server.add_insecure_port(f"unix:{sys.argv[1]}")
    server.start()
    signal.pause()


if __name__ == "__main__":
    main()
