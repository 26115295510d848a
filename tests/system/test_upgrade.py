"""Another version is installed while the daemon runs: a reload takes it, in place."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from call_load import Load, query, query_until_answered
from git_repository import GitRepository
from heddle_daemon import HeddleDaemon
from installation import Installation
from waiting import wait_until

from heddle_supervisor.config import LocalDaemonConfig
from heddle_supervisor.pidfile import read_pidfile
from heddle_supervisor.process_identity import pid_alive
from heddle_supervisor.version import __version__

MakeDaemon = Callable[..., HeddleDaemon]

UPGRADES: Final = int(os.environ.get("HEDDLE_UPGRADES", "2"))
WORKER: Final = "heddle_worker/main.py"


@pytest.fixture
def installation(room: Path) -> Installation:
    return Installation(room / "site-packages")


@pytest.fixture
def upgradable(
    repository: GitRepository, make_daemon: MakeDaemon, installation: Installation
) -> HeddleDaemon:
    """The daemon of the repository, which runs from the installation."""
    return make_daemon(repository.root, **installation.variables)


@contextmanager
def lock_held_by(daemon: HeddleDaemon, pid: int) -> Iterator[None]:
    """Require that the lock is held, of one and the same file and process, all the time."""
    inode = daemon.config.pid_path.stat().st_ino
    over, lapses = threading.Event(), []

    def look() -> None:
        while not over.wait(0.001):
            reading = read_pidfile(daemon.config.pid_path)
            if not reading.locked or reading.contents is None or reading.contents.pid != pid:
                lapses.append(reading)

    thread = threading.Thread(target=look)
    thread.start()
    yield
    over.set()
    thread.join()
    assert lapses == []
    assert daemon.config.pid_path.stat().st_ino == inode


@pytest.mark.timeout(120 + 5 * UPGRADES)
def test_under_load_it_becomes_the_new_version_and_no_call_fails(
    upgradable: HeddleDaemon, installation: Installation
) -> None:
    before, path = upgradable.start(), upgradable.config.socket_path
    assert before.version == __version__
    with (
        lock_held_by(upgradable, before.pid),
        Load.on_kept_channels(path) as kept,
        Load.on_fresh_channels(path) as fresh,
    ):
        for number in range(1, UPGRADES + 1):
            version = f"{number}.9"
            installation.upgrade(version)
            outcome = upgradable.agent("reload", "--json").expect(0).body()
            assert (outcome["pid"], outcome["version"]) == (before.pid, version)
            kept.progress()
            fresh.progress()
        # A retired worker goes when its connections have aged: the load is on until then.
        wait_until(lambda: len(upgradable.workers()) == 2, "the old workers have gone")
    print(f"{kept.calls} calls on kept channels, {fresh.calls} on fresh ones")  # noqa: T201
    assert (kept.failures, fresh.failures) == ([], [])
    after = upgradable.settled()
    assert (after.pid, after.started_at, after.started_ticks) == (
        before.pid,
        before.started_at,
        before.started_ticks,
    )
    assert (after.version, after.restarts, after.last_error) == (f"{UPGRADES}.9", 0, None)
    assert len(upgradable.workers()) == 2


def test_status_shows_that_another_version_is_installed(
    upgradable: HeddleDaemon, installation: Installation
) -> None:
    upgradable.start()
    installation.upgrade("9.9")
    status = upgradable.status()
    assert (status["version"], status["installed_version"]) == (__version__, "9.9")
    shown = upgradable.agent("status").expect(0).stdout
    assert f"version   {__version__} (installed: 9.9; run `heddle agent reload`)\n" in shown
    upgradable.agent("reload").expect(0)
    assert "(installed: " not in upgradable.agent("status").expect(0).stdout


def test_it_keeps_its_options_and_its_account(
    upgradable: HeddleDaemon, installation: Installation, room: Path
) -> None:
    socket = room / "own.sock"
    options = ("--no-standby", "--socket", str(socket), "--idle-timeout", "3600", "--grace", "7.5")
    before = upgradable.start(*options)
    os.kill(before.worker_pid or 0, signal.SIGKILL)
    upgradable.until(lambda now: now.restarts == 1, "the death is noticed")
    upgradable.settled(standby=False)
    installation.upgrade("9.9")
    upgradable.agent("reload").expect(0)
    after = upgradable.settled(standby=False)
    assert (after.pid, after.restarts, after.standby_pid) == (before.pid, 1, None)
    assert after.socket_path == str(socket)
    query(socket)
    words = Path(f"/proc/{after.pid}/cmdline").read_bytes().decode().split("\0")
    config = LocalDaemonConfig.from_json(words[words.index("serve") + 1])
    assert (config.grace, config.idle_timeout, config.standby) == (7.5, 3600.0, False)
    # It replaces workers, and stops, as one that was started.
    os.kill(after.worker_pid or 0, signal.SIGKILL)
    upgradable.until(lambda now: now.restarts == 2, "the death is noticed")
    query_until_answered(socket)
    assert upgradable.stop()["pid"] == before.pid
    assert upgradable.files() == set()
    assert not socket.exists()


@pytest.mark.parametrize("broken", ["def\n", "import a_module_that_is_not_there\n", "1 / 0\n"])
def test_a_version_that_cannot_be_imported_is_refused(
    upgradable: HeddleDaemon, installation: Installation, broken: str
) -> None:
    before = upgradable.start()
    sound = installation.read(WORKER)
    with Load.on_kept_channels(upgradable.config.socket_path) as load:
        installation.write(WORKER, broken)
        installation.upgrade("9.9")
        outcome = upgradable.agent("reload").expect(1)
        assert outcome.complaint() == (
            "the reload failed: the installed version cannot be imported; see stderr.log"
        )
        load.progress()
    assert load.failures == []
    after = upgradable.settled()
    assert (after.pid, after.version, after.restarts) == (before.pid, __version__, 0)
    assert "Traceback" in upgradable.config.stderr_path.read_text(encoding="utf-8")
    installation.write(WORKER, sound)
    assert upgradable.agent("reload", "--json").expect(0).body()["version"] == "9.9"


def test_a_version_whose_worker_cannot_start_leaves_the_old_worker_serving(
    upgradable: HeddleDaemon, installation: Installation
) -> None:
    before = upgradable.start()
    sound = installation.read(WORKER)
    with Load.on_kept_channels(upgradable.config.socket_path) as load:
        installation.write(
            WORKER, f"{sound}\n\ndef run_worker(*_):\n    raise RuntimeError('half-baked')\n"
        )
        installation.upgrade("8.8")
        outcome = upgradable.agent("reload").expect(1)
        assert outcome.complaint() == "the reload failed: RuntimeError: half-baked"
        status = upgradable.status("--check")
        assert (status["state"], status["health"]) == ("serving", "SERVING")
        assert (status["pid"], status["worker_pid"]) == (before.pid, before.worker_pid)
        load.progress()
        installation.write(WORKER, sound)
        installation.upgrade("9.9")
        assert upgradable.agent("reload", "--json").expect(0).body()["version"] == "9.9"
        load.progress()
    assert load.failures == []


def test_without_any_installation_it_goes_on_and_reloads_what_it_has(
    upgradable: HeddleDaemon, installation: Installation
) -> None:
    before = upgradable.start()
    installation.remove()
    os.kill(before.worker_pid or 0, signal.SIGKILL)
    upgradable.until(lambda now: now.restarts == 1, "the death is noticed")
    upgradable.settled()
    query(upgradable.config.socket_path)
    os.kill(before.pid, signal.SIGHUP)
    after = upgradable.until(lambda now: now.generation >= 3, "it has reloaded")
    assert (after.pid, after.version) == (before.pid, __version__)
    query(upgradable.config.socket_path)


def test_a_failed_daemon_is_mended_by_an_upgrade(
    upgradable: HeddleDaemon, installation: Installation
) -> None:
    sound = installation.read(WORKER)
    installation.write(
        WORKER,
        f"{sound}\n\n_sound = run_worker\n\n"
        "def run_worker(settings, *rest):\n"
        "    if (settings.heddle_dir / 'fail').exists():\n"
        "        raise RuntimeError('a mistake of this version')\n"
        "    return _sound(settings, *rest)\n",
    )
    before = upgradable.start("--no-standby")
    (upgradable.config.heddle_dir / "fail").touch()
    os.kill(before.worker_pid or 0, signal.SIGKILL)
    failed = upgradable.until(lambda now: now.state.value == "failed", "it has given up")
    assert failed.last_error == "RuntimeError: a mistake of this version"
    installation.write(WORKER, sound)
    installation.upgrade("9.9")
    outcome = upgradable.agent("reload", "--json").expect(0).body()
    assert (outcome["pid"], outcome["version"]) == (before.pid, "9.9")
    query(upgradable.config.socket_path)


@pytest.mark.parametrize("patience", [0, 10, 100])
def test_it_can_be_stopped_in_the_middle(
    upgradable: HeddleDaemon, installation: Installation, patience: int
) -> None:
    """Whatever the moment: before the trial, during it, around the exec, after it."""
    record = upgradable.start()
    processes = [record.pid, *upgradable.workers()]
    installation.upgrade("9.9")
    os.kill(record.pid, signal.SIGHUP)
    for _ in range(patience):
        query(upgradable.config.socket_path)
    stopped = upgradable.stop("--timeout", "60")
    assert stopped == {"stopped": True, "swept_stale": False, "pid": record.pid}
    assert not any(pid_alive(pid) for pid in processes)
    assert upgradable.files() == set()
