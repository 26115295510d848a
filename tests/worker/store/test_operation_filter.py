from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from heddle_worker.store.database import Database
from heddle_worker.store.operation_filter import passes
from heddle_worker.store.operation_query import OperationQuery, select
from heddle_worker.store.operations import NewOperation, append

VERBS = st.sampled_from(["snapshot", "goto", "checkpoint", "hook.register_hook"])
NAMES = st.sampled_from(["", "a", "b"])
LISTS = st.lists(st.sampled_from(["x", "y"]), max_size=2, unique=True).map(tuple)
ENTRIES = st.builds(
    NewOperation,
    timestamp_secs=st.integers(-2, 4),
    verb=VERBS,
    actor_email=NAMES,
    thread=NAMES,
    symbols=LISTS,
    signal_kinds=LISTS,
)
QUERIES = st.builds(
    OperationQuery,
    actor=NAMES,
    thread=NAMES,
    symbol=st.sampled_from(["", "x", "z"]),
    signal_kind=st.sampled_from(["", "y", "z"]),
    verbs=st.lists(VERBS | st.just("none"), max_size=2).map(tuple),
    since_secs=st.integers(0, 4),
    until_secs=st.integers(0, 4),
    include_checkpoints=st.booleans(),
    after_seq=st.integers(0, 5) | st.just(2**64 - 1),
)


@given(st.lists(ENTRIES, max_size=6), QUERIES)
def test_an_entry_passes_exactly_when_the_query_finds_it(
    entries: list[NewOperation], query: OperationQuery
) -> None:
    with TemporaryDirectory() as directory:
        connection = Database.open(Path(directory)).connection
        append(connection, entries)
        everything = list(select(connection, OperationQuery(include_checkpoints=True)))
        found = list(select(connection, query))
        connection.close()
    assert [entry for entry in everything if passes(query, entry)] == found
