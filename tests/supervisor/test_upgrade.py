"""A reload that takes another version of the package, in the same process and without a gap."""

from __future__ import annotations

import dataclasses
import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from daemon_bench import TinyDaemon
from hypothesis import given
from hypothesis import strategies as st
from tiny_daemon import BOOT_ERROR
from waiting import wait_until

import heddle_supervisor
from heddle_supervisor.pidfile import read_pidfile
from heddle_supervisor.process_identity import pid_alive
from heddle_supervisor.status_file import PublicState
from heddle_supervisor.upgrade import Handover, HandoverError, WorkerHandover
from heddle_supervisor.version import __version__

MakeDaemon = Callable[..., TinyDaemon]

NEWER = f"{__version__}.1"


@pytest.fixture
def package(room: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package, which daemons then run, and which a test may change."""
    source = Path(heddle_supervisor.__file__).parent
    copy = room / "packages" / source.name
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setenv("PYTHONPATH", str(copy.parent), prepend=os.pathsep)
    return copy


def install(package: Path, version: str, *, broken: bool = False) -> None:
    """Put another version in place and its compiled form away, as an installer does.

    A compiled module of the same second and size would pass for that of the new source.
    """
    text = f'__version__ = "{version}"\n' + ("(\n" if broken else "")
    (package / "version.tmp").write_text(text, encoding="ascii")
    (package / "version.tmp").rename(package / "version.py")
    for compiled in (package / "__pycache__").glob("version.*"):
        compiled.unlink()


def reload(daemon: TinyDaemon) -> None:
    daemon.process.send_signal(signal.SIGHUP)


@pytest.mark.parametrize("standby", [True, False])
def test_the_daemon_becomes_the_installed_version(
    make_daemon: MakeDaemon, package: Path, standby: bool
) -> None:
    daemon = make_daemon(standby=standby)
    before = daemon.start_serving(upgradable=True)
    assert before.version == __version__
    lock = daemon.config.pid_path.stat().st_ino
    with closing(daemon.call()) as call:
        call.ask()
        install(package, NEWER)
        reload(daemon)
        after = daemon.until(
            lambda s: s.version == NEWER and s.generation > before.generation, "it is upgraded"
        )
        assert daemon.ask()["pid"] == after.worker_pid
        old = wait_until(lambda: (a := call.ask())["retired"] and a, "the old worker retires")
        assert old["pid"] == before.worker_pid, "a call in flight is not cut short"
    assert (after.pid, after.started_at, after.restarts) == (before.pid, before.started_at, 0)
    assert daemon.config.pid_path.stat().st_ino == lock
    assert read_pidfile(daemon.config.pid_path).locked
    gone = {before.worker_pid, before.standby_pid}
    wait_until(lambda: not gone & {*daemon.workers()}, "the old workers have ended and are reaped")
    assert daemon.settled().version == NEWER
    assert len(daemon.workers()) == 1 + standby
    assert daemon.stop() == 0
    assert daemon.files() == set()


def test_again_and_again(make_daemon: MakeDaemon, package: Path) -> None:
    daemon = make_daemon()
    generation = daemon.start_serving(upgradable=True).generation
    for number in range(2, 4):
        install(package, f"{NEWER}.{number}")
        reload(daemon)
        status = daemon.until(
            lambda s: s.version == f"{NEWER}.{number}" and s.generation > generation,  # noqa: B023
            "it is upgraded",
        )
        assert daemon.ask()["pid"] == status.worker_pid
        generation = daemon.settled().generation
    os.kill(daemon.settled().worker_pid or 0, signal.SIGKILL)
    daemon.until(lambda s: s.restarts == 1, "it looks after its workers as before")
    assert daemon.stop() == 0


def test_a_version_that_cannot_be_imported_is_not_taken(
    make_daemon: MakeDaemon, package: Path
) -> None:
    daemon = make_daemon()
    before = daemon.start_serving(upgradable=True)
    install(package, NEWER, broken=True)
    reload(daemon)
    after = daemon.until(lambda s: s.generation > before.generation, "the worker is replaced")
    assert after.version == __version__
    assert "cannot be imported" in (after.last_error or "")
    assert daemon.ask()["pid"] == after.worker_pid
    install(package, NEWER)
    reload(daemon)
    daemon.until(lambda s: s.version == NEWER, "the mended version is taken")


@pytest.mark.parametrize("broken", [False, True])
@pytest.mark.parametrize(
    "limits",
    [{"breaker": 1}, {"backoff_first": 3600.0, "backoff_max": 3600.0}],
    ids=["failed", "between attempts"],
)
def test_without_a_worker_a_reload_takes_the_installed_version_if_it_can_run(
    make_daemon: MakeDaemon, package: Path, limits: dict[str, object], broken: bool
) -> None:
    daemon = make_daemon(standby=False, **limits)
    before = daemon.start_serving(upgradable=True)
    daemon.order("boot", "fail")
    os.kill(before.worker_pid or 0, signal.SIGKILL)
    daemon.until(lambda s: s.last_error == BOOT_ERROR, "its workers cannot boot")
    daemon.withdraw("boot")
    install(package, NEWER, broken=broken)
    reload(daemon)
    after = daemon.settled()
    assert after.version == (__version__ if broken else NEWER)
    assert ("cannot be imported" in (after.last_error or "")) == broken
    assert after.pid == before.pid
    assert daemon.ask()["generation"] > before.generation


def test_without_another_version_a_reload_executes_nothing(
    make_daemon: MakeDaemon, package: Path
) -> None:
    daemon = make_daemon()
    before = daemon.start_serving(upgradable=True)
    reload(daemon)
    daemon.until(lambda s: s.generation > before.generation, "it has reloaded")
    assert daemon.events("executing") == []


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_while_a_new_version_is_tried_leaves_nothing(
    make_daemon: MakeDaemon, package: Path, signum: signal.Signals
) -> None:
    daemon = make_daemon()
    daemon.start_serving(upgradable=True)
    workers = daemon.workers()
    install(package, NEWER)
    reload(daemon)
    (trial,) = wait_until(lambda: set(daemon.workers()) - set(workers), "the new version is tried")
    daemon.process.send_signal(signum)
    assert daemon.end()[0] == 0
    assert daemon.files() == set()
    assert not [pid for pid in (*workers, trial) if pid_alive(pid)]


def test_a_worker_that_dies_while_a_new_version_is_tried_is_replaced_and_the_version_taken(
    make_daemon: MakeDaemon, package: Path
) -> None:
    daemon = make_daemon()
    before = daemon.start_serving(upgradable=True)
    workers = daemon.workers()
    install(package, NEWER)
    reload(daemon)
    wait_until(lambda: set(daemon.workers()) - set(workers), "the new version is tried")
    os.kill(before.worker_pid or 0, signal.SIGKILL)
    daemon.until(lambda s: s.version == NEWER and s.state is PublicState.SERVING, "it is upgraded")
    assert daemon.ask()["parent"] == before.pid


def try_while_a_worker_is_on_its_way(
    daemon: TinyDaemon, package: Path, *, broken: bool, event: str
) -> None:
    """Have the trial of another version end while no worker serves."""
    before = daemon.settled()
    workers = daemon.workers()
    daemon.order("activation")
    install(package, NEWER, broken=broken)
    reload(daemon)
    wait_until(lambda: set(daemon.workers()) - set(workers), "the new version is tried")
    os.kill(before.worker_pid or 0, signal.SIGKILL)
    (outcome,) = wait_until(lambda: daemon.events(event), "the trial is over")
    assert outcome["state"] == "starting"
    daemon.withdraw("activation")


def test_a_version_that_was_tried_while_a_worker_is_on_its_way_is_taken_afterwards(
    make_daemon: MakeDaemon, package: Path
) -> None:
    daemon = make_daemon()
    before = daemon.start_serving(upgradable=True)
    try_while_a_worker_is_on_its_way(daemon, package, broken=False, event="trial_passed")
    after = daemon.until(
        lambda s: s.version == NEWER and s.state is PublicState.SERVING, "it is upgraded"
    )
    assert (after.pid, after.restarts, after.failures) == (before.pid, 1, 0)
    daemon.until(lambda s: s.generation > before.generation + 1, "the old code has gone")


def test_a_version_that_failed_while_a_worker_is_on_its_way_is_told_of(
    make_daemon: MakeDaemon, package: Path
) -> None:
    daemon = make_daemon()
    daemon.start_serving(upgradable=True)
    try_while_a_worker_is_on_its_way(daemon, package, broken=True, event="trial_failed")
    after = daemon.until(lambda s: s.state is PublicState.SERVING, "it serves")
    assert (after.version, after.failures) == (__version__, 1)


# What is left to the next version.

workers = st.builds(
    WorkerHandover,
    pid=st.integers(1, 2**31 - 1),
    generation=st.integers(1),
    state=st.sampled_from(["active", "retiring"]),
    socket_path=st.text(st.characters(exclude_categories=["Cs"])),
    **{
        field.name: st.integers(3, 1000)
        for field in dataclasses.fields(WorkerHandover)
        if field.type == "int" and field.name not in ("pid", "generation")
    },
)


@given(
    st.builds(
        Handover,
        guard=st.integers(3, 1000),
        started_at=st.integers(0, 2**40),
        generation=st.integers(1),
        restarts=st.integers(0),
        published=st.tuples(st.integers(0), st.integers(0)),
        active=st.one_of(st.none(), workers),
        former=st.lists(workers, max_size=3).map(tuple),
    )
)
def test_what_is_saved_can_be_loaded(handover: Handover) -> None:
    descriptor = handover.save()
    assert Handover.load(descriptor) == handover
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(descriptor)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b"\xff", b'{"guard": 1}'])
def test_what_cannot_be_understood_is_refused(data: bytes) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        with pytest.raises(HandoverError, match="cannot take over from the version before"):
            Handover.load(os.dup(file.fileno()))


def test_what_is_no_descriptor_is_refused() -> None:
    with pytest.raises(HandoverError):
        Handover.load(9999)
