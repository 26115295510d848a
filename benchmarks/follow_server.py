"""The operation log of a repository, served by the worker's own parts, without a supervisor.

`python -m benchmarks.follow_server REPOSITORY SOCKET` appends one entry for each line on its
standard input, and prints the time at which that was committed.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apsw

from heddle_worker.admission import Admission, Phase
from heddle_worker.domain import Domain
from heddle_worker.limits import BLOCKING_THREADS
from heddle_worker.services.catalogue import SERVICES
from heddle_worker.services.operation_log import OperationLogService
from heddle_worker.serving.dispatch import Dispatcher
from heddle_worker.serving.server import Server
from heddle_worker.store.operations import NewOperation, append

_ENTRY = NewOperation(timestamp_secs=1, verb="checkpoint", actor_email="ada@example.com")


async def _serve(repository: Path, socket: Path) -> None:
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(BLOCKING_THREADS))
    admission = Admission()
    dispatcher = Dispatcher(admission)
    await Server(admission, dispatcher, SERVICES).start(socket)
    domain = await asyncio.to_thread(_open, repository)
    dispatcher.install("heddle.v1.OperationLogQueryService", OperationLogService(domain))
    admission.advance(Phase.SERVING)
    domain.watcher.start()
    print("listening", flush=True)
    # In a thread of the interpreter's own, as what clients ask for runs in one of the executor's.
    await asyncio.to_thread(_obey, domain)


def _open(repository: Path) -> Domain:
    return Domain.open(repository, repository / ".heddle", lambda: None)


def _obey(domain: Domain) -> None:
    def work(connection: apsw.Connection) -> None:
        append(connection, [_ENTRY])

    for _line in sys.stdin:
        domain.writer.submit(work).result()
        print(time.monotonic(), flush=True)
    # Neither the loop nor what is in flight is taken down, as in a worker.
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), Path(sys.argv[2])))
