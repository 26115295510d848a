"""The tables of discussions, as a migration; see `schema`."""

from __future__ import annotations

from typing import Final

DISCUSSIONS: Final = """
-- A discussion, with its first turn and with what finds its symbol again when the state that it was
-- opened against is gone. `last_position` is that of its latest turn ever, `bytes` what its turns
-- amount to: an abort leaves a row alone whose columns it would change back were changed again, so
-- what is appended and what is resolved have no column in common.
CREATE TABLE discussions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    state_id BLOB NOT NULL,
    path BLOB NOT NULL,
    symbol TEXT NOT NULL,
    start_line INTEGER NOT NULL,
    end_line INTEGER NOT NULL,
    language TEXT NOT NULL,
    kind TEXT NOT NULL,
    content BLOB NOT NULL,
    meaning BLOB NOT NULL,
    sketch BLOB NOT NULL,
    opened_at INTEGER NOT NULL,
    author_name TEXT NOT NULL,
    author_email TEXT NOT NULL,
    body TEXT NOT NULL,
    thread_ref TEXT NOT NULL,
    visibility TEXT NOT NULL,
    resolution TEXT NOT NULL,
    resolved_by BLOB NOT NULL,
    reason TEXT NOT NULL,
    last_position INTEGER NOT NULL,
    bytes INTEGER NOT NULL
) STRICT;
CREATE INDEX discussions_by_path ON discussions (path);
CREATE INDEX discussions_by_state ON discussions (state_id);

CREATE TABLE discussion_turns (
    discussion INTEGER NOT NULL REFERENCES discussions (number) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    author_name TEXT NOT NULL,
    author_email TEXT NOT NULL,
    body TEXT NOT NULL,
    posted_at INTEGER NOT NULL,
    PRIMARY KEY (discussion, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE annotations (
    id TEXT PRIMARY KEY,
    discussion INTEGER NOT NULL UNIQUE REFERENCES discussions (number) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    content TEXT NOT NULL,
    tags TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Where the discussions up to number `newest` are in the state that a worktree's HEAD had when it
-- was looked at last, as one version of the program has found out. It can find it out again.
CREATE TABLE placement_views (
    id INTEGER PRIMARY KEY,
    worktree BLOB NOT NULL UNIQUE,
    version TEXT NOT NULL,
    state_id BLOB NOT NULL,
    newest INTEGER NOT NULL,
    generation INTEGER NOT NULL
) STRICT;

CREATE TABLE placements (
    view INTEGER NOT NULL REFERENCES placement_views (id) ON DELETE CASCADE,
    discussion INTEGER NOT NULL REFERENCES discussions (number) ON DELETE CASCADE,
    path BLOB NOT NULL,
    symbol TEXT NOT NULL,
    start_line INTEGER NOT NULL,
    end_line INTEGER NOT NULL,
    is_changed INTEGER NOT NULL,
    is_orphaned INTEGER NOT NULL,
    PRIMARY KEY (view, discussion)
) STRICT, WITHOUT ROWID;
CREATE INDEX placements_by_place ON placements (view, path, symbol);
CREATE INDEX placements_by_discussion ON placements (discussion);
CREATE INDEX placements_orphaned ON placements (view) WHERE is_orphaned;
"""
