"""Outlines of a tiny language, for tests of what is done with outlines.

A line `def name words` is a function, `class name words` a class; deeper lines belong to it.
Words are tokens, and what follows `//` is a comment.
"""

from __future__ import annotations

import hashlib
import itertools
import zlib
from collections import Counter
from collections.abc import Iterable

from heddle_worker.repository.diff import FileChange, FileStatus, FileVersion
from heddle_worker.review.change import FilePair, SymbolChange
from heddle_worker.symbols.outline import Outline, OutlineStatus, Symbol, SymbolKind
from heddle_worker.symbols.sketches import packed


def outline(text: str) -> Outline:
    """Return the outline of a text."""
    lines = text.strip("\n").split("\n")
    starts = [sum(len(line) + 1 for line in lines[:n]) for n in range(len(lines) + 1)]
    depths = [len(line) - len(line.lstrip()) for line in lines]
    symbols: list[Symbol] = []
    parents: list[tuple[int, str]] = []
    count: Counter[str] = Counter()
    for number, line in enumerate(lines):
        words = line.split()
        if not words or words[0] not in ("def", "class"):
            continue
        while parents and parents[-1][0] >= depths[number]:
            parents.pop()
        end = _end(lines, depths, number)
        name = "::".join([*(each for _, each in parents), words[1]])
        count[name] += 1
        marked = f"{name}#{count[name]}" if count[name] > 1 else name
        parents.append((depths[number], marked))
        inside = lines[number:end]
        tokens = _tokens(inside, words[1])
        symbols.append(
            Symbol(
                name=marked,
                kind=SymbolKind.FUNCTION if words[0] == "def" else SymbolKind.CLASS,
                start_line=number + 1,
                end_line=end,
                start_byte=starts[number] + depths[number],
                end_byte=starts[end] - 1,
                content=_digest("\n".join(inside).lstrip()),
                meaning=_digest(" ".join(tokens)),
                packed_sketch=packed(_sketch(tokens)),
                calls=(),
                is_test=False,
                own=_digest(" ".join(_tokens(_own(inside), words[1]))),
            )
        )
    return Outline("tiny", OutlineStatus.COMPLETE, tuple(symbols))


def _end(lines: list[str], depths: list[int], number: int) -> int:
    end = number + 1
    while end < len(lines) and (not lines[end].strip() or depths[end] > depths[number]):
        end += 1
    while not lines[end - 1].strip():
        end -= 1
    return end


def _own(lines: list[str]) -> Iterable[str]:
    """Return the lines of a symbol without those of the symbols in it."""
    inner: int | None = None
    for number, line in enumerate(lines):
        depth = len(line) - len(line.lstrip())
        if number and (inner is None or depth <= inner):
            inner = depth if line.split()[:1] in (["def"], ["class"]) else None
        if not number or inner is None:
            yield line


def _tokens(lines: Iterable[str], own_name: str) -> list[str]:
    words = [word for line in lines for word in line.partition("//")[0].split()]
    return ["_" if word == own_name else word for word in words]


def _sketch(tokens: list[str]) -> tuple[int, ...]:
    pairs = itertools.pairwise(tokens)
    return tuple(sorted({zlib.crc32(" ".join(pair).encode()) for pair in pairs})[:64])


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def pair(
    old: str | None, new: str | None, path: bytes = b"a", old_path: bytes | None = None
) -> FilePair:
    """Return two versions of a file with their outlines."""
    status = FileStatus.ADDED if old is None else FileStatus.MODIFIED
    change = FileChange(
        FileStatus.DELETED if new is None else status,
        None if old is None else _version(old_path or path, old),
        None if new is None else _version(path, new),
        0,
        0,
        False,
        (),
    )
    return FilePair(
        change,
        None if old is None else outline(old),
        None if new is None else outline(new),
    )


def _version(path: bytes, text: str) -> FileVersion:
    return FileVersion(path, hashlib.sha1(text.encode()).digest(), 0o100644)


def told(changes: Iterable[SymbolChange]) -> list[str]:
    """Return changes as lines such as `a:f -> b:f moved edited`."""
    return [_told(change) for change in changes]


def _told(change: SymbolChange) -> str:
    if change.new is None:
        return f"{_place(change, old=True)} deleted"
    if change.old is None:
        return f"{_place(change)} added"
    words = [
        word
        for word, holds in (
            ("moved", change.is_moved),
            ("renamed", change.is_renamed),
            ("edited", change.is_edited),
            ("reformatted", change.is_reformatted),
        )
        if holds
    ]
    one, other = _place(change, old=True), _place(change)
    where = one if one == other else f"{one} -> {other}"
    return f"{where} {' '.join(words)}"


def _place(change: SymbolChange, *, old: bool = False) -> str:
    place = change.old if old else change.new
    assert place is not None
    return f"{place.path.decode()}:{place.symbol.name}"
