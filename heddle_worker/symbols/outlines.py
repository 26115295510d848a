"""Outlines of files: from the cache, or from a parser process and then kept there."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Final

from heddle_worker.store.cache import Cache
from heddle_worker.symbols.encoding import decode, encode
from heddle_worker.symbols.languages import (
    UNDECIDED,
    language_by_content,
    language_by_name,
)
from heddle_worker.symbols.limits import BINARY_BYTES
from heddle_worker.symbols.outline import (
    MISSING,
    OUTLINE_VERSION,
    Outline,
    OutlineStatus,
    Source,
)
from heddle_worker.symbols.parsers import Parsed, Parsers

_KIND: Final = "outline"
_UNKNOWN: Final = Outline("", OutlineStatus.UNKNOWN_LANGUAGE)
_UNFINISHED_BYTES: Final = 16 * 1024 * 1024
_UNFINISHED_FILES: Final = 256


class Outlines:
    """Outlines of versions of files. Safe to be used by many threads; each call blocks.

    Args:
        cache: keeps what was found out, by language and blob.
        read_blob: returns the contents of a blob by its raw id, or raises `LookupError` when the
            repository does not have it.
        parsers: do the work.
        blob_size: returns the size of a blob in the same manner, so that one that is too large
            need not be read.
    """

    def __init__(
        self,
        cache: Cache,
        read_blob: Callable[[bytes], bytes],
        parsers: Parsers,
        blob_size: Callable[[bytes], int] | None = None,
    ) -> None:
        self._cache = cache
        self._read_blob = read_blob
        self._parsers = parsers
        self._blob_size = blob_size

    def of(self, sources: Sequence[Source]) -> list[Outline]:
        """Return the outlines of sources, in their order.

        What is wrong with a file is said by its outline's status; only a failure of the repository
        itself, which `read_blob` raises, comes through.
        """
        languages = [language_by_name(source.path) for source in sources]
        keys = [_key(language, each) for language, each in zip(languages, sources, strict=True)]
        wanted = {
            key: (language, source)
            for key, language, source in zip(keys, languages, sources, strict=True)
            if language
        }
        found = self._look_up(wanted)
        missing = {key: each for key, each in wanted.items() if key not in found}
        if missing:
            found.update(self._find_out(missing))
        return [found.get(key, _UNKNOWN) for key in keys]

    def close(self) -> None:
        """End the parser processes."""
        self._parsers.close()

    def _look_up(self, keys: dict[bytes, tuple[str, Source]]) -> dict[bytes, Outline]:
        kept = self._cache.get(_KIND, keys)
        decoded = ((key, decode(value)) for key, value in kept.items())
        return {key: outline for key, outline in decoded if outline is not None}

    def _find_out(self, missing: dict[bytes, tuple[str, Source]]) -> dict[bytes, Outline]:
        """Outline what the cache does not have, with a bounded part of it in memory at a time."""
        found: dict[bytes, Outline] = {}
        to_keep: dict[bytes, bytes] = {}
        unfinished: deque[tuple[bytes, int, Future[Parsed]]] = deque()
        unfinished_bytes = 0

        def finish_one() -> int:
            key, size, future = unfinished.popleft()
            parsed = future.result()
            found[key] = decode(parsed.outline) or _UNKNOWN
            if parsed.is_final:
                to_keep[key] = parsed.outline
            return size

        for key, (language, source) in missing.items():
            begun = self._begin(language, source)
            if begun is None:
                found[key] = MISSING
                continue
            size, future = begun
            unfinished.append((key, size, future))
            unfinished_bytes += size
            while unfinished_bytes > _UNFINISHED_BYTES or len(unfinished) > _UNFINISHED_FILES:
                unfinished_bytes -= finish_one()
        while unfinished:
            finish_one()
        self._cache.put(_KIND, to_keep)
        return found

    def _begin(self, language: str, source: Source) -> tuple[int, Future[Parsed]] | None:
        """Return a source's size and what is going to come of it; `None` when it is not there."""
        limit = self._parsers.limits.source_bytes
        try:
            content = source.content
            if content is None:
                if self._blob_size is not None and self._blob_size(source.blob) > limit:
                    return 0, _known(language, OutlineStatus.TOO_LARGE)
                content = self._read_blob(source.blob)
        except LookupError:
            return None
        if len(content) > limit:
            return 0, _known(language, OutlineStatus.TOO_LARGE)
        if b"\0" in content[:BINARY_BYTES]:
            return 0, _known(language, OutlineStatus.BINARY)
        if language in UNDECIDED:
            language = language_by_content(language, content)
        if not language:
            return 0, _known("", OutlineStatus.UNKNOWN_LANGUAGE)
        return len(content), self._parsers.submit(language, content)


def _key(language: str, source: Source) -> bytes:
    return f"{OUTLINE_VERSION}/{language}/".encode() + source.blob


def _known(language: str, status: OutlineStatus) -> Future[Parsed]:
    future: Future[Parsed] = Future()
    future.set_result(Parsed(encode("" if language in UNDECIDED else language, status)))
    return future
