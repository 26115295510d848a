"""Processes that contend for one pidfile, for tests to run: `python pidfile_rivals.py PATH MODE`.

MODE `rounds`: sixteen start at once, again and again; in every other round the winner is killed
while it holds the file. MODE `storm`: they take it and let go of it as they like, and are killed at
any moment. Every holder also takes a record lock on a file beside it, another kind of lock which
dies with it; whoever finds that one taken has seen two holders. Two readers look on all the time.

It prints one JSON object that says what was seen. It forks, and has to be free of threads for that.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NoReturn

# The pidfile's module imports these when it needs them; here, once for all that are forked.
import filelock  # noqa: F401
import psutil  # noqa: F401

from heddle_supervisor.pidfile import (
    AlreadyRunningError,
    PidFileContents,
    PidFileError,
    PidFileKind,
    PidGuard,
    read_pidfile,
)

RIVALS: Final = 16
_ROUNDS: Final = 6
_DEATHS: Final = 60
_TORN: Final = 9
_READERS_PAUSE: Final = 0.0002


def _witness(path: Path) -> Path:
    return path.with_name("witness")


@contextlib.contextmanager
def _witnessed(path: Path) -> Iterator[bool]:
    """Hold the record lock; yields whether nobody else did."""
    with _witness(path).open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True


def _spawn(body: Callable[[], int]) -> int:
    pid = os.fork()
    if pid == 0:
        status = 70
        try:
            status = body()
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    return pid


def _say(pipe: int, **fields: Any) -> None:
    os.write(pipe, json.dumps({"pid": os.getpid(), **fields}).encode() + b"\n")


def _contend(path: Path, start: int, report: int) -> int:
    """Wait for the start, try once, say what came of it, and hold until killed or told to go."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    os.read(start, 1)
    try:
        guard = PidGuard.install(path, PidFileContents(os.getpid(), int(time.time())))
    except AlreadyRunningError as error:
        _say(report, lost_to=error.pid)
        return 0
    except PidFileError as error:
        _say(report, error=str(error))
        return 1
    with guard, _witnessed(path) as alone:
        _say(report, held=True, alone=alone)
        signal.sigwait({signal.SIGTERM})
    return 0


def _read_on(path: Path) -> NoReturn:
    """Look at the file for ever; end when what is read is not a whole pidfile."""
    while True:
        with contextlib.suppress(FileNotFoundError):
            if PidFileContents.parse(path.read_text(encoding="ascii")) is None:
                os._exit(_TORN)
        if read_pidfile(path).kind not in (PidFileKind.OURS, PidFileKind.ABSENT):
            os._exit(_TORN)
        time.sleep(_READERS_PAUSE)


def _end(pid: int, signum: signal.Signals) -> int:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signum)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _reports(pipe: int) -> Iterator[dict[str, Any]]:
    with os.fdopen(pipe, encoding="ascii") as lines:
        for line in lines:
            yield json.loads(line)


def _round(path: Path, *, kill: bool) -> dict[str, Any]:
    start_read, start_write = os.pipe()
    report_read, report_write = os.pipe()
    rivals = [_spawn(lambda: _contend(path, start_read, report_write)) for _ in range(RIVALS)]
    os.close(report_write)
    os.write(start_write, b"x" * RIVALS)
    seen = list(itertools.islice(_reports(report_read), RIVALS))
    winners = [each["pid"] for each in seen if "held" in each]
    for pid in winners:
        _end(pid, signal.SIGKILL if kill else signal.SIGTERM)
    for pid in set(rivals) - set(winners):
        os.waitpid(pid, 0)
    os.close(start_read)
    os.close(start_write)
    return {
        "winners": winners,
        "alone": all(each["alone"] for each in seen if "held" in each),
        "lost_to": sorted({each["lost_to"] for each in seen if "lost_to" in each}),
        "errors": [each["error"] for each in seen if "error" in each],
        "left": path.exists(),
    }


def rounds(path: Path) -> dict[str, Any]:
    """Start all rivals at once, several times."""
    return {"rounds": [_round(path, kill=bool(number % 2)) for number in range(_ROUNDS)]}


def _live_wildly(path: Path, report: int) -> NoReturn:
    dice = random.Random(os.getpid())
    while True:
        try:
            guard = PidGuard.install(path, PidFileContents(os.getpid(), int(time.time())))
        except AlreadyRunningError:
            time.sleep(dice.uniform(0, 0.002))
            continue
        with guard, _witnessed(path) as alone:
            _say(report, alone=alone)
            time.sleep(dice.uniform(0, 0.004))


def storm(path: Path) -> dict[str, Any]:
    """Let rivals take and leave the file as they like, and kill them at any moment."""
    dice = random.Random(1)
    report_read, report_write = os.pipe()
    rivals = [_spawn(lambda: _live_wildly(path, report_write)) for _ in range(4)]
    held, doubles, deaths = 0, 0, 0
    for each in _reports(report_read):
        held += 1
        doubles += not each["alone"]
        # The one that has just said that it holds the file, or any other.
        victim = each["pid"] if dice.random() < 0.5 else dice.choice(rivals)
        if victim in rivals and dice.random() < 0.5:
            _end(victim, signal.SIGKILL)
            rivals.remove(victim)
            rivals.append(_spawn(lambda: _live_wildly(path, report_write)))
            deaths += 1
        if deaths >= _DEATHS:
            break
    for pid in rivals:
        _end(pid, signal.SIGKILL)
    return {"held": held, "doubles": doubles, "deaths": deaths}


def main(path: Path, mode: str) -> None:
    """Run one of the modes with readers looking on, and print what was seen."""
    _witness(path).touch()
    readers = [_spawn(lambda: _read_on(path)) for _ in range(2)]
    seen = {"rounds": rounds, "storm": storm}[mode](path)
    torn = [status for pid in readers if (status := _end(pid, signal.SIGKILL)) != -signal.SIGKILL]
    print(json.dumps({**seen, "torn": torn}))  # noqa: T201 - this is its result


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
