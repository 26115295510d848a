"""Under a service manager: what it is told (sd_notify(3)), and being the first process."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from call_load import query
from heddle_daemon import HEDDLE, HeddleDaemon
from notify_listener import NotifyListener
from waiting import DEADLINE, wait_until

MakeDaemon = Callable[..., HeddleDaemon]


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, room: Path) -> Iterator[NotifyListener]:
    """A service manager that listens."""
    listener = (
        NotifyListener.abstract()
        if request.param == "abstract"
        else NotifyListener.in_directory(room)
    )
    with listener:
        yield listener


def test_it_is_told_of_each_step(
    make_daemon: MakeDaemon, daemon: HeddleDaemon, manager: NotifyListener
) -> None:
    watched = make_daemon(daemon.root, NOTIFY_SOCKET=manager.name)
    with watched.popen("agent", "serve") as process:
        assert manager.expect("READY") == {"READY": "1", "MAINPID": str(process.pid)}
        query(watched.config.socket_path)
        before = time.monotonic_ns() // 1000
        process.send_signal(signal.SIGHUP)
        reloading = manager.expect("RELOADING")
        assert reloading["RELOADING"] == "1"
        assert before <= int(reloading["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000
        assert manager.expect("READY", 2)["MAINPID"] == str(process.pid)
        process.send_signal(signal.SIGTERM)
        assert manager.expect("STOPPING") == {"STOPPING": "1"}
        assert process.wait(DEADLINE) == 0
    told = [message["STATUS"] for message in manager.received() if "STATUS" in message]
    assert told == ["starting", "serving", "draining", "stopped"]
    assert not [message for message in manager.received() if "WATCHDOG" in message]


def test_the_watchdog_is_fed_for_as_long_as_it_turns(
    make_daemon: MakeDaemon, daemon: HeddleDaemon, room: Path
) -> None:
    with NotifyListener.in_directory(room) as manager:
        watched = make_daemon(daemon.root, NOTIFY_SOCKET=manager.name, WATCHDOG_USEC="200000")
        with watched.popen("agent", "serve") as process:
            assert manager.expect("WATCHDOG", 3) == {"WATCHDOG": "1"}
            process.send_signal(signal.SIGSTOP)
            wait_until(
                lambda: psutil.Process(process.pid).status() == psutil.STATUS_STOPPED, "it stops"
            )
            fed = sum("WATCHDOG" in message for message in manager.received())
            process.send_signal(signal.SIGCONT)
            manager.expect("WATCHDOG", fed + 2)
            process.send_signal(signal.SIGTERM)
            assert process.wait(DEADLINE) == 0


def test_a_watchdog_of_another_process_is_not_fed(
    make_daemon: MakeDaemon, daemon: HeddleDaemon, room: Path
) -> None:
    with NotifyListener.in_directory(room) as manager:
        watched = make_daemon(
            daemon.root,
            NOTIFY_SOCKET=manager.name,
            WATCHDOG_USEC="1000",
            WATCHDOG_PID=str(os.getpid()),
        )
        with watched.popen("agent", "serve") as process:
            manager.expect("READY")
            process.send_signal(signal.SIGTERM)
            assert process.wait(DEADLINE) == 0
        assert not [message for message in manager.received() if "WATCHDOG" in message]


def test_a_manager_that_has_gone_is_no_matter(
    make_daemon: MakeDaemon, daemon: HeddleDaemon, room: Path
) -> None:
    orphan = make_daemon(daemon.root, NOTIFY_SOCKET=str(room / "nobody"), WATCHDOG_USEC="1000")
    orphan.start()
    query(orphan.config.socket_path)
    assert orphan.stop()["stopped"] is True


class Container:
    """A daemon that is pid 1 of a pid namespace of its own."""

    def __init__(self, daemon: HeddleDaemon) -> None:
        # It ends with the command that has made it.
        self._words = ["--pid", "--fork", "--kill-child", "--mount-proc"]
        self.daemon = daemon
        self.process = self._run(["unshare", *self._words, HEDDLE, "agent", "serve"])

    def _run(self, command: list[str | Path]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command,
            cwd=self.daemon.root,
            env=self.daemon.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def init(self) -> psutil.Process:
        """Return the daemon, by the pid that it has out here."""
        return wait_until(
            lambda: next(iter(psutil.Process(self.process.pid).children()), None), "it is there"
        )

    def inside(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command in the container."""
        enter = ["nsenter", "--target", str(self.init().pid), "--pid", "--mount"]
        with self._run([*enter, f"--wd={self.daemon.root}", *command]) as process:
            stdout, stderr = process.communicate(timeout=DEADLINE)
        return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


@pytest.fixture
def container(daemon: HeddleDaemon) -> Iterator[Container]:
    """A container, where such may be made."""
    if not (shutil.which("unshare") and shutil.which("nsenter")):
        pytest.skip("needs unshare(1) and nsenter(1)")
    tried = subprocess.run(
        ["unshare", "--pid", "--fork", "--mount-proc", "true"],
        check=False,
        capture_output=True,
        text=True,
    )
    if tried.returncode != 0:
        pytest.skip(f"may not make a pid namespace: {tried.stderr.strip()}")
    container = Container(daemon)
    yield container
    container.end()


def test_as_the_first_process_it_reaps_what_others_leave(container: Container) -> None:
    daemon = container.daemon
    record = daemon.until(lambda now: now.state.value == "serving", "it serves")
    assert record.pid == 1
    query(daemon.config.socket_path)
    orphan = container.inside("sh", "-c", "(exec 1>&- 2>&-; sleep 0.1) & echo $!")
    assert orphan.returncode == 0, orphan
    init = container.init()
    workers = {child.pid for child in init.children()}
    wait_until(
        lambda: (
            not [c for c in init.children() if c.status() == psutil.STATUS_ZOMBIE]
            and len(init.children()) == 2
        ),
        f"only its workers are its children; there were {workers}",
    )
    query(daemon.config.socket_path)


def test_as_the_first_process_it_replaces_its_worker_and_stops(container: Container) -> None:
    daemon = container.daemon
    daemon.until(lambda now: now.standby_pid is not None, "it serves")
    status = container.inside(HEDDLE, "agent", "status", "--check")
    assert status.returncode == 0, status
    worker = str(daemon.until(lambda now: now.worker_pid is not None, "it serves").worker_pid)
    assert container.inside("kill", "-KILL", worker).returncode == 0
    daemon.until(lambda now: now.restarts == 1 and now.state.value == "serving", "it is replaced")
    query(daemon.config.socket_path)
    # With its first process, all of a container ends: the command, too, may not see the end.
    assert container.inside(HEDDLE, "agent", "stop").returncode in (0, -signal.SIGKILL)
    assert container.process.wait(DEADLINE) == 0
    assert daemon.files() == set()


def test_from_outside_a_container_its_daemon_is_seen_and_left_alone(container: Container) -> None:
    daemon = container.daemon
    daemon.until(lambda now: now.state.value == "serving", "it serves")
    assert daemon.agent("serve", "--detach").expect(4).complaint() == "already running (pid 1)"
    refused = daemon.agent("stop", "--force", "--timeout", "0").expect(1)
    assert "is locked, but pid 1 is not provably the daemon" in refused.complaint()
    query(daemon.config.socket_path)
    os.kill(container.init().pid, signal.SIGTERM)
    assert container.process.wait(DEADLINE) == 0
    assert daemon.files() == set()
