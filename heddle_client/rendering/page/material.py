"""A review as its page shows it: each thing that is told at the one place where it is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from heddle_client.values import (
        AnchoredDiscussion,
        Annotation,
        ChangedFile,
        ChangedSymbol,
        PathSymbolRef,
        ReviewPayload,
        RiskSignal,
    )

_SUMMARIES: Final = "diff_summary."


@dataclass(slots=True)
class Said:
    """What is said about one place."""

    signals: list[RiskSignal] = field(default_factory=list)
    discussions: list[AnchoredDiscussion] = field(default_factory=list)
    annotations: list[Annotation] = field(default_factory=list)

    @property
    def is_pressing(self) -> bool:
        """Whether there is something that a reviewer must not miss."""
        visible = any(each.visibility != "hidden" for each in self.signals)
        return visible or any(is_open(each) for each in self.discussions)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to read.

    Attributes:
        id: of its element.
        symbol: its name; empty for the file as a whole.
        changes: what became of it; of a file as a whole, what became of the symbols in it.
        moved_out: of a file as a whole, symbols that are in another file now.
        said: about it.
    """

    id: str
    symbol: str
    changes: tuple[ChangedSymbol, ...]
    moved_out: tuple[ChangedSymbol, ...]
    said: Said = field(default_factory=Said)


