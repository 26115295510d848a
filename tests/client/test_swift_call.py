"""A call that is made with a socket and nothing else, to servers of gRPC's own."""

from __future__ import annotations

import threading
from pathlib import Path

import grpc
import pytest
from hook_server import babbling_server, hook_server
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from waiting import DEADLINE

from heddle_api.local.v1 import git_hook_pb2
from heddle_client.shim_protocol import RUN_GIT_HOOK
from heddle_client.swift_call import NoPlainReplyError, call

SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"


def ask(path: Path, timeout: float = DEADLINE, given: bytes = b"") -> git_hook_pb2.HookVerdict:
    request = git_hook_pb2.RunGitHookRequest(hook="pre-push", input=given)
    reply = call(
        str(path),
        RUN_GIT_HOOK,
        request.SerializeToString(),
        timeout=timeout,
    )
    return git_hook_pb2.HookVerdict.FromString(reply)


@pytest.mark.parametrize("size", [0, 1, 100, 16_379, 16_384, 40_000, 65_000])
def test_requests_and_replies_of_any_size_come_through(room: Path, size: int) -> None:
    with hook_server(room / "s") as server:
        server.verdict = git_hook_pb2.HookVerdict(vetoed=True, reason="r" * (size // 2))
        assert ask(room / "s", given=b"x" * size) == server.verdict
        assert server.requests[0].input == b"x" * size


def test_a_reply_may_be_as_large_as_a_message_can_be(room: Path) -> None:
    with hook_server(room / "s") as server:
        server.verdict = git_hook_pb2.HookVerdict(reason="r" * 4_000_000)
        assert ask(room / "s") == server.verdict


def test_an_empty_reply_is_a_reply(room: Path) -> None:
    with hook_server(room / "s") as server:
        assert ask(room / "s") == server.verdict


def test_a_large_request_is_left_to_others(room: Path) -> None:
    with hook_server(room / "s"), pytest.raises(NoPlainReplyError, match="too large"):
        ask(room / "s", given=b"x" * 70_000)


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INVALID_ARGUMENT])
def test_a_refusal_is_no_plain_reply(room: Path, code: grpc.StatusCode) -> None:
    with hook_server(room / "s") as server:
        server.status = code, "not now"
        with pytest.raises(NoPlainReplyError):
            ask(room / "s")


def test_a_method_that_is_not_there_is_no_plain_reply(room: Path) -> None:
    with hook_server(room / "s"), pytest.raises(NoPlainReplyError):
        call(str(room / "s"), "/no.Service/Method", b"", timeout=DEADLINE)


def test_it_ends_at_its_deadline(room: Path) -> None:
    with hook_server(room / "s") as server:
        server.answering.clear()
        with pytest.raises(NoPlainReplyError):
            ask(room / "s", timeout=0.3)


def test_it_ends_when_the_server_does(room: Path) -> None:
    with hook_server(room / "s") as server:
        server.answering.clear()

        def release() -> None:
            server.asked.wait(DEADLINE)
            server.status = grpc.StatusCode.UNAVAILABLE, "draining"
            server.answering.set()

        thread = threading.Thread(target=release)
        thread.start()
        with pytest.raises(NoPlainReplyError):
            ask(room / "s")
        thread.join()


def test_nobody_there_is_no_plain_reply(room: Path) -> None:
    with pytest.raises(NoPlainReplyError):
        ask(room / "s")
    with hook_server(room / "s"):
        pass
    (room / "s").touch()
    with pytest.raises(NoPlainReplyError):
        ask(room / "s")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        SETTINGS,
        SETTINGS + b"\x00\x00\x04\x03\x00\x00\x00\x00\x01\x00\x00\x00\x08",
        SETTINGS + b"\x00\x00\x00\x01\x05\x00\x00\x00\x01",
        SETTINGS + b"\x00\x00\x00\x00\x01\x00\x00\x00\x01",
        SETTINGS + b"\x00\x00\x05\x00\x01\x00\x00\x00\x01\x01\x00\x00\x00\x00",
        SETTINGS + b"\x00\x00\x05\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x09",
        SETTINGS + b"\x00\x00\x00\x00\x09\x00\x00\x00\x01",
        b"\xff\xff\xff\x00\x01\x00\x00\x00\x01abc",
    ],
)
def test_a_server_that_speaks_something_else_is_no_plain_reply(room: Path, data: bytes) -> None:
    with babbling_server(room / "s", data), pytest.raises(NoPlainReplyError):
        ask(room / "s")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(range(10)), st.binary(max_size=30)), max_size=6))
def test_no_bytes_of_a_server_s_bring_it_down(room: Path, frames: list[tuple[int, bytes]]) -> None:
    data = b"".join(
        len(payload).to_bytes(3, "big") + bytes((kind, 9)) + b"\0\0\0\x01" + payload
        for kind, payload in frames
    )
    with babbling_server(room / "s", data):
        try:
            call(str(room / "s"), RUN_GIT_HOOK, b"", timeout=DEADLINE)
        except NoPlainReplyError:
            return
