"""A change, laid out for whoever looks at it: files, their outlines, and what became of symbols."""

from __future__ import annotations

from dataclasses import dataclass

from heddle_worker.repository.diff import Diff, FileChange
from heddle_worker.repository.state import State
from heddle_worker.symbols.outline import Outline, Symbol


@dataclass(frozen=True, slots=True)
class Place:
    """A symbol in a file.

    Attributes:
        path: the file's, as git has it.
        symbol: the symbol.
    """

    path: bytes
    symbol: Symbol


@dataclass(frozen=True, slots=True)
class FilePair:
    """Two versions of one file with their outlines; the side that is not there is `None`."""

    change: FileChange
    old: Outline | None
    new: Outline | None


@dataclass(frozen=True, slots=True)
class SymbolChange:
    """What became of one symbol. One that differs in nothing has none.

    Attributes:
        old, new: where it was and is; `None` for one that was added or deleted.
        is_moved: to another file or another parent. A file's own rename moves its symbols too.
        is_renamed: its simple name differs.
        is_edited: its meaning differs, without that of the symbols in it.
        is_reformatted: its bytes differ, and its meaning does not. It is not said of one that was
            renamed, whose bytes differ by the name alone.
    """

    old: Place | None
    new: Place | None
    is_moved: bool = False
    is_renamed: bool = False
    is_edited: bool = False
    is_reformatted: bool = False

    @property
    def place(self) -> Place:
        """Where it is, or was last."""
        place = self.new or self.old
        if place is None:
            raise ValueError("a symbol that is in neither version")
        return place

    @property
    def changes_meaning(self) -> bool:
        """Whether a program that has it could behave otherwise for it."""
        return self.old is None or self.new is None or self.is_edited


@dataclass(frozen=True, slots=True)
class Change:
    """All that is known about a change before anybody judges it.

    Attributes:
        state: the state with the change; `None` for a worktree.
        prior: raw id of the state it is compared with; empty for the empty tree.
        diff: file by file.
        pairs: the diff's files with their outlines, in the same order.
        symbols: what became of symbols, file by file in that order, deleted ones last in a file.
    """

    state: State | None
    prior: bytes
    diff: Diff
    pairs: tuple[FilePair, ...]
    symbols: tuple[SymbolChange, ...]


@dataclass(frozen=True, slots=True)
class Annotation:
    """An insight that was written down about a symbol.

    Attributes:
        id: opaque text.
        kind: `constraint`, `invariant` or `rationale`.
        content: the insight.
        tags: free labels.
        path, symbol: where the symbol is in the state asked about.
        is_orphaned: the symbol is gone, and the place is where it was last.
    """

    id: str
    kind: str
    content: str
    tags: tuple[str, ...]
    path: bytes
    symbol: str
    is_orphaned: bool = False
