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
from benchmarks.sampling import Figure, interleave, median
from benchmarks.subscriber import ASKED, UNHEARD, answering, emit
from heddle_client.shim import GIT_HOOKS

_COMMIT_BAR: Final = Bar(factor=1.15)
_DISPATCH_BAR: Final = Bar(factor=3)
_WARM_UP_EVENTS: Final = 50
_EMPTY_HOOK: Final = "#!/bin/sh\nexit 0\n"
_NOTES: Final = (
    f"commit: wall time of `git commit --allow-empty` with shims for {len(GIT_HOOKS)} of git's "
    "hooks; floor: the same with an empty shell script for each of them",
    "asked: a command is registered that always agrees; floor: the same commit with a hook "
    "`commit-msg` that starts a bare Python interpreter",
    "event: TestHookEvent until its reply, with one subscriber that answers at once or nobody; "
    "dispatch: the difference of the two, which is the event's way to the subscriber and the "
    "reply's way back; floor: one call to a gRPC server of the same kind (aio) that returns its "
    "request",
    "all are medians of samples taken in turn; range: the lowest and highest",
)


def run(options: Options) -> Report:
    """Measure commits without and with a daemon, and events."""
    processes.require_linux()
    commits, events = (10, 50) if options.quick else (120, 1_000)
    with temporary_daemon() as daemon:
        hooks = _hook_directories(daemon)
        rows = [_commit_row("no daemon", daemon, hooks, commits)]
        daemon.serve()
        socket = daemon.warm().socket
        rows.append(_commit_row("nothing registered", daemon, hooks, commits))
        rows += _dispatch_rows(socket, events)
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


def _dispatch_rows(socket: Path, events: int) -> Iterator[Row]:
    """Time events with one subscriber, with none, and calls of a server that does nothing else."""
    with _echo(socket.parent) as echo, answering(socket) as channel:
        subjects: dict[str, Callable[[], float]] = {
            "asked": partial(_timed_event, channel, ASKED),
            "unheard": partial(_timed_event, channel, UNHEARD),
            "echo": lambda: echo.latencies(Method.ECHO, 1)[0],
        }
        interleave(subjects, rounds=_WARM_UP_EVENTS)
        samples = interleave(subjects, rounds=events)
    floor = median(samples["echo"])
    yield Row("event that nobody hears", median(samples["unheard"]), "ms", floor)
    yield Row("event, one subscriber", median(samples["asked"]), "ms", floor)
    apart = [
        asked - unheard for asked, unheard in zip(samples["asked"], samples["unheard"], strict=True)
    ]
    yield Row("dispatch to a subscriber and back", median(apart), "ms", floor, _DISPATCH_BAR)


def _timed_event(channel: grpc.Channel, event: str) -> float:
    begin = time.perf_counter()
    emit(channel, event)
    return (time.perf_counter() - begin) * 1000
