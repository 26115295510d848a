"""The servers that `transport` compares: one small service, served in three ways.

`python -m benchmarks.echo_server KIND SOCKET` serves on a Unix socket while its standard input is
open.
"""

from __future__ import annotations

import asyncio
import enum
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import grpc

from benchmarks.lifeline import serve_aio, serve_threaded

SERVICE: Final = "benchmarks.Echo"
MOST_STREAMS: Final = 500
_UNARY_THREADS: Final = 16
_BLOCK_SIZE: Final = 4096


class Kind(enum.StrEnum):
    """How the service is served."""

    AIO = "aio"
    THREADED = "threaded"
    CALLBACK = "callback"
    """Threaded, but its streams hold no thread: an undocumented attribute of their handler."""


class Method(enum.StrEnum):
    """What the service offers; requests and replies are plain bytes."""

    ECHO = "Echo"
    READ_INLINE = "ReadInline"
    """A small blocking read, made by the handler itself."""
    READ_IN_EXECUTOR = "ReadInExecutor"
    """The same read, handed to a thread and awaited. Served by the aio server only."""
    WAIT = "Wait"
    """A server stream: one message when it is open, then nothing until the client leaves."""

    @property
    def path(self) -> str:
        """The full name that a client calls."""
        return f"/{SERVICE}/{self}"


class _Block:
    """The small blocking work: a page read from a file that the page cache holds."""

    def __init__(self) -> None:
        self._descriptor = os.open(__file__, os.O_RDONLY)

    def read(self) -> bytes:
        return os.pread(self._descriptor, _BLOCK_SIZE, 0)


class _AioEcho:
    def __init__(self) -> None:
        self._block = _Block()
        self._executor = ThreadPoolExecutor(max_workers=1)

    async def echo(self, request: bytes, _: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
        return request

    async def read_inline(self, _: bytes, __: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
        return self._block.read()

    async def read_in_executor(self, _: bytes, __: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._block.read)

    async def wait(self, _: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> None:
        await context.write(b"open")
        await asyncio.get_running_loop().create_future()


class _ThreadedEcho:
    def __init__(self) -> None:
        self._block = _Block()

    def echo(self, request: bytes, _: grpc.ServicerContext) -> bytes:
        return request

    def read_inline(self, _: bytes, __: grpc.ServicerContext) -> bytes:
        return self._block.read()

    def wait(self, _: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        left = threading.Event()
        context.add_callback(left.set)
        yield b"open"
        left.wait()


class _CallbackWait:
    """A stream's handler that returns at once; the stream stays open until told otherwise."""

    experimental_non_blocking = True

    def __call__(
        self, _: bytes, __: grpc.ServicerContext, send: Callable[[bytes | None], None]
    ) -> None:
        send(b"open")


async def _aio(address: str) -> None:
    service = _AioEcho()
    server = grpc.aio.server()
    handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
        Method.ECHO: grpc.unary_unary_rpc_method_handler(service.echo),
        Method.READ_INLINE: grpc.unary_unary_rpc_method_handler(service.read_inline),
        Method.READ_IN_EXECUTOR: grpc.unary_unary_rpc_method_handler(service.read_in_executor),
        Method.WAIT: grpc.unary_stream_rpc_method_handler(service.wait),
    }
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, handlers)])
    server.add_insecure_port(address)
    await serve_aio(server)


def _threaded(address: str, *, callback_streams: bool) -> None:
    service = _ThreadedEcho()
    threads = _UNARY_THREADS if callback_streams else _UNARY_THREADS + MOST_STREAMS
    server = grpc.server(ThreadPoolExecutor(max_workers=threads))
    wait = _CallbackWait() if callback_streams else service.wait
    handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
        Method.ECHO: grpc.unary_unary_rpc_method_handler(service.echo),
        Method.READ_INLINE: grpc.unary_unary_rpc_method_handler(service.read_inline),
        Method.WAIT: grpc.unary_stream_rpc_method_handler(wait),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    server.add_insecure_port(address)
    serve_threaded(server)


def main() -> None:
    """Serve as the command line says until standard input ends."""
    kind, address = Kind(sys.argv[1]), f"unix:{sys.argv[2]}"
    if kind is Kind.AIO:
        asyncio.run(_aio(address))
    else:
        _threaded(address, callback_streams=kind is Kind.CALLBACK)


if __name__ == "__main__":
    main()
