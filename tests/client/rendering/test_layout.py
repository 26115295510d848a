"""Lines of a width."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heddle_client.rendering.layout import NARROWEST, cells, cut, hanging, text_lines, wrapped
from heddle_client.visible import visible

PRINTABLE = st.text().map(visible)
WIDTHS = st.integers(NARROWEST, 100)


@given(PRINTABLE, WIDTHS)
def test_a_line_is_wrapped_within_its_width_and_nothing_is_lost(text: str, width: int) -> None:
    lines = list(wrapped(text, width))
    assert max(map(cells, lines)) <= width
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(st.lists(st.text("abcde", min_size=1, max_size=9), max_size=30), WIDTHS)
def test_words_that_fit_stay_whole(words: list[str], width: int) -> None:
    assert " ".join(wrapped(" ".join(words), width)).split() == words


@given(PRINTABLE, st.integers(0, 60))
def test_what_is_cut_fits_and_says_so(text: str, width: int) -> None:
    found = cut(text, width)
    assert found == text if cells(text) <= width else found.endswith("…")
    assert cells(found) <= max(width, 3)


@given(st.text(), WIDTHS)
def test_text_from_elsewhere_cannot_move_the_cursor(text: str, width: int) -> None:
    for line in text_lines(text, width, "  "):
        assert line == visible(line)
        assert line.startswith("  ") or not line


@pytest.mark.parametrize(("text", "size"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("", 0)])
def test_cells_are_counted_as_a_terminal_shows_them(text: str, size: int) -> None:
    assert cells(text) == size


def test_what_is_wrapped_hangs_below_its_beginning() -> None:
    assert list(hanging("  met  ", "one two three four five", 21)) == [
        "  met  one two three",
        "       four five",
    ]


def test_an_indentation_is_kept() -> None:
    assert list(text_lines("if x:\n    stop\n\nend\n", 40, "> ")) == [
        "> if x:",
        ">     stop",
        ">",
        "> end",
    ]
