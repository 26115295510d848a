"""What git's own words in a reflog mean, in the vocabulary of the operation log."""

from __future__ import annotations

import enum
import functools
import re
from typing import Final, NamedTuple

from heddle_worker.repository.reflog_lines import moved_ref


class Verb(enum.StrEnum):
    """What happened, as the operation log names it."""

    SNAPSHOT = "snapshot"
    GOTO = "goto"
    THREAD_CREATE = "thread_create"
    THREAD_DELETE = "thread_delete"
    THREAD_UPDATE = "thread_update"
    FORK = "fork"
    COLLAPSE = "collapse"
    MARKER_CREATE = "marker_create"
    MARKER_DELETE = "marker_delete"
    CONFLICT_RESOLVED = "conflict_resolved"
    CHECKPOINT = "checkpoint"


class Checkout(NamedTuple):
    """A move of `HEAD` from one branch or commit to another, as they were named."""

    origin: bytes
    destination: bytes


_CHECKOUT: Final = re.compile(rb"checkout: moving from (\S+) to (.+)$")
_CREATED: Final = re.compile(rb"branch: Created from (\S+)$")
_RETURNED: Final = re.compile(rb"[^:]*: returning to refs/heads/(\S+)$")
_STASHED: Final = re.compile(rb"(?:WIP on|On) ([^\s:]+): ")
_STEP: Final = re.compile(rb"\(([\w -]+)\)$")
_OBJECT_ID: Final = re.compile(rb"[0-9a-f]{40}$")

_MAKES_COMMITS: Final = frozenset({b"commit", b"merge", b"cherry-pick", b"revert", b"am"})
# Git writes these when somebody commits what an operation had stopped at.
_CONCLUDED: Final = frozenset({b"merge", b"cherry-pick", b"rebase"})
_REBASE_STEPS: Final = {
    b"start": Verb.GOTO,
    b"reset": Verb.GOTO,
    b"abort": Verb.GOTO,
    b"finish": Verb.GOTO,
    b"squash": Verb.COLLAPSE,
    b"fixup": Verb.COLLAPSE,
    b"continue": Verb.CONFLICT_RESOLVED,
}


def head_verb(message: bytes, *, new: bytes, moves_branch: bool) -> Verb:
    """Return the verb for a line of `HEAD`'s reflog.

    Args:
        message: the line's.
        new: raw id that `HEAD` went to; empty when its branch was deleted.
        moves_branch: a branch recorded the same move.
    """
    command, step, text = _parse(message)
    if not new:
        return Verb.THREAD_DELETE
    if command in _MAKES_COMMITS:
        return _commit_verb(command, step)
    if command in (b"rebase", b"pull"):
        return _sequence_verb(command, step, text)
    if command in (b"checkout", b"reset"):
        return Verb.GOTO
    if moved_ref(message) or (command == b"clone" and moves_branch):
        return Verb.THREAD_CREATE
    return Verb.THREAD_UPDATE if moves_branch else Verb.GOTO


def branch_verb(message: bytes, *, old: bytes, new: bytes, forks: bool) -> Verb:
    """Return the verb for a line of a branch's reflog that `HEAD` does not have as well.

    Args:
        message: the line's.
        old: raw id before; empty when the branch was made.
        new: raw id after; empty when it was deleted.
        forks: the branch was made from the tip of another one, to work on it at once.
    """
    command, step, _text = _parse(message)
    if not new:
        return Verb.THREAD_DELETE
    if command in _MAKES_COMMITS:
        return _commit_verb(command, step)
    if forks:
        return Verb.FORK
    return Verb.THREAD_UPDATE if old and not moved_ref(message) else Verb.THREAD_CREATE


def remote_branch_verb(message: bytes, *, new: bytes) -> Verb:
    """Return the verb for a line of the reflog of a remote-tracking branch.

    The first fetch or push of a branch moves it as every later one does: nobody made a branch
    here.
    """
    if not new:
        return Verb.THREAD_DELETE
    return Verb.THREAD_CREATE if moved_ref(message) else Verb.THREAD_UPDATE


def is_known(message: bytes) -> bool:
    """Return whether a line of `HEAD`'s reflog is of a kind that leaves no doubt what moved.

    Others are written by `git symbolic-ref` and `git update-ref`, with any message or none.
    """
    command, _step, _text = _parse(message)
    return (
        command in _MAKES_COMMITS
        or command in (b"rebase", b"pull", b"checkout", b"reset", b"clone")
        or moved_ref(message) is not None
    )


def checkout(message: bytes) -> Checkout | None:
    """Return where `HEAD` moved from and to, if the message tells of such a move."""
    match = _CHECKOUT.match(message)
    return Checkout(match[1], match[2]) if match else None


def detaches(message: bytes) -> bool:
    """Return whether `HEAD` leaves its branch for the time of a rebase."""
    command, step, text = _parse(message)
    return command in (b"rebase", b"pull") and (
        step == b"start" or (not step and text.startswith(b"checkout "))
    )


def returned_to(message: bytes) -> bytes | None:
    """Return the branch that `HEAD` is on again at the end of a rebase."""
    match = _RETURNED.match(message)
    return match[1] if match else None


def created_from(message: bytes) -> bytes | None:
    """Return what a branch was made from, as it was named."""
    match = _CREATED.match(message)
    return match[1] if match else None


def stashed_on(message: bytes) -> bytes:
    """Return the branch whose worktree was stashed; empty when the message does not tell."""
    match = _STASHED.match(message)
    return match[1] if match else b""


def is_object_id(name: bytes) -> bool:
    """Return whether a name in a message is that of a commit, and not of a branch."""
    return _OBJECT_ID.match(name) is not None


def _parse(message: bytes) -> tuple[bytes, bytes, bytes]:
    """Return the command, its step in parentheses, and the text after the colon."""
    head, _colon, text = message.partition(b":")
    return *_parse_head(head), text.lstrip()


@functools.lru_cache(maxsize=1_024)
def _parse_head(head: bytes) -> tuple[bytes, bytes]:
    command = head.split(b" ", 1)[0]
    step = _STEP.search(head)
    if step is None and head.endswith(b" finished"):
        return command, b"finish"
    return command, step[1] if step else b""


def _commit_verb(command: bytes, step: bytes) -> Verb:
    if command == b"commit" and step in _CONCLUDED:
        return Verb.CONFLICT_RESOLVED
    return Verb.SNAPSHOT


def _sequence_verb(command: bytes, step: bytes, text: bytes) -> Verb:
    """Return the verb for a line of a rebase, or of a pull, which may run one."""
    if step:
        return _REBASE_STEPS.get(step, Verb.SNAPSHOT)
    if command == b"rebase" and text.startswith((b"checkout ", b"updating HEAD", b"aborting")):
        return Verb.GOTO
    return Verb.SNAPSHOT
