"""What a supervisor works with: parts of which each has one job, and none decides anything."""

from __future__ import annotations

from dataclasses import dataclass

from heddle_supervisor.death_tally import DeathTally
from heddle_supervisor.event_loop import EventLoop
from heddle_supervisor.pacing import Pacing
from heddle_supervisor.possessions import Possessions
from heddle_supervisor.records import Records
from heddle_supervisor.service_manager import ServiceManager
from heddle_supervisor.upgrade import Upgrade
from heddle_supervisor.workers import Workers


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one supervisor.

    Attributes:
        loop: turns what happens into callbacks.
        owned: the daemon's lock and its socket's names.
        workers: the processes, by role.
        tally: of their deaths.
        pacing: the pause before the next of them.
        upgrade: the installed version, as against the one that runs.
        manager: who started this process, and wants to be told how it is.
        records: the log and the status file.
    """

    loop: EventLoop
    owned: Possessions
    workers: Workers
    tally: DeathTally
    pacing: Pacing
    upgrade: Upgrade
    manager: ServiceManager
    records: Records
