"""What may stand where the daemon's files should be, and what each command makes of it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import grpc
import pytest
from call_load import log_stub, query
from git_repository import GitRepository
from heddle_daemon import HeddleDaemon

from heddle_api.v1 import operation_log_pb2

MakeDaemon = Callable[..., HeddleDaemon]

MARKER: Final = "heddle-agent"
_CONNECT_BESIDE: Final = (
    "import socket; socket.socket(socket.AF_UNIX).connect('.heddle/sockets/grpc.sock')"
)
DEAD_PID: Final = 2**22 + 12_345
"""Above every pid that the kernel gives, so nobody's."""

FILES: Final = {
    "empty": "",
    "blank": "\n\n\n",
    "truncated": "4711",
    "without-time": f"4711\n{MARKER}\n",
    "half-a-marker": "4711\nheddle-age",
    "huge": f"{DEAD_PID}\n{MARKER}\n1700000000\n" + "x" * 5_000_000,
    "huge-number": "9" * 1_000_000,
    "foreign-marker": "4711\nnginx\n1700000000\n",
    "negative-pid": f"-1\n{MARKER}\n1700000000\n",
    "pid-zero": f"0\n{MARKER}\n1700000000\n",
    "pid-one": f"1\n{MARKER}\n1700000000\n",
    "overflowing-pid": f"{2**31}\n{MARKER}\n1700000000\n",
    "overflowing-time": f"4711\n{MARKER}\n{'9' * 400}\n",
    "no-number": f"x\n{MARKER}\n1700000000\n",
    "foreign-digits": f"٤٧١١\n{MARKER}\n1700000000\n",
    "dead": f"{DEAD_PID}\n{MARKER}\n1700000000\n",
    "dead-with-carriage-returns": f"{DEAD_PID}\r\n{MARKER}\r\n1700000000\r\n",
}
OURS: Final = {"huge", "pid-one", "dead", "dead-with-carriage-returns"}
"""Those that are pidfiles, all the same: `stop` may sweep them."""


def put_pidfile(daemon: HeddleDaemon, text: str) -> Path:
    path = daemon.config.pid_path
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")
    return path


@pytest.mark.parametrize("name", FILES)
def test_a_pidfile_of_whatever_kind_signals_nobody_and_stops_no_start(
    daemon: HeddleDaemon, name: str
) -> None:
    path = put_pidfile(daemon, FILES[name])
    status = daemon.agent("status", "--json").expect(3).body()
    assert (status["running"], status["pid"], status["state"]) == (False, None, "stopped")
    assert daemon.agent("reload").expect(3).complaint().startswith("no daemon runs here")
    if name in OURS:
        daemon.agent("stop", "--force").expect(1 if name == "pid-one" else 0)
        put_pidfile(daemon, FILES[name])
    else:
        complaint = daemon.agent("stop", "--force").expect(1).complaint()
        assert complaint.startswith(f"pidfile {path} ")
        assert complaint.endswith(": refusing to signal anything")
        assert len(complaint) < 300
        assert path.exists()
    record = daemon.start()
    assert path.read_text(encoding="ascii").splitlines()[:2] == [str(record.pid), MARKER]
    assert daemon.stop()["pid"] == record.pid


def test_what_stop_does_with_a_dead_daemons_pidfile(daemon: HeddleDaemon) -> None:
    put_pidfile(daemon, FILES["dead"])
    assert daemon.stop() == {"stopped": True, "swept_stale": True, "pid": DEAD_PID}
    assert daemon.files() == set()


def make_directory(path: Path) -> None:
    path.mkdir()


def make_symlink(path: Path) -> None:
    target = path.with_name("target")
    target.write_text(f"{os.getpid()}\n{MARKER}\n1700000000\n", encoding="ascii")
    path.symlink_to(target)


