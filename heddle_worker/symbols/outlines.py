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
        return self.begin(sources)()

    def begin(self, sources: Sequence[Source]) -> Callable[[], list[Outline]]:
        """Have sources outlined while the caller does something else.

        Returns:
            What waits for the outlines and returns them, as `of` does; to be called once.
        """
        languages = [language_by_name(source.path) for source in sources]
        keys = [_key(language, each) for language, each in zip(languages, sources, strict=True)]
        wanted = {
            key: (language, source)
            for key, language, source in zip(keys, languages, sources, strict=True)
            if language
        }
        kept = self._cache.get(_KIND, wanted)
        missing = {key: each for key, each in wanted.items() if key not in kept}
        finding = _Finding(self._cache, self._parsers)
        self._begin_finding(finding, missing)
        # The parsers are at work meanwhile.
        decoded = {key: decode(value) for key, value in kept.items()}
        found = {key: outline for key, outline in decoded.items() if outline is not None}
        if len(found) < len(kept):
            damaged = {key: wanted[key] for key in kept.keys() - found.keys()}
            self._begin_finding(finding, damaged)

        def finish() -> list[Outline]:
            found.update(finding.finish())
            return [found.get(key, _UNKNOWN) for key in keys]

        return finish

    def close(self) -> None:
        """End the parser processes."""
        self._parsers.close()

    def _begin_finding(self, finding: _Finding, missing: dict[bytes, tuple[str, Source]]) -> None:
        for key, (language, source) in missing.items():
            try:
                content = self._content(source)
            except LookupError:
                finding.note_missing(key)
                continue
            settled, refusal = _judge(language, content)
            if refusal is not None:
                finding.note(key, Parsed(encode(settled, refusal)))
            elif content is not None:
                finding.begin(key, settled, source.path, content)
        finding.send()

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


class _Finding:
    """Outlines that the cache does not have, on their way from the parsers and into it."""

    def __init__(self, cache: Cache, parsers: Parsers) -> None:
        self._cache = cache
        self._batches = Batches(parsers, self.note)
        self._found: dict[bytes, Outline] = {}
        self._to_keep: dict[bytes, bytes] = {}

    def begin(self, key: bytes, language: str, path: bytes, content: bytes) -> None:
        """Have contents parsed."""
        self._batches.add(key, language, path, content)

    def send(self) -> None:
        """Wait for no more of them before the parsers begin with the last."""
        self._batches.send()

    def note(self, key: bytes, parsed: Parsed) -> None:
        """Take what came of one of them."""
        self._found[key] = decode(parsed.outline) or _UNKNOWN
        if parsed.is_final:
            self._to_keep[key] = parsed.outline
        if len(self._to_keep) >= _KEPT_AT_ONCE:
            self._keep()

    def note_missing(self, key: bytes) -> None:
        """Take it that the repository does not have one."""
        self._found[key] = MISSING

    def finish(self) -> dict[bytes, Outline]:
        """Wait for all, and return what came of them."""
        self._batches.finish()
        self._keep()
        return self._found

    def _keep(self) -> None:
        self._cache.put(_KIND, self._to_keep)
        self._to_keep.clear()


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
