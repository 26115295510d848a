"""Operation logs of any length, whose entries are alike wherever one looks."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from heddle_worker.store.database import Database
from heddle_worker.store.operations import NewOperation, append

EPOCH: Final = 1_600_000_000
"""Time of the first entry, in Unix seconds; each later one is `STEP` seconds younger."""
STEP: Final = 10
ACTOR, THREAD, SYMBOL = "dev7@example.com", "topic-7", "src/file7.py:function"
RARE: Final = "rare"
"""A thread, an actor at example.com, a symbol and a signal kind that few entries have."""

_TRANSACTION: Final = 20_000
_RARE_ENTRIES: Final = 20
_VERBS: Final = ("snapshot", "goto", "snapshot", "thread_update", "checkpoint")


def write_history(heddle_dir: Path, size: int) -> None:
    """Make the store of a `.heddle` directory, with `size` operations."""
    heddle_dir.mkdir(mode=0o700, exist_ok=True)
    database = Database.open(heddle_dir)
    connection = database.connection
    # It is closed properly before anybody looks.
    connection.pragma("synchronous", "off")
    for begin in range(0, size, _TRANSACTION):
        end = min(begin + _TRANSACTION, size)
        connection.execute("BEGIN IMMEDIATE")
        append(connection, [_operation(number, size) for number in range(begin, end)])
        connection.execute("COMMIT")
        database.checkpoint()
    connection.pragma("synchronous", "full")
    database.close()


def _operation(number: int, size: int) -> NewOperation:
    is_rare = number % (size // _RARE_ENTRIES) == 1
    return NewOperation(
        timestamp_secs=EPOCH + number * STEP,
        verb=_VERBS[number % len(_VERBS)],
        actor_email="rare@example.com" if is_rare else f"dev{number % 11}@example.com",
        operation_id=f"{number:032x}",
        thread=RARE if is_rare else f"topic-{number % 13}",
        change_id=number.to_bytes(20, "big"),
        old_id=(number + 1).to_bytes(20, "big"),
        detail="commit: say what was changed, and why",
        symbols=(RARE,) if is_rare else (f"src/file{number % 17}.py:function",),
        signal_kinds=(RARE,) if is_rare else (),
    )
