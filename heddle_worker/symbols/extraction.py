"""From the bytes of a source to its symbols. Runs in a parser process, so it imports little."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from functools import cache
from hashlib import blake2b
from typing import Final

import tree_sitter

from heddle_worker.symbols.definitions import Definition, Span, definitions
from heddle_worker.symbols.grammar import Grammar
from heddle_worker.symbols.pieces import KnownPieces, piece_key, pieces_of, runs
from heddle_worker.symbols.raw_symbols import RawSymbol, moved, numbered
from heddle_worker.symbols.sketches import packed
from heddle_worker.symbols.tokens import DIGEST_BYTES, Tokens, sketch, token_pattern
from heddle_worker.symbols.trees import Trees

_CALLABLE: Final = frozenset({"function", "method", "test"})
_HOLDS_METHODS: Final = frozenset(
    {"class", "struct", "union", "interface", "trait", "enum", "scope"}
)
_TAGGED: Final = frozenset({"struct", "union", "enum"})


class Extractor:
    """Outlines sources of one language.

    Args:
        grammar: of the language; it may be shared.
    """

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar
        self._trees = Trees(self._grammar.parser)
        self._known = KnownPieces()
        table = self._grammar.language
        self._pattern = token_pattern(table.operators)
        self._test_name = re.compile(table.test_name or r"(?!)")
        self._test_mark = re.compile(table.test_mark or rb"(?!)")

    def outline(self, source: bytes, path: bytes = b"") -> tuple[bool, tuple[RawSymbol, ...]]:
        """Return whether a source has syntax errors, and its symbols, the outer before the inner.

        Neither its bytes nor how deeply it is nested can make this fail.

        Args:
            source: its bytes.
            path: where it is, so that what is known of another version of it helps; empty for
                nowhere. It has no influence on what is returned.
        """
        parsed = self._without_ignored(source)
        root = self._trees.parse(parsed, path).root_node
        if root.has_error:
            return True, tuple(numbered(self._found(source, root, (0, len(source)))))
        return False, tuple(numbered(self._found_in_pieces(source, parsed, root)))

    def _found_in_pieces(
        self, source: bytes, parsed: bytes, root: tree_sitter.Node
    ) -> Iterator[RawSymbol]:
        """Yield the symbols of a source, of which only those pieces are looked at that are new."""
        pieces = pieces_of(root)
        keys = [piece_key(source, parsed, piece) for piece in pieces]
        held = {key: self._known.get(key) for key in keys}
        for first, behind in runs([held[key] is None for key in keys]):
            origin, end = pieces[first][0], pieces[behind - 1][1]
            symbols = deque(self._found(source, root, (origin, end)))
            for number in range(first, behind):
                taken = _taken_from(symbols, source, origin, pieces[number])
                held[keys[number]] = taken
                self._known.put(keys[number], taken)
        line, at = 0, 0
        for (start, _), key in zip(pieces, keys, strict=True):
            line += source.count(b"\n", at, start)
            at = start
            yield from moved(held[key] or (), line, start)

    def _found(self, source: bytes, root: tree_sitter.Node, part: Span) -> list[RawSymbol]:
        """Return the symbols in a part of a source, with lines and bytes counted from there."""
        start, end = part
        cursor = tree_sitter.QueryCursor(self._grammar.query)
        if end - start < len(source):
            # One further: what is empty and stands at the end is outside otherwise.
            cursor.set_byte_range(start, end + 1)
        spans: dict[str, list[Span]] = {}
        for name, nodes in cursor.captures(root).items():
            ranges = [node.byte_range for node in nodes]
            spans[name] = [(a - start, b - start) for a, b in ranges if a >= start and b <= end]
        inside = source[start:end]
        found = definitions(inside, spans)
        return self._symbols(inside, spans, found) if found else []

    def _without_ignored(self, source: bytes) -> bytes:
        """Return a source with spaces in place of what the parser would stumble over."""
        ignored = self._grammar.language.ignored
        spans = [
            match.span(match.lastindex or 0)
            for match in (ignored.finditer(source) if ignored else ())
        ]
        if not spans:
            return source
        blanked = bytearray(source)
        for start, end in spans:
            blanked[start:end] = b" " * (end - start)
        return bytes(blanked)

    def _symbols(
        self, source: bytes, spans: dict[str, list[Span]], found: list[Definition]
    ) -> list[RawSymbol]:
        attributes = spans.get("attribute", [])
        for each in found:
            each.end = _without_space_behind(source, each.start, each.end)
        cuts = {place for each in found for place in (each.start, each.end)}
        cuts.update(place for span in attributes for place in span)
        tokens = Tokens(source, self._pattern, spans, cuts)
        _take_attributes(found, attributes, tokens)
        found.sort(key=lambda each: (each.start, -each.end))
        lines = _lines(source, found)
        calls = sorted(spans.get("call", []))
        call_starts = [start for start, _ in calls]
        call_names = [source[start:end] for start, end in calls]
        symbols: list[RawSymbol] = []
        sketches = _sketches(found, tokens)
        placed = _placed(found)
        own_parts = _own_parts(found, placed, tokens)
        for each, (path, kind), own_sketch, parts in zip(
            found, placed, sketches, own_parts, strict=True
        ):
            if kind == "scope":
                continue
            is_test = kind == "test" or (kind in _CALLABLE and self._is_test(source, each, path))
            called: tuple[str, ...] = ()
            if kind in _CALLABLE:
                begin, end = (bisect_left(call_starts, at) for at in (each.name_start, each.end))
                names = {call.decode("utf-8", "replace") for call in set(call_names[begin:end])}
                called = tuple(sorted(names))
            whole = ((tokens.index(each.start), tokens.index(each.end)),)
            meaning = tokens.meaning(whole, path[-1])
            symbols.append(
                (
                    "::".join(path),
                    "function" if kind == "test" else kind,
                    lines[each.start],
                    lines[each.end - 1],
                    each.start,
                    each.end,
                    blake2b(source[each.start : each.end], digest_size=DIGEST_BYTES).digest(),
                    meaning,
                    packed(own_sketch),
                    called,
                    is_test,
                    meaning if len(parts) == 1 else tokens.meaning(parts, path[-1]),
                )
            )
        return symbols

    def _is_test(self, source: bytes, definition: Definition, path: tuple[str, ...]) -> bool:
        return bool(
            self._test_name.match(path[-1])
            or self._test_mark.search(source, definition.start, definition.name_start)
        )


@cache
def extractor(language: str) -> Extractor:
    """Return the one for a language, whose grammar is loaded the first time."""
    return Extractor(Grammar(language))


def _taken_from(
    symbols: deque[RawSymbol], source: bytes, origin: int, piece: Span
) -> list[RawSymbol]:
    """Take those symbols off a row that begin in a piece; count lines and bytes from its start.

    Args:
        symbols: in their order, with lines and bytes counted from `origin`.
        source: all of it.
        origin: in its bytes.
        piece: likewise.
    """
    start, end = piece[0] - origin, piece[1] - origin
    taken: list[RawSymbol] = []
    while symbols and symbols[0][4] < end:
        taken.append(symbols.popleft())
    return list(moved(taken, -source.count(b"\n", origin, piece[0]), -start)) if taken else []


def _without_space_behind(source: bytes, start: int, end: int) -> int:
    if not source[end - 1 : end].isspace():
        return end
    return start + max(1, len(source[start:end].rstrip()))


def _take_attributes(found: list[Definition], attributes: list[Span], tokens: Tokens) -> None:
    """Begin each definition with those attributes between which and it there is nothing else."""
    beginning = {tokens.index(end): start for start, end in attributes}
    if beginning:
        for each in found:
            while (start := beginning.get(tokens.index(each.start))) is not None:
                if start >= each.start:
                    break
                each.start = start


def _lines(source: bytes, found: list[Definition]) -> dict[int, int]:
    """Return the lines, from 1, on which definitions begin and their last bytes are."""
    places = sorted({place for each in found for place in (each.start, each.end - 1)})
    lines: dict[int, int] = {}
    line, at = 1, 0
    for place in places:
        line += source.count(b"\n", at, place)
        lines[place] = line
        at = place
    return lines


def _placed(found: list[Definition]) -> list[tuple[tuple[str, ...], str]]:
    """Return the full path of each definition's names, and its kind, which that may decide on."""
    placed: list[tuple[tuple[str, ...], str]] = []
    around: list[tuple[int, tuple[str, ...], str]] = []
    for each in found:
        while around and around[-1][0] <= each.start:
            around.pop()
        path, kind = each.path, each.kind
        if around and around[-1][2] == "type" and kind in _TAGGED:
            # As in `typedef struct node { ... } node_t`, where neither is the other's parent.
            around.pop()
        if around:
            path = (*around[-1][1], *path)
        is_member = len(each.path) > 1 or (around and around[-1][2] in _HOLDS_METHODS)
        if kind == "function" and is_member:
            kind = "method"
        if kind == "prototype":
            # `Foo bar(baz);` in a function of C++ is most likely a variable.
            kind = "scope" if around and around[-1][2] in _CALLABLE else "signature"
        placed.append((path, kind))
        around.append((each.end, path, kind))
    return placed


