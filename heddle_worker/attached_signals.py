"""The signals that hooks have attached to states, as signals like all others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from heddle_worker.signals.signal import Signal
from heddle_worker.store import extra_signals
from heddle_worker.store.readers import Readers

_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class AttachedSignals:
    """Looks up what hooks have attached. Its methods block, and raise `StoreError`.

    Attributes:
        readers: of the store.
    """

    readers: Readers

    def of(self, state: bytes) -> tuple[Signal, ...]:
        """Return the signals of a state's raw id."""
        with self.readers.snapshot() as connection:
            found = extra_signals.of_state(connection, state)
        return tuple(
            Signal(
                kind=one.kind,
                module=one.module,
                version=_VERSION,
                file=one.file.encode("utf-8", "surrogateescape"),
                symbol=one.symbol,
                start_line=one.start_line,
                end_line=one.end_line,
                reason=one.reason,
            )
            for one in found
        )

    def modules(self, states: Sequence[bytes]) -> list[set[str]]:
        """Return for each of some states' raw ids who has attached something."""
        with self.readers.snapshot() as connection:
            return extra_signals.modules_of(connection, states)
