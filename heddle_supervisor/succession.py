"""Passing a daemon on to another version of its code, and taking it on from one.

The process and its lock stay; see `upgrade` for how.
"""

from __future__ import annotations

from heddle_supervisor.death_tally import DeathTally
from heddle_supervisor.event_loop import EventLoop
from heddle_supervisor.possessions import Possessions
from heddle_supervisor.records import Records
from heddle_supervisor.upgrade import Handover, Upgrade
from heddle_supervisor.version import __version__
from heddle_supervisor.workers import Workers


class Succession:
    """Gathers what one version leaves to the next, and gives it back its place there."""

    def __init__(
        self,
        loop: EventLoop,
        upgrade: Upgrade,
        owned: Possessions,
        workers: Workers,
        tally: DeathTally,
        records: Records,
    ) -> None:
        self._loop = loop
        self._upgrade = upgrade
        self._owned = owned
        self._workers = workers
        self._tally = tally
        self._records = records

    def pass_on(self) -> None:
        """Become the installed version. Returns only by raising.

        Raises:
            OSError: it cannot be executed; the next worker, which had the old code, is gone.
        """
        generation, active, former = self._workers.hand_over()
        self._records.event("executing", version=__version__)
        self._records.catch_up()
        self._upgrade.execute(
            Handover(
                guard=self._owned.guard.fileno(),
                started_at=self._owned.started_at,
                generation=generation,
                restarts=self._tally.restarts,
                failures=self._tally.failures,
                published=self._owned.publication.published or (0, 0),
                active=active,
                former=former,
            ),
            self._loop.take_signals,
        )

    def take_on(self, handover: Handover) -> None:
        """Continue with the workers and the account of the version before."""
        self._workers.adopt(handover)
        self._tally.restarts, self._tally.failures = handover.restarts, handover.failures
