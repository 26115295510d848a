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
    repo_path: str, state: str | bytes, prior: str | bytes
) -> Call[ComputeStateSignalsResponse]:
    """Return the call that computes the signals of a state."""
    message = signal_pb2.ComputeStateSignalsRequest(
        repo_path=repo_path, state_id=state_id(state), prior_state_id=state_id(prior)
    )
    return Call(_COMPUTE, message.SerializeToString())


@request
def health(repo_path: str, window_states: int) -> Call[RepoSignalHealthReport]:
    """Return the call that tells how often the modules fire."""
    message = signal_pb2.GetRepoSignalHealthRequest(
        repo_path=repo_path, window_states=window_states
    )
    return Call(_HEALTH, message.SerializeToString())


@request
def updates(repo_path: str) -> Subscription[SignalUpdate]:
    """Return the cursor of the signals of new states."""
    message = signal_pb2.SubscribeSignalUpdatesRequest(repo_path=repo_path)
    return Subscription(_UPDATES, message.SerializeToString())
