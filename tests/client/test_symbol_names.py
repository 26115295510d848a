"""Symbols as people write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from heddle_client.symbol_names import SymbolNameError, file_and_symbol


@pytest.mark.parametrize(
    ("text", "file", "symbol"),
    [
        ("engine.py:Engine::start", "engine.py", "Engine::start"),
        ("engine.py", "engine.py", "engine.py"),
        ("a.rb:Ruby::Class#m", "a.rb", "Ruby::Class#m"),
        ("with:colon.py:f", "with:colon.py", "f"),
        ("with:colon.py", "with:colon.py", "with:colon.py"),
        ("absent:colon.py:f", "absent", "colon.py:f"),
        ("a::b.py:f", "a::b.py", "f"),
        ("nul\0:f", "nul\0", "f"),
    ],
)
def test_a_symbol_is_a_file_and_a_name(tmp_path: Path, text: str, file: str, symbol: str) -> None:
    (tmp_path / "with:colon.py").touch()
    assert file_and_symbol(text, tmp_path) == (file, symbol)


@pytest.mark.parametrize("text", ["", ":", ":f", "a.py:"])
def test_what_lacks_a_part_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SymbolNameError, match="is no FILE:SYMBOL"):
        file_and_symbol(text, tmp_path)
