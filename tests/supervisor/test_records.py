"""What a daemon writes down: at once, or later when clients wait for something else."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from heddle_supervisor.config import LocalDaemonConfig
from heddle_supervisor.daemon_states import DaemonState
from heddle_supervisor.death_tally import DeathTally
from heddle_supervisor.event_loop import EventLoop
from heddle_supervisor.log_files import parse_line
from heddle_supervisor.pidfile import PidFileContents, PidGuard
from heddle_supervisor.possessions import Possessions
from heddle_supervisor.private_directory import prepare_directories
from heddle_supervisor.records import Records
from heddle_supervisor.restart_policy import RestartPolicy
from heddle_supervisor.service_manager import ServiceManager
from heddle_supervisor.socket_publication import SocketPublication
from heddle_supervisor.status_file import PublicState, read_status
from heddle_supervisor.workers import Workers


class Bench:
    """The records of a daemon without workers."""

    def __init__(self, config: LocalDaemonConfig, stack: ExitStack) -> None:
        self.config = config
        prepare_directories(config)
        self.loop = stack.enter_context(closing(EventLoop()))
        contents = PidFileContents(os.getpid(), 1)
        guard = stack.enter_context(PidGuard.install(config.pid_path, contents))
        publication = SocketPublication(config)
        workers = Workers(config, lambda *_: 0, self.loop, publication, lambda *_: None)
        owned = Possessions(guard, publication, started_at=1)
        tally = DeathTally(RestartPolicy(1, 1, 1))
        self.records = Records(config, self.loop, owned, workers, tally, ServiceManager())

    def lines(self) -> list[dict[str, str]]:
        try:
            text = self.config.log_path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        return [parse_line(line) for line in text.splitlines()]

    def state(self) -> PublicState | None:
        record = read_status(self.config.status_path)
        return record.state if record else None


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with ExitStack() as stack:
        yield Bench(LocalDaemonConfig.for_heddle_dir(tmp_path / ".heddle"), stack)


def test_what_happens_is_written_at_once(bench: Bench) -> None:
    bench.records.event("happened", one=1)
    bench.records.announce(DaemonState.SERVING)
    (line,) = bench.lines()
    assert (line["event"], line["one"]) == ("happened", "1")
    assert bench.state() is PublicState.SERVING


def test_what_is_put_off_is_written_a_moment_later_with_the_time_at_which_it_was(
    bench: Bench,
) -> None:
    bench.records.announce(DaemonState.SERVING)
    bench.records.put_off()
    before = time.time()
    bench.records.event("first")
    bench.records.event("second")
    bench.records.announce(DaemonState.STARTING)
    after = time.time()
    assert bench.lines() == []
    assert bench.state() is PublicState.SERVING
    bench.loop.call_at(time.monotonic() + 0.05, bench.loop.stop)
    bench.loop.run()
    assert [line["event"] for line in bench.lines()] == ["first", "second"]
    for line in bench.lines():
        assert stamp(before) <= line["time"] <= stamp(after)
    assert bench.state() is PublicState.STARTING
    bench.records.event("third")
    assert bench.lines()[-1]["event"] == "third"


def test_what_was_put_off_can_be_written_before_its_time(bench: Bench) -> None:
    bench.records.catch_up()
    bench.records.put_off()
    bench.records.put_off()
    bench.records.event("first")
    bench.records.announce(DaemonState.FAILED)
    bench.records.catch_up()
    assert len(bench.lines()) == 1
    assert bench.state() is PublicState.FAILED


def stamp(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at % 1 * 1000):03d}Z"
