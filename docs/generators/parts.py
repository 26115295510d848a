"""Parts of files that are otherwise written by hand, each between two comments."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from generators import peers
from generators.figures import Run

README: Final = Path(__file__).resolve().parents[2] / "README.md"


def readme() -> str:
    """Return the README with its table of figures as they are now."""
    return replaced(README.read_text("utf-8"), "peers", peers.readme(Run.read()))


def replaced(text: str, name: str, made: str) -> str:
    """Return a text with another content of one of its parts.

    Raises:
        SystemExit: the comments around it are not there, or more than once.
    """
    begin = f"<!-- {name}: made by docs/generate_reference.py -->\n"
    end = f"<!-- end of {name} -->\n"
    if (text.count(begin), text.count(end)) != (1, 1) or text.index(begin) > text.index(end):
        raise SystemExit(f"error: the part {name!r} does not lie between its two comments")
    before, rest = text.split(begin)
    return f"{before}{begin}\n{made}\n\n{end}{rest.split(end)[1]}"
