"""Which services a worker has, and who answers for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol, runtime_checkable

from google.protobuf.descriptor import FileDescriptor, ServiceDescriptor

from heddle_api.local.v1 import daemon_pb2, git_hook_pb2, snapshot_pb2
from heddle_api.v1 import (
    discussion_pb2,
    hook_pb2,
    operation_log_pb2,
    signal_pb2,
    state_review_pb2,
    transaction_pb2,
)
from heddle_supervisor.worker_settings import WorkerSettings
from heddle_worker.admission import Admission
from heddle_worker.domain import Domain
from heddle_worker.services.daemon import DaemonService
from heddle_worker.services.discussions import DiscussionService
from heddle_worker.services.git_hooks import GitHookService
from heddle_worker.services.hooks import HookService
from heddle_worker.services.operation_log import OperationLogService
from heddle_worker.services.signals import SignalService
from heddle_worker.services.snapshots import SnapshotService
from heddle_worker.services.state_review import StateReviewService
from heddle_worker.services.transactions import TransactionService
from heddle_worker.serving.call_counters import CallCounters


def _services_of(*files: FileDescriptor) -> tuple[ServiceDescriptor, ...]:
    return tuple(service for file in files for service in file.services_by_name.values())


SERVICES: Final = _services_of(
    discussion_pb2.DESCRIPTOR,
    hook_pb2.DESCRIPTOR,
    operation_log_pb2.DESCRIPTOR,
    signal_pb2.DESCRIPTOR,
    state_review_pb2.DESCRIPTOR,
    transaction_pb2.DESCRIPTOR,
    daemon_pb2.DESCRIPTOR,
    snapshot_pb2.DESCRIPTOR,
    git_hook_pb2.DESCRIPTOR,
)
"""Every service of the API that is served; a method that nobody answers is UNIMPLEMENTED."""


def servicers(
    domain: Domain, settings: WorkerSettings, admission: Admission, counters: CallCounters
) -> dict[str, object]:
    """Return the servicers of an open domain by the full names of their services."""
    operation_log = OperationLogService(domain)
    return {
        "heddle.v1.HookService": HookService(domain, operation_log.feed),
        "heddle.v1.OperationLogQueryService": operation_log,
        "heddle.v1.DiscussionService": DiscussionService(domain),
        "heddle.v1.StateReviewService": StateReviewService(domain),
        "heddle.v1.SignalService": SignalService(domain),
        "heddle.v1.TransactionService": TransactionService(domain),
        "heddle.local.v1.DaemonService": DaemonService(domain, settings, admission, counters),
        "heddle.local.v1.SnapshotService": SnapshotService(domain),
        "heddle.local.v1.GitHookService": GitHookService(domain),
    }


@runtime_checkable
class Resuming(Protocol):
    """A servicer that may find something half done when its worker begins to serve."""

    async def resume(self) -> None:
        """Finish it."""


async def resume(servicers: Iterable[object]) -> None:
    """Finish what a crash has cut off.

    Raises:
        Exception: what a call for the same would fail with.
    """
    for servicer in servicers:
        if isinstance(servicer, Resuming):
            await servicer.resume()
