"""Whether the daemon stands hundreds of kills, reloads and upgrades without anybody noticing.

Each part has a daemon of its own, in a temporary repository, driven through its command line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from benchmarks import processes
from benchmarks.endurance.busy_stop import busy_stop_rows
from benchmarks.endurance.growth import growth_rows
from benchmarks.endurance.stopped import hung_worker_rows, stopped_supervisor_rows
from benchmarks.endurance.under_load import CLIENTS, kill_rows, reload_rows
from benchmarks.report import Options, Report

_NOTES: Final = (
    f"load: {CLIENTS} threads that call QueryOperations in a closed loop; a retrying client makes "
    "a new channel when a call is UNAVAILABLE and tries again for up to 5 s; a plain client keeps "
    "its channel and never retries",
    "upgrade: another version of the package is put where the daemon's was; a reload then executes "
    "the supervisor anew",
    "growth: of the supervisor and of its files (logs apart) between the 10th failover and the "
    "last",
    "SIGSTOP of the worker: until a client that connects anew every 0.5 ms is answered, with a "
    "heartbeat deadline of 1 s",
    "stop of a busy daemon: with a grace period of 1 s, under load and with the open streams of a "
    "client that has been stopped",
)


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is done."""

    kills: int
    reloads: int
    upgrades: int
    failovers: int
    rounds: int
    """Of what takes a second each."""


FULL: Final = Effort(kills=200, reloads=100, upgrades=20, failovers=1000, rounds=5)
QUICK: Final = Effort(kills=10, reloads=5, upgrades=1, failovers=30, rounds=2)


def run(options: Options) -> Report:
    """Kill, reload, upgrade, stop and count what went wrong."""
    processes.require_linux()
    effort = QUICK if options.quick else FULL
    kills = kill_rows(effort.kills)
    reloads = reload_rows(effort.reloads, effort.upgrades)
    rows = [
        *kills.rows,
        *reloads.rows,
        *growth_rows(effort.failovers),
        *hung_worker_rows(effort.rounds),
        *stopped_supervisor_rows(effort.rounds),
        *busy_stop_rows(effort.rounds),
    ]
    return Report(rows, [*_NOTES, *kills.notes, *reloads.notes])
