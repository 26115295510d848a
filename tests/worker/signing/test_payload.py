"""The bytes that are signed, against a reader of them that is written apart."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heddle_worker.signing.payload import ReviewKind, Statement, SymbolRef

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
NAMES = TEXTS.filter(bool)
STATEMENTS = st.builds(
    Statement,
    state=st.one_of(st.binary(min_size=20, max_size=20), st.binary(min_size=32, max_size=32)),
    kind=st.sampled_from(ReviewKind),
    symbols=st.lists(st.builds(SymbolRef, NAMES, NAMES), max_size=4).map(tuple),
    signed_at=st.integers(-(2**63), 2**63 - 1),
    justification=TEXTS,
)


def read_back(payload: bytes) -> Statement:
    """Read a payload, value by value, as the contract lays it out."""

    def text() -> str:
        nonlocal payload
        value, found, payload = payload.partition(b"\0")
        assert found
        return value.decode()

    assert text() == "hd-rev-sig-v1"
    state, kind, scope = bytes.fromhex(text()), ReviewKind(text()), text()
    symbols = []
    if scope == "symbols":
        (count,) = struct.unpack("<I", payload[:4])
        payload = payload[4:]
        symbols = [SymbolRef(text(), text()) for _ in range(count)]
    else:
        assert scope == "whole_change"
    (signed_at,) = struct.unpack("<q", payload[:8])
    payload = payload[8:]
    marker, payload = payload[:1], payload[1:]
    justification = text() if marker == b"\1" else ""
    assert marker in (b"\0", b"\1")
    assert payload == b""
    return Statement(state, kind, tuple(symbols), signed_at, justification)


@given(STATEMENTS)
def test_a_payload_says_one_thing_only(statement: Statement) -> None:
    assert read_back(statement.payload()) == statement


def test_the_bytes_are_those_of_the_contract() -> None:
    whole = Statement(b"\xab" * 20, ReviewKind.READ, (), 1_700_000_000, "")
    assert whole.payload() == (
        b"hd-rev-sig-v1\0" + b"ab" * 20 + b"\0read\0whole_change\0"
        b"\x00\xf1\x53\x65\x00\x00\x00\x00\x00"
    )
    symbols = (SymbolRef("a.py", "A::b"), SymbolRef("c.rs", "d"))
    some = Statement(b"\x01" * 32, ReviewKind.AGENT_CO_REVIEW, symbols, 1, "seen")
    assert some.payload() == (
        b"hd-rev-sig-v1\0" + b"01" * 32 + b"\0agent_co_review\0symbols\0\x02\0\0\0"
        b"a.py\0A::b\0c.rs\0d\0\x01\0\0\0\0\0\0\0\x01seen\0"
    )


@pytest.mark.parametrize(
    "statement",
    [
        Statement(b"", ReviewKind.READ, (), 0, "a\0b"),
        Statement(b"", ReviewKind.READ, (SymbolRef("a\0", "b"),), 0, ""),
        Statement(b"", ReviewKind.READ, (SymbolRef("a", "\0b"),), 0, ""),
        Statement(b"", ReviewKind.READ, (), 2**63, ""),
    ],
)
def test_what_could_be_read_in_two_ways_has_no_payload(statement: Statement) -> None:
    with pytest.raises(ValueError, match=r"NUL|64 bits"):
        statement.payload()
