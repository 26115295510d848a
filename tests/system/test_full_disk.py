"""No space left on the device: a start says so, and a daemon that serves goes on serving."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator

import grpc
import pytest
from call_load import log_stub
from git_repository import GitRepository
from heddle_daemon import HeddleDaemon
from small_disk import SmallDisk, small_disk
from waiting import wait_until

from heddle_api.v1 import operation_log_pb2


@pytest.fixture
def disk(daemon: HeddleDaemon) -> Iterator[SmallDisk]:
    """The daemon's own directory is on a small disk, the repository is not."""
    with small_disk(daemon.config.heddle_dir) as disk:
        yield disk
        disk.free()
        daemon.finish()


def hits(daemon: HeddleDaemon) -> list[str]:
    with log_stub(daemon.config.socket_path) as stub:
        reply = stub.QueryOperations(operation_log_pb2.QueryOperationsRequest(), timeout=30)
    return [hit.change_id.hex() for hit in reply.hits]


def test_a_start_says_that_the_disk_is_full(daemon: HeddleDaemon, disk: SmallDisk) -> None:
    disk.fill()
    for _ in range(2):
        outcome = daemon.agent("serve", "--detach").expect(1)
        assert "No space left on device" in outcome.complaint()
    assert daemon.supervisor() is None
    assert daemon.agent("status").code == 3
    disk.free()
    daemon.start()


def test_a_start_that_had_room_for_all_but_the_store(daemon: HeddleDaemon, disk: SmallDisk) -> None:
    daemon.start()
    daemon.stop()
    disk.fill()
    outcome = daemon.agent("serve", "--detach").expect(1)
    assert "No space left on device" in outcome.complaint()
    assert {name for name in daemon.files() if not name.endswith(".log")} == set()
    disk.free()
    daemon.start()


def test_a_daemon_that_serves_goes_on_answering(
    daemon: HeddleDaemon, disk: SmallDisk, repository: GitRepository
) -> None:
    daemon.start()
    before = hits(daemon)
    disk.fill()
    assert hits(daemon) == before
    # What has happened since cannot be stored: that is said, and nothing is lost.
    made = repository.commit("on a full disk")
    with pytest.raises(grpc.RpcError) as refused:
        hits(daemon)
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "no space left" in (refused.value.details() or "")
    assert daemon.agent("status", "--check", "--json").expect(0).body()["health"] == "SERVING"
    disk.free()
    assert hits(daemon) == [*before, made]


def test_a_worker_that_cannot_come_back_is_shown_and_a_reload_mends_it(
    daemon: HeddleDaemon, disk: SmallDisk
) -> None:
    record = daemon.start()
    before = hits(daemon)
    disk.fill()

    def shown() -> bool:
        status = daemon.status("--check")
        assert status["pid"] == record.pid
        # Either it has come back, or it is to be seen that it has not.
        return bool(status["health"] == "SERVING" or status["state"] != "serving")

    # One, and then all of them: nobody who has the store open is left.
    for everybody in (False, True):
        for pid in daemon.workers() if everybody else [record.worker_pid or 0]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_until(shown, "the state is what it is")
    disk.free()
    daemon.agent("reload").expect(0)
    assert hits(daemon) == before
    assert daemon.settled().pid == record.pid


def test_a_daemon_can_be_stopped_on_a_full_disk(daemon: HeddleDaemon, disk: SmallDisk) -> None:
    record = daemon.start()
    disk.fill()
    assert daemon.stop() == {"stopped": True, "swept_stale": False, "pid": record.pid}
    assert daemon.files() == set()
