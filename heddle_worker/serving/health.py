"""grpc.health.v1: how the worker is, for whoever asks. Every service is as the whole worker is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from google.protobuf.message import Message
from grpc_health.v1 import health_pb2

from heddle_worker.admission import Admission, Phase
from heddle_worker.failures import NotFoundError, WorkerRetiredError, WorkerStoppingError
from heddle_worker.serving.dispatch import Call

_Status = health_pb2.HealthCheckResponse
_OVERALL = ""


class HealthService:
    """Answers from the phase that the admission is in, so it can't contradict what calls meet."""

    def __init__(self, admission: Admission, services: Iterable[str]) -> None:
        self._admission = admission
        self._services = frozenset((_OVERALL, *services))

    async def Check(  # noqa: N802 - named by its protocol
        self, request: health_pb2.HealthCheckRequest, _call: Call
    ) -> health_pb2.HealthCheckResponse:
        """Return the status now; while the worker is being activated, the one that it gets.

        Raises:
            NotFoundError: there is no such service.
        """
        if request.service not in self._services:
            raise NotFoundError(f"service {request.service!r} is unknown")
        await self._settled()
        return _Status(status=self._status())

    async def List(  # noqa: N802 - named by its protocol
        self, _request: Message, _call: Call
    ) -> Message:
        """Return the status of every service, as `Check` does."""
        await self._settled()
        status = _Status(status=self._status())
        statuses = dict.fromkeys(self._services, status)
        # The method is newer than the stubs of its package.
        reply: Message = health_pb2.HealthListResponse(statuses=statuses)  # type: ignore[attr-defined]
        return reply

    async def Watch(  # noqa: N802 - named by its protocol
        self, request: health_pb2.HealthCheckRequest, _call: Call
    ) -> AsyncIterator[health_pb2.HealthCheckResponse]:
        """Yield the status, and again whenever it changes. An unknown service is waited for.

        Raises:
            WorkerUnavailableError: the worker retires or stops, which is the last change there is.
        """
        known = request.service in self._services
        last = None
        while True:
            status = self._status() if known else _Status.SERVICE_UNKNOWN
            if status != last:
                yield _Status(status=status)
                last = status
            elif self._admission.phase is Phase.STOPPING:
                raise WorkerStoppingError
            elif self._admission.phase is Phase.RETIRING:
                raise WorkerRetiredError
            else:
                await self._admission.change()

    async def _settled(self) -> None:
        if self._admission.phase is Phase.ACTIVATING:
            await self._admission.activated()

    def _status(self) -> int:
        serving = self._admission.phase in (Phase.SERVING, Phase.RETIRING)
        return _Status.SERVING if serving else _Status.NOT_SERVING
