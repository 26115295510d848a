"""The page that a worker and its supervisor share, across a real fork and by descriptor."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from heddle_supervisor.heartbeat import Heartbeat, Part

# Beats in a forked child and tells, in the parent, what it sees of that.
_ACROSS_A_FORK = """
import os, time
from heddle_supervisor.heartbeat import Heartbeat, Part
page = Heartbeat()
before = page.last()
go_read, go_write = os.pipe()
pid = os.fork()
if pid == 0:
    os.read(go_read, 1)
    page.beat(Part.EVENT_LOOP)
    page.note_use(3)
    os._exit(0)
middle = time.monotonic()
os.write(go_write, b"x")
os.waitpid(pid, 0)
beat, part = page.last()
assert before[0] <= beat < middle and part is Part.STORE_WRITER, (before, beat, part)
page.beat(Part.STORE_WRITER)
beat, part = page.last()
assert middle <= beat <= time.monotonic() and part is Part.EVENT_LOOP, (middle, beat, part)
assert page.last_use() >= beat, "a call in flight is use now"
"""


@pytest.fixture
def page() -> Iterator[Heartbeat]:
    page = Heartbeat()
    yield page
    page.close()


def test_a_childs_beats_are_seen_by_its_parent() -> None:
    subprocess.run([sys.executable, "-c", _ACROSS_A_FORK], check=True)


def test_a_fresh_page_has_just_beaten(page: Heartbeat) -> None:
    assert time.monotonic() - 30 < page.last()[0] <= time.monotonic()
    assert page.last_use() <= time.monotonic()


def test_the_part_that_is_silent_longest_counts(page: Heartbeat) -> None:
    for beating, silent in [
        (Part.STORE_WRITER, Part.EVENT_LOOP),
        (Part.EVENT_LOOP, Part.STORE_WRITER),
    ]:
        for part in Part:
            page.beat(part)
        oldest, _ = page.last()
        page.beat(beating)
        when, part = page.last()
        assert part is silent or when == oldest
        assert when >= oldest


def test_a_call_in_flight_is_use_until_it_ends(page: Heartbeat) -> None:
    page.note_use(1)
    earlier = page.last_use()
    assert page.last_use() >= earlier
    page.note_use(0)
    ended = page.last_use()
    assert ended >= earlier
    assert page.last_use() == ended


def test_a_page_can_be_handed_over_by_its_descriptor(page: Heartbeat) -> None:
    page.note_use(0)
    other = Heartbeat(os.dup(page.fileno()))
    assert other.last() == page.last()
    assert other.last_use() == page.last_use()
    other.beat(Part.EVENT_LOOP)
    other.beat(Part.STORE_WRITER)
    assert other.last() == page.last()
    other.close()


def test_what_is_not_a_page_cannot_be_mapped() -> None:
    ours, theirs = os.pipe()
    with pytest.raises(OSError, match=r"."):
        Heartbeat(ours)
    os.close(theirs)
    with pytest.raises(OSError, match=r"Bad file"):
        os.fstat(ours)
