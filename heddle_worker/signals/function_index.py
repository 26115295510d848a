"""Finds functions by what they consist of and by whom they are called, in one tree after another.

From one tree to the next most files are the same, so only what differs is put in and taken out.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Generic, TypeVar

from heddle_worker.review.change import Place
from heddle_worker.signals.functions import are_nested
from heddle_worker.signals.material import Neighbour
from heddle_worker.signals.summaries import (
    FileSummary,
    Function,
    family_of,
    is_implicit,
    is_test,
)

_Key = TypeVar("_Key")

# Each of the smallest hashes of two functions together is one of both with the probability that is
# their similarity. When they are similar by 0.85, only one such pair in 90,000 has none of six.
_HASHES: Final = 6
_MOST_OF_ONE_HASH: Final = 512
_MOST_COMPARED: Final = 24


class FunctionIndex:
    """The functions of one tree of files. Used by one thread at a time.

    Attributes:
        function_count: how many there are.
        test_count: how many of them are tests.

    Args:
        hashes: of each function, by which those are found that may resemble it.
    """

    def __init__(self, hashes: int = _HASHES) -> None:
        self.function_count = 0
        self.test_count = 0
        self._hashes = hashes
        self._files: dict[bytes, tuple[FileSummary, range]] = {}
        self._functions: dict[int, tuple[bytes, Function]] = {}
        self._by_hash = _Multimap[int]()
        self._callers = _Multimap[tuple[str, str]]()
        self._held: Mapping[bytes, FileSummary] | None = None
        self._next = 0

    def move_to(self, files: Mapping[bytes, FileSummary]) -> None:
        """Hold the functions of these files, and of no others."""
        if files is self._held:
            return
        gone = [path for path, held in self._files.items() if files.get(path) is not held[0]]
        for path in gone:
            self._take_out(path)
        for path, summary in files.items():
            if path not in self._files and summary.functions:
                self._put_in(path, summary)
        self._held = files

    def nearest(self, place: Place) -> Neighbour | None:
        """Return the function that resembles one most; `None` when none does at all."""
        path, name, sketch = place.path, place.symbol.name, place.symbol.sketch
        best: Neighbour | None = None
        for number in self._alike(sketch[: self._hashes]):
            other_path, other = self._functions[number]
            if other_path == path and are_nested(other.name, name):
                continue
            found = Neighbour(other.similarity(sketch), other_path, other.name)
            if found.similarity > 0 and (best is None or found > best):
                best = found
        return best

    def is_tested(self, place: Place, language: str) -> bool:
        """Return whether a test, or something that a test calls, may call a function.

        Calls are known by the names in them: functions of one name count as one.
        """
        family, name = family_of(language), place.symbol.simple_name
        if is_test(place.path, place.symbol) or is_implicit(family, name):
            return True
        waiting, seen = [name], {name}
        while waiting:
            for number in self._callers.of((family, waiting.pop())):
                path, caller = self._functions[number]
                # What a language calls by itself may be called by any test.
                if is_test(path, caller) or is_implicit(family, caller.simple_name):
                    return True
                if caller.simple_name not in seen:
                    seen.add(caller.simple_name)
                    waiting.append(caller.simple_name)
        return False

    def _alike(self, hashes: Iterable[int]) -> Iterator[int]:
        """Return the functions that may resemble one with these hashes, the likeliest first."""
        shared: Counter[int] = Counter()
        for each in hashes:
            shared.update(itertools.islice(self._by_hash.of(each), _MOST_OF_ONE_HASH))
        return (number for number, _ in shared.most_common(_MOST_COMPARED))

    def _put_in(self, path: bytes, summary: FileSummary) -> None:
        numbers = range(self._next, self._next + len(summary.functions))
        self._next = numbers.stop
        self._files[path] = summary, numbers
        for number, function in zip(numbers, summary.functions, strict=True):
            self._functions[number] = path, function
            for each in function.smallest(self._hashes):
                self._by_hash.add(each, number)
            for callee in function.calls:
                self._callers.add((summary.family, callee), number)
        self._count(path, summary, 1)

    def _take_out(self, path: bytes) -> None:
        summary, numbers = self._files.pop(path)
        for number, function in zip(numbers, summary.functions, strict=True):
            del self._functions[number]
            for each in function.smallest(self._hashes):
                self._by_hash.discard(each, number)
            for callee in function.calls:
                self._callers.discard((summary.family, callee), number)
        self._count(path, summary, -1)

    def _count(self, path: bytes, summary: FileSummary, sign: int) -> None:
        self.function_count += sign * len(summary.functions)
        self.test_count += sign * sum(is_test(path, each) for each in summary.functions)


class _Multimap(Generic[_Key]):
    """Numbers by keys, most of which have one number: those take no set."""

    def __init__(self) -> None:
        self._numbers: dict[_Key, int | set[int]] = {}

    def of(self, key: _Key) -> Iterable[int]:
        """Return the numbers of a key."""
        found = self._numbers.get(key, ())
        return (found,) if isinstance(found, int) else found

    def add(self, key: _Key, number: int) -> None:
        """Give a key one more number."""
        found = self._numbers.setdefault(key, number)
        if isinstance(found, set):
            found.add(number)
        elif found != number:
            self._numbers[key] = {found, number}

    def discard(self, key: _Key, number: int) -> None:
        """Take a number from a key, if it has that."""
        found = self._numbers.get(key)
        if isinstance(found, set):
            found.discard(number)
            if not found:
                del self._numbers[key]
        elif found == number:
            del self._numbers[key]
