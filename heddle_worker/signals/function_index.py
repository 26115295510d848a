"""Finds functions by what they consist of and by whom they are called, in one tree after another.

From one tree to the next most files are the same, so only what differs is put in and taken out.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Generic, TypeVar

from heddle_worker.review.change import Place
from heddle_worker.review.paths import is_test_or_document
from heddle_worker.signals.functions import are_nested
from heddle_worker.signals.material import Neighbour
from heddle_worker.signals.summaries import (
    EMPTY,
    FileSummary,
    Function,
    family_of,
    is_implicit,
)
from heddle_worker.symbols.outline import Resemblance

_Key = TypeVar("_Key")

# Each of the smallest hashes of two functions together is one of both with the probability that is
# their similarity. When they are similar by 0.85, only one such pair in 90,000 has none of six.
_HASHES: Final = 6
_MOST_OF_ONE_HASH: Final = 512
_MOST_COMPARED: Final = 16
_NUMBER_BYTES: Final = 16


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
        self._files: dict[bytes, FileSummary] = {}
        # With the path of each, and whether it is a test.
        self._functions: dict[int, tuple[bytes, Function, bool]] = {}
        self._by_hash = _Multimap[int]()
        self._callers = _Multimap[tuple[str, str]]()
        self._held: Mapping[bytes, FileSummary] | None = None
        # What was found out of names, for as long as the files are the same.
        self._tested: dict[tuple[str, str], bool] = {}

    def move_to(
        self,
        files: Mapping[bytes, FileSummary],
        before: Mapping[bytes, FileSummary] | None = None,
        touched: Iterable[bytes] = (),
    ) -> None:
        """Hold the functions of these files, and of no others.

        Args:
            files: what is known of each, by path.
            before: other files that may be those that are held.
            touched: paths at which the files differ from those.
        """
        if files is self._held:
            return
        self._tested.clear()
        if before is None or before is not self._held:
            touched = [path for path, held in self._files.items() if files.get(path) is not held]
            touched += [path for path in files if path not in self._files]
        for path in touched:
            self._replace(path, files.get(path, EMPTY))
        self._held = files

    def nearest(self, place: Place) -> Neighbour | None:
        """Return the function that resembles one most; `None` when none does at all."""
        path, name = place.path, place.symbol.name
        asked = Resemblance(place.symbol.sketch)
        best: Neighbour | None = None
        for number in self._alike(place.symbol.sketch[: self._hashes]):
            other_path, other, _ = self._functions[number]
            if other_path == path and are_nested(other.name, name):
                continue
            similarity = asked.similarity(other.sketch, best.similarity if best else 0.0)
            if similarity > 0:
                found = Neighbour(similarity, other_path, other.name)
                best = found if best is None else max(best, found)
        return best

    def is_tested(self, place: Place, language: str) -> bool:
        """Return whether a test, or something that a test calls, may call a function.

        Calls are known by the names in them: functions of one name count as one.
        """
        family, name = family_of(language), place.symbol.simple_name
        is_test = place.symbol.is_test or is_test_or_document(place.path)
        if is_test or is_implicit(family, name):
            return True
        return self._is_name_tested(family, name)

    def _is_name_tested(self, family: str, name: str) -> bool:
        waiting, seen = [name], {name}
        is_tested = False
        while waiting and not is_tested:
            callee = waiting.pop()
            known = self._tested.get((family, callee))
            if known is not None:
                is_tested = known
                continue
            for number in self._callers.of((family, callee)):
                _, caller, is_test = self._functions[number]
                # What a language calls by itself may be called by any test.
                if is_test or is_implicit(family, caller.simple_name):
                    is_tested = True
                    break
                if caller.simple_name not in seen:
                    seen.add(caller.simple_name)
                    waiting.append(caller.simple_name)
        # Without a test, nobody on the way is tested; with one, not everybody needs to be.
        self._tested.update(((family, each), is_tested) for each in ({name} if is_tested else seen))
        return is_tested

    def _alike(self, hashes: Iterable[int]) -> Sequence[int]:
        """Return the functions that may resemble one with these hashes, the likeliest first."""
        shared: Counter[int] = Counter()
        for each in hashes:
            shared.update(self._by_hash.of(each)[:_MOST_OF_ONE_HASH])
        least = _least_of_best(shared.values(), _MOST_COMPARED)
        some = [number for number, count in shared.items() if count >= least]
        some.sort(key=shared.__getitem__, reverse=True)
        return some[:_MOST_COMPARED]

    def _replace(self, path: bytes, summary: FileSummary) -> None:
        """Hold the functions of a version of a file in place of those that it had before."""
        before = self._files.pop(path, EMPTY)
        # Of most functions there is nothing to be done: an edit changes few of its file.
        is_other_family = before.family != summary.family
        staying = set() if is_other_family else {*before.functions} & {*summary.functions}
        for function in before.functions:
            if function not in staying:
                self._take_out(path, before.family, function)
        is_among_tests = is_test_or_document(path)
        for function in summary.functions:
            if function not in staying:
                self._put_in(path, summary.family, function, is_among_tests=is_among_tests)
        if summary.functions:
            self._files[path] = summary

    def _put_in(
        self, path: bytes, family: str, function: Function, *, is_among_tests: bool
    ) -> None:
        number = _number(path, function)
        is_test = function.is_test or is_among_tests
        self._functions[number] = path, function, is_test
        self.function_count += 1
        self.test_count += is_test
        for each in function.smallest(self._hashes):
            self._by_hash.add(each, number)
        for callee in function.calls:
            self._callers.add((family, callee), number)

    def _take_out(self, path: bytes, family: str, function: Function) -> None:
        number = _number(path, function)
        self.function_count -= 1
        self.test_count -= self._functions.pop(number)[2]
        for each in function.smallest(self._hashes):
            self._by_hash.discard(each, number)
        for callee in function.calls:
            self._callers.discard((family, callee), number)


def _number(path: bytes, function: Function) -> int:
    """Return what a function is known by, which does not depend on what was held before it.

    A file has each name once.
    """
    name = function.name.encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(b"%s\0%s" % (path, name), digest_size=_NUMBER_BYTES).digest()
    return int.from_bytes(digest, "little")


def _least_of_best(counts: Iterable[int], most: int) -> int:
    """Return the smallest of so many counts that are the largest of all."""
    least = 0
    for count, holders in sorted(Counter(counts).items(), reverse=True):
        least, most = count, most - holders
        if most <= 0:
            break
    return least


class _Multimap(Generic[_Key]):
    """Numbers by keys, in their order; most keys have one number, which takes no list."""

    def __init__(self) -> None:
        self._numbers: dict[_Key, int | list[int]] = {}

    def of(self, key: _Key) -> Sequence[int]:
        """Return the numbers of a key."""
        found = self._numbers.get(key, ())
        return (found,) if isinstance(found, int) else found

    def add(self, key: _Key, number: int) -> None:
        """Give a key a number that it does not have."""
        found = self._numbers.setdefault(key, number)
        if isinstance(found, list):
            insort(found, number)
        elif found != number:
            self._numbers[key] = sorted((found, number))

    def discard(self, key: _Key, number: int) -> None:
        """Take a number from a key, which has it."""
        found = self._numbers[key]
        if isinstance(found, list):
            del found[bisect_left(found, number)]
            if len(found) == 1:
                self._numbers[key] = found[0]
        else:
            del self._numbers[key]
