"""Loose objects that are cut off, which libgit2 would read for ever."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Final

from heddle_worker.repository.errors import DamagedRepositoryError

_MOST_KNOWN: Final = 8_192
_PIECE_BYTES: Final = 1 << 16


class LooseObjects:
    """Checks an object before libgit2 reads it, if it is a file of its own.

    A file that ends early, as after a loss of power, has libgit2 wait for the rest of it without
    end, and with it every thread of this process.

    Args:
        objects: the repository's directory of objects.
    """

    def __init__(self, objects: Path) -> None:
        self._objects = objects
        self._sound: set[str] = set()

    def check(self, object_id: str) -> None:
        """Make sure that an object may be read. What is packed, or not there at all, may be.

        Args:
            object_id: in hexadecimal digits.

        Raises:
            DamagedRepositoryError: it is cut off or otherwise broken.
        """
        if object_id in self._sound:
            return
        try:
            content = (self._objects / object_id[:2] / object_id[2:]).read_bytes()
        except OSError:
            content = None
        if content is not None and not _is_whole(content):
            raise DamagedRepositoryError(
                f"the file of the object {object_id} is cut off or broken; run git fsck"
            )
        if len(self._sound) >= _MOST_KNOWN:
            self._sound.clear()
        self._sound.add(object_id)


def _is_whole(content: bytes) -> bool:
    inflater = zlib.decompressobj()
    try:
        inflater.decompress(content, _PIECE_BYTES)
        while not inflater.eof and inflater.unconsumed_tail:
            inflater.decompress(inflater.unconsumed_tail, _PIECE_BYTES)
    except zlib.error:
        return False
    return inflater.eof
