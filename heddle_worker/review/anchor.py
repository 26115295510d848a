"""What is talked about, as it was when that began, and where it is in another state."""

from __future__ import annotations

from dataclasses import dataclass

from heddle_worker.repository.display import displayed
from heddle_worker.review.change import Place
from heddle_worker.symbols.outline import Symbol, SymbolKind
from heddle_worker.symbols.sketches import packed


@dataclass(frozen=True, slots=True)
class Anchor:
    """A symbol, or a file as a whole, in the state in which somebody referred to it.

    Attributes:
        state: raw id of the state, which may be gone by now.
        path: the file's, as git has it.
        symbol: its name; for a file as a whole, what people are shown as its path.
        kind: what the symbol was; `None` for a file as a whole.
        start_line, end_line: counted from 1, both inclusive; 0 for a file as a whole.
        content, meaning: digests of the symbol; for a file as a whole, the raw id of its blob.
        sketch: of the symbol; empty for a file as a whole.
    """

    state: bytes
    path: bytes
    symbol: str
    kind: SymbolKind | None
    start_line: int
    end_line: int
    content: bytes
    meaning: bytes
    sketch: tuple[int, ...]

    @property
    def is_file(self) -> bool:
        """Whether it is a file as a whole."""
        return self.kind is None

    def as_symbol(self) -> Symbol:
        """Return what is known of the symbol.

        Raises:
            ValueError: it is a file as a whole.
        """
        if self.kind is None:
            raise ValueError("a file as a whole is no symbol")
        return Symbol(
            name=self.symbol,
            kind=self.kind,
            start_line=self.start_line,
            end_line=self.end_line,
            start_byte=0,
            end_byte=0,
            content=self.content,
            meaning=self.meaning,
            packed_sketch=packed(self.sketch),
            calls=(),
            is_test=False,
        )


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an anchor is in a state.

    Attributes:
        path, symbol: its file and name there; of an orphaned one, the last that are known.
        start_line, end_line: counted from 1, both inclusive; 0 for a file as a whole, and for an
            orphaned one.
        body_changed: its bytes are not those that it had.
        orphaned: it is not there.
    """

    path: bytes
    symbol: str
    start_line: int
    end_line: int
    body_changed: bool
    orphaned: bool


def placed(anchor: Anchor, place: Place) -> Placement:
    """Return the placement of an anchor whose symbol was found."""
    symbol = place.symbol
    is_changed = symbol.content != anchor.content
    return Placement(
        place.path, symbol.name, symbol.start_line, symbol.end_line, is_changed, orphaned=False
    )


def placed_file(anchor: Anchor, path: bytes, blob: bytes) -> Placement:
    """Return the placement of an anchor whose file was found."""
    return Placement(path, displayed(path), 0, 0, blob != anchor.content, orphaned=False)


def orphan(anchor: Anchor, path: bytes, symbol: str) -> Placement:
    """Return the placement of an anchor whose symbol or file is gone, last seen there."""
    shown = displayed(path) if anchor.is_file else symbol
    return Placement(path, shown, 0, 0, body_changed=True, orphaned=True)
