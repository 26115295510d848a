"""Passing a daemon on to another version of its code, and taking it on from one.

The process and its lock stay; see `upgrade` for how.
"""

from __future__ import annotations

from heddle_supervisor.parts import Parts
from heddle_supervisor.upgrade import Handover
from heddle_supervisor.version import __version__


class Succession:
    """Gathers what one version leaves to the next, and gives it back its place there."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def pass_on(self) -> None:
        """Become the installed version. Returns only by raising.

        Raises:
            OSError: it cannot be executed; the next worker, which had the old code, is gone.
        """
        parts = self._parts
        generation, active, former = parts.workers.hand_over()
        parts.records.event("executing", version=__version__)
        parts.records.catch_up()
        parts.upgrade.execute(
            Handover(
                guard=parts.owned.guard.fileno(),
                started_at=parts.owned.started_at,
                generation=generation,
                restarts=parts.tally.restarts,
                failures=parts.tally.failures,
                published=parts.owned.publication.published or (0, 0),
                active=active,
                former=former,
            ),
            parts.loop.take_signals,
        )

    def take_on(self, handover: Handover) -> None:
        """Continue with the workers and the account of the version before."""
        tally = self._parts.tally
        self._parts.workers.adopt(handover)
        tally.restarts, tally.failures = handover.restarts, handover.failures