@dataclass(frozen=True, slots=True)
class Block:
    """The neighbours in the reading order that lie in one file.

    Attributes:
        id: of its element.
        path: the file's.
        file: what became of it; None when the list of files was cut off before it.
        entries: what to read in it.
        said: about the file, or about something in it that is no entry.
    """

    id: str
    path: str
    file: ChangedFile | None
    entries: list[Entry] = field(default_factory=list)
    said: Said = field(default_factory=Said)

    @property
    def is_pressing(self) -> bool:
        """Whether there is something in it that a reviewer must not miss."""
        return self.said.is_pressing or any(entry.said.is_pressing for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Group:
    """A part of the reading order.

    Attributes:
        id: of its element.
        title: what it is called.
        about: what is in it.
        blocks: in the order of reading.
    """

    id: str
    title: str
    about: str
    blocks: tuple[Block, ...]

    @property
    def size(self) -> int:
        """How many things there are to read."""
        return sum(len(block.entries) for block in self.blocks)


class Material:
    """All of a review, by place.

    Attributes:
        review: what it was made from.
        groups: the reading order, without empty parts.
        visible_signals: those that the budget lets through.
        hidden_signals: the others, as far as the review has them.
        hidden_count: how many others there are.
        discussions, annotations: all of them, by their ids.
        placed: discussions that are read in the reading order.
        elsewhere: discussions on what is not in it.
        orphaned: discussions whose symbol is gone.
    """

    def __init__(self, review: ReviewPayload) -> None:
        self.review = review
        self._files = {file.path: file for file in review.changed_files}
        self._changes: dict[tuple[str, str], list[ChangedSymbol]] = defaultdict(list)
        self._moved_out: dict[str, list[ChangedSymbol]] = defaultdict(list)
        for change in review.changed_symbols:
            self._changes[change.anchor.file, change.anchor.symbol].append(change)
            self._changes[change.anchor.file, ""].append(change)
            if change.previous is not None and change.previous.file != change.anchor.file:
                self._moved_out[change.previous.file].append(change)
        self._entries: dict[tuple[str, str], Entry] = {}
        self._blocks: dict[str, Block] = {}
        self._count = 0
        self.groups = self._grouped()
        self.visible_signals = _raised(review.in_budget_signals)
        self.hidden_signals = tuple(
            each for each in _raised(review.all_signals) if each.visibility == "hidden"
        )
        self.hidden_count = max(review.summary.hidden_signal_count, len(self.hidden_signals))
        self.discussions = {each.id: each for each in review.discussions}
        self.annotations = {each.id: each for each in review.annotations}
        self.placed: list[AnchoredDiscussion] = []
        self.elsewhere: list[AnchoredDiscussion] = []
        self.orphaned: list[AnchoredDiscussion] = []
        self._place_discussions()
        self._place_notes()
        self._talk_ids = _numbered("talk", self.discussions)
        self._note_ids = _numbered("note", self.annotations)

    @property
    def size(self) -> int:
        """How many things there are to read."""
        return sum(group.size for group in self.groups)

    def target(self, file: str, symbol: str) -> str:
        """Return the id of the element at which a place is read; empty when there is none."""
        place = self._place(file, symbol)
        return place.id if place is not None else ""

    def talk_id(self, discussion_id: str) -> str:
        """Return the id of the element of a discussion."""
        return self._talk_ids[discussion_id]

    def note_id(self, annotation_id: str) -> str:
        """Return the id of the element of an annotation; empty when the page does not have it."""
        return self._note_ids.get(annotation_id, "")

    def _place(self, file: str, symbol: str) -> Entry | Block | None:
        own = self._entries.get((file, "" if symbol == file else symbol))
        return own or self._entries.get((file, "")) or self._blocks.get(file)

    def _grouped(self) -> tuple[Group, ...]:
        partition = self.review.partition
        parts = (
            (*_STRUCTURAL, partition.structural),
            (*_CONSEQUENCES, partition.consequence),
            (*_TESTS_AND_DOCS, partition.tests_and_docs),
        )
        return tuple(
            Group(name, title, about, self._blocks_of(refs))
            for name, title, about, refs in parts
            if refs
        )

    def _blocks_of(self, refs: Iterable[PathSymbolRef]) -> tuple[Block, ...]:
        blocks: list[Block] = []
        for ref in refs:
            if not blocks or blocks[-1].path != ref.file:
                blocks.append(Block(self._next_id("file"), ref.file, self._files.get(ref.file)))
                self._blocks.setdefault(ref.file, blocks[-1])
            blocks[-1].entries.append(self._entry(ref))
        return tuple(blocks)

    def _entry(self, ref: PathSymbolRef) -> Entry:
        symbol = "" if ref.symbol == ref.file else ref.symbol
        place = ref.file, symbol
        moved_out = () if symbol else self._moved_out.get(ref.file, ())
        entry = Entry(
            self._next_id("entry"), symbol, tuple(self._changes.get(place, ())), tuple(moved_out)
        )
        self._entries.setdefault(place, entry)
        return entry

    def _next_id(self, kind: str) -> str:
        self._count += 1
        return f"{kind}-{self._count}"

    def _place_discussions(self) -> None:
        for each in self.discussions.values():
            place = self._place(each.anchor.file, each.anchor.symbol)
            if each.orphaned:
                self.orphaned.append(each)
            elif place is None:
                self.elsewhere.append(each)
            else:
                self.placed.append(each)
                place.said.discussions.append(each)

    def _place_notes(self) -> None:
        for signal in (*self.visible_signals, *self.hidden_signals):
            place = self._place(signal.anchor.file, signal.anchor.symbol)
            if place is not None:
                place.said.signals.append(signal)
        for annotation in self.annotations.values():
            place = self._place(annotation.anchor.file, annotation.anchor.symbol)
            if place is not None and not annotation.orphaned:
                place.said.annotations.append(annotation)


def is_open(discussion: AnchoredDiscussion) -> bool:
    """Return whether nobody has settled a discussion."""
    state = discussion.resolution
    return state.into_annotation is None and state.by_edit is None and state.dismissed is None


def _numbered(kind: str, ids: Iterable[str]) -> dict[str, str]:
    return {each: f"{kind}-{number}" for number, each in enumerate(ids, 1)}


def _raised(signals: Iterable[RiskSignal]) -> tuple[RiskSignal, ...]:
    """Return signals without those that merely tell how large the change of a file is."""
    return tuple(each for each in signals if not each.kind.startswith(_SUMMARIES))


_STRUCTURAL: Final = (
    "structural",
    "Structural",
    "Types, interfaces, constants and modules: what gives the change its shape.",
)
_CONSEQUENCES: Final = (
    "consequences",
    "Consequences",
    "Functions, and what fits nowhere else: what follows from the shape.",
)
_TESTS_AND_DOCS: Final = (
    "tests-and-docs",
    "Tests and docs",
    "Everything in test and documentation files.",
)