def make_dangling_symlink(path: Path) -> None:
    path.symlink_to(path.with_name("nothing"))


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (make_directory, "is a directory, not a pidfile: remove it"),
        (make_symlink, "is a symlink, not a pidfile: remove it"),
        (make_dangling_symlink, "is a symlink, not a pidfile: remove it"),
        (make_fifo, "is not a regular file, not a pidfile: remove it"),
        (make_socket, "cannot be opened: No such device or address"),
    ],
)
def test_what_is_no_file_at_all_is_left_to_a_person(
    daemon: HeddleDaemon, make: Callable[[Path], None], expected: str
) -> None:
    path = daemon.config.pid_path
    path.parent.mkdir(mode=0o700, parents=True)
    make(path)
    before = path.lstat()
    for verb in ("serve", "stop"):
        complaint = daemon.agent(verb, *(["--detach"] if verb == "serve" else [])).expect(1)
        assert expected in complaint.complaint()
    status = daemon.agent("status", "--json").expect(3).body()
    assert expected in status["last_error"]
    assert path.lstat().st_ino == before.st_ino
    assert daemon.supervisor() is None


def test_stale_sockets_of_several_generations_are_swept(daemon: HeddleDaemon) -> None:
    directory = daemon.config.pid_path.parent
    directory.mkdir(mode=0o700, parents=True)
    for name in ("grpc.sock", "grpc.4711-1.sock", "grpc.4711-2.sock", "grpc.99-31.sock"):
        make_socket(directory / name)
    (directory / "grpc.status.json").write_text("{", encoding="ascii")
    (directory / "grpc.pid.4711.0badcafe.tmp").write_text("", encoding="ascii")
    (directory / "grpc.mine.sock").write_text("kept", encoding="ascii")
    (directory / "other.sock").write_text("kept", encoding="ascii")
    record = daemon.start()
    kept = {"grpc.mine.sock", "other.sock"}
    assert daemon.files() - kept == {
        "grpc.pid",
        "grpc.sock",
        "grpc.status.json",
        f"grpc.{record.pid}-2.sock",
    }
    query(daemon.config.socket_path)
    daemon.stop()
    assert daemon.files() == kept


def test_a_file_in_the_sockets_place_is_left_to_a_person(daemon: HeddleDaemon) -> None:
    daemon.config.socket_path.parent.mkdir(mode=0o700, parents=True)
    daemon.config.socket_path.write_text("precious", encoding="ascii")
    complaint = daemon.agent("serve", "--detach").expect(1).complaint()
    assert complaint == f"{daemon.config.socket_path} exists and is not a socket: move it away"
    assert daemon.config.socket_path.read_text(encoding="ascii") == "precious"
    assert daemon.files() == {"grpc.sock"}


def test_a_status_file_of_whatever_kind_is_no_obstacle(daemon: HeddleDaemon) -> None:
    record = daemon.start("--no-standby")
    for text in ("", "{}", "[]", "null", '{"state": "happy"}', "\0" * 100, "[" * 100_000):
        daemon.config.status_path.write_text(text, encoding="utf-8")
        status = daemon.agent("status", "--json").expect(0).body()
        assert (status["running"], status["pid"]) == (True, record.pid)
    assert daemon.stop()["pid"] == record.pid
    assert daemon.files() == set()


def test_a_path_longer_than_a_sockets_works_through_the_runtime_directory(
    make_daemon: MakeDaemon, room: Path
) -> None:
    repository = GitRepository.init(room.joinpath(*["long" * 10] * 4))
    repository.commit()
    daemon = make_daemon(repository.root)
    outcome = daemon.agent("serve", "--detach", "--json").expect(0).body()
    status = daemon.agent("status", "--json", "--check").expect(0).body()
    assert status["health"] == "SERVING"
    real = Path(status["socket_path"])
    assert str(real) == outcome["socket_path"]
    assert real.is_relative_to(room / "run" / "heddle")
    assert real.stat().st_mode & 0o777 == 0o600
    assert real.parent.stat().st_mode & 0o777 == 0o700
    query(real)
    # The name by contract leads there, for a client that stands beside it.
    link = repository.root / ".heddle" / "sockets" / "grpc.sock"
    assert link.readlink() == real
    assert len(os.fsencode(link)) > 107
    beside = subprocess.run(
        [sys.executable, "-c", _CONNECT_BESIDE], cwd=repository.root, check=False
    )
    assert beside.returncode == 0
    assert daemon.stop()["stopped"] is True
    assert daemon.files() == set()
    assert not real.parent.exists()


