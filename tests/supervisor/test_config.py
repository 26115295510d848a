"""Where a daemon's files lie, whatever the length of the path to its repository."""

from __future__ import annotations

import dataclasses
import json
import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heddle_supervisor.config import (
    ConfigError,
    LocalDaemonConfig,
    default_pid_path,
    default_socket_path,
    fallback_socket_path,
    fits_socket_path,
)

LONG = Path("/" + "x" * 100)
names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1)


def test_files_are_where_the_contract_says() -> None:
    config = LocalDaemonConfig.for_heddle_dir(Path("/r/.heddle"))
    assert config.repository == Path("/r")
    assert config.socket_path == default_socket_path(Path("/r/.heddle"))
    assert str(config.socket_path) == "/r/.heddle/sockets/grpc.sock"
    assert config.pid_path == default_pid_path(Path("/r/.heddle"))
    assert str(config.pid_path) == "/r/.heddle/sockets/grpc.pid"
    assert str(config.status_path) == "/r/.heddle/sockets/grpc.status.json"
    assert str(config.log_path) == "/r/.heddle/logs/daemon.log"
    assert str(config.stderr_path) == "/r/.heddle/logs/stderr.log"
    assert str(config.state_dir) == "/r/.heddle/state"


def test_the_repository_may_be_another_directory() -> None:
    config = LocalDaemonConfig.for_heddle_dir(Path("/g/.heddle"), repository=Path("/r"))
    assert config.repository == Path("/r")
    assert config.pid_path == Path("/g/.heddle/sockets/grpc.pid")


def test_several_beats_fit_into_the_deadline() -> None:
    config = LocalDaemonConfig.for_heddle_dir(Path("/r/.heddle"))
    assert 0 < config.heartbeat_interval * 3 <= config.heartbeat_deadline


@given(st.lists(names, min_size=1, max_size=4))
def test_a_socket_can_be_bound_whatever_the_repositorys_path(parts: list[str]) -> None:
    heddle_dir = Path("/", *parts, ".heddle")
    config = LocalDaemonConfig.for_heddle_dir(heddle_dir)
    assert fits_socket_path(config.socket_path)
    assert config.pid_path.is_relative_to(heddle_dir), "the lock does not move"
    assert config == LocalDaemonConfig.for_heddle_dir(heddle_dir)


def test_what_fits_can_be_bound_with_its_generations(room: Path) -> None:
    longest = room / ("s" * 200)
    while not fits_socket_path(longest):
        longest = longest.with_name(longest.name[:-1])
    generation = longest.with_name(longest.name + ".4194304-9999999999.")
    for path in (longest, generation):
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))


def test_length_is_counted_in_bytes() -> None:
    assert fits_socket_path(Path("/" + "x" * 80))
    assert not fits_socket_path(Path("/" + "ü" * 80))


class TestFallback:
    """The short path that replaces one too long to bind."""

    def test_it_lies_in_the_runtime_directory(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1000")
        path = fallback_socket_path(LONG)
        assert path.parent.parent == Path("/run/user/1000/heddle")
        assert path.name == "grpc.sock"
        assert LocalDaemonConfig.for_heddle_dir(LONG).socket_path == path

    @pytest.mark.parametrize("runtime", ["", "relative", "/run/" + "x" * 100])
    def test_otherwise_it_lies_in_a_directory_of_the_user_s(
        self, monkeypatch: pytest.MonkeyPatch, runtime: str
    ) -> None:
        monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
        assert fallback_socket_path(LONG).parent.parent == Path(f"/tmp/heddle-{os.geteuid()}")

    @given(names, names)
    def test_two_directories_never_share_one(self, one: str, other: str) -> None:
        paths = {fallback_socket_path(Path("/", name)) for name in (one, other)}
        assert len(paths) == len({Path("/", one), Path("/", other)})


class TestAnotherSocket:
    """A socket where the user wants it."""

    config = LocalDaemonConfig.for_heddle_dir(Path("/r/.heddle"))

    def test_only_the_socket_moves(self) -> None:
        moved = self.config.with_socket(Path("/s/x"))
        assert moved.socket_path == Path("/s/x")
        assert moved.with_socket(self.config.socket_path) == self.config

    def test_a_relative_path_is_refused(self) -> None:
        with pytest.raises(ConfigError, match=r"^socket path x/y is not absolute$"):
            self.config.with_socket(Path("x/y"))

    def test_a_long_path_is_refused_and_the_limit_named(self) -> None:
        with pytest.raises(ConfigError, match=r"longer than \d+ bytes"):
            self.config.with_socket(LONG)


def test_a_configuration_can_be_handed_over_as_a_line() -> None:
    config = dataclasses.replace(
        LocalDaemonConfig.for_heddle_dir(Path("/r/\udcff ü/.heddle")),
        standby=False,
        grace=7.5,
        idle_timeout=3.0,
        max_worker_memory=2**40,
    )
    line = config.to_json()
    assert "\n" not in line
    assert os.fsencode(line).isascii()
    assert LocalDaemonConfig.from_json(line) == config


def test_a_configuration_of_another_version_is_understood() -> None:
    config = LocalDaemonConfig.for_heddle_dir(Path("/r/.heddle"))
    body = json.loads(config.to_json())
    del body["grace"]
    assert LocalDaemonConfig.from_json(json.dumps({**body, "novelty": 1})) == config
