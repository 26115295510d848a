"""Functions, outlines and changes made by hand, for what looks at functions alone."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Iterable, Sequence

from changes import change, file_change, symbol

from heddle_worker.repository.diff import FileStatus
from heddle_worker.review.change import Change, FilePair, Place, SymbolChange
from heddle_worker.symbols.outline import Outline, OutlineStatus, Symbol, SymbolKind
from heddle_worker.symbols.sketches import packed


def sketch(words: str) -> tuple[int, ...]:
    """Return the sketch of a text; texts of different words share nothing."""
    return tuple(sorted({zlib.crc32(word.encode()) for word in words.split()})[:64])


def function(
    name: str,
    words: str = "",
    calls: Iterable[str] = (),
    *,
    is_test: bool = False,
    line: int = 1,
    kind: SymbolKind = SymbolKind.FUNCTION,
) -> Symbol:
    """Return a function of three lines."""
    return symbol(name, kind, line, words)._replace(
        packed_sketch=packed(sketch(words)),
        calls=tuple(sorted(set(calls))),
        is_test=is_test,
    )


def outline(*functions: Symbol, language: str = "python") -> Outline:
    """Return the outline of a file."""
    return Outline(language, OutlineStatus.COMPLETE, functions)


def changed(
    path: str,
    *,
    added: Sequence[Symbol] = (),
    edited: Sequence[tuple[Symbol, Symbol]] = (),
    deleted: Sequence[Symbol] = (),
    others: Sequence[Symbol] = (),
    language: str = "python",
) -> Change:
    """Return a change of one file.

    Args:
        path: of the file.
        added, edited, deleted: what became of its functions; edited ones before and after.
        others: its functions in which nothing differs.
        language: of the file.
    """
    place = path.encode()
    after = [*added, *(new for _, new in edited), *others]
    whole = change(
        [file_change(path, FileStatus.MODIFIED)],
        [
            *(SymbolChange(None, Place(place, new)) for new in added),
            *(
                SymbolChange(Place(place, old), Place(place, new), is_edited=True)
                for old, new in edited
            ),
            *(SymbolChange(Place(place, old), None) for old in deleted),
        ],
    )
    pair = FilePair(whole.diff.files[0], outline(), outline(*after, language=language))
    return dataclasses.replace(whole, pairs=(pair,))
