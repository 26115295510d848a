"""The document that holds what a run has measured: JSON that people can read and compare."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_WIDTH: Final = 300
"""Longer than any row; an object that holds rows is longer."""


def as_document(value: object) -> str:
    """Return JSON in which a row is a line, and what holds rows is indented."""
    return "\n".join(_lines(value)) + "\n"


def write_document(path: Path, value: object) -> None:
    """Put the document in a file, all of it or nothing."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(as_document(value), "utf-8")
    fresh.replace(path)


def _lines(value: object, name: str | None = None, depth: int = 0) -> Iterator[str]:
    """Yield a value's lines; only objects and lists of them are divided."""
    indent, begin = "  " * depth, "" if name is None else f"{json.dumps(name)}: "
    whole = json.dumps(value, ensure_ascii=False)
    children: list[tuple[str | None, object]] = []
    if depth == 0 or len(whole) > _WIDTH or (isinstance(value, list) and _are_objects(value)):
        if isinstance(value, dict):
            children = [*value.items()]
        elif isinstance(value, list):
            children = [(None, each) for each in value]
    if not children:
        yield f"{indent}{begin}{whole}"
        return
    opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
    yield f"{indent}{begin}{opening}"
    for number, (key, child) in enumerate(children, start=1):
        *first, last = _lines(child, key, depth + 1)
        yield from first
        yield last if number == len(children) else f"{last},"
    yield f"{indent}{closing}"


def _are_objects(values: list[object]) -> bool:
    return bool(values) and all(isinstance(each, dict) for each in values)
