"""Transactions of a real daemon, whose worker dies while it takes a worktree back."""

from __future__ import annotations

import os
import random
import signal
import time
import uuid
from pathlib import Path
from typing import Final

import grpc
from call_load import channel_to
from git_repository import GitRepository
from heddle_daemon import HeddleDaemon
from transaction_client import TransactionClient
from waiting import wait_until

from heddle_api.v1 import transaction_pb2, transaction_pb2_grpc

ROUNDS: Final = int(os.environ.get("HEDDLE_ABORT_KILLS", "8"))
SEED: Final = int(os.environ.get("HEDDLE_SEED", str(random.SystemRandom().randrange(10**6))))


def state_of(repository: GitRepository) -> tuple[str, ...]:
    """Return all that an abort has to bring back."""
    tracked = repository.git("ls-files", "--stage")
    files = sorted(
        f"{path.relative_to(repository.root)} {path.read_bytes()!r}"
        for path in repository.root.rglob("*")
        if path.is_file() and not {".git", ".heddle"} & set(path.relative_to(repository.root).parts)
    )
    head = repository.git("symbolic-ref", "HEAD"), repository.git("rev-parse", "HEAD")
    return (repository.git("status", "--porcelain=v2"), tracked, *head, *files)


def edit(repository: GitRepository, number: int) -> None:
    """Change much, so that taking it back takes a while."""
    for index in range(60):
        (repository.root / f"file {index}").write_text(f"{number}\n" * 500)
    repository.git("add", "file 1", "file 2")
    repository.git("switch", "-q", "-c", f"topic-{number}")
    repository.git("commit", "-q", "-m", "made within")
    (repository.root / f"new {number}").write_text("new\n")


def refuse_unless_unavailable(error: grpc.RpcError) -> None:
    """Let pass that nobody has answered, and nothing else."""
    if error.code() is not grpc.StatusCode.UNAVAILABLE:
        raise error


def try_to_abort(daemon: HeddleDaemon, transaction_id: str, operation_id: str) -> bool:
    """Ask once; return whether a reply has come."""
    request = transaction_pb2.AbortTransactionRequest(
        transaction_id=transaction_id, client_operation_id=operation_id
    )
    with channel_to(daemon.config.socket_path) as channel:
        stub = transaction_pb2_grpc.TransactionServiceStub(channel)
        abort = stub.AbortTransaction.future(request, timeout=60)
        time.sleep(random.Random(operation_id).uniform(0.0, 0.4))
        os.kill(daemon.worker(), signal.SIGKILL)
        try:
            return bool(abort.result().aborted)
        except grpc.RpcError as error:
            refuse_unless_unavailable(error)
            return False


def status(daemon: HeddleDaemon, transaction_id: str) -> str | None:
    """Return what has become of a transaction, `None` while nobody answers."""
    with channel_to(daemon.config.socket_path) as channel:
        try:
            return TransactionClient(channel).status(transaction_id)[0]
        except grpc.RpcError as error:
            refuse_unless_unavailable(error)
            return None


def test_an_abort_that_is_cut_off_is_finished_by_the_next_worker(
    daemon: HeddleDaemon, repository: GitRepository
) -> None:
    """Or it had not begun; and whoever asks again gets a reply, and nothing is done twice."""
    print(f"HEDDLE_SEED={SEED}")  # noqa: T201
    chance = random.Random(SEED)
    for index in range(60):
        (repository.root / f"file {index}").write_text("first\n" * 500)
    repository.git("add", ".")
    repository.git("commit", "-q", "-m", "files")
    (repository.root / "file 3").write_text("not staged\n")
    before = state_of(repository)
    daemon.start()
    for number in range(ROUNDS):
        with channel_to(daemon.config.socket_path) as channel:
            transaction = TransactionClient(channel).begin()
        edit(repository, number)
        operation_id = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        replied = try_to_abort(daemon, transaction, operation_id)
        daemon.settled()
        if replied or chance.random() < 0.5:
            # Nobody asks again: what was noted is done all the same.
            outcome = wait_until(lambda: status(daemon, transaction), "somebody answers")  # noqa: B023
        else:
            outcome = "unknown"
        with channel_to(daemon.config.socket_path) as channel:
            client = TransactionClient(channel)
            wait_until(lambda: client.ended(transaction, operation_id), "it is aborted")  # noqa: B023
            assert state_of(repository) == before, (number, outcome)
            told = client.logged("transaction_abort")
            assert [hit.operation_id for hit in told].count(operation_id) == 1
            assert len(told) == number + 1
            kept = client.abort(transaction, client_operation_id=operation_id)
        listed = repository.git("ls-tree", "-r", "--name-only", kept)
        assert f'"worktree/new {number}"' in listed or f"worktree/new {number}" in listed


def test_what_was_begun_when_the_daemon_died_is_there_when_it_starts_again(
    daemon: HeddleDaemon, repository: GitRepository
) -> None:
    daemon.start()
    with channel_to(daemon.config.socket_path) as channel:
        transaction = TransactionClient(channel).begin()
    file: Path = repository.root / "new"
    file.write_text("new\n")
    os.kill(daemon.supervisor() or 0, signal.SIGKILL)
    daemon.start()
    with channel_to(daemon.config.socket_path) as channel:
        client = TransactionClient(channel)
        assert client.status(transaction) == ("active", 0)
        client.abort(transaction)
    assert not file.exists()


def test_what_aborts_have_taken_away_outlives_the_store(
    daemon: HeddleDaemon, repository: GitRepository
) -> None:
    daemon.start("--no-standby")
    with channel_to(daemon.config.socket_path) as channel:
        client = TransactionClient(channel)
        aborted = client.begin()
        file: Path = repository.root / "new"
        file.write_text("new\n")
        kept = client.abort(aborted)
        begun = client.begin()
    daemon.stop()
    for path in daemon.config.state_dir.glob("heddle.db*"):
        path.unlink()
    daemon.start("--no-standby")
    ref = f"refs/heddle/transactions/{begun}/begin"
    wait_until(
        lambda: not repository.git("for-each-ref", ref), "the copy of an unknown one is dropped"
    )
    assert repository.git("cat-file", "blob", f"{kept}:worktree/new") == "new"
