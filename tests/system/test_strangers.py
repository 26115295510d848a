"""A live process that has nothing to do with heddle is never signalled, wherever its pid stands."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from typing import Final

import pytest
from call_load import query
from heddle_daemon import HeddleDaemon
from stranger import Stranger, untouched_stranger

from heddle_supervisor.pidfile import PidFileContents
from heddle_supervisor.process_identity import ProcessIdentity
from heddle_supervisor.registry import register

Setting = Callable[[HeddleDaemon, Stranger], None]


def write_pidfile(daemon: HeddleDaemon, text: str) -> None:
    daemon.config.pid_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    daemon.config.pid_path.write_text(text, encoding="ascii")


def as_if_it_had_written_it(daemon: HeddleDaemon, stranger: Stranger) -> None:
    write_pidfile(daemon, PidFileContents(stranger.pid, int(time.time())).render())


def from_long_ago(daemon: HeddleDaemon, stranger: Stranger) -> None:
    write_pidfile(daemon, PidFileContents(stranger.pid, 1_000_000_000).render())


def from_the_future(daemon: HeddleDaemon, stranger: Stranger) -> None:
    write_pidfile(daemon, PidFileContents(stranger.pid, 4_000_000_000).render())


def by_number_alone(daemon: HeddleDaemon, stranger: Stranger) -> None:
    write_pidfile(daemon, f"{stranger.pid}\n")


def after_a_death(daemon: HeddleDaemon, stranger: Stranger) -> None:
    """A daemon was killed, and its pid has a new owner, whom even the status file describes."""
    record = daemon.start()
    for pid in (record.pid, *daemon.workers()):
        os.kill(pid, 9)
    identity = ProcessIdentity.of(stranger.pid)
    assert identity is not None
    body = json.loads(daemon.config.status_path.read_text(encoding="utf-8"))
    body |= {
        "pid": stranger.pid,
        "worker_pid": stranger.pid,
        "standby_pid": stranger.pid,
        "boot": identity.boot,
        "started_ticks": identity.started,
    }
    daemon.config.status_path.write_text(json.dumps(body), encoding="utf-8")
    as_if_it_had_written_it(daemon, stranger)


VERBS: Final = [
    ("status", "--check"),
    ("list",),
    ("reload", "--timeout", "1"),
    ("stop", "--timeout", "0"),
    ("stop", "--force", "--timeout", "0"),
    ("stop", "--all", "--force", "--timeout", "0"),
]
SETTINGS: Final[list[Setting]] = [
    as_if_it_had_written_it,
    from_long_ago,
    from_the_future,
    by_number_alone,
    after_a_death,
]


@pytest.mark.parametrize("setting", SETTINGS)
def test_no_verb_signals_a_stranger(
    daemon: HeddleDaemon, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", daemon.environment["XDG_STATE_HOME"])
    with untouched_stranger() as stranger:
        for verb in VERBS:
            setting(daemon, stranger)
            register(daemon.config)
            outcome = daemon.agent(*verb)
            assert outcome.code in (0, 1, 3), outcome
            assert stranger.is_untouched(), outcome
        setting(daemon, stranger)
        assert daemon.start().pid != stranger.pid
        query(daemon.config.socket_path)


@pytest.mark.parametrize("words", [["heddle"], ["/usr/bin/heddle", "agent", "logs", "-f"]])
def test_a_stranger_may_talk_of_heddle_in_its_command_line(
    daemon: HeddleDaemon, words: list[str]
) -> None:
    with untouched_stranger(*words) as stranger:
        as_if_it_had_written_it(daemon, stranger)
        assert daemon.agent("status").code == 3
        daemon.agent("stop", "--force", "--timeout", "0").expect(1)
        as_if_it_had_written_it(daemon, stranger)
        daemon.start()


def test_status_says_that_the_pidfile_is_stale(daemon: HeddleDaemon) -> None:
    with untouched_stranger() as stranger:
        as_if_it_had_written_it(daemon, stranger)
        body = daemon.agent("status", "--json").expect(3).body()
        assert body["running"] is False
        assert str(stranger.pid) in body["last_error"]


def test_stop_sweeps_the_pidfile_and_says_whom_it_spared(daemon: HeddleDaemon) -> None:
    with untouched_stranger() as stranger:
        as_if_it_had_written_it(daemon, stranger)
        assert daemon.agent("stop", "--force").expect(1).complaint() == (
            f"pid {stranger.pid} is not a heddle process and was not signalled; "
            f"the stale pidfile {daemon.config.pid_path} was removed"
        )
        assert daemon.files() == set()
        assert daemon.stop() == {"stopped": False, "reason": "no pidfile"}


def test_a_pidfile_with_a_number_alone_is_not_enough_for_a_signal(daemon: HeddleDaemon) -> None:
    with untouched_stranger() as stranger:
        by_number_alone(daemon, stranger)
        complaint = daemon.agent("stop", "--force").expect(1).complaint()
        assert complaint.endswith("states a pid alone: refusing to signal anything")
        assert daemon.files() == {"grpc.pid"}


def test_a_lock_that_a_stranger_holds_is_respected(daemon: HeddleDaemon) -> None:
    """Somebody has the file locked, which names a process that is no daemon."""
    import fcntl

    with untouched_stranger() as stranger:
        as_if_it_had_written_it(daemon, stranger)
        with daemon.config.pid_path.open("rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            assert (
                "not provably the daemon" in daemon.agent("stop", "--force").expect(1).complaint()
            )
            assert "not provably the daemon" in daemon.agent("reload").expect(1).complaint()
            daemon.agent("serve", "--detach").expect(4)
        daemon.agent("stop").expect(1)
        assert daemon.files() == set()
