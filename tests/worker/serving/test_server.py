"""The server with servicers of the tests' own, in this process, over a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import stat
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Coroutine
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import grpc
import grpc.aio
import pytest
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from heddle_api.v1 import hook_pb2, hook_pb2_grpc
from heddle_worker import limits
from heddle_worker.admission import Admission, Phase
from heddle_worker.failures import FieldViolation, InvalidRequestError
from heddle_worker.serving.dispatch import Call, Dispatcher
from heddle_worker.serving.server import Server, check_health
from heddle_worker.serving.socket_address import BindError, grpc_address

_Reply = TypeVar("_Reply", bound=Message)
_Unary: TypeAlias = grpc.aio.UnaryUnaryCall[Any, _Reply]
_Stream: TypeAlias = grpc.aio.UnaryStreamCall[Any, _Reply]

_HOOKS = hook_pb2.DESCRIPTOR.services_by_name["HookService"]
_DEADLINE = 20.0
_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class _Hooks:
    """Answers as the test says."""

    def __init__(self) -> None:
        self.entered = asyncio.Event()
        self.subscribed = asyncio.Event()
        self.release = asyncio.Event()
        self.left = asyncio.Event()
        self.failure: Exception | None = None
        self.call: Call | None = None
        self.reply = hook_pb2.ListHooksResponse()

    async def ListHooks(  # noqa: N802
        self, _request: hook_pb2.ListHooksRequest, call: Call
    ) -> hook_pb2.ListHooksResponse:
        self.call = call
        if self.failure is not None:
            raise self.failure
        self.entered.set()
        try:
            await self.release.wait()
        finally:
            self.left.set()
        return self.reply

    async def SubscribeHookEvents(  # noqa: N802
        self, request: hook_pb2.SubscribeHookEventsRequest, _call: Call
    ) -> AsyncIterator[hook_pb2.HookEvent]:
        for event in request.events:
            yield hook_pb2.HookEvent(event_name=event)
        self.subscribed.set()
        try:
            await self.release.wait()
        finally:
            self.left.set()


class _Bench:
    """A server, its parts, and a client's channel to it."""

    def __init__(self, channel: grpc.aio.Channel, admission: Admission, hooks: _Hooks) -> None:
        self.channel = channel
        self.admission = admission
        self.hooks = hooks
        self.client = hook_pb2_grpc.HookServiceStub(channel)
        self.health: Any = health_pb2_grpc.HealthStub(channel)

    def list_hooks(self, timeout: float = _DEADLINE) -> _Unary[hook_pb2.ListHooksResponse]:
        return self.client.ListHooks(hook_pb2.ListHooksRequest(), timeout=timeout)

    def subscribe(self, *events: str) -> _Stream[hook_pb2.HookEvent]:
        return self.client.SubscribeHookEvents(
            hook_pb2.SubscribeHookEventsRequest(events=events), timeout=_DEADLINE
        )

    async def status(self, service: str = "") -> int:
        request = health_pb2.HealthCheckRequest(service=service)
        reply: health_pb2.HealthCheckResponse = await self.health.Check(request, timeout=_DEADLINE)
        return reply.status


@contextlib.asynccontextmanager
async def _bench(path: Path, phase: Phase = Phase.SERVING) -> AsyncIterator[_Bench]:
    admission = Admission()
    dispatcher = Dispatcher(admission)
    server = Server(admission, dispatcher, [_HOOKS])
    hooks = _Hooks()
    dispatcher.install(_HOOKS.full_name, hooks)
    await server.start(path)
    admission.advance(phase)
    async with grpc.aio.insecure_channel(grpc_address(path)) as channel:
        yield _Bench(channel, admission, hooks)
    await server.stop()


async def _error(call: Awaitable[object]) -> grpc.aio.AioRpcError:
    """Return the error that a call ends with."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async with asyncio.timeout(_DEADLINE):
            await call
    return caught.value


async def _end(stream: AsyncIterable[object]) -> grpc.aio.AioRpcError:
    """Return the error that a stream ends with."""

    async def exhaust() -> None:
        async for _reply in stream:
            pass

    return await _error(exhaust())


def _run(scenario: Coroutine[Any, Any, None]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(2 * _DEADLINE):
            await scenario

    asyncio.run(limited())


def _details(error: grpc.aio.AioRpcError) -> status_pb2.Status:
    trailers = dict(error.trailing_metadata() or ())
    return status_pb2.Status.FromString(trailers["grpc-status-details-bin"])


def _reason(error: grpc.aio.AioRpcError) -> str:
    """Return the reason in the error's details, the only one there."""
    status = _details(error)
    assert status.code == error.code().value[0]
    assert status.message == error.details()
    infos = [d for d in status.details if d.Is(error_details_pb2.ErrorInfo.DESCRIPTOR)]
    assert len(infos) == 1
    info = error_details_pb2.ErrorInfo()
    infos[0].Unpack(info)
    assert info.domain == "heddle.local"
    return str(info.reason)


