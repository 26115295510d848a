"""The pidfile's guard: how the file is taken, held and given up by one process."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from pidfiles import contents, dead_pid, lock_is_free
from waiting import wait_until

from heddle_supervisor.pidfile import (
    AlreadyRunningError,
    PidFileContents,
    PidFileError,
    PidFileKind,
    PidGuard,
    hold_stale_pidfile,
    read_pidfile,
)
from heddle_supervisor.process_identity import is_heddle_process

_READS = """
import pathlib, sys
from heddle_supervisor.pidfile import read_pidfile
path = pathlib.Path(sys.argv[1]) / "grpc.pid"
print(flush=True)
while True:
    read_pidfile(path)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "grpc.pid"


def refusing(reason: int) -> Callable[..., None]:
    """Return what a system call is on a system that refuses it."""

    def refuse(*_arguments: object, **_options: object) -> None:
        raise OSError(reason, os.strerror(reason))

    return refuse


@contextmanager
def busy(script: str, path: Path) -> Iterator[None]:
    """Run a script on the pidfile's directory for the time of the block."""
    child = subprocess.Popen(
        [sys.executable, "-c", script, path.parent], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    child.stdout.readline()
    yield
    assert child.poll() is None
    child.kill()
    child.communicate()


# How it is taken and given up.


def test_it_is_born_complete_locked_and_private(path: Path) -> None:
    stated = contents()
    with PidGuard.install(path, stated) as guard:
        assert path.read_text(encoding="ascii") == stated.render()
        assert path.stat().st_mode & 0o7777 == 0o600
        assert not lock_is_free(path)
        assert guard.still_installed()
        reading = read_pidfile(path)
        assert (reading.kind, reading.contents, reading.locked) == (PidFileKind.OURS, stated, True)
        assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert list(path.parent.iterdir()) == []


STALE = {
    "dead": lambda: contents(dead_pid()).render(),
    "reused pid": lambda: PidFileContents(os.getpid(), 1).render(),
    "legacy": lambda: "4711",
    "empty": lambda: "",
    "truncated": lambda: contents().render()[:8],
    "foreign": lambda: "not a pidfile\n" * 1000,
}


@pytest.mark.parametrize("text", STALE.values(), ids=STALE)
def test_what_is_stale_is_replaced(path: Path, text: Callable[[], str]) -> None:
    path.write_text(text(), encoding="ascii")
    stated = contents()
    with PidGuard.install(path, stated):
        assert read_pidfile(path).contents == stated
        assert not lock_is_free(path)


def test_a_pidfile_of_a_stranger_that_lives_is_stale(path: Path) -> None:
    stranger = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    try:
        path.write_text(contents(stranger.pid).render(), encoding="ascii")
        with PidGuard.install(path, contents()):
            assert not lock_is_free(path)
        assert stranger.poll() is None
    finally:
        stranger.communicate()


@pytest.fixture
def other_make() -> Iterator[int]:
    """The pid of a daemon of another make, which lives for as long as the test."""
    command = ["heddle", "-s", "agent", "serve"]
    other = subprocess.Popen(command, executable="/bin/sh", stdin=subprocess.PIPE)
    wait_until(lambda: is_heddle_process(other.pid), "its command line is there to be read")
    yield other.pid
    other.communicate()


def test_a_daemon_of_another_make_that_locks_nothing_is_respected(
    path: Path, other_make: int
) -> None:
    text = contents(other_make).render()
    path.write_text(text, encoding="ascii")
    with pytest.raises(AlreadyRunningError, match=rf"already running \(pid {other_make}\)"):
        PidGuard.install(path, contents())
    assert path.read_text(encoding="ascii") == text


def test_a_daemon_younger_than_the_file_has_not_written_it(path: Path, other_make: int) -> None:
    path.write_text(PidFileContents(other_make, 1).render(), encoding="ascii")
    with PidGuard.install(path, contents()):
        assert not lock_is_free(path)


def test_a_lock_on_a_daemons_file_is_the_daemons_however_the_clock_was_set(
    path: Path, other_make: int
) -> None:
    path.write_text(PidFileContents(other_make, 1).render(), encoding="ascii")
    with path.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(AlreadyRunningError, match=str(other_make)):
            PidGuard.install(path, contents())


def test_who_a_single_integer_names_is_not_respected(path: Path, other_make: int) -> None:
    path.write_text(str(other_make), encoding="ascii")
    with PidGuard.install(path, contents()):
        assert not lock_is_free(path)


def test_a_second_start_names_the_first(path: Path) -> None:
    with PidGuard.install(path, contents()) as guard:
        with pytest.raises(AlreadyRunningError) as caught:
            PidGuard.install(path, contents())
        assert caught.value.pid == os.getpid()
        assert guard.still_installed()
        assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_directory_that_is_missing_is_an_error(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        PidGuard.install(path / "below" / "grpc.pid", contents())


def test_what_killed_starts_have_left_is_swept_and_nothing_else(path: Path) -> None:
    left = [path.with_name(f"grpc.pid.{pid}.deadbeef.tmp") for pid in (1, 2)]
    other = path.with_name("grpc.sock.tmp")
    for each in (*left, other):
        each.touch()
    directory = path.with_name("grpc.pid.3.deadbeef.tmp")
    directory.mkdir()
    with left[1].open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with PidGuard.install(path, contents()):
            kept = {left[1].name, other.name, directory.name, path.name}
            assert {each.name for each in path.parent.iterdir()} == kept


def test_readers_do_not_make_a_start_fail(path: Path) -> None:
    with busy(_READS, path), busy(_READS, path):
        for _ in range(20):
            path.write_text(contents(dead_pid()).render(), encoding="ascii")
            with PidGuard.install(path, contents()):
                assert not lock_is_free(path)


def test_a_reader_that_holds_the_lock_for_a_moment_is_waited_for(path: Path) -> None:
    path.write_text(contents(dead_pid()).render(), encoding="ascii")
    installs = (
        "import pathlib, sys; from heddle_supervisor.pidfile import *; "
        "PidGuard.install(pathlib.Path(sys.argv[1]), PidFileContents(1, 1))"
    )
    with path.open() as reader:
        fcntl.flock(reader, fcntl.LOCK_SH)
        start = subprocess.Popen([sys.executable, "-c", installs, path])
        wait_until(lambda: list(path.parent.glob("*.tmp")), "the start has come to the lock")
        fcntl.flock(reader, fcntl.LOCK_UN)
    assert start.wait() == 0


def test_only_its_own_file_is_removed(path: Path) -> None:
    guard = PidGuard.install(path, contents())
    path.unlink()
    path.write_text("a successor's", encoding="ascii")
    assert not guard.still_installed()
    guard.remove()
    assert path.read_text(encoding="ascii") == "a successor's"


def test_removing_is_idempotent_and_survives_the_directorys_end(path: Path) -> None:
    guard = PidGuard.install(path, contents())
    path.unlink()
    path.parent.rmdir()
    guard.remove()
    others = psutil.Process().num_fds()
    guard.remove()
    assert psutil.Process().num_fds() == others


@pytest.mark.parametrize("text", ["", "not a pidfile\n" * 1000, "4711", "x"])
def test_what_was_overwritten_is_written_anew(path: Path, text: str) -> None:
    stated = contents()
    with PidGuard.install(path, stated) as guard:
        assert guard.is_intact()
        path.write_text(text, encoding="ascii")
        assert not guard.is_intact()
        guard.write_anew()
        assert guard.is_intact()
        assert path.read_text(encoding="ascii") == stated.render()


def test_a_reader_is_told_that_a_daemon_holds_what_was_overwritten(path: Path) -> None:
    with PidGuard.install(path, contents()):
        path.write_text("not a pidfile\n", encoding="ascii")
        reading = read_pidfile(path)
    assert reading.locked
    assert "soon writes the file anew" in reading.problem


def test_the_file_goes_when_the_block_fails(path: Path) -> None:
    with pytest.raises(RuntimeError, match="in the block"), PidGuard.install(path, contents()):
        raise RuntimeError("in the block")
    assert not path.exists()


def _inheritable(descriptor: int) -> int:
    copy = os.dup(descriptor)
    os.set_inheritable(copy, True)
    return copy


def test_a_lock_can_be_handed_on_to_oneself(path: Path) -> None:
    with PidGuard.install(path, contents()) as guard:
        adopted = PidGuard.adopt(path, _inheritable(guard.fileno()), contents())
        assert adopted.still_installed()
        assert adopted.is_intact()
        assert not os.get_inheritable(adopted.fileno())
        assert not lock_is_free(path)
        adopted.remove()
    assert not path.exists()


def test_what_is_not_the_lock_cannot_be_handed_on(path: Path) -> None:
    other = path.with_name("other")
    other.touch()
    descriptor = os.open(other, os.O_RDWR)
    with PidGuard.install(path, contents()), pytest.raises(PidFileError, match="not locked by"):
        PidGuard.adopt(path, descriptor, contents())
    os.close(descriptor)


# How what is stale is held.


def test_a_stale_file_is_held_against_starts_and_other_sweepers(path: Path) -> None:
    path.write_text(contents(dead_pid()).render(), encoding="ascii")
    with hold_stale_pidfile(path) as stale:
        assert stale
        with hold_stale_pidfile(path) as again:
            assert not again
        with pytest.raises(PidFileError, match="locked by a process that it does not name"):
            PidGuard.install(path, contents())
    assert lock_is_free(path)


def test_a_live_daemons_file_is_not_held(path: Path) -> None:
    with PidGuard.install(path, contents()), hold_stale_pidfile(path) as stale:
        assert not stale


def test_there_is_nothing_to_hold_where_no_file_is(path: Path) -> None:
    with hold_stale_pidfile(path) as stale:
        assert not stale


@pytest.mark.parametrize("reason", [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_hard_links_is_named(
    path: Path, monkeypatch: pytest.MonkeyPatch, reason: int
) -> None:
    monkeypatch.setattr(os, "link", refusing(reason))
    with pytest.raises(PidFileError, match="has no hard links, which the pidfile needs"):
        PidGuard.install(path, contents())
    assert list(path.parent.iterdir()) == []


def test_another_error_of_the_file_system_is_told_as_it_is(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", refusing(errno.EIO))
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        PidGuard.install(path, contents())
    assert list(path.parent.iterdir()) == []


def test_a_file_system_without_locks_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcntl, "flock", refusing(errno.EIO))
    before = psutil.Process().num_fds()
    with pytest.raises(PidFileError, match=r"cannot lock files \(.*\): heddle needs flock"):
        PidGuard.install(path, contents())
    assert list(path.parent.iterdir()) == []
    assert psutil.Process().num_fds() == before


def _install(path: Path) -> None:
    PidGuard.install(path, contents()).remove()


def _hold(path: Path) -> None:
    with hold_stale_pidfile(path):
        pass


@pytest.mark.parametrize("look", [read_pidfile, _install, _hold])
@pytest.mark.parametrize("there", ["nothing", "stale", "held", "directory", "left behind"])
def test_nothing_leaks_a_descriptor(path: Path, look: Callable[[Path], object], there: str) -> None:
    with contextlib.ExitStack() as stack:
        if there == "stale":
            path.write_text(contents(dead_pid()).render(), encoding="ascii")
        elif there == "held":
            stack.enter_context(PidGuard.install(path, contents()))
        elif there == "directory":
            path.mkdir()
        elif there == "left behind":
            path.with_name("grpc.pid.1.deadbeef.tmp").touch()
        before = psutil.Process().num_fds()
        with contextlib.suppress(PidFileError, AlreadyRunningError):
            look(path)
        assert psutil.Process().num_fds() == before