def test_the_fallback_is_found_by_a_command_in_another_environment(
    make_daemon: MakeDaemon, room: Path
) -> None:
    """A daemon that was started from a login session is seen from one without such variables."""
    repository = GitRepository.init(room.joinpath(*["long" * 10] * 4))
    repository.commit()
    daemon, elsewhere = make_daemon(repository.root), make_daemon(repository.root)
    daemon.start()
    (room / "other-run").mkdir(mode=0o700)
    elsewhere.environment["XDG_RUNTIME_DIR"] = str(room / "other-run")
    assert elsewhere.agent("status", "--check", "--json").expect(0).body()["health"] == "SERVING"
    assert elsewhere.stop()["stopped"] is True
    assert [path for path in (room / "run").rglob("*") if not path.is_dir()] == []


def test_an_open_directory_in_the_fallbacks_place_is_refused(
    make_daemon: MakeDaemon, room: Path
) -> None:
    repository = GitRepository.init(room.joinpath(*["long" * 10] * 4))
    daemon = make_daemon(repository.root)
    (room / "run" / "heddle").mkdir()
    (room / "run" / "heddle").chmod(0o777)
    complaint = daemon.agent("serve", "--detach").expect(1).complaint()
    assert f"{room / 'run' / 'heddle'} is open to other users" in complaint
    assert daemon.supervisor() is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("relative.sock", "socket path relative.sock is not absolute"),
        ("/tmp/" + "x" * 100, "socket path is longer than 87 bytes"),
        ("/nowhere/at/all.sock", "No such file or directory"),
    ],
)
def test_a_socket_path_that_cannot_be_is_refused(
    daemon: HeddleDaemon, name: str, expected: str
) -> None:
    outcome = daemon.agent("serve", "--detach", "--socket", name).expect(1)
    assert expected in outcome.complaint()
    assert daemon.supervisor() is None


def test_a_socket_of_ones_own_choice(daemon: HeddleDaemon, room: Path) -> None:
    chosen = room / "chosen.sock"
    daemon.agent("serve", "--detach", "--socket", str(chosen)).expect(0)
    record = daemon.settled()
    assert daemon.status()["socket_path"] == str(chosen)
    query(chosen)
    assert daemon.config.socket_path.readlink() == chosen
    os.kill(record.worker_pid or 0, 9)
    daemon.until(lambda after: after.restarts == 1, "the worker is replaced")
    daemon.settled()
    query(chosen)
    daemon.stop()
    assert not chosen.exists()
    assert daemon.files() == set()


def test_names_with_blanks_and_signs_are_no_obstacle(make_daemon: MakeDaemon, room: Path) -> None:
    repository = GitRepository.init(room / "a b%20c#d?e'ü")
    repository.commit()
    daemon = make_daemon(repository.root)
    daemon.start()
    assert daemon.agent("status", "--check", "--json").expect(0).body()["health"] == "SERVING"
    assert daemon.stop()["stopped"] is True


def test_a_repository_that_has_moved_is_not_found_where_it_was(
    daemon: HeddleDaemon, make_daemon: MakeDaemon, repository: GitRepository, room: Path
) -> None:
    record = daemon.start()
    repository.root.rename(room / "moved")
    moved = make_daemon(room / "moved")
    request = operation_log_pb2.QueryOperationsRequest(repo_path=str(repository.root))
    with log_stub(moved.config.socket_path) as stub, pytest.raises(grpc.RpcError) as refused:
        stub.QueryOperations(request, timeout=30)
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
    assert moved.stop()["pid"] == record.pid
