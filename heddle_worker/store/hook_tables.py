"""The tables that hooks need: what they have attached to states, and what they were told of."""

from __future__ import annotations

from typing import Final

HOOK_MEMORY: Final = """
-- Signals that hooks have attached to a state; see `extra_signals.py`.
CREATE TABLE extra_signals (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    state BLOB NOT NULL,
    module TEXT NOT NULL,
    kind TEXT NOT NULL,
    file TEXT NOT NULL,
    symbol TEXT NOT NULL,
    start_line INTEGER NOT NULL,
    end_line INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX extra_signals_by_state ON extra_signals (state);
CREATE TRIGGER extra_signal_added AFTER INSERT ON extra_signals
    BEGIN UPDATE review_version SET value = value + 1; END;
CREATE TRIGGER extra_signal_removed AFTER DELETE ON extra_signals
    BEGIN UPDATE review_version SET value = value + 1; END;

-- The commits that git is about to make, and what hooks have attached to them.
CREATE TABLE expected_commits (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tree BLOB NOT NULL,
    thread TEXT NOT NULL,
    head BLOB NOT NULL,
    after_seq INTEGER NOT NULL,
    asked_at INTEGER NOT NULL,
    signals TEXT NOT NULL
) STRICT;

-- What whoever listens was told of; see `told.py`. Up to which operation: a row while anybody
-- listens to what git has done.
CREATE TABLE told_operations (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL
) STRICT;

-- Where the branches were up to which everybody was told of signals. The row without a name is
-- there while anybody listens to them.
CREATE TABLE told_tips (
    name TEXT PRIMARY KEY,
    tip BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE told_signals (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    state BLOB NOT NULL,
    kind TEXT NOT NULL,
    UNIQUE (state, kind)
) STRICT;

-- The conflicts that there are, by the worktree, with the file in which git says what it was doing.
CREATE TABLE told_conflicts (
    worktree BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    content BLOB NOT NULL
) STRICT, WITHOUT ROWID;
"""
"""All that has to do with the memory of hooks, in one step."""
