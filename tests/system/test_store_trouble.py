"""The store damaged, locked or read-only: what clients and people see, and that it passes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import apsw
import grpc
import pytest
from call_load import log_stub
from git_repository import GitRepository
from heddle_daemon import HeddleDaemon
from small_disk import small_disk

from heddle_api.v1 import operation_log_pb2
from heddle_supervisor.status_file import PublicState


def hits(daemon: HeddleDaemon) -> list[str]:
    with log_stub(daemon.config.socket_path) as stub:
        reply = stub.QueryOperations(operation_log_pb2.QueryOperationsRequest(), timeout=30)
    return [hit.change_id.hex() for hit in reply.hits]


def refusal(daemon: HeddleDaemon) -> tuple[grpc.StatusCode, str]:
    """Return the status with which a query ends, and its message."""
    with pytest.raises(grpc.RpcError) as raised:
        hits(daemon)
    return raised.value.code(), raised.value.details() or ""


@pytest.fixture
def filled(daemon: HeddleDaemon, repository: GitRepository) -> list[str]:
    """What is in a log of some pages, all of them in the main file; the daemon does not run."""
    # As 150 commits of their own would have it, each of which is some processes of git's.
    commit = repository.commit("first")
    who = "Ada <ada@example.com>"
    lines = (
        f"{commit} {commit} {who} {1_700_000_000 + number} +0000\tcommit: {number}\n"
        for number in range(150)
    )
    with Path(repository.git_dir(), "logs", "HEAD").open("a", encoding="utf-8") as reflog:
        reflog.writelines(lines)
    daemon.start()
    found = hits(daemon)
    assert len(found) > 150
    daemon.stop()
    # A worker that was in a hurry to end leaves what it wrote in the log beside the file.
    with contextlib.closing(apsw.Connection(str(daemon.config.state_dir / "heddle.db"))) as store:
        # A connection that has read nothing yet knows of no log, and checkpoints none.
        store.execute("SELECT count(*) FROM meta").fetchall()
        store.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        assert Path(f"{store.filename}-wal").stat().st_size == 0
    return found


@pytest.fixture
def store(daemon: HeddleDaemon) -> Path:
    return daemon.config.state_dir / "heddle.db"


def damage(store: Path) -> None:
    """Overwrite the page through which all operations are reached."""
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    with contextlib.closing(apsw.Connection(f"file:{store}?immutable=1", flags)) as connection:
        root = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'operations'"
        ).get
        page_size = connection.pragma("page_size")
    with store.open("r+b") as file:
        file.seek((root - 1) * page_size)
        file.write(b"\xa5" * page_size)


def write_elsewhere(store: Path) -> None:
    """Commit from outside, so that no connection answers from pages that it read before."""
    with contextlib.closing(apsw.Connection(str(store))) as connection:
        connection.execute("INSERT INTO meta VALUES ('written-elsewhere', '')")


def test_a_store_that_was_damaged_while_the_machine_was_down(
    daemon: HeddleDaemon, filled: list[str], store: Path
) -> None:
    backup = store.with_name("heddle.db.schema-1.backup")
    backup.write_bytes(store.read_bytes())
    with contextlib.closing(apsw.Connection(str(store))) as connection:
        connection.execute("INSERT INTO meta VALUES ('opened', 'another-boot 00')")
    damage(store)
    damaged = store.read_bytes()
    complaint = daemon.agent("serve", "--detach").expect(1).complaint()
    assert complaint.startswith(f"{store} is damaged")
    assert f"copy the last good backup, {backup}, to its place" in complaint
    assert store.read_bytes() == damaged
    # What the line says is what helps.
    for name in ("heddle.db", "heddle.db-wal", "heddle.db-shm"):
        with contextlib.suppress(FileNotFoundError):
            (store.parent / name).rename(store.parent / f"aside-{name}")
    store.write_bytes(backup.read_bytes())
    daemon.start()
    assert hits(daemon) == filled


def test_a_store_that_is_damaged_while_the_daemon_runs(
    daemon: HeddleDaemon, filled: list[str], store: Path
) -> None:
    daemon.start()
    assert hits(daemon) == filled
    damage(store)
    write_elsewhere(store)
    for _ in range(2):
        code, message = refusal(daemon)
        assert code is grpc.StatusCode.DATA_LOSS
        assert message.startswith(f"{store} is damaged")
    # The worker serves on, so that whatever is left can be read; the log has one line.
    assert daemon.status("--check")["health"] == "SERVING"
    assert daemon.log().count(f"nothing more is written: {store} is damaged") == 1
    # Its successor checks first, and does not touch the file.
    damaged = store.read_bytes()
    os.kill(daemon.worker(), signal.SIGKILL)
    record = daemon.until(lambda r: r.state is PublicState.FAILED, "the daemon has given up")
    assert (record.last_error or "").startswith(f"{store} is damaged")
    daemon.stop()
    complaint = daemon.agent("serve", "--detach").expect(1).complaint()
    assert complaint.startswith(f"{store} is damaged")
    assert store.read_bytes() == damaged


def test_a_store_that_another_process_has_locked(
    daemon: HeddleDaemon, filled: list[str], store: Path, repository: GitRepository
) -> None:
    daemon.start()
    with contextlib.closing(apsw.Connection(str(store))) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        assert hits(daemon) == filled
        made = repository.commit("while it is locked")
        code, message = refusal(daemon)
        assert code is grpc.StatusCode.UNAVAILABLE
        assert message == f"{store} is locked by another process; try again"
        assert daemon.status("--check")["health"] == "SERVING"
        connection.execute("ROLLBACK")
    assert hits(daemon) == [*filled, made]


@pytest.fixture
def own_disk(daemon: HeddleDaemon) -> Iterator[Path]:
    """The store's directory, on a file system of its own."""
    with small_disk(daemon.config.state_dir):
        yield daemon.config.state_dir
        daemon.finish()


