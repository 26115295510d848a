"""DaemonService: what a client wants to know of the daemon before it relies on anything."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from heddle_api.local.v1 import daemon_pb2
from heddle_supervisor.config import LocalDaemonConfig
from heddle_supervisor.status_file import read_status
from heddle_supervisor.version import __version__
from heddle_supervisor.worker_settings import WorkerSettings
from heddle_worker.admission import Admission
from heddle_worker.domain import Domain
from heddle_worker.limits import MAX_CONCURRENT_CALLS, MAX_MESSAGE_BYTES, MAX_STREAMS
from heddle_worker.services.repo_path import ensure_repo_path
from heddle_worker.services.validation import FieldChecks
from heddle_worker.serving.call_counters import CallCounters
from heddle_worker.serving.dispatch import Call

_API_LEVEL: Final = 1
_FEATURES: Final = (
    "operation_log.after_seq",
    "operation_log.detail",
    "operation_log.follow",
    "transactions.kept_ref",
    "transactions.snapshots",
)


class DaemonService:
    """Answers for one worker, since it began to serve."""

    def __init__(
        self,
        domain: Domain,
        settings: WorkerSettings,
        admission: Admission,
        counters: CallCounters,
    ) -> None:
        self._domain = domain
        self._settings = settings
        self._admission = admission
        self._counters = counters

    async def GetDaemon(
        self, request: daemon_pb2.GetDaemonRequest, _call: Call
    ) -> daemon_pb2.Daemon:
        """Return identity, abilities, limits and counters.

        Raises:
            InvalidRequestError: `repo_path` is not what it should be.
            NotFoundError: `repo_path` is of another repository.
        """
        FieldChecks(request).done()
        await ensure_repo_path(self._domain, request.repo_path)
        uptime = self._admission.served_for
        return daemon_pb2.Daemon(
            version=__version__,
            api_level=_API_LEVEL,
            worker_pid=os.getpid(),
            generation=self._settings.generation,
            started_at=_timestamp(time.time() - uptime),
            uptime_seconds=uptime,
            repository_path=str(self._settings.repository),
            features=_FEATURES,
            limits=daemon_pb2.Limits(
                max_message_bytes=MAX_MESSAGE_BYTES,
                max_concurrent_calls=MAX_CONCURRENT_CALLS,
                max_streams=MAX_STREAMS,
            ),
            methods=self._methods(),
            restarts=await asyncio.to_thread(self._restarts),
        )

    def _methods(self) -> list[daemon_pb2.MethodCounters]:
        return [
            daemon_pb2.MethodCounters(
                method=f"/{method}",
                calls=count.calls,
                errors=count.errors,
                p50_us=count.quantile(0.5),
                p99_us=count.quantile(0.99),
            )
            for method, count in self._counters.by_method()
        ]

    def _restarts(self) -> list[daemon_pb2.Restart]:
        """Return what the supervisor has published of the workers before this one."""
        config = LocalDaemonConfig.for_heddle_dir(self._settings.heddle_dir)
        record = read_status(config.status_path)
        return [
            daemon_pb2.Restart(at=Timestamp(seconds=restart["at"]), reason=restart["reason"])
            for restart in (record.recent_restarts if record else ())
        ]


def _timestamp(seconds: float) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromMilliseconds(round(seconds * 1000))
    return timestamp
