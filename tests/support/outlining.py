"""Outlines of sources that a test writes down, as the parser processes make them."""

from __future__ import annotations

import marshal
import textwrap

from heddle_worker.symbols.encoding import decode, encode
from heddle_worker.symbols.extraction import extractor
from heddle_worker.symbols.outline import Outline, OutlineStatus, Symbol


def outline_of(language: str, source: str | bytes) -> Outline:
    """Return the outline of a source, in this process."""
    if isinstance(source, str):
        source = source.encode()
    is_partial, symbols = extractor(language).outline(source)
    status = OutlineStatus.PARTIAL if is_partial else OutlineStatus.COMPLETE
    outline = decode(encode(language, status, marshal.dumps(symbols)))
    assert outline is not None
    return outline


def symbols_of(language: str, source: str | bytes) -> dict[str, Symbol]:
    """Return the symbols of a source by their names."""
    return {symbol.name: symbol for symbol in outline_of(language, source).symbols}


def listed(language: str, source: str) -> list[str]:
    """Return a line for each symbol of a source, its first line being empty: kind, name, lines."""
    outline = outline_of(language, textwrap.dedent(source).removeprefix("\n"))
    assert outline.status is OutlineStatus.COMPLETE
    return [
        f"{each.kind.value} {each.name} {each.start_line}-{each.end_line}"
        + (" test" if each.is_test else "")
        for each in outline.symbols
    ]
