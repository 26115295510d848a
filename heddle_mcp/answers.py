"""Pieces that several answers are made of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from heddle_mcp.served import Served
from heddle_mcp.text import body, line, was_cut
from heddle_mcp.tool import Place

if TYPE_CHECKING:
    from heddle_client.values import DiscussionResolution, DiscussionTurn, PathSymbolRef, RiskSignal


class Piece(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(frozen=True)


class Anchor(Piece):
    """A symbol by its place; a file as a whole has its path as the symbol."""

    file: str
    symbol: str

    @classmethod
    def of(cls, ref: PathSymbolRef) -> Anchor:
        """Return the place for an answer."""
        return cls(file=line(ref.file), symbol=line(ref.symbol))


class SignalEntry(Piece):
    """One reason to look closely at a certain place of a change."""

    kind: str
    file: str = Field(description="`*` for the change as a whole.")
    symbol: str
    start_line: int = Field(description="Counted from 1; 0 for no range.")
    end_line: int
    reason: str
    visible: bool = Field(description="Within the budget of a reviewer's attention.")

    @classmethod
    def of(cls, signal: RiskSignal) -> SignalEntry:
        """Return the signal for an answer."""
        anchor = signal.anchor
        return cls(
            kind=line(signal.kind),
            file=line(anchor.file),
            symbol=line(anchor.symbol),
            start_line=anchor.start_line,
            end_line=anchor.end_line,
            reason=line(signal.reason),
            visible=signal.visibility == "visible",
        )


class Turn(Piece):
    """What somebody has said."""

    author: str
    posted_at: str
    body: str
    is_cut: bool = Field(description="There is more of it than is told here.")

    @classmethod
    def of(cls, turn: DiscussionTurn, most: int) -> Turn:
        """Return the turn for an answer, with so many characters of what was said."""
        return cls(
            author=line(f"{turn.author_name} <{turn.author_email}>"),
            posted_at=moment(turn.posted_at),
            body=body(turn.body, most),
            is_cut=was_cut(turn.body, most),
        )


def place_of(served: Served) -> Place:
    """Return where a tool acts."""
    return Place(worktree=line(str(served.root)), branch=served.branch())


def moment(at: datetime | None) -> str:
    """Return a time as RFC 3339 writes it; empty for none."""
    return at.astimezone(UTC).isoformat(timespec="seconds") if at is not None else ""


def resolution_of(resolution: DiscussionResolution | None) -> tuple[str, str]:
    """Return how a discussion was settled in one word, and what there is to say of it."""
    if resolution is None or resolution.open is not None:
        return "open", ""
    if resolution.into_annotation is not None:
        return "annotation", line(resolution.into_annotation.annotation_id)
    if resolution.by_edit is not None:
        return "edit", resolution.by_edit.state_id.hex()
    return "dismissed", line(resolution.dismissed.reason if resolution.dismissed else "")
