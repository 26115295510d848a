"""A source as the tokens that mean something, and digests of parts of them.

Nothing here walks over a tree or takes a step per character: the spans that a query has captured
cut the source into pieces, a regular expression splits the pieces, and the rest is done on slices.
"""

from __future__ import annotations

import re
import zlib
from array import array
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Final

from heddle_worker.symbols.definitions import Span
from heddle_worker.symbols.sketches import SKETCH_SIZE

DIGEST_BYTES: Final = 16

_MANY: Final = 4 * SKETCH_SIZE

# Control characters that no source has where they could be taken for these.
_TEXT, _TEXT_END, _MARK, _END = b"\x02", b"\x03", b"\x05", b"\x06"
_OWN_NAME: Final = b"\0\4\1"
_BETWEEN: Final = b"\1\0"

_TOKENS: Final = rb"[\w\x80-\xff]+|\x02[^\x03]*\x03?|%s\+\+|--|&&|\|\||[^\s]"
_MULTIPLIER: Final = 0x9E37_79B1
_WORD_BYTES: Final = 8

# The order of what begins at one place.
_END_STEP, _CUT_STEP, _MARK_STEP, _TEXT_STEP, _COMMENT_STEP = range(5)


def token_pattern(operators: bytes) -> re.Pattern[bytes]:
    """Return what splits source into tokens, with more operators than all languages have."""
    return re.compile(_TOKENS % operators)


class Tokens:
    """The tokens of a source, with the places in it that were asked for.

    Args:
        source: all of it.
        pattern: of its tokens.
        spans: what a query captured: `comment` is left out, `text` is one token to the letter,
            and so is a `word` that is more than letters and digits; where a `mark` begins and an
            `end` ends there is a token of its own.
        cuts: places whose index among the tokens is going to be needed.
    """

    def __init__(
        self,
        source: bytes,
        pattern: re.Pattern[bytes],
        spans: dict[str, list[Span]],
        cuts: Iterable[int],
    ) -> None:
        self._pattern = pattern
        self._indices: dict[int, int] = {}
        self._tokens: list[bytes] = []
        self._split(source, _steps(source, spans, cuts))
        self._hashes: Sequence[int] | None = None

    def index(self, cut: int) -> int:
        """Return how many tokens there are before a place that was asked for."""
        return self._indices[cut]

    def meaning(self, parts: Iterable[Span], name: str) -> bytes:
        """Return the digest of the tokens from one index to another, whatever the name is.

        Args:
            parts: such pairs of indices, in their order.
            name: what stands for itself wherever it is one of them.
        """
        tokens: list[bytes] = []
        for start, end in parts:
            tokens += self._tokens[start:end]
        # Where blocks end together there are the ends of those around it too.
        while tokens and tokens[-1] == _END:
            tokens.pop()
        joined = b"\0" + _BETWEEN.join(tokens) + b"\1"
        own = name.encode()
        if not name.isidentifier():
            own = _BETWEEN.join(self._pattern.findall(own))
        return blake2b(
            joined.replace(b"\0" + own + b"\1", _OWN_NAME), digest_size=DIGEST_BYTES
        ).digest()

    def pairs(self, start: int, end: int) -> Sequence[int]:
        """Return a 32-bit hash of each token with the next one, of those that begin in a range."""
        if self._hashes is None:
            self._hashes = _pair_hashes(self._tokens)
        return self._hashes[start:end]

    def _split(self, source: bytes, steps: list[tuple[int, int, int]]) -> None:
        pieces: list[bytes] = []
        at = 0
        for start, step, end in steps:
            if start < at:
                # Inside of what is one token or none. Only a place that was asked for counts.
                if step == _CUT_STEP:
                    self._indices[start] = len(self._tokens)
                continue
            pieces.append(source[at:start])
            at = start
            if step == _CUT_STEP:
                self._tokens += self._pattern.findall(b"".join(pieces))
                pieces.clear()
                self._indices[start] = len(self._tokens)
            elif step == _TEXT_STEP:
                pieces += (_TEXT, source[start:end], _TEXT_END)
                at = end
            elif step == _COMMENT_STEP:
                pieces.append(b" ")
                at = end
            else:
                pieces.append(_MARK if step == _MARK_STEP else _END)


def sketch(hashes: set[int]) -> tuple[int, ...]:
    """Return the smallest of some hashes, ascending."""
    if len(hashes) > _MANY:
        # Twice as many as are needed are below this, on average: the others need not be sorted.
        limit = 2 * SKETCH_SIZE * 2**32 // len(hashes)
        few = [each for each in hashes if each < limit]
        if len(few) >= SKETCH_SIZE:
            return tuple(sorted(few)[:SKETCH_SIZE])
    return tuple(sorted(hashes)[:SKETCH_SIZE])


def _steps(
    source: bytes, spans: dict[str, list[Span]], cuts: Iterable[int]
) -> list[tuple[int, int, int]]:
    steps = [(end, _END_STEP, 0) for _, end in spans.get("end", ())]
    steps += [(cut, _CUT_STEP, 0) for cut in cuts]
    # Grammars take a comment for a statement.
    comments = {start for start, _ in spans.get("comment", ())}
    marks = (start for start, _ in spans.get("mark", ()) if start not in comments)
    steps += [(start, _MARK_STEP, 0) for start in marks]
    steps += [(start, _TEXT_STEP, end) for start, end in spans.get("text", ())]
    steps += [
        (start, _TEXT_STEP, end)
        for start, end in spans.get("word", ())
        if not source[start:end].replace(b"_", b"").isalnum()
    ]
    steps += [(start, _COMMENT_STEP, end) for start, end in spans.get("comment", ())]
    steps.sort()
    return steps


def _pair_hashes(tokens: list[bytes]) -> Sequence[int]:
    """Return the hash of each token with the next one, all computed in one multiplication.

    The tokens' checksums are the digits of one large number, so wide that their products do not
    run into one another; of each sum the lower half is the hash.
    """
    digits = array("Q", map(zlib.crc32, tokens))
    number = int.from_bytes(digits.tobytes(), "little")
    sums = number * _MULTIPLIER + (number >> (8 * _WORD_BYTES))
    halves = array("I", sums.to_bytes(_WORD_BYTES * (len(digits) + 1), "little"))
    return halves[0 : 2 * len(digits) : 2]
