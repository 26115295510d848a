"""Signatures on record: their order, what they are found by, and taking them back."""

from __future__ import annotations

import dataclasses
from typing import Any

import apsw
import pytest

from heddle_worker.store import signatures
from heddle_worker.store.signatures import CoveredSymbol, NewSignature
from heddle_worker.store.undo import recording, undo
from heddle_worker.store.writer import Writer

STATE, OTHER = b"s" * 20, b"o" * 20
WHOLE = NewSignature(
    state=STATE,
    actor_name="Ada",
    actor_email="ada@example.com",
    kind="read",
    symbols=(),
    justification="",
    signed_at=1_700_000_000,
    algorithm="ed25519",
    public_key=b"k" * 32,
    signature=b"s" * 64,
    key_id=b"i" * 32,
    change=b"c" * 16,
    covered=(),
)
SYMBOLS = dataclasses.replace(
    WHOLE,
    symbols=(("a.py", "f"), ("ü.py", "g")),
    change=b"",
    covered=(CoveredSymbol(b"a.py", "f", b"1" * 16), CoveredSymbol(b"\xff.py", "g", b"2" * 16)),
)


def add(writer: Writer, *new: NewSignature) -> list[int]:
    return writer.submit(lambda c: [signatures.add(c, each) for each in new]).result()


def ask(writer: Writer, function: Any, *arguments: object) -> Any:
    return writer.submit(lambda connection: function(connection, *arguments)).result()


def test_each_state_counts_its_own_from_zero(writer: Writer) -> None:
    elsewhere = dataclasses.replace(WHOLE, state=OTHER)
    assert add(writer, WHOLE, SYMBOLS, elsewhere, WHOLE) == [0, 1, 0, 2]
    kept = ask(writer, signatures.of_state, STATE)
    assert [each.position for each in kept] == [0, 1, 2]
    for new, stored in zip((WHOLE, SYMBOLS, WHOLE), kept, strict=True):
        fields = dataclasses.asdict(new)
        assert {name: getattr(stored, name) for name in fields} == fields | {"covered": new.covered}
    assert ask(writer, signatures.of_state, b"x" * 20) == []


@pytest.mark.parametrize(
    "differs",
    [
        {"state": OTHER},
        {"key_id": b"j" * 32},
        {"signed_at": 1},
        {"kind": "agent_preview"},
        {"symbols": (("a.py", "f"),)},
    ],
)
def test_the_same_is_told_by_what_was_signed_and_who(
    writer: Writer, differs: dict[str, Any]
) -> None:
    add(writer, WHOLE)
    twin = dataclasses.replace(WHOLE, signature=b"t" * 64, public_key=b"other", algorithm="ssh")
    assert ask(writer, signatures.find_same, twin) == 0
    other = dataclasses.replace(WHOLE, **differs)
    assert ask(writer, signatures.find_same, other) is None


def test_those_are_found_that_cover_what_is_asked_for(writer: Writer) -> None:
    elsewhere = dataclasses.replace(SYMBOLS, state=OTHER)
    unrelated = dataclasses.replace(WHOLE, state=b"u" * 20, change=b"u" * 16)
    add(writer, WHOLE, elsewhere, unrelated)

    def found(state: bytes, change: bytes, *contents: bytes) -> list[bytes]:
        kept = ask(writer, signatures.touching, state, change, contents, 100)
        return [each.state for each in kept]

    assert found(b"n" * 20, b"", b"9" * 16) == []
    assert found(STATE, b"") == [STATE]
    assert found(b"n" * 20, b"c" * 16) == [STATE]
    assert found(b"n" * 20, b"", b"2" * 16) == [OTHER]
    assert found(b"n" * 20, b"c" * 16, b"1" * 16, b"2" * 16) == [STATE, OTHER]
    assert len(ask(writer, signatures.touching, STATE, b"c" * 16, [b"1" * 16], 1)) == 1


def test_finding_them_uses_indexes_alone(writer: Writer) -> None:
    def plan(connection: apsw.Connection) -> list[str]:
        arguments = (STATE, b"c", "[]", 5)
        rows = connection.execute(f"EXPLAIN QUERY PLAN {signatures._TOUCHING}", arguments)
        return [row[3] for row in rows]

    steps = writer.submit(plan).result()
    assert any("signatures_by_change" in step for step in steps)
    assert any("signed_symbols_by_content" in step for step in steps)
    scanned = [step for step in steps if step.startswith("SCAN") and "j " not in f"{step} "]
    assert scanned == []


def test_their_size_is_told_per_state(writer: Writer) -> None:
    assert ask(writer, signatures.size_of, STATE) == 0
    long = dataclasses.replace(WHOLE, justification="ü" * 1000)
    add(writer, long, dataclasses.replace(WHOLE, state=OTHER))
    assert 2_000 < ask(writer, signatures.size_of, STATE) < 2_500


def test_what_a_transaction_signed_goes_with_it(writer: Writer) -> None:
    def sign(connection: apsw.Connection) -> bytes:
        signatures.add(connection, WHOLE)
        with recording(connection) as changeset:
            signatures.add(connection, SYMBOLS)
        return changeset()

    changeset = writer.submit(sign).result()
    add(writer, dataclasses.replace(WHOLE, signed_at=2))
    ask(writer, undo, changeset)
    kept = ask(writer, signatures.of_state, STATE)
    assert [each.position for each in kept] == [0, 2]
    assert ask(writer, signatures.touching, OTHER, b"", [b"1" * 16], 9) == []
    assert (
        writer.submit(lambda c: c.execute("SELECT count(*) FROM signed_symbols").get).result() == 0
    )
