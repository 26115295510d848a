"""From what git did, as the operation log has it, to the events that tell of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from heddle_worker.hooks.events import Event
from heddle_worker.store.operations import Operation

_STEP: Final = re.compile(r"\(([\w -]+)\)$")
_CAPTURES: Final = frozenset({"commit", "cherry-pick", "revert", "am"})
_BRANCH_VERBS: Final = frozenset({"thread_create", "fork"})
_PUSHED: Final = "update by push"
_RETURNING: Final = "returning to "


def events_of(entries: Sequence[Operation], remotes: Sequence[str]) -> list[Event]:
    """Return the events of entries that came together, in their order.

    A rebase is one capture, at its end; a push is one event, however many branches it moves.

    Args:
        entries: of the log, in ascending order of `seq`.
        remotes: names of the repository's remotes.
    """
    events = [event for entry in entries for event in _of_commits(entry)]
    pushed: dict[str, list[Operation]] = {}
    for entry in entries:
        if entry.verb == "thread_update" and entry.detail == _PUSHED:
            pushed.setdefault(_remote_of(entry.thread, remotes), []).append(entry)
    return events + [_push(remote, moves) for remote, moves in pushed.items()]


def capture(entry: Operation) -> Event:
    """Return the capture of the state that an entry led to."""
    payload = {"state_id": entry.change_id.hex(), "thread": entry.thread}
    return Event("post_capture", payload, seq=entry.seq)


def _push(remote: str, moves: Sequence[Operation]) -> Event:
    refs = [entry.thread.removeprefix(f"{remote}/") for entry in moves]
    return Event("post_push", {"remote": remote, "refs": refs}, seq=moves[0].seq)


def _of_commits(entry: Operation) -> Iterator[Event]:
    if entry.verb in _BRANCH_VERBS:
        payload: dict[str, Any] = {"name": entry.thread}
        if entry.change_id:
            payload["state_id"] = entry.change_id.hex()
        yield Event("post_thread_create", payload, seq=entry.seq)
        return
    if not entry.change_id:
        return
    head, _colon, text = entry.detail.partition(":")
    command = head.split(" ", 1)[0]
    step = _STEP.search(head)
    # Older versions of git say so in their own way.
    name = step[1] if step else "finish" if head.endswith(" finished") else ""
    if command in _CAPTURES or _ends_rebase(command, name, text):
        yield capture(entry)
    if command == "merge" or (command, name) == ("commit", "merge") or _is_pull(command, name):
        yield replace(capture(entry), name="post_merge")


def _ends_rebase(command: str, step: str, text: str) -> bool:
    """Return whether this is the line of `HEAD` that ends a rebase; the branch has another one."""
    return (
        command in ("rebase", "pull") and step == "finish" and text.lstrip().startswith(_RETURNING)
    )


def _is_pull(command: str, step: str) -> bool:
    return command == "pull" and not step


def _remote_of(branch: str, remotes: Sequence[str]) -> str:
    """Return the remote that a remote-tracking branch belongs to; a remote's name may hold `/`."""
    owners = [remote for remote in remotes if branch.startswith(f"{remote}/")]
    return max(owners, key=len, default=branch.partition("/")[0])
