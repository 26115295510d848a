"""A symbol as people write it: `engine.py:Engine::start`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from heddle_client.visible import visible
from heddle_supervisor.errors import HeddleError

# A colon that is not one of two.
_COLON: Final = re.compile(r"(?<!:):(?!:)")


class SymbolNameError(HeddleError):
    """What was given names no symbol."""


def file_and_symbol(text: str, root: Path) -> tuple[str, str]:
    """Return the file and the symbol that a text names; the file twice for one without a symbol.

    The first colon ends the file's path, unless the worktree has a file whose name has a colon.

    Args:
        text: such as `engine.py:Engine::start`, or `engine.py` for the file as a whole.
        root: of the worktree, from which paths count.

    Raises:
        SymbolNameError: the file or the symbol is empty.
    """
    ends = [match.start() for match in _COLON.finditer(text)]
    if not ends or _is_file(root, text):
        file, symbol = text, text
    else:
        end = next((each for each in ends if _is_file(root, text[:each])), ends[0])
        file, symbol = text[:end], text[end + 1 :]
    if not file or not symbol:
        raise SymbolNameError(
            f"'{visible(text)}' is no FILE:SYMBOL, such as engine.py:Engine::start"
        )
    return file, symbol


def _is_file(root: Path, path: str) -> bool:
    try:
        return (root / path).is_file()
    except ValueError:  # a NUL character
        return False
