"""A client that holds streams open and reads nothing more from them.

`python -m benchmarks.endurance.streams SOCKET` holds them while its standard input is open.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import grpc
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from benchmarks.echo_client import connect

_EACH: Final = 20
_WATCH: Final = "/grpc.health.v1.Health/Watch"
_REFLECT: Final = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"


def main() -> None:
    """Hold streams of both kinds, one that the server ends and one that it leaves to clients."""
    over = threading.Event()

    def requests() -> Iterator[bytes]:
        yield reflection_pb2.ServerReflectionRequest(list_services="").SerializeToString()
        over.wait()

    with connect(Path(sys.argv[1])) as channel:
        watch: grpc.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(_WATCH)
        reflect: grpc.StreamStreamMultiCallable[bytes, bytes] = channel.stream_stream(_REFLECT)
        check = health_pb2.HealthCheckRequest().SerializeToString()
        streams = [watch(check) for _ in range(_EACH)]
        streams += [reflect(requests()) for _ in range(_EACH)]
        for stream in streams:
            next(stream)
        print("open", flush=True)
        sys.stdin.read()
        over.set()
        for stream in streams:
            stream.cancel()


if __name__ == "__main__":
    main()
