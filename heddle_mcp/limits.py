"""How much is taken from a model, and how much it is told at once."""

from __future__ import annotations

from typing import Final

MAX_STATE_CHARACTERS: Final = 1_000
MAX_PATH_CHARACTERS: Final = 4_096
MAX_BODY_CHARACTERS: Final = 20_000
MAX_PATHS: Final = 200
MAX_PAGE: Final = 200
"""Entries that one call returns at most."""

ANSWER_CHARACTERS: Final = 40_000
"""What a page of entries takes as JSON; the common agents cut what is several times that."""

LINE_CHARACTERS: Final = 500
"""What is told of one line: a name, a path, a subject, a reason."""

BODY_CHARACTERS: Final = 4_000
"""What is told of one text of several lines: a turn, a narrative, an annotation."""

DIFF_CHARACTERS: Final = 30_000
ERROR_CHARACTERS: Final = 2_000
"""What a model is told of an error."""
