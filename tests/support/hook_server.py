"""A gRPC server in the place of a daemon, which answers runs of hooks as a test says."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import grpc

from heddle_api.local.v1 import git_hook_pb2, git_hook_pb2_grpc


@dataclass(slots=True)
class HookServer(git_hook_pb2_grpc.GitHookServiceServicer):
    """Answers each run with `verdict`, or fails with `status`.

    Attributes:
        verdict: what the runs are answered with.
        status: with what and why they are refused instead; None for not at all.
        requests: the runs that came.
        asked: set when a run has come.
        answering: cleared to keep runs waiting.
    """

    verdict: git_hook_pb2.HookVerdict = field(default_factory=git_hook_pb2.HookVerdict)
    status: tuple[grpc.StatusCode, str] | None = None
    requests: list[git_hook_pb2.RunGitHookRequest] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)
    answering: threading.Event = field(default_factory=threading.Event)

    def RunGitHook(  # noqa: N802 - as in the contract
        self, request: git_hook_pb2.RunGitHookRequest, context: grpc.ServicerContext
    ) -> git_hook_pb2.HookVerdict:
        """Answer one run."""
        self.requests.append(request)
        self.asked.set()
        self.answering.wait()
        if self.status is not None:
            context.abort(*self.status)
        return self.verdict

    def TestHookEvent(  # noqa: N802 - as in the contract
        self, request: git_hook_pb2.TestHookEventRequest, context: grpc.ServicerContext
    ) -> git_hook_pb2.HookVerdict:
        """Answer as any run is answered."""
        return self.verdict


@contextlib.contextmanager
def hook_server(path: Path) -> Iterator[HookServer]:
    """Serve on a Unix socket while the block runs."""
    servicer = HookServer()
    servicer.answering.set()
    server = grpc.server(ThreadPoolExecutor(max_workers=4))
    git_hook_pb2_grpc.add_GitHookServiceServicer_to_server(servicer, server)
    server.add_insecure_port(f"unix:{path}")
    server.start()
    try:
        yield servicer
    finally:
        servicer.answering.set()
        server.stop(None).wait()


@contextlib.contextmanager
def babbling_server(path: Path, data: bytes) -> Iterator[None]:
    """Send every client the same bytes, whatever it wants, and hang up."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = server.accept()
                    with client, contextlib.suppress(OSError):
                        client.sendall(data)
                        client.shutdown(socket.SHUT_WR)
                        while client.recv(65_536):
                            pass

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
            path.unlink()
