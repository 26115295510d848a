"""How a benchmark's own server lives: one line when it listens, its end with standard input.

The parent holds the other end of that pipe, so a server cannot outlive it, however it ends.
"""

from __future__ import annotations

import asyncio
import sys

import grpc


async def serve_aio(server: grpc.aio.Server) -> None:
    """Serve until standard input ends."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), ended.set)
    await server.start()
    print("listening", flush=True)
    await ended.wait()
    await server.stop(None)


def serve_threaded(server: grpc.Server) -> None:
    """Serve until standard input ends."""
    server.start()
    print("listening", flush=True)
    sys.stdin.read()
    server.stop(None).wait()