@pytest.fixture
def path(socket_dir: Path) -> Path:
    return socket_dir / "grpc.1.sock"


def test_socket_is_private_from_its_birth_and_the_umask_comes_back(path: Path) -> None:
    before = os.umask(0o022)
    try:

        async def scenario() -> None:
            server = Server(Admission(), Dispatcher(Admission()), [_HOOKS])
            await server.start(path)
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert os.umask(0o022) == 0o022
            await server.stop()
            assert not path.exists()

        _run(scenario())
    finally:
        os.umask(before)


@pytest.mark.parametrize("name", ["a b", "a%20b", "a#b?c", "é", "percent%", "x:y"])
def test_paths_that_look_like_uris_are_served(socket_dir: Path, name: str) -> None:
    path = socket_dir / name / "s.sock"
    path.parent.mkdir()

    async def scenario() -> None:
        async with _bench(path):
            assert path.is_socket()
            await check_health(path, _DEADLINE)

    _run(scenario())


@pytest.mark.parametrize("kind", ["too long", "taken", "no directory", "comma"])
def test_bind_refused_in_one_line(
    socket_dir: Path, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = {
        "too long": socket_dir / ("x" * 120),
        "taken": socket_dir / "taken",
        "no directory": socket_dir / "missing" / "s.sock",
        "comma": socket_dir / "a,b",
    }[kind]
    if kind == "taken":
        path.write_text("something of the user's")

    async def scenario() -> None:
        server = Server(Admission(), Dispatcher(Admission()), [_HOOKS])
        with pytest.raises(BindError) as caught:
            await server.start(path)
        assert str(path) in str(caught.value)
        assert len(str(caught.value).splitlines()) == 1

    _run(scenario())
    assert capfd.readouterr().err == ""
    if kind == "taken":
        assert path.read_text() == "something of the user's"


def test_a_live_server_is_not_robbed_of_its_name(path: Path) -> None:
    async def scenario() -> None:
        async with _bench(path) as bench:
            server = Server(Admission(), Dispatcher(Admission()), [_HOOKS])
            with pytest.raises(BindError, match="Address already in use"):
                await server.start(path)
            assert await bench.status() == _SERVING

    _run(scenario())


def test_reflection_names_every_service_and_describes_it(path: Path) -> None:
    async def scenario() -> None:
        async with _bench(path):
            names, methods = await asyncio.to_thread(_reflect, path)
        assert names == {
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection",
            "grpc.reflection.v1alpha.ServerReflection",
            "heddle.v1.HookService",
        }
        assert methods == {method.name for method in _HOOKS.methods}

    _run(scenario())


def _reflect(path: Path) -> tuple[set[str], set[str]]:
    with grpc.insecure_channel(grpc_address(path)) as channel:
        database = ProtoReflectionDescriptorDatabase(channel)
        file = database.FindFileContainingSymbol(_HOOKS.full_name)
        service = next(s for s in file.service if s.name == _HOOKS.name)
        return set(database.get_services()), {method.name for method in service.method}


def test_the_servicer_learns_the_bytes_and_the_metadata(path: Path) -> None:
    async def scenario() -> None:
        async with _bench(path) as bench:
            bench.hooks.release.set()
            request = hook_pb2.ListHooksRequest(repo_path="/r")
            await bench.client.ListHooks(request, metadata=(("heddle-agent", "bee"),))
            call = bench.hooks.call
            assert call is not None
            assert call.method == "heddle.v1.HookService/ListHooks"
            assert call.request_bytes == b"\x0a\x02/r"
            assert call.metadata["heddle-agent"] == "bee"

    _run(scenario())


def test_bytes_that_are_no_request_are_refused(path: Path) -> None:
    async def scenario() -> None:
        async with _bench(path) as bench:
            list_hooks: grpc.aio.UnaryUnaryMultiCallable[str, bytes] = bench.channel.unary_unary(
                f"/{_HOOKS.full_name}/ListHooks", request_serializer=bytes.fromhex
            )
            error = await _error(list_hooks("ff ff"))
        assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert error.details() == "the request is not a valid heddle.v1.ListHooksRequest"

    _run(scenario())


def test_sizes_are_limited_both_ways(path: Path) -> None:
    async def scenario() -> None:
        async with _bench(path) as bench:
            bench.hooks.release.set()
            big = "x" * (limits.MAX_MESSAGE_BYTES + 1)
            error = await _error(bench.client.ListHooks(hook_pb2.ListHooksRequest(repo_path=big)))
            assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            bench.hooks.reply.hooks.add(name=big)
            error = await _error(bench.list_hooks())
            assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert _reason(error) == "REPLY_TOO_LARGE"

    _run(scenario())


def test_more_calls_than_may_be_are_refused_and_health_still_answers(path: Path) -> None:
    async def scenario() -> None:
        async with _bench(path, Phase.WARM) as bench:
            calls = [bench.list_hooks() for _ in range(limits.MAX_CONCURRENT_CALLS + 1)]
            done, waiting = await asyncio.wait(
                [asyncio.ensure_future(_error(call)) for call in calls],
                return_when=asyncio.FIRST_COMPLETED,
            )
            refused = done.pop().result()
            assert refused.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert _reason(refused) == "TOO_MANY_CALLS"
            assert await bench.status() == _NOT_SERVING
            bench.admission.advance(Phase.STOPPING)
            for end in asyncio.as_completed(waiting):
                assert (await end).code() is grpc.StatusCode.UNAVAILABLE

    _run(scenario())


def test_an_unexpected_failure_is_logged_and_not_shown(
    path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        async with _bench(path) as bench:
            bench.hooks.failure = KeyError("the secret")
            error = await _error(bench.list_hooks())
        assert error.code() is grpc.StatusCode.INTERNAL
        assert "secret" not in (error.details() or "")
        assert "heddle.v1.HookService/ListHooks" in (error.details() or "")

    _run(scenario())
    log = capfd.readouterr().err
    assert "Traceback" in log
    assert "KeyError: 'the secret'" in log


def test_field_violations_reach_the_caller_however_long_they_are(path: Path) -> None:
    violations = tuple(FieldViolation(f"field{n}", "🐝 \n" * 100_000) for n in range(100))

    async def scenario() -> None:
        async with _bench(path) as bench:
            bench.hooks.failure = InvalidRequestError.of_fields(*violations)
            error = await _error(bench.list_hooks())
        assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert (error.details() or "").startswith("invalid field0: 🐝 🐝")
        assert _reason(error) == "INVALID_REQUEST"
        status = _details(error)
        bad_request = error_details_pb2.BadRequest()
        assert status.details[1].Unpack(bad_request)
        assert [v.field for v in bad_request.field_violations][:2] == ["field0", "field1"]

    _run(scenario())


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), grpc.StatusCode.RESOURCE_EXHAUSTED),
        (PermissionError(errno.EACCES, "Permission denied"), grpc.StatusCode.FAILED_PRECONDITION),
        (OSError(errno.EIO, "Input/output error"), grpc.StatusCode.DATA_LOSS),
        (MemoryError(), grpc.StatusCode.RESOURCE_EXHAUSTED),
    ],
)
def test_the_file_system_never_causes_internal(
    path: Path, failure: Exception, code: grpc.StatusCode
) -> None:
    async def scenario() -> None:
        async with _bench(path) as bench:
            bench.hooks.failure = failure
            assert (await _error(bench.list_hooks())).code() is code

    _run(scenario())