def _own_parts(
    found: list[Definition], placed: list[tuple[tuple[str, ...], str]], tokens: Tokens
) -> list[list[Span]]:
    """Return where the tokens of each definition are, without those of the symbols in it."""
    parts = [[(tokens.index(each.start), tokens.index(each.end))] for each in found]
    around: list[int] = []
    for number, (each, (_path, kind)) in enumerate(zip(found, placed, strict=True)):
        # What only gives its name is no symbol, and belongs to the one around it.
        if kind == "scope":
            continue
        while around and found[around[-1]].end <= each.start:
            around.pop()
        if around:
            start, end = parts[around[-1]].pop()
            inner_start, inner_end = parts[number][0]
            parts[around[-1]] += [(start, inner_start), (max(start, inner_end), end)]
        around.append(number)
    return parts


def _sketches(found: list[Definition], tokens: Tokens) -> list[tuple[int, ...]]:
    """Return the sketch of each definition, from those of what it holds and what is between them.

    So each pair of tokens is looked at once, however deeply it is nested.
    """
    sketches: list[tuple[int, ...]] = [()] * len(found)
    inner: list[int] = []
    for number in range(len(found) - 1, -1, -1):
        each = found[number]
        start, last = tokens.index(each.start), tokens.index(each.end) - 1
        hashes: set[int] = set()
        while inner and found[inner[-1]].start < each.end:
            child = inner.pop()
            begin = tokens.index(found[child].start)
            hashes.update(tokens.pairs(start, begin), sketches[child])
            start = max(start, tokens.index(found[child].end) - 1)
        hashes.update(tokens.pairs(start, last))
        sketches[number] = sketch(hashes)
        inner.append(number)
    return sketches
