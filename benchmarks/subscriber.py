"""A subscriber to hook events that agrees with everything, in a process of its own.

`python -m benchmarks.subscriber SOCKET` prints a line and answers until its standard input ends.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
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

ASKED: Final = "pre_push"
"""The event that it is asked about."""

UNHEARD: Final = "pre_merge"
"""An event that it does not want."""

_SUBSCRIBED_WITHIN: Final = 30.0
_ASK_AGAIN: Final = 0.01
_KEPT: Final = 64


def emit(channel: grpc.Channel, event: str) -> git_hook_pb2.HookVerdict:
    """Emit one event and return what was said to it."""
    stub = git_hook_pb2_grpc.GitHookServiceStub(channel)
    return stub.TestHookEvent(git_hook_pb2.TestHookEventRequest(event_name=event), timeout=30)


@contextmanager
def answering(socket: Path) -> Iterator[grpc.Channel]:
    """Have a subscriber answer while the block runs; give a channel to emit events by.

    Raises:
        BenchmarkError: no event reaches it.
    """
    with processes.companion("subscriber", str(socket)), connect(socket) as channel:
        deadline = time.monotonic() + _SUBSCRIBED_WITHIN
        while [answer.outcome for answer in emit(channel, ASKED).answers] != ["passed"]:
            if time.monotonic() > deadline:
                raise BenchmarkError("the subscriber is not asked")
            time.sleep(_ASK_AGAIN)
        yield channel


def main() -> None:
    """Answer every event."""
    with connect(Path(sys.argv[1])) as channel:
        stub = hook_pb2_grpc.HookServiceStub(channel)
        stream = stub.SubscribeHookEvents(hook_pb2.SubscribeHookEventsRequest(events=[ASKED]))
        sys.stdout.write("subscribed\n")
        sys.stdout.flush()
        threading.Thread(target=_answer, args=(stub, stream), daemon=True).start()
        sys.stdin.read()
        stream.cancel()


def _answer(stub: hook_pb2_grpc.HookServiceStub, stream: Iterator[hook_pb2.HookEvent]) -> None:
    # A call that nobody keeps is cancelled.
    under_way: deque[grpc.Future[hook_pb2.RespondToHookResponse]] = deque(maxlen=_KEPT)
    try:
        for event in stream:
            # The reply counts when it arrives; what the log takes after that is not waited for.
            reply = hook_pb2.RespondToHookRequest(hook_event_id=event.hook_event_id)
            under_way.append(stub.RespondToHook.future(reply, timeout=30))
    except grpc.RpcError:
        return


if __name__ == "__main__":
    main()
