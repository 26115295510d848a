"""What git's reflogs say, as events."""

from __future__ import annotations

from typing import Final

import pytest

from heddle_worker.hooks.git_activity import events_of
from heddle_worker.store.operations import Operation

STATE: Final = b"\x01" * 20


def entry(detail: str, verb: str = "snapshot", thread: str = "main") -> Operation:
    return Operation(
        seq=1,
        timestamp_secs=1,
        verb=verb,
        actor_email="",
        operation_id="",
        thread=thread,
        change_id=STATE,
        old_id=b"",
        detail=detail,
        symbols=(),
        signal_kinds=(),
    )


@pytest.mark.parametrize(
    ("detail", "events"),
    [
        ("commit: merge: pull", ["post_capture"]),
        ("commit (initial): x", ["post_capture"]),
        ("commit (amend): x", ["post_capture"]),
        ("commit (merge): x", ["post_capture", "post_merge"]),
        ("commit (cherry-pick): x", ["post_capture"]),
        ("cherry-pick: x", ["post_capture"]),
        ("revert: x", ["post_capture"]),
        ("am: x", ["post_capture"]),
        ("merge a: b: Fast-forward", ["post_merge"]),
        ("pull origin main: Merge made by the 'ort' strategy.", ["post_merge"]),
        ("pull: Fast-forward", ["post_merge"]),
        ("pull --rebase (start): checkout abc", []),
        ("pull --rebase (pick): x", []),
        ("pull --rebase (finish): returning to refs/heads/main", ["post_capture"]),
        ("rebase (pick): x", []),
        ("rebase (reword): commit: x", []),
        ("rebase -i (finish): returning to refs/heads/main", ["post_capture"]),
        ("rebase finished: returning to refs/heads/main", ["post_capture"]),
        ("rebase (finish): refs/heads/main onto abc", []),
        ("rebase (abort): returning to refs/heads/main", []),
        ("checkout: moving from a to b", []),
        ("reset: moving to HEAD~1", []),
        ("", []),
        (":", []),
    ],
)
def test_each_kind_of_line(detail: str, events: list[str]) -> None:
    assert [event.name for event in events_of([entry(detail)], [])] == events


def test_a_push_is_one_event_for_each_remote() -> None:
    entries = [
        entry("update by push", "thread_update", thread)
        for thread in ("team/one/a/b", "origin/main", "team/one/c")
    ]
    entries.append(entry("fetch: fast-forward", "thread_update", "origin/other"))
    found = [event.payload for event in events_of(entries, ["team", "team/one"])]
    assert found == [
        {"remote": "team/one", "refs": ["a/b", "c"]},
        {"remote": "origin", "refs": ["main"]},
    ]
