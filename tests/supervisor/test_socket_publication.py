"""The published socket's name: given by rename, swept, and never taken from others."""

from __future__ import annotations

import dataclasses
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from heddle_supervisor.config import (
    LocalDaemonConfig,
    default_socket_path,
    fallback_socket_path,
)
from heddle_supervisor.private_directory import UnsafePathError, prepare_directories
from heddle_supervisor.socket_publication import SocketPublication


class Bench:
    """A publication and what listens on its sockets."""

    def __init__(self, config: LocalDaemonConfig, stack: ExitStack) -> None:
        self.config = config
        self.publication = SocketPublication(config)
        self._stack = stack

    def listen(self, path: Path, greeting: bytes = b"") -> socket.socket:
        listener = self._stack.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(str(path))
        listener.listen()
        return listener

    def leave(self, path: Path) -> None:
        """Leave a socket's name behind, as a process does that was killed."""
        self.listen(path).close()

    def names(self) -> set[str]:
        return {path.name for path in self.config.socket_path.parent.iterdir()}


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def bench(room: Path, stack: ExitStack) -> Bench:
    config = LocalDaemonConfig.for_heddle_dir(room / ".heddle")
    prepare_directories(config)
    return Bench(config, stack)


def connect(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


def accepts(listener: socket.socket, path: Path) -> bool:
    """Return whether it is this listener to which the path leads."""
    listener.setblocking(False)
    connect(path)
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def test_publishing_moves_the_name_from_one_to_the_next(bench: Bench) -> None:
    bench.publication.prepare()
    assert not bench.publication.still_published()
    listeners = []
    for generation in (1, 2):
        path = bench.publication.generation_path(generation)
        listeners.append(bench.listen(path))
        bench.publication.publish(path)
        assert bench.publication.still_published()
        assert accepts(listeners[-1], bench.config.socket_path)
    assert not accepts(listeners[0], bench.config.socket_path)
    assert bench.names() == {"grpc.sock"}


def test_the_published_name_never_vanishes(bench: Bench) -> None:
    bench.publication.prepare()
    first = bench.publication.generation_path(1)
    bench.listen(first)
    bench.publication.publish(first)
    for generation in range(2, 60):
        path = bench.publication.generation_path(generation)
        bench.listen(path)
        connect(bench.config.socket_path)
        bench.publication.publish(path)
        connect(bench.config.socket_path)


def test_generations_have_names_of_their_own(bench: Bench) -> None:
    paths = {bench.publication.generation_path(number) for number in range(100)}
    assert len(paths) == 100
    for path in paths:
        assert path.parent == bench.config.socket_path.parent
        assert str(os.getpid()) in path.name


def test_what_is_not_bound_cannot_be_published(bench: Bench) -> None:
    bench.publication.prepare()
    with pytest.raises(FileNotFoundError):
        bench.publication.publish(bench.publication.generation_path(1))


def test_a_name_that_leads_elsewhere_is_noticed(bench: Bench) -> None:
    bench.publication.prepare()
    path = bench.publication.generation_path(1)
    bench.listen(path)
    bench.publication.publish(path)
    bench.config.socket_path.unlink()
    assert not bench.publication.still_published()
    bench.listen(bench.config.socket_path)
    assert not bench.publication.still_published()


def test_removing_spares_what_others_have_put_there(bench: Bench) -> None:
    bench.publication.prepare()
    path = bench.publication.generation_path(1)
    bench.listen(path)
    bench.publication.publish(path)
    bench.listen(bench.publication.generation_path(2))
    bench.config.socket_path.unlink()
    bench.listen(bench.config.socket_path)
    bench.listen(bench.config.socket_path.with_name("grpc.99999999-1.sock"))
    bench.publication.remove()
    assert bench.names() == {"grpc.sock", "grpc.99999999-1.sock"}


def test_removing_leaves_nothing_of_its_own(bench: Bench) -> None:
    bench.publication.prepare()
    for generation in (1, 2, 3):
        bench.listen(bench.publication.generation_path(generation))
    bench.publication.publish(bench.publication.generation_path(1))
    bench.publication.remove()
    assert bench.names() == set()
    bench.publication.remove()


def test_all_generations_of_all_predecessors_are_swept(bench: Bench) -> None:
    for name in ("grpc.sock", "grpc.1-1.sock", "grpc.1-22.sock", "grpc.4194304-3.sock"):
        bench.leave(bench.config.socket_path.with_name(name))
    kept = ["grpc.pid", "grpc.status.json", "other.sock", "grpc.1-x.sock", "grpc.1-1.sock.old"]
    for name in kept[:2]:
        bench.config.socket_path.with_name(name).touch()
    for name in kept[2:]:
        bench.leave(bench.config.socket_path.with_name(name))
    bench.config.socket_path.with_name("grpc.5-5.sock").touch()
    bench.publication.prepare()
    assert bench.names() == {*kept, "grpc.5-5.sock"}


@pytest.mark.parametrize("kind", ["file", "directory"])
def test_what_is_not_a_socket_is_refused_and_never_unlinked(bench: Bench, kind: str) -> None:
    path = bench.config.socket_path
    path.mkdir() if kind == "directory" else path.touch()
    with pytest.raises(UnsafePathError, match=f"^{path} exists and is not a socket: move it away$"):
        bench.publication.prepare()
    bench.publication.sweep()
    assert path.exists()


class TestElsewhere:
    """A socket that is not where the contract says, to which the contract's name then leads."""

    @pytest.fixture
    def moved(self, room: Path, stack: ExitStack) -> Bench:
        config = LocalDaemonConfig.for_heddle_dir(room / ".heddle").with_socket(room / "s.sock")
        prepare_directories(config)
        return Bench(config, stack)

    def test_the_contracts_name_leads_there(self, moved: Bench, room: Path) -> None:
        moved.publication.prepare()
        contract = default_socket_path(moved.config.heddle_dir)
        assert contract.readlink() == room / "s.sock"
        path = moved.publication.generation_path(1)
        listener = moved.listen(path)
        moved.publication.publish(path)
        assert accepts(listener, contract)
        moved.publication.remove()
        assert not contract.is_symlink()
        assert not (room / "s.sock").exists()

    def test_a_link_of_a_predecessors_is_replaced(self, moved: Bench, room: Path) -> None:
        contract = default_socket_path(moved.config.heddle_dir)
        contract.symlink_to(room / "elsewhere")
        moved.publication.prepare()
        assert contract.readlink() == room / "s.sock"
        back = SocketPublication(dataclasses.replace(moved.config, socket_path=contract))
        back.prepare()
        assert not contract.is_symlink()

    def test_a_symlink_there_is_refused(self, moved: Bench, room: Path) -> None:
        (room / "s.sock").symlink_to(room / "elsewhere")
        with pytest.raises(UnsafePathError, match="is not a socket"):
            moved.publication.prepare()

    def test_a_socket_that_answers_is_somebody_elses(self, moved: Bench, room: Path) -> None:
        moved.listen(room / "s.sock")
        other_generation = moved.listen(room / "s.99999999-2.sock")
        with pytest.raises(UnsafePathError, match="another process listens on"):
            moved.publication.prepare()
        moved.publication.sweep()
        connect(room / "s.sock")
        assert accepts(other_generation, room / "s.99999999-2.sock")

    def test_a_socket_that_does_not_answer_is_swept(self, moved: Bench, room: Path) -> None:
        moved.leave(room / "s.sock")
        moved.publication.prepare()
        assert not (room / "s.sock").exists()

    def test_a_directory_that_others_may_write_is_refused(self, moved: Bench, room: Path) -> None:
        shared = room / "shared"
        shared.mkdir()
        shared.chmod(0o777)
        config = moved.config.with_socket(shared / "s.sock")
        with pytest.raises(UnsafePathError, match="is writable by every user"):
            SocketPublication(config).prepare()

    def test_a_directory_that_is_missing_is_an_error(self, moved: Bench, room: Path) -> None:
        config = moved.config.with_socket(room / "missing" / "s.sock")
        with pytest.raises(FileNotFoundError):
            SocketPublication(config).prepare()


class TestFallback:
    """The short path that replaces one too long."""

    @pytest.fixture
    def long(self, room: Path, stack: ExitStack, monkeypatch: pytest.MonkeyPatch) -> Bench:
        runtime = room / "run"
        runtime.mkdir()
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
        deep = room / ("d" * 100)
        deep.mkdir()
        config = LocalDaemonConfig.for_heddle_dir(deep / ".heddle")
        prepare_directories(config)
        assert config.socket_path == fallback_socket_path(config.heddle_dir)
        assert config.socket_path.is_relative_to(runtime)
        return Bench(config, stack)

    def test_its_directories_are_private_and_its_own_is_removed(self, long: Bench) -> None:
        long.publication.prepare()
        directory = long.config.socket_path.parent
        for path in (directory, directory.parent):
            assert stat.S_IMODE(path.stat().st_mode) == 0o700
        path = long.publication.generation_path(1)
        listener = long.listen(path)
        long.publication.publish(path)
        contract = default_socket_path(long.config.heddle_dir)
        here = Path.cwd()
        os.chdir(contract.parent)
        try:
            assert accepts(listener, Path("grpc.sock")), "a client may use a relative path"
        finally:
            os.chdir(here)
        long.publication.remove()
        assert not directory.exists()
        assert directory.parent.exists()
        assert not contract.is_symlink()

    def test_a_directory_that_others_may_enter_is_refused(self, long: Bench) -> None:
        shared = long.config.socket_path.parent.parent
        shared.mkdir()
        shared.chmod(0o755)
        with pytest.raises(UnsafePathError, match=f"run `chmod 700 {shared}`"):
            long.publication.prepare()
