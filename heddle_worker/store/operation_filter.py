"""Whether one entry passes a query's filters: what `operation_query` asks of a whole log."""

from __future__ import annotations

from heddle_worker.store.operation_query import OperationQuery
from heddle_worker.store.operations import LISTED_VERBS, Operation


def passes(query: OperationQuery, entry: Operation) -> bool:
    """Return whether an entry is among those that a query without a limit finds."""
    return (
        entry.seq > query.after_seq
        and _passes_verbs(query, entry.verb)
        and query.actor in ("", entry.actor_email)
        and query.thread in ("", entry.thread)
        and (not query.symbol or query.symbol in entry.symbols)
        and (not query.signal_kind or query.signal_kind in entry.signal_kinds)
        and (not query.since_secs or query.since_secs <= entry.timestamp_secs)
        and (not query.until_secs or entry.timestamp_secs <= query.until_secs)
    )


def _passes_verbs(query: OperationQuery, verb: str) -> bool:
    if query.verbs:
        return verb in query.verbs
    return query.include_checkpoints or verb in LISTED_VERBS