def mount(*arguments: str | Path) -> None:
    subprocess.run(["mount", *arguments], check=True)


def test_a_store_on_a_read_only_disk_stops_a_start(daemon: HeddleDaemon, own_disk: Path) -> None:
    daemon.start()
    before = hits(daemon)
    daemon.stop()
    mount("-o", "remount,ro", own_disk)
    complaint = daemon.agent("serve", "--detach").expect(1).complaint()
    assert complaint.startswith(f"cannot write {own_disk / 'heddle.db'}")
    assert complaint.endswith("make the file and its directory writable")
    mount("-o", "remount,rw", own_disk)
    daemon.start()
    assert hits(daemon) == before


def test_a_directory_that_becomes_read_only_under_a_daemon(
    daemon: HeddleDaemon, own_disk: Path, repository: GitRepository
) -> None:
    record = daemon.start()
    before = hits(daemon)
    # Who opened the files before, the standby among them, may write them for ever.
    mount("--bind", own_disk, own_disk)
    mount("-o", "remount,bind,ro", own_disk)
    try:
        made = [repository.commit("through an open file")]
        assert hits(daemon) == [*before, *made]
        os.kill(record.worker_pid or 0, signal.SIGKILL)
        successor = daemon.until(
            lambda r: r.worker_pid not in (None, record.worker_pid), "the standby serves"
        )
        made.append(repository.commit("through the standby's"))
        assert hits(daemon) == [*before, *made]
        os.kill(successor.worker_pid or 0, signal.SIGKILL)
        failed = daemon.until(lambda r: r.state is PublicState.FAILED, "the daemon has given up")
        assert (failed.last_error or "").startswith(f"cannot write {own_disk / 'heddle.db'}")
    finally:
        subprocess.run(["umount", "--lazy", own_disk], check=True)
    daemon.agent("reload").expect(0)
    assert hits(daemon) == [*before, *made]
