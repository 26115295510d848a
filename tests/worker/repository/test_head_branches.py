from __future__ import annotations

import pytest

from heddle_worker.repository.head_branches import branches_of_head
from heddle_worker.repository.reflog_lines import ReflogLine

BRANCHES = {b"main", b"topic", b"new"}
OID = b"a" * 40


def lines(*messages: str) -> list[ReflogLine]:
    """Return lines with messages; one that begins with `+` has no old id, with `-` no new one."""
    return [
        ReflogLine(
            old=b"" if message.startswith("+") else b"\1",
            new=b"" if message.startswith("-") else b"\2",
            email=b"",
            seconds=0,
            message=message.lstrip("+-").encode(),
            content=b"",
            end=0,
        )
        for message in messages
    ]


def branches(*messages: str, before: bytes = b"main", now: bytes | None = None) -> list[bytes]:
    return branches_of_head(
        lines(*messages), before=before, now=now, is_branch=BRANCHES.__contains__
    )


def test_it_stays_where_it_is() -> None:
    assert branches("commit: a", "reset: moving to HEAD~1") == [b"main", b"main"]
    assert branches("commit: a", before=b"") == [b""]
    assert branches() == []


def test_it_goes_to_branches_and_elsewhere() -> None:
    assert branches(
        "checkout: moving from main to topic",
        "commit: a",
        "checkout: moving from topic to v1",
        "commit: b",
        f"checkout: moving from {OID.decode()} to main",
    ) == [b"topic", b"topic", b"", b"", b"main"]


def test_where_it_came_from_decides_what_a_name_meant() -> None:
    # `checkout --detach main` and the checkout of a tag named like a branch say no more than this.
    assert branches(
        "checkout: moving from topic to main",
        "commit: a",
        f"checkout: moving from {OID.decode()} to topic",
    ) == [b"", b"", b"topic"]
    assert branches(
        "checkout: moving from main to deleted",
        "commit: on it",
        "checkout: moving from deleted to main",
    ) == [b"deleted", b"deleted", b"main"]


@pytest.mark.parametrize("now", [b"", b"main"])
def test_the_present_decides_about_the_last_checkout(now: bytes) -> None:
    messages = ("checkout: moving from topic to main", "commit: a")
    assert branches(*messages, now=now) == [now, now]


def test_a_checkout_that_is_half_done_is_believed() -> None:
    assert branches("checkout: moving from main to topic", now=b"main") == [b"topic"]


def test_a_rebase_is_on_no_branch() -> None:
    assert branches(
        "commit: a",
        "rebase (start): checkout topic",
        "rebase (pick): a",
        "rebase (finish): returning to refs/heads/main",
        "commit: b",
        now=b"main",
    ) == [b"main", b"", b"", b"main", b"main"]


def test_a_branch_is_renamed_under_it() -> None:
    renamed = "Branch: renamed refs/heads/main to refs/heads/new"
    assert branches("commit: a", f"-{renamed}", f"+{renamed}", "commit: b", now=b"new") == [
        b"main",
        b"main",
        b"new",
        b"new",
    ]


def test_what_came_before_an_orphan_was_elsewhere() -> None:
    assert branches("commit: a", "+commit (initial): b", now=b"new") == [b"main", b"new"]


def test_a_move_by_hand_ends_what_is_known() -> None:
    assert branches("commit: a", "by hand", "checkout: moving from topic to new") == [
        b"main",
        b"topic",
        b"new",
    ]
