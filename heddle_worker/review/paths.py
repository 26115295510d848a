"""What the path of a file says about its role."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Final

_DOCUMENTS: Final = frozenset({".md", ".rst", ".txt"})
_TEST_DIRECTORIES: Final = frozenset({"test", "tests", "__tests__"})
_TEST_SCRIPT: Final = re.compile(r"\.(?:test|spec)\.(?:ts|tsx|js|jsx)$")


@lru_cache(maxsize=4_096)
def is_test_or_document(path: bytes) -> bool:
    """Return whether a file is a test or documentation, by its path alone."""
    place = PurePosixPath(path.decode("utf-8", "surrogateescape"))
    segments = [part.lower() for part in place.parts]
    stem = place.stem
    return (
        place.suffix.lower() in _DOCUMENTS
        or place.name.endswith("_test.go")
        or not _TEST_DIRECTORIES.isdisjoint(segments)
        or any(_TEST_SCRIPT.search(segment) for segment in segments)
        or stem.startswith("test_")
        or stem.endswith("_test")
    )