def test_calls_wait_for_the_activation(path: Path) -> None:
    async def scenario() -> None:
        async with _bench(path, Phase.WARM) as bench:
            bench.hooks.release.set()
            waiting = asyncio.ensure_future(bench.list_hooks())
            late = await _error(bench.list_hooks(timeout=0.05))
            assert late.code() is grpc.StatusCode.DEADLINE_EXCEEDED
            assert await bench.status() == _NOT_SERVING
            assert not waiting.done()
            bench.admission.advance(Phase.ACTIVATING)
            health = asyncio.ensure_future(bench.status("heddle.v1.HookService"))
            late = await _error(bench.list_hooks(timeout=0.05))
            assert late.code() is grpc.StatusCode.DEADLINE_EXCEEDED
            assert not waiting.done()
            assert not health.done()
            bench.admission.advance(Phase.SERVING)
            await waiting
            assert await health == _SERVING

    _run(scenario())


def test_a_call_that_its_client_gives_up_ends_its_servicer(path: Path) -> None:
    async def scenario() -> None:
        async with _bench(path) as bench:
            call = bench.list_hooks()
            await bench.hooks.entered.wait()
            call.cancel()
            await bench.hooks.left.wait()
            await bench.admission.idle()

    _run(scenario())


def test_a_stream_that_its_client_gives_up_ends_its_servicer(
    path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        async with _bench(path) as bench:
            stream = bench.subscribe(*["pre_push"] * 1000)
            assert (await anext(aiter(stream))).event_name == "pre_push"
            stream.cancel()
            await bench.admission.idle()

    _run(scenario())
    assert "Traceback" not in capfd.readouterr().err


def test_health_knows_every_service_and_no_other(path: Path) -> None:
    async def scenario() -> None:
        async with _bench(path) as bench:
            listed = await bench.health.List(health_pb2.HealthListRequest())  # type: ignore[attr-defined]
            assert {name: s.status for name, s in listed.statuses.items()} == dict.fromkeys(
                (
                    "",
                    "grpc.health.v1.Health",
                    "grpc.reflection.v1.ServerReflection",
                    "grpc.reflection.v1alpha.ServerReflection",
                    "heddle.v1.HookService",
                ),
                _SERVING,
            )
            unknown = health_pb2.HealthCheckRequest(service="nobody")
            error = await _error(bench.health.Check(unknown))
            assert error.code() is grpc.StatusCode.NOT_FOUND
            watch = bench.health.Watch(unknown)
            first = await anext(aiter(watch))
            assert first.status == health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
            bench.admission.advance(Phase.STOPPING)
            assert (await _end(watch)).code() is grpc.StatusCode.UNAVAILABLE

    _run(scenario())


def test_a_watch_sees_every_phase_and_its_end(path: Path) -> None:
    async def scenario() -> None:
        async with _bench(path, Phase.WARM) as bench:
            watch = bench.health.Watch(health_pb2.HealthCheckRequest())
            statuses = aiter(watch)
            assert (await anext(statuses)).status == _NOT_SERVING
            bench.admission.advance(Phase.SERVING)
            assert (await anext(statuses)).status == _SERVING
            bench.admission.advance(Phase.STOPPING)
            assert (await anext(statuses)).status == _NOT_SERVING
            error = await _end(watch)
            assert error.code() is grpc.StatusCode.UNAVAILABLE
            assert error.details() == "daemon is stopping"
            bench.admission.advance(Phase.SERVING)
            assert await bench.status() == _NOT_SERVING

    _run(scenario())


def test_stopping_refuses_new_calls_ends_streams_and_lets_calls_finish(path: Path) -> None:
    async def scenario() -> None:
        async with _bench(path) as bench:
            stream = bench.subscribe("pre_push")
            events = aiter(stream)
            assert (await anext(events)).event_name == "pre_push"
            in_flight = asyncio.ensure_future(bench.list_hooks())
            await bench.hooks.entered.wait()
            bench.admission.advance(Phase.STOPPING)
            for error in (
                await _error(bench.list_hooks()),
                await _end(bench.subscribe("pre_push")),
                await _end(stream),
            ):
                assert error.code() is grpc.StatusCode.UNAVAILABLE
                assert error.details() == "daemon is stopping"
                assert _reason(error) == "DAEMON_STOPPING"
            assert not in_flight.done()
            bench.hooks.release.set()
            await in_flight
            await bench.admission.idle()

    _run(scenario())


def test_retiring_serves_calls_and_sends_streams_to_a_new_connection(path: Path) -> None:
    async def scenario() -> None:
        async with _bench(path) as bench:
            stream = bench.subscribe()
            watch = bench.health.Watch(health_pb2.HealthCheckRequest())
            await anext(aiter(watch))
            await bench.hooks.subscribed.wait()
            bench.admission.advance(Phase.RETIRING)
            for error in (
                await _end(stream),
                await _end(watch),
                await _end(bench.subscribe()),
            ):
                assert error.code() is grpc.StatusCode.UNAVAILABLE
                assert "resume on a new connection" in (error.details() or "")
                assert _reason(error) == "WORKER_RETIRED"
            bench.hooks.release.set()
            await bench.list_hooks()
            assert await bench.status() == _SERVING

    _run(scenario())


def test_interrupted_calls_learn_why(path: Path) -> None:
    async def scenario() -> None:
        async with _bench(path) as bench:
            in_flight = asyncio.ensure_future(_error(bench.list_hooks()))
            await bench.hooks.entered.wait()
            bench.admission.advance(Phase.STOPPING)
            bench.admission.interrupt_all()
            error = await in_flight
            assert error.code() is grpc.StatusCode.UNAVAILABLE
            assert error.details() == "daemon is stopping"
            await bench.admission.idle()

    _run(scenario())
