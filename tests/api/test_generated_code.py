"""The generated modules work as typed servers and clients, under the names they live under."""

from __future__ import annotations

import asyncio
import pickle
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import grpc.aio

from heddle_api.local.v1 import daemon_pb2, daemon_pb2_grpc
from heddle_api.v1 import common_pb2, signal_pb2, signal_pb2_grpc


class Daemon(daemon_pb2_grpc.DaemonServiceServicer):
    async def GetDaemon(  # noqa: N802 - the method's name on the wire
        self,
        request: daemon_pb2.GetDaemonRequest,
        context: grpc.aio.ServicerContext[daemon_pb2.GetDaemonRequest, daemon_pb2.Daemon],
    ) -> daemon_pb2.Daemon:
        return daemon_pb2.Daemon(repository_path=request.repo_path, features=["follow"])


class Signals(signal_pb2_grpc.SignalServiceServicer):
    async def ComputeStateSignals(  # noqa: N802
        self,
        request: signal_pb2.ComputeStateSignalsRequest,
        context: grpc.aio.ServicerContext[
            signal_pb2.ComputeStateSignalsRequest, signal_pb2.ComputeStateSignalsResponse
        ],
    ) -> signal_pb2.ComputeStateSignalsResponse:
        return signal_pb2.ComputeStateSignalsResponse(tick_budget=3)

    async def GetRepoSignalHealth(  # noqa: N802
        self,
        request: signal_pb2.GetRepoSignalHealthRequest,
        context: grpc.aio.ServicerContext[
            signal_pb2.GetRepoSignalHealthRequest, signal_pb2.RepoSignalHealthReport
        ],
    ) -> signal_pb2.RepoSignalHealthReport:
        await context.abort(grpc.StatusCode.NOT_FOUND, "no history")

    async def SubscribeSignalUpdates(  # noqa: N802
        self,
        request: signal_pb2.SubscribeSignalUpdatesRequest,
        context: grpc.aio.ServicerContext[
            signal_pb2.SubscribeSignalUpdatesRequest, signal_pb2.SignalUpdate
        ],
    ) -> AsyncIterator[signal_pb2.SignalUpdate]:
        for state in (b"a", b"b"):
            yield signal_pb2.SignalUpdate(
                state_id=state, signals=[common_pb2.RiskSignal(kind="novelty")]
            )


async def ask(channel: grpc.aio.Channel) -> tuple[daemon_pb2.Daemon, list[bytes]]:
    daemon = await daemon_pb2_grpc.DaemonServiceStub(channel).GetDaemon(
        daemon_pb2.GetDaemonRequest(repo_path="/r"), timeout=30
    )
    updates = signal_pb2_grpc.SignalServiceStub(channel).SubscribeSignalUpdates(
        signal_pb2.SubscribeSignalUpdatesRequest(), timeout=30
    )
    return daemon, [update.state_id async for update in updates]


def ask_blocking(address: str) -> int:
    with grpc.insecure_channel(address) as channel:
        reply = signal_pb2_grpc.SignalServiceStub(channel).ComputeStateSignals(
            signal_pb2.ComputeStateSignalsRequest(), timeout=30
        )
        return reply.tick_budget


async def serve_and_ask(address: str) -> tuple[daemon_pb2.Daemon, list[bytes], int]:
    server = grpc.aio.server()
    daemon_pb2_grpc.add_DaemonServiceServicer_to_server(Daemon(), server)
    signal_pb2_grpc.add_SignalServiceServicer_to_server(Signals(), server)
    server.add_insecure_port(address)
    await server.start()
    try:
        async with grpc.aio.insecure_channel(address) as channel:
            daemon, states = await ask(channel)
        return daemon, states, await asyncio.to_thread(ask_blocking, address)
    finally:
        await server.stop(grace=None)


def test_calls_travel_between_generated_stubs_and_servicers(tmp_path: Path) -> None:
    daemon, states, tick_budget = asyncio.run(serve_and_ask(f"unix:{tmp_path / 'api.sock'}"))

    assert daemon == daemon_pb2.Daemon(repository_path="/r", features=["follow"])
    assert states == [b"a", b"b"]
    assert tick_budget == 3


def test_messages_are_found_again_by_their_module() -> None:
    signal = common_pb2.RiskSignal(kind="novelty", anchor=common_pb2.SignalAnchor(file="a.py"))

    assert type(signal).__module__ == "heddle_api.v1.common_pb2"
    assert pickle.loads(pickle.dumps(signal)) == signal


def test_no_module_named_heddle_is_imported() -> None:
    assert "heddle_api.v1.signal_pb2" in sys.modules
    assert not [name for name in sys.modules if name == "heddle" or name.startswith("heddle.")]
