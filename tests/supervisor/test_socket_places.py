"""Daemons whose socket is not at the contract's path, to which that then leads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from daemon_bench import TinyDaemon, tiny_daemon
from waiting import wait_until

from heddle_supervisor.config import default_socket_path, fallback_socket_path
from heddle_supervisor.errors import ExitCode
from heddle_supervisor.process_identity import pid_alive

MakeDaemon = Callable[..., TinyDaemon]


def test_a_path_too_long_for_a_socket_is_no_obstacle(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (room / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(room / "run"))
    deep = room.joinpath(*["d" * 40] * 3)
    deep.mkdir(parents=True)
    with tiny_daemon(deep) as daemon:
        fallback = fallback_socket_path(daemon.config.heddle_dir)
        assert fallback.is_relative_to(room / "run")
        status = daemon.start_serving()
        assert Path(status.socket_path) == daemon.config.socket_path == fallback
        assert daemon.ask()["pid"] == status.worker_pid
        assert default_socket_path(daemon.config.heddle_dir).readlink() == fallback
        workers = daemon.kill_supervisor()
        wait_until(lambda: not any(pid_alive(pid) for pid in workers), "the workers have ended")
        daemon.start_serving()
        assert daemon.stop() == 0
        assert daemon.files() == set()
        assert not fallback.parent.exists()


def test_it_serves_at_another_path_where_asked(make_daemon: MakeDaemon, room: Path) -> None:
    path = room / "elsewhere.sock"
    daemon = make_daemon()
    status = daemon.start_serving(socket=str(path))
    assert status.socket_path == str(path)
    assert default_socket_path(daemon.config.heddle_dir).readlink() == path
    assert daemon.ask()["pid"] == status.worker_pid
    assert daemon.stop() == 0
    assert daemon.files() == set()
    assert not path.exists()


def test_two_daemons_cannot_have_one_socket(room: Path) -> None:
    path = room / "shared.sock"
    rooms = [room / "one", room / "two"]
    for each in rooms:
        each.mkdir()
    with tiny_daemon(rooms[0]) as first, tiny_daemon(rooms[1]) as second:
        first.start_serving(socket=str(path))
        second.start(socket=str(path))
        assert second.end() == (
            ExitCode.FAILURE,
            f"another process listens on {path}: choose another path\n",
        )
        assert first.ask()["parent"] == first.process.pid
