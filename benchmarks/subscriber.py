"""A subscriber to hook events that agrees with everything, in a process of its own.

`python -m benchmarks.subscriber SOCKET` prints a line once it has been sent an event, and answers
until its standard input ends.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import grpc

from benchmarks import processes
from benchmarks.echo_client import connect
from benchmarks.report import BenchmarkError
from heddle_api.local.v1 import git_hook_pb2, git_hook_pb2_grpc
from heddle_api.v1 import hook_pb2, hook_pb2_grpc

_EVENT: Final = "pre_push"


def emit(channel: grpc.Channel) -> git_hook_pb2.HookVerdict:
    """Emit one event and return what was said to it."""
    stub = git_hook_pb2_grpc.GitHookServiceStub(channel)
    return stub.TestHookEvent(git_hook_pb2.TestHookEventRequest(event_name=_EVENT), timeout=30)


@contextmanager
def answering(socket: Path) -> Iterator[grpc.Channel]:
    """Have a subscriber answer while the block runs; give a channel to emit events by.

    Raises:
        BenchmarkError: no event reaches it.
    """
    with processes.companion("subscriber", str(socket)), connect(socket) as channel:
        verdict = emit(channel)
        if [answer.outcome for answer in verdict.answers] != ["passed"]:
            raise BenchmarkError(f"the subscriber was not asked: {verdict}")
        yield channel


def main() -> None:
    """Answer every event."""
    with connect(Path(sys.argv[1])) as channel:
        stub = hook_pb2_grpc.HookServiceStub(channel)
        stream = stub.SubscribeHookEvents(hook_pb2.SubscribeHookEventsRequest(events=[_EVENT]))
        sys.stdout.write("subscribed\n")
        sys.stdout.flush()
        threading.Thread(target=_answer, args=(stub, stream), daemon=True).start()
        sys.stdin.read()
        stream.cancel()


def _answer(stub: hook_pb2_grpc.HookServiceStub, stream: Iterator[hook_pb2.HookEvent]) -> None:
    try:
        for event in stream:
            stub.RespondToHook(
                hook_pb2.RespondToHookRequest(hook_event_id=event.hook_event_id), timeout=30
            )
    except grpc.RpcError:
        return


if __name__ == "__main__":
    main()
