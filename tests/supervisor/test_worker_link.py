"""The link between supervisor and worker: lines of JSON over a real socket pair."""

from __future__ import annotations

import itertools
import json
import math
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from heddle_supervisor.worker_link import Command, Message, Report, WorkerLink

messages = st.builds(
    Message,
    kind=st.sampled_from([*Report, *Command]),
    detail=st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    seconds=st.floats(allow_nan=False),
)


@pytest.fixture
def ends() -> Iterator[tuple[WorkerLink, WorkerLink]]:
    ours, theirs = WorkerLink.pair()
    yield ours, theirs
    ours.close()
    theirs.close()


def received(link: WorkerLink) -> tuple[list[Message], bool]:
    """Return what has arrived, and whether the other end lives."""
    found: list[Message] = []
    alive = link.receive(found.append)
    return found, alive


@given(st.lists(messages, max_size=6), st.lists(st.floats(0, 1), max_size=8))
def test_any_chunking_of_the_lines_arrives_whole_and_in_order(
    sent: list[Message], cuts: list[float]
) -> None:
    raw, connection = socket.socketpair()
    with raw, closing(WorkerLink.adopt(connection.detach())) as link:
        stream = b"".join(message.encode() for message in sent)
        bounds = [0, *sorted(int(cut * len(stream)) for cut in cuts), len(stream)]
        found: list[Message] = []
        for start, end in itertools.pairwise(bounds):
            raw.sendall(stream[start:end])
            assert link.receive(found.append)
        assert found == sent


@given(
    st.one_of(
        st.binary(max_size=60),
        st.builds(
            lambda body: json.dumps(body).encode(),
            st.one_of(
                st.lists(st.integers(), max_size=2),
                st.fixed_dictionaries(
                    {},
                    optional={
                        "kind": st.one_of(st.text(max_size=8), st.lists(st.none(), max_size=1)),
                        "detail": st.none(),
                        "seconds": st.one_of(st.none(), st.text(max_size=3), st.integers()),
                    },
                ),
            ),
        ),
    )
)
@example(b'{"kind": "levitate", "detail": "", "seconds": 0}')
@example(b'{"kind": "warm", "detail": "", "seconds": 1' + b"0" * 400 + b"}")
@example(b"[" * 5_000)
@example(b'{"kind": {}, "detail": "", "seconds": 0}')
@example(b"\xff\xfe")
def test_what_cannot_be_understood_is_passed_over(line: bytes) -> None:
    raw, connection = socket.socketpair()
    with raw, closing(WorkerLink.adopt(connection.detach())) as link:
        raw.sendall(line.replace(b"\n", b" ") + b"\n" + Message(Report.WARM).encode())
        found, alive = received(link)
        assert alive
        assert found == [Message(Report.WARM)]


def test_the_ends_are_connected_both_ways(ends: tuple[WorkerLink, WorkerLink]) -> None:
    ours, theirs = ends
    assert ours.send(Message(Command.DRAIN, seconds=2.5))
    assert theirs.send(Message(Report.BOOT_FAILED, "no\nroom"))
    assert received(theirs) == ([Message(Command.DRAIN, seconds=2.5)], True)
    assert received(ours) == ([Message(Report.BOOT_FAILED, "no\nroom")], True)


def test_nothing_to_read_is_not_the_end(ends: tuple[WorkerLink, WorkerLink]) -> None:
    assert received(ends[0]) == ([], True)


def test_the_last_words_come_before_the_end(ends: tuple[WorkerLink, WorkerLink]) -> None:
    ours, theirs = ends
    theirs.send(Message(Report.DRAINED))
    theirs.close()
    assert received(ours) == ([Message(Report.DRAINED)], False)
    assert received(ours) == ([], False)


def test_half_a_line_before_the_end_is_not_a_message() -> None:
    raw, connection = socket.socketpair()
    link = WorkerLink.adopt(connection.detach())
    raw.sendall(Message(Report.WARM).encode()[:-1])
    raw.close()
    assert received(link) == ([], False)
    link.close()


def test_sending_to_an_end_that_is_gone_says_so(ends: tuple[WorkerLink, WorkerLink]) -> None:
    ours, theirs = ends
    theirs.close()
    assert not ours.send(Message(Command.RETIRE))


def test_sending_to_an_end_that_does_not_read_never_blocks(
    ends: tuple[WorkerLink, WorkerLink],
) -> None:
    ours, theirs = ends
    message = Message(Command.DRAIN, "x" * 10_000)
    accepted = 0
    while ours.send(message):
        accepted += 1
    assert accepted > 0
    found, alive = received(theirs)
    assert alive
    assert found == [message] * accepted


def test_an_infinite_grace_survives(ends: tuple[WorkerLink, WorkerLink]) -> None:
    ends[0].send(Message(Command.DRAIN, seconds=math.inf))
    assert received(ends[1])[0][0].seconds == math.inf
