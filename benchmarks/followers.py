"""Many clients in one process that follow one log.

`python -m benchmarks.followers SOCKET COUNT SEQ` prints a line when all of them follow from the
entry before SEQ on, and ends with its standard input.
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any, Final

import grpc

from heddle_api.v1 import operation_log_pb2 as pb
from heddle_api.v1.operation_log_pb2_grpc import OperationLogQueryServiceStub

_PER_CONNECTION: Final = 10


async def _follow_all(socket: str, count: int, seq: int) -> None:
    following = asyncio.Semaphore(0)
    async with asyncio.TaskGroup() as group:
        for _ in range(0, count, _PER_CONNECTION):
            channel = grpc.aio.insecure_channel(
                f"unix:{socket}", options=[("grpc.use_local_subchannel_pool", 1)]
            )
            # The generated stub's type is that of a blocking channel.
            stub: Any = OperationLogQueryServiceStub(channel)
            for _ in range(_PER_CONNECTION):
                group.create_task(_follow(stub, following, seq))
        for _ in range(count):
            await following.acquire()
        print("following", flush=True)
        await asyncio.to_thread(sys.stdin.read)
        # What is in flight is left to the system.
        os._exit(0)


async def _follow(
    stub: Any,  # noqa: ANN401
    following: asyncio.Semaphore,
    seq: int,
) -> None:
    query = pb.QueryOperationsRequest(include_checkpoints=True, after_seq=seq - 1)
    stream = stub.StreamOperations(pb.StreamOperationsRequest(query=query, follow=True))
    async for hit in stream:
        if hit.seq == seq:
            following.release()


if __name__ == "__main__":
    asyncio.run(_follow_all(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
