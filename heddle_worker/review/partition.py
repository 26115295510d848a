"""The order in which a change is best read: what gives it shape, what follows, tests and docs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from heddle_worker.repository.diff import FileStatus
from heddle_worker.review.change import Change, SymbolChange
from heddle_worker.review.paths import is_test_or_document
from heddle_worker.symbols.outline import SymbolKind

_CONSEQUENCE: Final = frozenset({SymbolKind.FUNCTION, SymbolKind.METHOD, SymbolKind.MACRO})


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to read.

    Attributes:
        path: the file's, as git has it.
        symbol: the symbol's name; `None` for the file as a whole.
    """

    path: bytes
    symbol: str | None = None


@dataclass(frozen=True, slots=True)
class Partition:
    """A change in three groups; in each, files are in the order of their paths, deleted ones last.

    Attributes:
        structural: types, interfaces, constants, modules, signatures without a body.
        consequence: functions, and what fits nowhere else.
        tests_and_docs: everything in test and documentation files.
    """

    structural: tuple[Entry, ...]
    consequence: tuple[Entry, ...]
    tests_and_docs: tuple[Entry, ...]


def partition(change: Change) -> Partition:
    """Return the reading order of a change.

    A file in which no symbol has changed, and a deleted one, is an entry as a whole.
    """
    of_file: dict[bytes, list[SymbolChange]] = {}
    for symbol in change.symbols:
        of_file.setdefault(symbol.place.path, []).append(symbol)
    structural: list[Entry] = []
    consequence: list[Entry] = []
    tests_and_docs: list[Entry] = []
    deleted_last = sorted(change.diff.files, key=lambda file: file.status is FileStatus.DELETED)
    for file in deleted_last:
        is_whole = file.status is FileStatus.DELETED or file.path not in of_file
        symbols = [] if is_whole else _in_source_order(of_file[file.path])
        if is_test_or_document(file.path):
            tests_and_docs += _entries(file.path, symbols)
            continue
        shaping = [each for each in symbols if each.place.symbol.kind not in _CONSEQUENCE]
        following = [each for each in symbols if each.place.symbol.kind in _CONSEQUENCE]
        structural += _entries(file.path, shaping) if shaping else ()
        consequence += _entries(file.path, following) if following or is_whole else ()
    return Partition(tuple(structural), tuple(consequence), tuple(tests_and_docs))


def _in_source_order(symbols: Iterable[SymbolChange]) -> list[SymbolChange]:
    """What is gone has no place in the file any more, and comes last."""
    return sorted(symbols, key=lambda each: (each.new is None, each.place.symbol.start_byte))


def _entries(path: bytes, symbols: list[SymbolChange]) -> list[Entry]:
    # One symbol may have gone and another one of its name have come.
    names = dict.fromkeys(each.place.symbol.name for each in symbols)
    return [Entry(path, name) for name in names] or [Entry(path)]
