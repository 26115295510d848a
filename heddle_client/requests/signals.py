"""Calls of `SignalService`."""

from __future__ import annotations

from typing import Final

from heddle_api.v1 import signal_pb2
from heddle_client.calls import (
    LONG_SECONDS,
    Call,
    Method,
    StreamMethod,
    Subscription,
    request,
    state_id,
)
from heddle_client.values.signal import (
    ComputeStateSignalsResponse,
    RepoSignalHealthReport,
    SignalUpdate,
)

_SERVICE: Final = "/heddle.v1.SignalService/"
_COMPUTE: Final = Method(
    f"{_SERVICE}ComputeStateSignals",
    signal_pb2.ComputeStateSignalsResponse.FromString,
    ComputeStateSignalsResponse.of,
    LONG_SECONDS,
)
_HEALTH: Final = Method(
    f"{_SERVICE}GetRepoSignalHealth",
    signal_pb2.RepoSignalHealthReport.FromString,
    RepoSignalHealthReport.of,
    LONG_SECONDS,
)
_UPDATES: Final = StreamMethod(
    f"{_SERVICE}SubscribeSignalUpdates", signal_pb2.SignalUpdate.FromString, SignalUpdate.of
)


@request
def compute(
    repo_path: str,
    state: str | bytes = "HEAD",
    prior: str | bytes = "",
    *,
    timeout: float | None = None,
) -> Call[ComputeStateSignalsResponse]:
    """Return all signals of a state, each marked visible or hidden.

    Args:
        state: id or revision.
        prior: what it is compared with; empty for the first parent.
        timeout: see the class.
    """
    message = signal_pb2.ComputeStateSignalsRequest(
        repo_path=repo_path, state_id=state_id(state), prior_state_id=state_id(prior)
    )
    return _COMPUTE.call(message, timeout)


@request
def health(
    repo_path: str, window_states: int = 0, *, timeout: float | None = None
) -> Call[RepoSignalHealthReport]:
    """Return how often each module has fired in the last states.

    Args:
        window_states: how many states along first parents; 0 for 200, at most 5,000.
        timeout: see the class.
    """
    message = signal_pb2.GetRepoSignalHealthRequest(
        repo_path=repo_path, window_states=window_states
    )
    return _HEALTH.call(message, timeout)


@request
def updates(repo_path: str, *, timeout: float | None = None) -> Subscription[SignalUpdate]:
    """Return an iterator over the signals of new states and, as edits settle, of the worktree.

    It has no cursor: when a worker is replaced, what happens between the two is missed. Each
    time, `resumed` of the iterator grows by one; `compute` tells of a state at any time.

    Args:
        timeout: seconds after which it ends with `CallTimeoutError`; None for never.
    """
    message = signal_pb2.SubscribeSignalUpdatesRequest(repo_path=repo_path)
    return Subscription(_UPDATES, message.SerializeToString(), timeout)
