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
_PATTERN: Final = re.compile(r"^(?=[(\[])", re.MULTILINE)
_DEFINITION: Final = "@definition."
_NO_SYMBOL: Final = "@definition.field"
# Which comment is about a definition is asked for nowhere, and costs time.
_ABOUT_COMMENTS: Final = re.compile(
    r"\(comment\)\*\s*@doc\s*\.|\(#(?:strip|select-adjacent|set-adjacent)![^()]*\)"
)


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
        tags = [pattern for each in self.language.tags for pattern in _tags(each, self.language)]
        ours = [(_QUERIES / f"{each}.scm").read_text("utf-8") for each in self.language.queries]
        text = "\n".join((*tags, *ours))
        try:
            self.query = tree_sitter.Query(grammar, text)
        except tree_sitter.QueryError:
            # A newer grammar has other nodes. Whatever still fits finds what it can.
            self.query = tree_sitter.Query(grammar, "".join(_fitting(grammar, text)))


def _tags(name: str, language: Language) -> Iterator[str]:
    """Yield those patterns of a grammar's tags that define symbols, and do so as we want them.

    The others are not only of no use: each takes milliseconds to be made part of a query.
    """
    tags = str(importlib.import_module(f"tree_sitter_{name}").TAGS_QUERY)
    for pattern in _PATTERN.split(_ABOUT_COMMENTS.sub("", tags)):
        is_symbol = _DEFINITION in pattern and _NO_SYMBOL not in pattern
        if is_symbol and not pattern.startswith(language.unwanted):
            yield pattern


def _fitting(grammar: tree_sitter.Language, text: str) -> Iterator[str]:
    for pattern in _PATTERN.split(text):
        try:
            tree_sitter.Query(grammar, pattern)
        except tree_sitter.QueryError:
            continue
        yield pattern
