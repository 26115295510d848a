"""What one worker puts up with, in one place."""

from __future__ import annotations

from typing import Final

MAX_MESSAGE_BYTES: Final = 4 * 1024 * 1024
"""Size of one request or one reply: what a gRPC client accepts unless told otherwise."""

MAX_CONCURRENT_CALLS: Final = 1_000
"""Unary calls in progress, those that wait for the activation included."""

MAX_STREAMS: Final = 1_000
"""Streams open at the same time."""

HEADROOM_CALLS: Final = 100
"""Calls beyond both limits that still get an answer: health checks, and clear refusals."""

BLOCKING_THREADS: Final = 8
"""Threads in which calls do their blocking work: SQLite and libgit2."""

CONNECTION_AGE_SECONDS: Final = 5.0
"""Age at which a connection is told, by a graceful GOAWAY, to make place for a new one.

A connection that never ages would tie its client to a retired worker for ever, and stopping a
server cancels the calls that arrive meanwhile: only the age lets a worker end without a failed
call. It bounds how long two workers live side by side. The price is one connect to a Unix socket
each time, under a millisecond and invisible to the caller, so a short age costs next to nothing.
"""

CONNECTION_AGE_JITTER: Final = 0.1
"""gRPC varies the age of each connection by up to this share, either way."""

RETIRED_CALL_SECONDS: Final = 60.0
"""Time that a retired worker gives the calls still in flight when its connections have aged."""

MAX_TEXT_BYTES: Final = 4_096
"""Length of a name, an address or a filter in a request, in bytes of UTF-8."""

MAX_DIFF_BYTES: Final = 3 * 1024 * 1024
"""Length of a diff in a reply, which leaves room for the names of what has changed."""

MAX_PATHS: Final = 1_000
"""Paths that one request may name."""

MAX_COMMAND_BYTES: Final = 65_536
"""Length of a hook's command, in bytes of UTF-8."""

MAX_EVENTS: Final = 64
"""Events that one request may name."""

MAX_HOOKS: Final = 256
"""Hooks that may be registered at the same time."""

DEFAULT_HOOK_TIMEOUT_MS: Final = 5_000
"""The time that a hook is given when nothing else is said, in milliseconds."""

MAX_HOOK_TIMEOUT_MS: Final = 600_000
"""The longest time that a hook may be given, in milliseconds."""

MAX_WAITING_EVENTS: Final = 256
"""Events that wait for one subscriber to take them; one that lets more pile up is ended."""

MAX_TOLD_EVENTS: Final = 1_024
"""Events that nobody waits for, but whose commands wait to be run; further ones are dropped."""

MAX_HOOK_MESSAGE_BYTES: Final = 65_536
"""Length of a payload, or of a commit's message within it, in bytes of UTF-8."""

MAX_EXTRA_SIGNALS: Final = 256
"""Signals that hooks may attach to one state, and that one answer may have."""

MAX_KEPT_EXTRA_SIGNALS: Final = 100_000
"""Signals attached by hooks that are kept; the oldest make place for new ones."""

MAX_TOLD_SIGNALS: Final = 100_000
"""Pairs of state and kind for which it is known that hooks were told; likewise."""

MAX_PUBLIC_KEY_BYTES: Final = 16_384
"""Length of a public key in a request, in whatever format."""

MAX_SIGNATURE_BYTES: Final = 16_384
"""Length of a signature in a request, in whatever format; the longest SSH ones have some 6,000."""

MAX_SIGNED_SYMBOLS: Final = 1_000
"""Symbols that one signature may name."""

MAX_JUSTIFICATION_BYTES: Final = 65_536
"""Length of what a reviewer says besides, in bytes of UTF-8."""

MAX_STATE_SIGNATURE_BYTES: Final = 3 * 1024 * 1024
"""Length of all that is signed of one state together: its signatures are listed in one reply."""

MAX_CARRIED_BYTES: Final = 512 * 1024
"""Size of the signatures of other states in a reply."""

MAX_CARRIED_SIGNATURES: Final = 1_000
"""Signatures that are looked at for one state: the latest of those that may hold in it."""

MAX_CONFIGURATION_BYTES: Final = 1024 * 1024
"""Length of `.heddle/config.toml`."""

MAX_VERBS: Final = 64
"""Verbs that one query of the operation log may name."""

MAX_BACKLOG: Final = 4_096
"""New entries that are kept for one follower of the operation log until its client takes them.

It is more than one transaction appends when git's activity is read in. A follower with more to take
reads the rest from the record; when its client takes none of twice as many, its stream is ended.
"""

STREAMED_PER_PASS: Final = 4
"""Hits that are sent in one pass of the event loop, by all streams of the log together.

A call is answered within some passes, so it waits for as many times this that takes some 0.1 ms.
"""

MAX_BODY_BYTES: Final = 65_536
"""Length of one turn of a discussion, or of an annotation, in bytes of UTF-8."""

MAX_TURNS: Final = 1_000
"""Turns of one discussion."""

MAX_DISCUSSION_BYTES: Final = 3 * 1024 * 1024
"""What all texts of one discussion amount to, so that it always fits into one message."""

MAX_TAGS: Final = 64
"""Tags of one annotation."""

MAX_TAG_BYTES: Final = 256
"""Length of one tag, in bytes of UTF-8."""

MAX_CHANGED_FILES: Final = 2_000
"""Files that the diff of one change lists; the others are only counted."""

MAX_HUNKS: Final = 50_000
"""Hunks that the diff of one change lists; of a file beyond them, one hunk spans all of its own."""

DIFF_SECONDS: Final = 30.0
"""Time that git is given to compare two trees, with what it has to fetch for that."""

FETCH_SECONDS: Final = 30.0
"""Time that git is given to fetch the contents of a file that a partial clone lacks."""

MAX_WORKTREE_BYTES: Final = 64 * 1024 * 1024
"""Contents of a worktree's changed files that are kept for one review; of others, lines count."""

MAX_BLOB_BYTES: Final = 4 * 1024 * 1024
"""Size of a file whose contents are looked at; of a larger one only lines are counted."""

MAX_UPDATES: Final = 64
"""Signal updates that wait for one client to take them; with one more its stream is ended."""

MAX_NEW_STATES: Final = 100
"""New states that one move of the branches is announced with: the newest of them."""

MAX_WATCHED_DIRECTORIES: Final = 4_096
"""Directories of one worktree that are watched; a larger one is looked at from time to time."""
