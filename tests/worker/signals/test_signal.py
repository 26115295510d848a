"""Signals as values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heddle_worker.signals.signal import Signal, shortened


@pytest.mark.parametrize(
    ("file", "symbol", "lines", "anchor"),
    [
        (b"*", "", (0, 0), "*"),
        (b"a.py", "", (0, 0), "a.py"),
        (b"a.py", "C::f", (0, 0), "a.py:C::f"),
        (b"a.py", "C::f", (2, 7), "a.py:C::f:2-7"),
        (b"a.py", "", (2, 7), "a.py:2-7"),
        (b"\xff.py", "f", (0, 0), "\\377.py:f"),
    ],
)
def test_the_canonical_anchor(
    file: bytes, symbol: str, lines: tuple[int, int], anchor: str
) -> None:
    assert Signal("novelty", "novelty", 1, file, symbol, *lines, "").anchor == anchor


@given(st.text(max_size=300), st.integers(1, 250))
def test_a_text_is_cut_to_one_line_of_its_length(text: str, most: int) -> None:
    cut = shortened(text, most)
    whole = " ".join(text.split())
    assert len(cut) <= most
    assert "\n" not in cut
    assert cut == whole if len(whole) <= most else cut.endswith("…")
