"""`client.signals`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heddle_client.requests import signals as requests

if TYPE_CHECKING:
    from heddle_client.caller import Caller
    from heddle_client.streams import Stream
    from heddle_client.values.signal import (
        ComputeStateSignalsResponse,
        RepoSignalHealthReport,
        SignalUpdate,
    )


class Signals:
    """What deserves attention. Each method raises `ClientError`; see `heddle_client.errors`.

    Of every method, `timeout` is the seconds until it gives up; None stands for its default.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def compute(
        self, state: str | bytes = "HEAD", prior: str | bytes = "", *, timeout: float | None = None
    ) -> ComputeStateSignalsResponse:
        """Return all signals of a state, each marked visible or hidden.

        Args:
            state: id or revision.
            prior: what it is compared with; empty for the first parent.
            timeout: see the class.
        """
        call = requests.compute(self._caller.repo_path, state, prior)
        return self._caller.call(call, timeout)

    def health(
        self, window_states: int = 0, *, timeout: float | None = None
    ) -> RepoSignalHealthReport:
        """Return how often each module has fired in the last states.

        Args:
            window_states: how many states along first parents; 0 for 200, at most 5,000.
            timeout: see the class.
        """
        call = requests.health(self._caller.repo_path, window_states)
        return self._caller.call(call, timeout)

    def updates(self, *, timeout: float | None = None) -> Stream[SignalUpdate]:
        """Return an iterator over the signals of new states and, as edits settle, of the worktree.

        It has no cursor: when a worker is replaced, what happens between the two is missed. Each
        time, `resumed` of the iterator grows by one; `compute` tells of a state at any time.

        Args:
            timeout: seconds after which it ends with `CallTimeoutError`; None for never.
        """
        return self._caller.stream(requests.updates(self._caller.repo_path), timeout)
