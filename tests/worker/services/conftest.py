"""Fixtures: a client of a real worker, in a repository with a tracked file."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import grpc
import pytest
from transaction_client import TransactionClient
from worker_bench import Repository, Worker

from heddle_worker.serving.socket_address import grpc_address


@pytest.fixture
def tracked(repository: Repository) -> None:
    """A file that git tracks."""
    (repository.root / "tracked").write_text("first\n")
    repository.git("add", "tracked")
    repository.commit("tracked")


@pytest.fixture
def client(tracked: None, start_worker: Callable[..., Worker]) -> Iterator[TransactionClient]:
    """A client of a worker that serves."""
    with grpc.insecure_channel(grpc_address(start_worker().activate().path)) as channel:
        yield TransactionClient(channel)
