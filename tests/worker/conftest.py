"""Fixtures: a repository, and workers that serve it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from nursery import Nursery
from worker_bench import Repository, Worker

from heddle_supervisor.worker_settings import WorkerSettings


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Forks workers for the whole run."""
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A fresh repository."""
    return Repository(tmp_path / "repository")


@pytest.fixture
def socket_dir() -> Iterator[Path]:
    """A directory whose path is short: that of a test's own leaves a socket's name no room."""
    with tempfile.TemporaryDirectory(prefix="heddle-") as directory:
        yield Path(directory)


@pytest.fixture
def start_worker(
    nursery: Nursery, repository: Repository, socket_dir: Path, tmp_path: Path
) -> Iterator[Callable[..., Worker]]:
    """Starts workers of the repository, each of a new generation."""
    workers: list[Worker] = []

    def start(**overrides: object) -> Worker:
        generation = len(workers) + 1
        settings: dict[str, object] = {
            "repository": repository.root,
            "heddle_dir": repository.heddle_dir,
            "socket_path": socket_dir / f"grpc.{generation}.sock",
            "generation": generation,
            "heartbeat_interval": 0.05,
        }
        worker = Worker(
            nursery,
            WorkerSettings(**{**settings, **overrides}),  # type: ignore[arg-type]
            tmp_path / f"worker.{generation}.stderr",
        )
        workers.append(worker)
        return worker

    yield start
    for worker in workers:
        worker.end()
