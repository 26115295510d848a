"""What the daemon says of itself, in a file that is there whole or not at all."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heddle_supervisor.config import LocalDaemonConfig
from heddle_supervisor.process_identity import Match, ProcessIdentity
from heddle_supervisor.status_file import PublicState, StatusFile, read_status

STATE: dict[str, Any] = {
    "state": PublicState.SERVING,
    "worker_pid": 11,
    "standby_pid": 12,
    "generation": 3,
    "restarts": 2,
    "recent_restarts": (),
    "last_error": "it's „hot“\n",
}


@pytest.fixture
def config(tmp_path: Path) -> LocalDaemonConfig:
    config = LocalDaemonConfig.for_heddle_dir(tmp_path / ".heddle")
    config.pid_path.parent.mkdir(parents=True)
    return config


def body_of(config: LocalDaemonConfig) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(config.status_path.read_text(encoding="utf-8"))
    return body


def test_what_is_written_can_be_read(config: LocalDaemonConfig) -> None:
    StatusFile(config, 1234).write(**STATE)
    record = read_status(config.status_path)
    assert record is not None
    for name in STATE.keys() - {"recent_restarts"}:
        assert getattr(record, name) == STATE[name]
    assert record.pid == os.getpid()
    assert record.started_at == 1234
    assert record.repository == str(config.repository)
    assert record.socket_path == str(config.socket_path)
    assert ProcessIdentity(record.pid, record.boot, record.started_ticks).match() is Match.SAME


def test_it_is_private_and_leaves_nothing_beside_it(config: LocalDaemonConfig) -> None:
    StatusFile(config, 0).write(**STATE)
    assert config.status_path.stat().st_mode & 0o7777 == 0o600
    assert list(config.status_path.parent.iterdir()) == [config.status_path]


def test_it_is_replaced_when_it_changes_and_only_then(config: LocalDaemonConfig) -> None:
    file = StatusFile(config, 0)
    inodes = []
    for state in (STATE, STATE, {**STATE, "restarts": 3}):
        file.write(**state)
        # An old inode that is still held cannot be given to a new file.
        inodes.append(os.open(config.status_path, os.O_RDONLY))
    first, second, third = (os.fstat(each).st_ino for each in inodes)
    assert first == second != third
    for each in inodes:
        os.close(each)


def test_a_reader_never_sees_half_of_it(config: LocalDaemonConfig) -> None:
    file = StatusFile(config, 0)
    file.write(**STATE)
    over = threading.Event()
    torn: list[bytes] = []

    def read_on() -> None:
        while not over.is_set():
            if read_status(config.status_path) is None:
                torn.append(config.status_path.read_bytes())

    reader = threading.Thread(target=read_on)
    reader.start()
    for number in range(300):
        file.write(**{**STATE, "restarts": number, "last_error": "x" * (number * 7 % 2000)})
    over.set()
    reader.join()
    assert torn == []


def test_a_directory_that_is_gone_is_an_error(config: LocalDaemonConfig) -> None:
    config.status_path.parent.rmdir()
    with pytest.raises(FileNotFoundError):
        StatusFile(config, 0).write(**STATE)


def test_a_symlink_in_the_temporary_files_place_is_not_followed(config: LocalDaemonConfig) -> None:
    victim = config.status_path.with_name("victim")
    victim.write_text("precious", encoding="ascii")
    config.status_path.with_name(f"{config.status_path.name}.tmp").symlink_to(victim)
    with pytest.raises(OSError, match=r"symbolic links"):
        StatusFile(config, 0).write(**STATE)
    assert victim.read_text(encoding="ascii") == "precious"


def test_what_a_later_version_adds_is_passed_over(config: LocalDaemonConfig) -> None:
    StatusFile(config, 0).write(**STATE)
    before = read_status(config.status_path)
    body = {**body_of(config), "mood": "fine", "format": 2}
    config.status_path.write_text(json.dumps(body), encoding="utf-8")
    assert read_status(config.status_path) == before


def test_nothing_there_is_none(tmp_path: Path) -> None:
    assert read_status(tmp_path / "nothing") is None
    assert read_status(tmp_path) is None


@given(st.binary(max_size=100))
def test_garbage_is_none(tmp_path_factory: pytest.TempPathFactory, garbage: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "garbage.json"
    path.write_bytes(garbage)
    assert read_status(path) is None


NUMBERS = {"pid", "started_ticks", "started_at", "generation", "restarts", "failures"}
TEXTS = {"boot", "version", "repository", "socket_path"}
NULLABLE_NUMBERS = {"worker_pid", "standby_pid"}
ADDED_LATER = {
    *("generation", "restarts", "failures", "worker_pid", "standby_pid"),
    *("last_error", "recent_restarts"),
}
GOOD: dict[str, Any] = {
    **dict.fromkeys(NUMBERS, 1),
    **dict.fromkeys(TEXTS, "text"),
    **dict.fromkeys(NULLABLE_NUMBERS),
    "last_error": None,
    "recent_restarts": [{"at": 1, "reason": "text"}],
    "state": "serving",
}
ACCEPTED: dict[str, list[Any]] = {
    **{name: [1] for name in NUMBERS},
    **{name: ["text"] for name in TEXTS},
    **{name: [1, None] for name in NULLABLE_NUMBERS},
    "last_error": ["text", None],
    "recent_restarts": [[]],
    "state": [],
}


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_field_of_another_kind_or_none_at_all_is_none(tmp_path: Path, name: str) -> None:
    path = tmp_path / "status"
    values: list[Any] = [1, "text", None, [], True, 1.5, {}, [1]]
    for value in [*values, [{"at": "text", "reason": "text"}]]:
        path.write_text(json.dumps({**GOOD, name: value}), encoding="utf-8")
        understood = read_status(path) is not None
        assert understood == any(
            type(each) is type(value) and each == value for each in ACCEPTED[name]
        ), value
    path.write_text(json.dumps({k: v for k, v in GOOD.items() if k != name}), encoding="utf-8")
    assert (read_status(path) is not None) == (name in ADDED_LATER)


def test_what_an_older_version_did_not_know_is_what_it_would_have_said(tmp_path: Path) -> None:
    path = tmp_path / "status"
    path.write_text(json.dumps({k: v for k, v in GOOD.items() if k not in ADDED_LATER}))
    record = read_status(path)
    assert record is not None
    assert record.state is PublicState.SERVING
    assert (record.worker_pid, record.failures, record.recent_restarts) == (None, 0, [])


def test_restarts_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "status"
    path.write_text(json.dumps(GOOD), encoding="utf-8")
    record = read_status(path)
    assert record is not None
    assert record.recent_restarts == [{"at": 1, "reason": "text"}]


def test_a_huge_file_is_none(tmp_path: Path) -> None:
    path = tmp_path / "huge"
    path.write_bytes(b"[" * 10_000_000)
    assert read_status(path) is None
