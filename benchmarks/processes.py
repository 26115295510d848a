"""Running processes, and reading what the kernel counts about them. Linux only."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import psutil

from benchmarks.report import BenchmarkError

PROJECT: Final = Path(__file__).resolve().parent.parent
_TIMEOUT: Final = 60.0


def require_linux() -> None:
    """Raise `BenchmarkError` where there is no `/proc`."""
    if sys.platform != "linux":
        raise BenchmarkError("it reads /proc and signals through pidfds, so it needs Linux")


def timed_run(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    expected: int = 0,
) -> tuple[float, str]:
    """Run a command to its end; return its wall time in milliseconds and its standard output.

    Raises:
        BenchmarkError: It ended with another status than `expected`, and the text carries the last
            line of its standard error; it cannot be run; or it did not end within a minute.
    """
    name = " ".join(map(str, command))
    begin = time.perf_counter()
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise BenchmarkError(f"`{name}` did not end within {_TIMEOUT:g} s") from error
    except OSError as error:
        raise BenchmarkError(f"cannot run `{name}`: {error.strerror}") from error
    milliseconds = (time.perf_counter() - begin) * 1000
    if done.returncode != expected:
        last = (done.stderr.strip() or "it said nothing").splitlines()[-1]
        raise BenchmarkError(f"`{name}` exited with {done.returncode}: {last}")
    return milliseconds, done.stdout


@contextmanager
def listening(module: str, *arguments: str) -> Iterator[int]:
    """Run the server `benchmarks.MODULE` while the block runs; give its pid once it listens.

    Raises:
        BenchmarkError: It ended before it listened.
    """
    with companion(module, *arguments) as server:
        yield server.pid


@contextmanager
def companion(module: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `benchmarks.MODULE` while the block runs; give it once it has printed its first line.

    Its standard input stays open for as long as it shall live; its standard output is a pipe
    without a buffer, so that it can be waited on.

    Raises:
        BenchmarkError: It ended before that line.
    """
    command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
    with subprocess.Popen(
        command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    ) as process:
        try:
            if process.stdout is None or not process.stdout.readline():
                raise BenchmarkError(f"`{' '.join(command)}` did not start; see above")
            yield process
        finally:
            # A stopped one could not see the end of its standard input.
            process.send_signal(signal.SIGCONT)
            process.communicate()


def has_ended(handle: int, *, within: float = 0.0) -> bool:
    """Return whether the process behind a pidfd ends within so many seconds."""
    return bool(select.select([handle], [], [], within)[0])


def end(handle: int) -> None:
    """Kill the process behind a pidfd if it still lives, and close the pidfd."""
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    os.close(handle)


def descriptor_count(pid: int) -> int:
    """Return how many descriptors the process has open."""
    return psutil.Process(pid).num_fds()


def resident(pid: int) -> float:
    """Return the process's resident memory in MB."""
    return psutil.Process(pid).memory_info().rss / 1e6


def resident_with_children(pid: int) -> float:
    """Return the resident memory in MB of the process and of all that it has started."""
    children = psutil.Process(pid).children(recursive=True)
    return resident(pid) + sum(resident(child.pid) for child in children)


def proportional(pid: int) -> float:
    """Return the process's memory in MB, what it shares divided among the sharers (PSS)."""
    return float(psutil.Process(pid).memory_full_info().pss) / 1e6


def thread_count(pid: int) -> int:
    """Return how many threads the process has."""
    return psutil.Process(pid).num_threads()


def cpu_seconds(pid: int) -> float:
    """Return the processor time that the process has used, user and system."""
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def wake_up_rates(pids: Sequence[int], *, seconds: float) -> list[float]:
    """Watch idle processes for `seconds`; return how often a second each of them woke up."""
    before = [_wake_ups(pid) for pid in pids]
    time.sleep(seconds)
    return [(_wake_ups(pid) - count) / seconds for pid, count in zip(pids, before, strict=True)]


def _wake_ups(pid: int) -> int:
    """Return how often the process's threads have given up the processor of their own accord."""
    return sum(
        int(line.split()[1])
        for status in Path(f"/proc/{pid}/task").glob("*/status")
        for line in status.read_text().splitlines()
        if line.startswith("voluntary_ctxt_switches:")
    )
