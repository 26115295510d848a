"""Outlines of files: from the cache, or from a parser process and then kept there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from heddle_worker.store.cache import Cache
from heddle_worker.symbols.batches import Batches
from heddle_worker.symbols.encoding import ENCODING_VERSION, decode, encode
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
_KEPT_AT_ONCE: Final = 256
_UNKNOWN: Final = Outline("", OutlineStatus.UNKNOWN_LANGUAGE)


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
        """Outline what the cache does not have, and keep it there."""
        found: dict[bytes, Outline] = {}
        to_keep: dict[bytes, bytes] = {}

        def note(key: bytes, parsed: Parsed) -> None:
            found[key] = decode(parsed.outline) or _UNKNOWN
            if parsed.is_final:
                to_keep[key] = parsed.outline
            if len(to_keep) >= _KEPT_AT_ONCE:
                self._cache.put(_KIND, to_keep)
                to_keep.clear()

        batches = Batches(self._parsers, note)
        for key, (language, source) in missing.items():
            try:
                content = self._content(source)
            except LookupError:
                found[key] = MISSING
                continue
            settled, refusal = _judge(language, content)
            if refusal is not None:
                note(key, Parsed(encode(settled, refusal)))
            elif content is not None:
                batches.add(key, settled, source.path, content)
        batches.finish()
        self._cache.put(_KIND, to_keep)
        return found

    def _content(self, source: Source) -> bytes | None:
        """Return what is in a source; `None` when that is too much.

        Raises:
            LookupError: it is not there.
        """
        limit = self._parsers.limits.source_bytes
        content = source.content
        if content is None:
            if self._blob_size is not None and self._blob_size(source.blob) > limit:
                return None
            content = self._read_blob(source.blob)
        return content if len(content) <= limit else None


def _key(language: str, source: Source) -> bytes:
    return f"{OUTLINE_VERSION}.{ENCODING_VERSION}/{language}/".encode() + source.blob


def _judge(language: str, content: bytes | None) -> tuple[str, OutlineStatus | None]:
    """Return the language that contents are in, and why they are not parsed if they are not."""
    settled = "" if language in UNDECIDED else language
    if content is None:
        return settled, OutlineStatus.TOO_LARGE
    if b"\0" in content[:BINARY_BYTES]:
        return settled, OutlineStatus.BINARY
    if language in UNDECIDED:
        settled = language_by_content(language, content)
    return settled, None if settled else OutlineStatus.UNKNOWN_LANGUAGE
