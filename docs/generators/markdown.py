"""What the generated pages share: their heads, tables, and text that is shown as it is."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence
from typing import Final

NOTE: Final = "<!-- Made by docs/generate_reference.py; changes here are lost. -->"
"""The first line of a page that is made."""

_CODE: Final = re.compile(r"(`[^`]+`)")
_SPECIAL: Final = re.compile(r"([\\*_<>\[\]|])")
_ATTRIBUTE: Final = re.compile(r"^    (\w+): (.*?)(?=^    \w+: |^\S|\Z)", re.DOTALL | re.MULTILINE)


def page(title: str, introduction: str, parts: Iterable[str]) -> str:
    """Return a page, which says that it is generated."""
    text = "\n\n".join([NOTE, f"# {title}", introduction.strip(), *parts])
    return f"{text.rstrip()}\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; its cells are Markdown already."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def plain(text: str) -> str:
    """Return text in one line, in which nothing but its backquotes has a meaning in Markdown."""
    parts = _CODE.split(" ".join(text.split()))
    return "".join(
        part.replace("|", "\\|") if part.startswith("`") else _SPECIAL.sub(r"\\\1", part)
        for part in parts
    )


def sentence(text: str) -> str:
    """Return text as `plain` does, as a sentence."""
    text = plain(text).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."


def attributes(documented: type) -> dict[str, str]:
    """Return what the docstring of a class says of each of its attributes."""
    _, _, text = (inspect.getdoc(documented) or "").partition("Attributes:\n")
    return {name: " ".join(said.split()) for name, said in _ATTRIBUTE.findall(text)}


def size(count: int) -> str:
    """Return a number of bytes, in the largest unit that divides it."""
    for unit, one in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count >= one and count % one == 0:
            return f"{count // one:,} {unit}"
    return f"{count:,} bytes"
