"""Many sources on their way through the parsers: small ones together, a bounded part at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

from heddle_worker.symbols.parser_link import SourceToParse
from heddle_worker.symbols.parsers import Parsed, Parsers

# To hand something to another process costs as much as to parse some hundred bytes, and to wait
# for the interpreter's lock afterwards may cost more. What is larger shares the processors better.
_BATCH_BYTES: Final = 16 * 1024
_BATCH_SOURCES: Final = 32
_ON_THE_WAY_BYTES: Final = 16 * 1024 * 1024
_BATCHES_ON_THE_WAY: Final = 64


class Batches:
    """Takes sources one by one and tells what came of each, in the same order.

    Args:
        parsers: do the work.
        done: is called with the key that a source was given and what came of it, from within
            `add` or `finish`.
    """

    def __init__(self, parsers: Parsers, done: Callable[[bytes, Parsed], None]) -> None:
        self._parsers = parsers
        self._done = done
        self._keys: list[bytes] = []
        self._sources: list[SourceToParse] = []
        self._size = 0
        self._on_the_way: deque[tuple[list[bytes], int, Future[list[Parsed]]]] = deque()
        self._bytes_on_the_way = 0

    def add(self, key: bytes, language: str, path: bytes, source: bytes) -> None:
        """Have a source parsed; block while too much is on its way.

        Versions of the same file that follow one another are parsed by one process, since each
        helps with the next.
        """
        is_full = self._size >= _BATCH_BYTES or len(self._sources) >= _BATCH_SOURCES
        if is_full and self._sources[-1][1] != path:
            self._send()
        self._keys.append(key)
        self._sources.append((language, path, source))
        self._size += len(source)
        while (
            self._bytes_on_the_way > _ON_THE_WAY_BYTES
            or len(self._on_the_way) > _BATCHES_ON_THE_WAY
        ):
            self._receive()

    def send(self) -> None:
        """Let the parsers begin with all that was added."""
        if self._sources:
            self._send()

    def finish(self) -> None:
        """Wait for everything."""
        self.send()
        while self._on_the_way:
            self._receive()

    def _send(self) -> None:
        parsed = self._parsers.submit(self._sources)
        self._on_the_way.append((self._keys, self._size, parsed))
        self._bytes_on_the_way += self._size
        self._keys, self._sources, self._size = [], [], 0

    def _receive(self) -> None:
        keys, size, future = self._on_the_way.popleft()
        self._bytes_on_the_way -= size
        for key, parsed in zip(keys, future.result(), strict=True):
            self._done(key, parsed)
