"""Changes made by hand, for what judges them without looking at a repository."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from heddle_worker.repository.diff import Diff, FileChange, FileStatus, FileVersion
from heddle_worker.repository.state import State
from heddle_worker.review.change import Change, FilePair, Place, SymbolChange
from heddle_worker.symbols.outline import Outline, OutlineStatus, Symbol, SymbolKind


def digest(text: str) -> bytes:
    """Return 16 bytes that stand for a text."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def symbol(
    name: str, kind: SymbolKind = SymbolKind.FUNCTION, line: int = 1, text: str = "", lines: int = 3
) -> Symbol:
    """Return a symbol that begins in a line; what it contains is its text's digest."""
    return Symbol(
        name=name,
        kind=kind,
        start_line=line,
        end_line=line + lines - 1,
        start_byte=line * 10,
        end_byte=(line + lines) * 10 - 1,
        content=digest(text or name),
        meaning=digest(text or name),
        packed_sketch=b"",
        calls=(),
        is_test=False,
    )


def state(subject: str = "A change", body: str = "", *trailers: tuple[str, str]) -> State:
    """Return a state with one parent."""
    return State(
        id=b"\1" * 20,
        tree=b"\2" * 20,
        parents=(b"\3" * 20,),
        subject=subject,
        body=body,
        trailers=trailers,
        author_name="Ada",
        author_email="ada@example.com",
        author_secs=1_700_000_000,
        committer_secs=1_700_000_000,
    )


def file_change(
    path: str, status: FileStatus = FileStatus.MODIFIED, added: int = 1, removed: int = 1
) -> FileChange:
    """Return a change of a file with text in it."""
    version = FileVersion(path.encode(), digest(path)[:16] + b"\0" * 4, 0o100644)
    return FileChange(
        status=status,
        old=None if status is FileStatus.ADDED else version,
        new=None if status is FileStatus.DELETED else version,
        added_lines=added,
        removed_lines=removed,
        is_binary=False,
        hunks=(),
    )


def change(files: Sequence[FileChange], symbols: Sequence[SymbolChange] = ()) -> Change:
    """Return a change of these files, in which this became of symbols."""
    outline = Outline("python", OutlineStatus.COMPLETE)
    return Change(
        state=state(),
        prior=b"\3" * 20,
        diff=Diff(
            files=tuple(files),
            files_changed=len(files),
            added_lines=sum(file.added_lines for file in files),
            removed_lines=sum(file.removed_lines for file in files),
        ),
        pairs=tuple(FilePair(file, outline, outline) for file in files),
        symbols=tuple(symbols),
    )


def added(path: str, what: Symbol) -> SymbolChange:
    """Return what an added symbol became."""
    return SymbolChange(None, Place(path.encode(), what))


def deleted(path: str, what: Symbol) -> SymbolChange:
    """Return what a deleted symbol became."""
    return SymbolChange(Place(path.encode(), what), None)


def edited(path: str, what: Symbol) -> SymbolChange:
    """Return what became of a symbol whose meaning differs."""
    place = Place(path.encode(), what)
    return SymbolChange(place, place, is_edited=True)
