"""Forks while it uses the client library: `python forking_client.py REPOSITORY MODE`.

Parent and child both go on calling. It prints what each child has found, one line a child, and
`parent` at the end. MODE: `quiet`, `threads` (two make calls meanwhile), `stream` (one is open).
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Final

import heddle_client
from heddle_client.errors import ClientError, ForkError
from heddle_client.streams import Stream
from heddle_client.values import OperationHit

_CHILDREN: Final = 3


def main(repository: str, mode: str) -> None:
    """Fork some times, and print what came of it."""
    is_over = threading.Event()
    client = heddle_client.connect(repository, start=False)
    client.hooks.list()

    def call() -> None:
        while not is_over.is_set():
            client.hooks.list()

    threads = [threading.Thread(target=call) for _ in range(2 if mode == "threads" else 0)]
    stream = None
    if mode == "stream":
        stream = client.operations(follow=True)
        next(stream)
        threads.append(threading.Thread(target=list, args=(stream,)))
    for thread in threads:
        thread.start()
    for _ in range(_CHILDREN):
        child = os.fork()
        if child == 0:
            _be_child(client, stream)
        client.hooks.list()
        assert os.waitpid(child, 0)[1] == 0
        client.hooks.list()
    is_over.set()
    client.close()
    for thread in threads:
        thread.join()
    print("parent", flush=True)  # noqa: T201


def _be_child(client: heddle_client.Client, stream: Stream[OperationHit] | None) -> None:
    try:
        if stream is not None:
            try:
                next(stream)
            except ForkError as error:
                print(error, file=sys.stderr)  # noqa: T201
                stream.close()
        client.hooks.register(f"child-{os.getpid()}", "true")
        entries = list(client.operations())
        print(f"child {len(entries)}", flush=True)  # noqa: T201
        client.close()
    except ClientError as error:
        print(f"{type(error).__name__}: {error}", flush=True)  # noqa: T201
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
