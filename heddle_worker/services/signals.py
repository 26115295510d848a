"""SignalService: what deserves attention in a state, how often, and as it happens."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from heddle_api.v1 import common_pb2, signal_pb2
from heddle_worker.domain import Domain
from heddle_worker.failures import ConfigurationError
from heddle_worker.limits import STREAMED_PER_PASS
from heddle_worker.repository.errors import RepositoryError
from heddle_worker.repository.repository import Repository
from heddle_worker.repository.state import State
from heddle_worker.repository.worktree_diff import worktree_stamp
from heddle_worker.services.repo_path import ensure_repo_path, find_worktree, head_root
from heddle_worker.services.signal_messages import budgeted_message
from heddle_worker.services.state_id import resolve_state
from heddle_worker.services.validation import FieldChecks
from heddle_worker.serving.dispatch import LIVE, Call, Liveness
from heddle_worker.signals.budget import TICK_BUDGET
from heddle_worker.signals.computing import SignalReport
from heddle_worker.signals.corpora import Coverage
from heddle_worker.store.errors import StoreError
from heddle_worker.streams.pacing import Pacer
from heddle_worker.streams.signal_updates import SignalUpdates

_MAX_SIGNAL_BYTES: Final = 3 * 1024 * 1024
_UPDATE_SECONDS: Final = 10.0


class SignalService:
    """Computes the signals of one repository's states."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain
        self._pacer = Pacer(STREAMED_PER_PASS)
        self._updates = SignalUpdates(_Source(domain), domain.branch_moves(), domain.watcher)
        self._looking_back = asyncio.Lock()

    async def ComputeStateSignals(
        self, request: signal_pb2.ComputeStateSignalsRequest, _call: Call
    ) -> signal_pb2.ComputeStateSignalsResponse:
        """Return all signals of a state, compared with its first parent or with another state.

        Raises:
            InvalidRequestError: a field is not what it should be.
            NotFoundError: `repo_path` is of another repository.
            RepositoryError: a state is not there, or cannot be read.
            ConfigurationError: the settings cannot be read.
        """
        checks = FieldChecks(request)
        if not request.state_id:
            checks.fault("state_id", "name a state: an id, a branch, or HEAD")
        checks.done()
        return await asyncio.to_thread(self._compute, request)

    async def GetRepoSignalHealth(
        self, request: signal_pb2.GetRepoSignalHealthRequest, _call: Call
    ) -> signal_pb2.RepoSignalHealthReport:
        """Return how often each module fired in the latest states.

        Raises:
            InvalidRequestError: `repo_path` is not what it should be.
            NotFoundError: `repo_path` is of another repository.
            RepositoryError: the history cannot be read.
            ConfigurationError: the settings cannot be read.
        """
        FieldChecks(request).done()
        await ensure_repo_path(self._domain, request.repo_path)
        # The next one finds what this one has found out, and takes no thread meanwhile.
        async with self._looking_back:
            return await asyncio.to_thread(self._look_back, request)

    async def SubscribeSignalUpdates(
        self, request: signal_pb2.SubscribeSignalUpdatesRequest, call: Call
    ) -> AsyncGenerator[bytes | Liveness, None]:
        """Yield the signals of each new state of any branch, and of the worktree as it changes.

        Raises:
            InvalidRequestError: `repo_path` is not what it should be.
            NotFoundError: `repo_path` is of another repository.
            RepositoryError: the repository cannot be read.
            FollowerTooSlowError: the client takes nothing while updates pile up.
        """
        FieldChecks(request).done()
        root = await asyncio.to_thread(find_worktree, self._domain, request.repo_path)
        async with self._updates.subscriber(root, call.cut_off) as subscriber:
            yield LIVE
            while True:
                update = await subscriber.next()
                await self._pacer.turn()
                yield update

    def _compute(
        self, request: signal_pb2.ComputeStateSignalsRequest
    ) -> signal_pb2.ComputeStateSignalsResponse:
        root = head_root(self._domain, request.repo_path)
        state = resolve_state(self._domain, root, "state_id", request.state_id)
        prior = None
        if request.prior_state_id:
            prior = resolve_state(self._domain, root, "prior_state_id", request.prior_state_id)
        report = self._domain.signalling.of_state(state, prior)
        return signal_pb2.ComputeStateSignalsResponse(
            signals=_messages(report, state),
            tick_budget=TICK_BUDGET,
            is_incomplete=not report.is_complete,
        )

    def _look_back(
        self, request: signal_pb2.GetRepoSignalHealthRequest
    ) -> signal_pb2.RepoSignalHealthReport:
        root = head_root(self._domain, request.repo_path)
        head = _repository(self._domain, root).commit_at("HEAD")
        report = self._domain.signalling.health(head, request.window_states)
        entries = [
            signal_pb2.SignalHealthEntry(
                module_id=entry.module, fire_rate=entry.fire_rate, warn=entry.warns
            )
            for entry in report.entries
        ]
        return signal_pb2.RepoSignalHealthReport(entries=entries, window_states=report.states)


class _Source:
    """Makes updates; see `heddle_worker.streams.signal_updates.Source`."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain

    def state_update(self, state: bytes, branches: Sequence[str]) -> bytes:
        found = self._domain.code.states.get(state)
        signalling = self._domain.signalling
        report = _reported(lambda: signalling.of_state(found, corpus_seconds=_UPDATE_SECONDS))
        return signal_pb2.SignalUpdate(
            state_id=state,
            signals=_messages(report, found),
            threads=branches,
            is_incomplete=not report.is_complete,
        ).SerializeToString()

    def worktree_stamp(self, root: Path) -> bytes:
        return worktree_stamp(root)

    def worktree_update(self, root: Path) -> bytes:
        commit = _repository(self._domain, root).commit_at("HEAD")
        head = self._domain.code.states.get(commit) if commit else None
        signalling = self._domain.signalling
        report = _reported(lambda: signalling.of_worktree(root, head, _UPDATE_SECONDS))
        return signal_pb2.SignalUpdate(
            signals=_messages(report, None),
            worktree=str(root),
            is_incomplete=not report.is_complete,
        ).SerializeToString()


def _reported(compute: Callable[[], SignalReport]) -> SignalReport:
    """Compute signals; if that fails, return none, which says that they are incomplete."""
    try:
        return compute()
    except (RepositoryError, StoreError, ConfigurationError) as error:
        sys.stderr.write(f"cannot compute signals: {' '.join(str(error).split())}\n")
        return SignalReport((), Coverage.PENDING)


def _repository(domain: Domain, root: Path) -> Repository:
    return domain.repository if root == domain.root else Repository.open(root)


def _messages(report: SignalReport, state: State | None) -> Iterable[common_pb2.RiskSignal]:
    """Return the messages of signals, as many as fit into a reply."""
    messages = [budgeted_message(each, state) for each in report.signals]
    left = _MAX_SIGNAL_BYTES
    fitting = []
    for message in messages:
        left -= message.ByteSize()
        if left < 0:
            break
        fitting.append(message)
    return fitting
