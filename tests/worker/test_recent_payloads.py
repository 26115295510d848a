"""Replies that are kept."""

from __future__ import annotations

from heddle_worker.recent_payloads import RecentPayloads


def test_a_reply_is_kept_while_what_it_was_made_from_is_the_same() -> None:
    payloads = RecentPayloads()
    payloads.put("one", 1, b"first")
    assert payloads.get("one", 1) == b"first"
    assert payloads.get("one", 2) is None
    assert payloads.get("other", 1) is None
    payloads.put("one", 2, b"second")
    assert payloads.get("one", 2) == b"second"
    assert payloads.get("one", 1) is None


def test_what_was_not_asked_for_goes_first() -> None:
    payloads = RecentPayloads(most_bytes=30)
    for name in ("one", "two", "three"):
        payloads.put(name, 0, b"0123456789")
    assert payloads.get("one", 0) is not None
    payloads.put("four", 0, b"0123456789")
    assert [name for name in ("one", "two", "three", "four") if payloads.get(name, 0)] == [
        "one",
        "three",
        "four",
    ]


def test_a_reply_that_is_larger_than_all_room_is_not_kept() -> None:
    payloads = RecentPayloads(most_bytes=5)
    payloads.put("one", 0, b"0123456789")
    assert payloads.get("one", 0) is None
    payloads.put("one", 0, b"0123")
    assert payloads.get("one", 0) == b"0123"
