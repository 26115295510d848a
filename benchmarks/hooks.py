"""What heddle's hooks cost: a commit through shims, and an event to a subscriber and back.

The commits are made in one repository, whose directory of hooks changes from one to the next, so
that shims and empty scripts meet the same daemon, or the same lack of one.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import grpc

from benchmarks import processes
from benchmarks.daemon import Daemon, temporary_daemon
from benchmarks.echo_client import SequentialClient, connect
from benchmarks.echo_server import Kind, Method
from benchmarks.report import Bar, Options, Report, Row
from benchmarks.sampling import MEDIAN, P99, Figure, interleave, median, quantile, summarize
from benchmarks.subscriber import ASKED, UNHEARD, answering, emit
from heddle_client.shim import GIT_HOOKS

_COMMIT_BAR: Final = Bar(factor=1.15)
_DISPATCH_BAR: Final = Bar(factor=3)
_EMPTY_HOOK: Final = "#!/bin/sh\nexit 0\n"
_NOTES: Final = (
    f"commit: wall time of `git commit --allow-empty` with shims for {len(GIT_HOOKS)} of git's "
    "hooks; floor: the same with an empty shell script for each of them",
    "asked: a command is registered that always agrees; floor: the same commit with a hook "
    "`commit-msg` that starts a bare Python interpreter",
    "event: TestHookEvent until its reply, with one subscriber that answers at once or nobody; "
    "dispatch: the difference of their medians, which is the event's way to the subscriber and the "
    "reply's way back; floor: one call to a gRPC server of the same kind (aio) that returns its "
    "request",
    "range: the lowest and highest of the rounds",
)


def run(options: Options) -> Report:
    """Measure commits without and with a daemon, and events."""
    processes.require_linux()
    commits, rounds, events = (10, 2, 50) if options.quick else (120, 10, 200)
    with temporary_daemon() as daemon:
        hooks = _hook_directories(daemon)
        rows = [_commit_row("no daemon", daemon, hooks, commits)]
        daemon.serve()
        socket = daemon.warm().socket
        rows.append(_commit_row("nothing registered", daemon, hooks, commits))
        rows += _dispatch_rows(socket, rounds, events)
        _heddle(daemon, "hook", "add", "agree", "true", "--event", "pre_capture")
        rows.append(_asked_row(daemon, hooks, commits))
    return Report(rows, _NOTES)


def _hook_directories(daemon: Daemon) -> Mapping[str, Path]:
    """Install shims, and make the directories of hooks that they are compared with."""
    _heddle(daemon, "hook", "install")
    shims = daemon.repository / ".git" / "hooks"
    empty = daemon.repository.parent / "empty"
    python = daemon.repository.parent / "python"
    for directory in (empty, python):
        directory.mkdir()
        for hook in GIT_HOOKS:
            _write_hook(directory / hook, _EMPTY_HOOK)
    _write_hook(python / "commit-msg", f"#!/bin/sh\nexec '{sys.executable}' -I -c pass\n")
    return {"shims": shims, "empty": empty, "python": python}


def _write_hook(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def _heddle(daemon: Daemon, *words: str) -> None:
    processes.timed_run(
        [*daemon.program, *words], cwd=daemon.repository, environment=daemon.environment
    )


def _commit(daemon: Daemon, hooks: Path) -> float:
    words = ["commit", "--quiet", "--allow-empty", "--message", "change"]
    milliseconds, _ = processes.timed_run(
        ["git", "-c", f"core.hooksPath={hooks}", *words],
        cwd=daemon.repository,
        environment=daemon.environment,
    )
    return milliseconds


def _commit_row(label: str, daemon: Daemon, hooks: Mapping[str, Path], commits: int) -> Row:
    value, floor = _commit_medians(daemon, hooks["shims"], hooks["empty"], commits)
    return Row(f"commit, {label}", value, "ms", floor, _COMMIT_BAR)


def _asked_row(daemon: Daemon, hooks: Mapping[str, Path], commits: int) -> Row:
    value, floor = _commit_medians(daemon, hooks["shims"], hooks["python"], commits // 2)
    return Row("commit, asked", value, "ms", floor)


def _commit_medians(
    daemon: Daemon, subject: Path, floor: Path, commits: int
) -> tuple[Figure, Figure]:
    samples = interleave(
        {path: partial(_commit, daemon, path) for path in (subject, floor)}, rounds=commits
    )
    return median(samples[subject]), median(samples[floor])


@contextmanager
def _echo(directory: Path) -> Iterator[SequentialClient]:
    socket = directory / "echo.sock"
    with processes.listening("echo_server", Kind.AIO, str(socket)), connect(socket) as channel:
        yield SequentialClient(channel)


def _dispatch_rows(socket: Path, rounds: int, events: int) -> Iterator[Row]:
    """Time events with one subscriber, and calls of a server that does nothing else."""
    with _echo(socket.parent) as echo, answering(socket) as channel:
        subjects: dict[str, Callable[[], list[float]]] = {
            "asked": lambda: [_timed_event(channel, ASKED) for _ in range(events)],
            "unheard": lambda: [_timed_event(channel, UNHEARD) for _ in range(events)],
            "echo": partial(echo.latencies, Method.ECHO, events),
        }
        # The first round warms all of them up and is left out below.
        samples = {
            name: taken[1:] for name, taken in interleave(subjects, rounds=rounds + 1).items()
        }
    p50 = {name: summarize(taken, MEDIAN) for name, taken in samples.items()}
    yield Row("event that nobody hears, p50", p50["unheard"], "ms", p50["echo"])
    yield Row("event, one subscriber, p50", p50["asked"], "ms", p50["echo"])
    p99 = {name: summarize(taken, P99) for name, taken in samples.items()}
    yield Row("event, one subscriber, p99", p99["asked"], "ms", p99["echo"])
    rounds_apart = [
        quantile(asked, MEDIAN) - quantile(unheard, MEDIAN)
        for asked, unheard in zip(samples["asked"], samples["unheard"], strict=True)
    ]
    yield Row(
        "dispatch to a subscriber and back", median(rounds_apart), "ms", p50["echo"], _DISPATCH_BAR
    )


def _timed_event(channel: grpc.Channel, event: str) -> float:
    begin = time.perf_counter()
    emit(channel, event)
    return (time.perf_counter() - begin) * 1000
