"""All daemons of a user, and the logs of one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from git_repository import GitRepository
from heddle_daemon import HEDDLE, HeddleDaemon
from waiting import DEADLINE, wait_until

MakeDaemon = Callable[..., HeddleDaemon]


@pytest.fixture
def three(make_daemon: MakeDaemon, room: Path) -> list[HeddleDaemon]:
    """Three daemons that run, of repositories in alphabetical order."""
    daemons = [make_daemon(GitRepository.init(room / name).root) for name in ("a", "b", "c")]
    for daemon in daemons:
        daemon.start("--no-standby")
    return daemons


def test_all_of_them_are_listed(three: list[HeddleDaemon], room: Path) -> None:
    listed = three[0].agent("list", "--json", cwd=room).expect(0).body()["daemons"]
    assert [(each["repository"], each["pid"]) for each in listed] == [
        (str(daemon.root), daemon.supervisor()) for daemon in three
    ]
    assert listed[1] == three[1].status()
    shown = three[0].agent("list", cwd=room).expect(0).stdout.splitlines()
    assert shown[0].split() == ["PID", "STATE", "VERSION", "REPOSITORY"]
    assert [line.split()[0] for line in shown[1:]] == [str(d.supervisor()) for d in three]


def test_those_that_have_gone_are_forgotten(
    three: list[HeddleDaemon], environment: dict[str, str], room: Path
) -> None:
    entries = Path(environment["XDG_STATE_HOME"], "heddle", "daemons")
    assert len(list(entries.iterdir())) == 3
    three[0].stop()
    assert len(list(entries.iterdir())) == 2
    os.kill(three[1].supervisor() or 0, signal.SIGKILL)
    wait_until(lambda: three[1].supervisor() is None, "it is dead")
    for garbage in ("x.json", "y.json"):
        (entries / garbage).write_text("[" if garbage == "x.json" else "{}", encoding="ascii")
    listed = three[0].agent("list", "--json", cwd=room).expect(0).body()["daemons"]
    assert [each["repository"] for each in listed] == [str(three[2].root)]
    assert (
        three[2]
        .agent("stop", "--all", cwd=room)
        .expect(0)
        .stdout.startswith(f"{three[2].root}: heddle agent: stopped ")
    )
    assert three[0].agent("list", cwd=room).stdout == "heddle agent: no daemon runs\n"


def test_all_of_them_can_be_stopped(three: list[HeddleDaemon], room: Path) -> None:
    pids = [daemon.supervisor() for daemon in three]
    stopped = three[0].agent("stop", "--all", "--json", cwd=room).expect(0).body()["daemons"]
    assert stopped == [
        {"repository": str(daemon.root), "stopped": True, "swept_stale": False, "pid": pid}
        for daemon, pid in zip(three, pids, strict=True)
    ]
    assert all(daemon.files() == set() for daemon in three)
    assert three[0].agent("stop", "--all", "--json", cwd=room).expect(0).body() == {"daemons": []}


def test_one_that_does_not_stop_does_not_keep_the_others(
    three: list[HeddleDaemon], room: Path
) -> None:
    os.kill(three[0].supervisor() or 0, signal.SIGSTOP)
    outcome = three[0].agent("stop", "--all", "--timeout", "1", "--json", cwd=room).expect(124)
    first, *others = outcome.body()["daemons"]
    assert first["repository"] == str(three[0].root)
    assert "has not stopped within 1 s" in first["error"]
    assert [each["stopped"] for each in others] == [True, True]
    assert three[0].stop("--force", "--timeout", "0")["forced"] is True


def test_the_last_lines_of_the_log_are_shown(daemon: HeddleDaemon) -> None:
    assert daemon.agent("logs").expect(0).stdout == ""
    record = daemon.start()
    daemon.stop()
    whole = daemon.config.log_path.read_text(encoding="utf-8").splitlines()
    assert daemon.agent("logs").expect(0).stdout.splitlines() == whole
    assert daemon.agent("logs", "-n", "2").expect(0).stdout.splitlines() == whole[-2:]
    assert daemon.agent("logs", "--lines", "0").expect(0).stdout == ""
    assert daemon.agent("logs", "-n", "-1").code == 2
    events = [
        json.loads(line) for line in daemon.agent("logs", "--json").expect(0).stdout.splitlines()
    ]
    assert len(events) == len(whole)
    assert (events[0]["event"], events[-1]["event"]) == ("started", "stopped")
    assert {event["pid"] for event in events} == {str(record.pid)}
    assert all(whole[i].startswith(event["time"]) for i, event in enumerate(events))


def test_the_log_is_followed(daemon: HeddleDaemon) -> None:
    record = daemon.start()
    with daemon.popen("agent", "logs", "-f", "-n", "1") as follower:
        assert follower.stdout is not None
        first = follower.stdout.readline()
        assert f"pid={record.pid}" in first
        os.kill(record.worker_pid or 0, signal.SIGKILL)
        while "was killed by SIGKILL" not in (line := follower.stdout.readline()):
            assert line
        # A rotation, as it comes with size, loses nothing.
        daemon.config.log_path.rename(daemon.config.log_path.with_name("daemon.log.1"))
        daemon.settled()
        os.kill(daemon.worker(), signal.SIGKILL)
        while "was killed by SIGKILL" not in (line := follower.stdout.readline()):
            assert line
        follower.send_signal(signal.SIGINT)
        _, stderr = follower.communicate(timeout=DEADLINE)
    assert (follower.returncode, stderr) == (130, "heddle: interrupted\n")


def test_a_reader_that_has_seen_enough_ends_the_following(daemon: HeddleDaemon) -> None:
    daemon.start()
    done = subprocess.run(
        ["/bin/sh", "-c", '"$@" | head -n 1', "sh", HEDDLE, "agent", "logs"],
        cwd=daemon.root,
        env=daemon.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1
