"""A language's grammar with the query that finds in its trees what an outline is made of."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import tree_sitter

from heddle_worker.symbols.languages import LANGUAGES, Language

_QUERIES: Final = Path(__file__).with_name("queries")
_DEFINITION: Final = b"@definition."
_NO_SYMBOL: Final = b"@definition.field"
_PATTERN: Final = re.compile(r"^(?=[(\[])", re.MULTILINE)


class Grammar:
    """What it takes to outline the files of one language.

    Attributes:
        language: its entry in the table.
        parser: of its source.
        query: of trees; captures `definition.KIND` with a `name` and perhaps a `parent`, `wrap`
            and `attribute` for what belongs to a definition, `comment`, `text` for what is kept to
            the letter, `mark` and `end` where the layout means something, and `call`.
    """

    def __init__(self, name: str) -> None:
        self.language = LANGUAGES[name]
        loaded = importlib.import_module(f"tree_sitter_{self.language.grammar}")
        grammar = tree_sitter.Language(getattr(loaded, self.language.entry)())
        self.parser = tree_sitter.Parser(grammar)
        tags = [_tags(each) for each in self.language.tags]
        ours = [(_QUERIES / f"{each}.scm").read_text("utf-8") for each in self.language.queries]
        text = "\n".join((*tags, *ours))
        try:
            self.query = tree_sitter.Query(grammar, text)
        except tree_sitter.QueryError:
            # A newer grammar has other nodes. Whatever still fits finds what it can.
            text = "".join(_fitting(grammar, text))
            self.query = tree_sitter.Query(grammar, text)
        _leave_out(self.query, text.encode(), len("\n".join(tags).encode()), self.language)


def _tags(name: str) -> str:
    return str(importlib.import_module(f"tree_sitter_{name}").TAGS_QUERY)


def _fitting(grammar: tree_sitter.Language, text: str) -> Iterator[str]:
    for pattern in _PATTERN.split(text):
        try:
            tree_sitter.Query(grammar, pattern)
        except tree_sitter.QueryError:
            continue
        yield pattern


def _leave_out(query: tree_sitter.Query, text: bytes, tags_end: int, language: Language) -> None:
    """Disable those patterns of a grammar's tags that define no symbol, or not as we want them."""
    for index in range(query.pattern_count):
        start = query.start_byte_for_pattern(index)
        if start >= tags_end:
            return
        pattern = text[start : query.end_byte_for_pattern(index)]
        unwanted = _DEFINITION not in pattern or _NO_SYMBOL in pattern
        if unwanted or pattern.startswith(language.unwanted):
            query.disable_pattern(index)
