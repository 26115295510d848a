"""The tables, as the scripts that made them one after the other.

The place of a script in `MIGRATIONS` is the schema version that it leads to. A script that was
released is never edited: during a reload the worker of the older version still writes the database
after the newer one has migrated it, so a new script adds and does not take away.
"""

from __future__ import annotations

from typing import Final

from heddle_worker.store.discussion_tables import DISCUSSIONS
from heddle_worker.store.hook_tables import HOOK_MEMORY

_OPERATION_LOG: Final = """
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE operations (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    timestamp_secs INTEGER NOT NULL,
    verb TEXT NOT NULL,
    actor_email TEXT NOT NULL,
    operation_id TEXT NOT NULL,
    thread TEXT NOT NULL,
    change_id BLOB NOT NULL,
    old_id BLOB NOT NULL,
    detail TEXT NOT NULL
) STRICT;
CREATE INDEX operations_by_verb ON operations (verb);
CREATE INDEX operations_by_actor ON operations (actor_email);
CREATE INDEX operations_by_thread ON operations (thread);

CREATE TABLE operation_symbols (
    seq INTEGER NOT NULL REFERENCES operations (seq) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (seq, position)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX operation_symbols_by_value ON operation_symbols (value, seq);

CREATE TABLE operation_signal_kinds (
    seq INTEGER NOT NULL REFERENCES operations (seq) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (seq, position)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX operation_signal_kinds_by_value ON operation_signal_kinds (value, seq);

-- Earliest and latest time in each run of neighbouring operations: finds a span of time in an
-- order that is not by time.
CREATE TABLE operation_times (
    block INTEGER PRIMARY KEY,
    earliest INTEGER NOT NULL,
    latest INTEGER NOT NULL
) STRICT;

CREATE TABLE mirror (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    generation INTEGER NOT NULL
) STRICT;
INSERT INTO mirror VALUES (1, 0);

CREATE TABLE mirror_cursors (
    path BLOB PRIMARY KEY,
    offset INTEGER NOT NULL,
    tail BLOB NOT NULL,
    signature BLOB NOT NULL,
    branch BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE mirror_lines (
    id BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE mirror_refs (
    name BLOB PRIMARY KEY,
    target BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE mirror_unpaired (
    seq INTEGER PRIMARY KEY REFERENCES operations (seq) ON DELETE CASCADE,
    key BLOB NOT NULL,
    of_head INTEGER NOT NULL
) STRICT;
"""

_MUTATIONS: Final = """
-- What a client's operation id has led to: a retry gets the same reply.
CREATE TABLE finished_requests (
    verb TEXT NOT NULL,
    operation_id BLOB NOT NULL,
    digest BLOB NOT NULL,
    reply BLOB NOT NULL,
    finished_at INTEGER NOT NULL,
    PRIMARY KEY (verb, operation_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX finished_requests_by_time ON finished_requests (finished_at);

CREATE TABLE hooks (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    command TEXT NOT NULL,
    events TEXT NOT NULL,
    timeout_ms INTEGER NOT NULL
) STRICT;
"""

_TRANSACTIONS: Final = """
-- A transaction on a worktree. `step` is the journal of an abort: while it is not empty, the abort
-- that `request` asks for is under way, or a crash has cut it off.
CREATE TABLE transactions (
    id TEXT PRIMARY KEY,
    worktree BLOB NOT NULL,
    state TEXT NOT NULL,
    thread TEXT NOT NULL,
    message TEXT NOT NULL,
    base_id BLOB NOT NULL,
    started_at INTEGER NOT NULL,
    step TEXT NOT NULL,
    request BLOB NOT NULL,
    kept_as TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX transactions_open ON transactions (worktree)
    WHERE state = 'active';

-- What was done within an open transaction: its operations, as they get into the log at the commit,
-- and what an abort has to undo.
CREATE TABLE buffered_changes (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    transaction_id TEXT NOT NULL REFERENCES transactions (id) ON DELETE CASCADE,
    operations TEXT NOT NULL,
    changeset BLOB NOT NULL
) STRICT;
CREATE INDEX buffered_changes_by_transaction ON buffered_changes (transaction_id);
"""

_SIGNATURES: Final = """
-- A signature of a review. `scope` is a JSON list of pairs of file and symbol as they were signed,
-- empty for the whole change; `change` is then the digest of all that the state changes, and empty
-- otherwise. `key_id` is the same for one key, however it is written.
CREATE TABLE signatures (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    state BLOB NOT NULL,
    position INTEGER NOT NULL,
    actor_name TEXT NOT NULL,
    actor_email TEXT NOT NULL,
    kind TEXT NOT NULL,
    signed_at INTEGER NOT NULL,
    key_id BLOB NOT NULL,
    change BLOB NOT NULL,
    size INTEGER NOT NULL,
    algorithm TEXT NOT NULL,
    scope TEXT NOT NULL,
    justification TEXT NOT NULL,
    public_key BLOB NOT NULL,
    signature BLOB NOT NULL,
    UNIQUE (state, position)
) STRICT;
CREATE INDEX signatures_by_key ON signatures (state, key_id, signed_at);
CREATE INDEX signatures_by_change ON signatures (change) WHERE change <> x'';

-- What the symbols in a signature's scope were when it was signed.
CREATE TABLE signed_symbols (
    signature INTEGER NOT NULL REFERENCES signatures (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    path BLOB NOT NULL,
    symbol TEXT NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (signature, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX signed_symbols_by_content ON signed_symbols (content);
"""

_REVIEW_VERSION: Final = """
-- Grows with whatever a review tells of the tables above.
CREATE TABLE review_version (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    value INTEGER NOT NULL
) STRICT;
INSERT INTO review_version VALUES (1, 0);

CREATE TRIGGER discussion_added AFTER INSERT ON discussions
    BEGIN UPDATE review_version SET value = value + 1; END;
CREATE TRIGGER discussion_changed AFTER UPDATE ON discussions
    BEGIN UPDATE review_version SET value = value + 1; END;
CREATE TRIGGER discussion_removed AFTER DELETE ON discussions
    BEGIN UPDATE review_version SET value = value + 1; END;
CREATE TRIGGER turn_added AFTER INSERT ON discussion_turns
    BEGIN UPDATE review_version SET value = value + 1; END;
CREATE TRIGGER turn_removed AFTER DELETE ON discussion_turns
    BEGIN UPDATE review_version SET value = value + 1; END;
CREATE TRIGGER annotation_added AFTER INSERT ON annotations
    BEGIN UPDATE review_version SET value = value + 1; END;
CREATE TRIGGER annotation_removed AFTER DELETE ON annotations
    BEGIN UPDATE review_version SET value = value + 1; END;
CREATE TRIGGER signature_added AFTER INSERT ON signatures
    BEGIN UPDATE review_version SET value = value + 1; END;
CREATE TRIGGER signature_removed AFTER DELETE ON signatures
    BEGIN UPDATE review_version SET value = value + 1; END;
"""

_HOOK_SEALS: Final = """
-- Made with a key that lies outside of the repository; empty on a row that came without one.
ALTER TABLE hooks ADD COLUMN seal BLOB NOT NULL DEFAULT x'';
"""

MIGRATIONS: Final = (
    _OPERATION_LOG,
    _MUTATIONS,
    _TRANSACTIONS,
    DISCUSSIONS,
    _SIGNATURES,
    _REVIEW_VERSION,
    _HOOK_SEALS,
    HOOK_MEMORY,
)
"""All of them, the oldest first."""
