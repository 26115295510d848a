"""A reload replaces the worker under load, and no call fails."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from call_load import Load
from git_repository import GitRepository
from heddle_daemon import HeddleDaemon
from waiting import wait_until

from heddle_supervisor.process_identity import pid_alive

RELOADS: Final = int(os.environ.get("HEDDLE_RELOADS", "3"))
AT_ONCE: Final = 10
"""Retired workers that may be there at the same time."""


def by_command(daemon: HeddleDaemon) -> None:
    daemon.agent("reload").expect(0)


def by_signal(daemon: HeddleDaemon) -> None:
    generation = daemon.settled().generation
    os.kill(daemon.supervisor() or 0, signal.SIGHUP)
    daemon.until(lambda record: record.generation > generation, "the next generation serves")


@pytest.mark.timeout(120 + 5 * RELOADS)
@pytest.mark.parametrize("reload", [by_command, by_signal])
def test_under_load_no_call_fails(
    daemon: HeddleDaemon, reload: Callable[[HeddleDaemon], None]
) -> None:
    before, path = daemon.start(), daemon.config.socket_path
    with Load.on_kept_channels(path) as kept, Load.on_fresh_channels(path) as fresh:
        for number in range(1, RELOADS + 1):
            reload(daemon)
            kept.progress()
            fresh.progress()
            if number % AT_ONCE == 0 or number == RELOADS:
                # A retired worker goes when its connections have aged: the load is on until then.
                wait_until(lambda: len(daemon.workers()) == 2, "the old workers have gone")
    print(f"{kept.calls} calls on kept channels, {fresh.calls} on fresh ones")  # noqa: T201
    assert (kept.failures, fresh.failures) == ([], [])
    after = daemon.settled()
    assert (after.pid, after.restarts, after.last_error) == (before.pid, 0, None)
    assert after.generation == before.generation + RELOADS


def test_reloads_in_quick_succession_are_one_after_another(daemon: HeddleDaemon) -> None:
    before = daemon.start()
    with Load.on_kept_channels(daemon.config.socket_path) as load:
        for _ in range(5):
            daemon.agent("reload").expect(0)
        for _ in range(5):
            os.kill(before.pid, signal.SIGHUP)
        load.progress()
        daemon.settled()
        daemon.agent("reload").expect(0)
        load.progress()
    assert load.failures == []
    after = daemon.settled()
    assert (after.pid, after.restarts) == (before.pid, 0)


def test_it_says_what_it_has_done(daemon: HeddleDaemon) -> None:
    absent = daemon.agent("reload", "--json").expect(3).body()
    assert absent["exit_code"] == 3
    record = daemon.start()
    body = daemon.agent("reload", "--json").expect(0).body()
    assert body == {
        "reloaded": True,
        "pid": record.pid,
        "generation": record.generation + 1,
        "version": record.version,
    }
    after = daemon.settled()
    assert after.worker_pid != record.worker_pid
    text = daemon.agent("reload").expect(0).stdout
    assert text == (
        f"heddle agent: reloaded (generation {after.generation + 1}, version {after.version})\n"
    )


def test_without_a_standby_it_works_as_well(daemon: HeddleDaemon) -> None:
    before = daemon.start("--no-standby")
    with Load.on_kept_channels(daemon.config.socket_path) as load:
        daemon.agent("reload").expect(0)
        load.progress()
        wait_until(lambda: not pid_alive(before.worker_pid or 0), "the old worker has gone")
        load.progress()
    assert load.failures == []
    assert len(daemon.workers()) == 1


@contextlib.contextmanager
def broken(repository: GitRepository) -> Iterator[Path]:
    """Break the repository, for those who have not opened it yet; return the file at fault."""
    config = repository.git_dir() / "config"
    text = config.read_text(encoding="utf-8")
    config.write_text("[core\n", encoding="utf-8")
    yield config
    config.write_text(text, encoding="utf-8")


def test_a_new_worker_that_cannot_start_leaves_the_old_one_serving(
    daemon: HeddleDaemon, repository: GitRepository
) -> None:
    before = daemon.start("--no-standby")
    with broken(repository) as config:
        outcome = daemon.agent("reload").expect(1)
        assert outcome.complaint().startswith("the reload failed: ")
        assert str(config) in outcome.complaint()
    after = daemon.settled(standby=False)
    assert (after.worker_pid, after.generation) == (before.worker_pid, before.generation)
    assert daemon.agent("status", "--check", "--json").expect(0).body()["health"] == "SERVING"
    daemon.agent("reload").expect(0)


def test_a_worker_above_its_memory_limit_is_replaced_by_a_reload(daemon: HeddleDaemon) -> None:
    daemon.agent(
        "serve", "--detach", "--max-worker-memory", "1", "--heartbeat-deadline", "1"
    ).expect(0)
    with Load.on_kept_channels(daemon.config.socket_path) as load:
        after = daemon.until(lambda record: record.generation >= 2, "the worker is replaced")
        load.progress()
    assert load.failures == []
    assert after.restarts == 0
    assert daemon.events("memory_exceeded")


def test_a_failed_daemon_tries_again(daemon: HeddleDaemon, repository: GitRepository) -> None:
    daemon.start("--no-standby")
    with broken(repository) as config:
        os.kill(daemon.worker(), signal.SIGKILL)
        daemon.until(lambda record: record.state.value == "failed", "it has given up")
        failed = daemon.agent("status", "--json").expect(5).body()
        assert (failed["state"], failed["worker_pid"]) == ("failed", None)
        assert str(config) in failed["last_error"]
        second = daemon.agent("serve", "--detach").expect(4)
        assert second.complaint() == f"already running (pid {failed['pid']})"
        assert daemon.agent("reload").expect(1).complaint().startswith("the reload failed: ")
    assert daemon.agent("reload", "--json").expect(0).body()["pid"] == failed["pid"]
    assert daemon.agent("status", "--check").code == 0
