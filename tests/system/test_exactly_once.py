"""What clients are told has happened has happened once, whatever was killed meanwhile."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import apsw
import grpc
import pytest
from call_load import log_stub
from git_repository import GitRepository
from heddle_daemon import HeddleDaemon
from mutating_clients import MutatingClients
from waiting import wait_until

from heddle_api.v1.operation_log_pb2 import (
    OperationHit,
    QueryOperationsRequest,
    StreamOperationsRequest,
)

MUTATIONS: Final = int(os.environ.get("HEDDLE_MUTATIONS", "400"))
SEED: Final = int(os.environ.get("HEDDLE_SEED", str(random.SystemRandom().randrange(10**6))))
_CLIENTS: Final = 8
_TRANSACTING: Final = 2
_SUPERVISOR_KILLS_PER_WORKER_KILL: Final = 0.04
_VERBS: Final = {
    "TransactionService.CommitTransaction": "transaction_commit",
    "TransactionService.AbortTransaction": "transaction_abort",
}


@pytest.mark.timeout(180 + MUTATIONS // 20)
def test_whatever_is_killed(daemon: HeddleDaemon, repository: GitRepository, room: Path) -> None:
    print(f"HEDDLE_SEED={SEED} HEDDLE_MUTATIONS={MUTATIONS}")  # noqa: T201
    chance = random.Random(SEED)
    daemon.start("--heartbeat-deadline", "5")
    socket_path = daemon.config.socket_path
    clients = MutatingClients(socket_path, worktrees(repository, room), _CLIENTS, MUTATIONS, SEED)
    follower = Follower(socket_path)
    kills: Counter[str] = Counter()
    with follower.following():
        with clients.running():
            while not clients.are_done():
                time.sleep(chance.uniform(0.05, 0.3))
                kills[kill_one(daemon, chance)] += 1
        assert clients.failures == []
        daemon.agent("serve", "--detach")
        daemon.settled()
    assert follower.failure is None
    print(f"{kills} kills; {clients.retries} retries; {follower.streams} streams")  # noqa: T201
    check(clients, follower.hits, everything(socket_path))
    daemon.stop()
    with contextlib.closing(apsw.Connection(str(daemon.config.state_dir / "heddle.db"))) as store:
        assert store.execute("PRAGMA integrity_check").get == "ok"
        assert store.execute("SELECT count(*) FROM transactions WHERE step != ''").get == 0


def worktrees(repository: GitRepository, room: Path) -> list[Path]:
    places = [room / f"worktree {number}" for number in range(_TRANSACTING)]
    for place in places:
        repository.git("worktree", "add", "--quiet", "--detach", str(place))
    return places


def kill_one(daemon: HeddleDaemon, chance: random.Random) -> str:
    """Kill the worker, or now and then the supervisor, and start anew what has no supervisor."""
    record = daemon.record()
    victim, pid = "worker", record.worker_pid if record is not None else None
    if chance.random() < _SUPERVISOR_KILLS_PER_WORKER_KILL:
        victim, pid = "supervisor", daemon.supervisor()
    if pid is not None and pid in {*daemon.workers(), daemon.supervisor()}:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if victim == "supervisor":
        # It may not have been there to be killed.
        assert daemon.agent("serve", "--detach", "--heartbeat-deadline", "5").code in (0, 4)
    return victim


class Follower:
    """Follows the log live, and goes on from its cursor whenever its stream has ended."""

    def __init__(self, socket_path: Path) -> None:
        self.hits: list[OperationHit] = []
        self.streams = 0
        self.failure: grpc.RpcError | None = None
        self._socket_path = socket_path
        self._has_ended = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    @contextlib.contextmanager
    def following(self) -> Iterator[None]:
        """Follow while the block runs, and until everything has come."""
        self._thread.start()
        yield
        last = everything(self._socket_path)[-1].seq
        wait_until(lambda: self.failure or self.hits[-1].seq >= last, "the follower has it all")
        self._has_ended = True

    def _run(self) -> None:
        while not self._has_ended:
            query = QueryOperationsRequest(
                after_seq=self.hits[-1].seq if self.hits else 0, include_checkpoints=True
            )
            request = StreamOperationsRequest(query=query, follow=True)
            self.streams += 1
            try:
                with log_stub(self._socket_path) as stub:
                    for hit in stub.StreamOperations(request):
                        self.hits.append(hit)
            except grpc.RpcError as error:
                if error.code() is not grpc.StatusCode.UNAVAILABLE:
                    self.failure = error
                    return


def read(socket_path: Path, cursor: int) -> list[OperationHit]:
    with log_stub(socket_path) as stub:
        request = QueryOperationsRequest(after_seq=cursor, include_checkpoints=True, limit=5_000)
        return list(stub.QueryOperations(request, timeout=30).hits)


def everything(socket_path: Path) -> list[OperationHit]:
    hits: list[OperationHit] = []
    while page := read(socket_path, hits[-1].seq if hits else 0):
        hits += page
    return hits


def check(
    clients: MutatingClients, followed: list[OperationHit], logged: list[OperationHit]
) -> None:
    """Hold what the clients were told against what the log has."""
    seqs = [hit.seq for hit in logged]
    assert seqs == sorted(set(seqs))
    assert [hit.seq for hit in followed] == seqs[: len(followed)]
    ours = [hit for hit in logged if hit.operation_id]
    entries = Counter(hit.operation_id for hit in ours)
    assert {id_: count for id_, count in entries.items() if count != 1} == {}
    told = {hit.operation_id: hit.verb for hit in ours}
    unknown = told.keys() - clients.acknowledged.keys() - clients.given_up
    assert unknown == set()
    for id_, verb in clients.acknowledged.items():
        expected = None if id_ in clients.silent else _VERBS.get(verb, verb)
        assert told.get(id_) == expected, (id_, verb)
