"""A review for people, in the lines of a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final

from heddle_client.rendering.discussion_text import discussion_lines, discussion_note
from heddle_client.rendering.layout import cells, cut, hanging, padded, text_lines, wrapped
from heddle_client.rendering.reading_order import (
    Entry,
    Group,
    applying,
    raised_signals,
    reading_order,
    unread_files,
)
from heddle_client.rendering.signal_text import signal_lines, signal_note
from heddle_client.rendering.signature_text import signatures_lines
from heddle_client.rendering.words import counted, fate, fate_mark, file_fate, lines_of, short
from heddle_client.visible import visible

if TYPE_CHECKING:
    from heddle_client.rendering.paint import Paint
    from heddle_client.values import (
        ListSignaturesResponse,
        ReviewKind,
        ReviewPayload,
    )

_WIDEST: Final = 100
"""Longer lines are hard to read, however wide the terminal is."""
_SYMBOL_COLUMN: Final = 34
_LISTED: Final = 20
_STYLES: Final = {"+": "added", "-": "removed", "~": "edited", ">": "placed", "=": "quiet"}


def review_text(
    review: ReviewPayload,
    signatures: ListSignaturesResponse | None,
    *,
    width: int,
    paint: Paint,
) -> str:
    """Return a review as text.

    Args:
        review: what the daemon tells.
        signatures: those of the state; None where there are none to ask for, as for a worktree.
        width: how many cells a line may take.
        paint: colours, or `plain`.
    """
    page = _Page(review, signatures, min(width, _WIDEST), paint)
    return "\n\n".join("\n".join(block) for block in page.blocks() if block)


class _Page:
    """The blocks of a review, from top to bottom."""

    def __init__(
        self,
        review: ReviewPayload,
        signatures: ListSignaturesResponse | None,
        width: int,
        paint: Paint,
    ) -> None:
        self._review = review
        self._signatures = signatures
        self._width = width
        self._paint = paint

    def blocks(self) -> Iterator[list[str]]:
        """Yield each block's lines; a block without any is to be left out."""
        yield list(self._head())
        yield list(self._narrative())
        yield list(self._requirements())
        yield list(self._signals())
        for group in reading_order(self._review):
            yield list(self._group(group))
        yield list(self._unread())
        yield list(self._discussions())
        yield list(self._signing())

    def _heading(self, title: str, note: str = "") -> str:
        return self._paint("heading", title) + (self._paint("quiet", f"  {note}") if note else "")

    def _head(self) -> Iterator[str]:
        review, summary = self._review, self._review.summary
        if review.state_id:
            yield self._paint("state", f"state {review.state_id.hex()}")
            for line in wrapped(visible(summary.headline), self._width):
                yield self._paint("heading", line)
        else:
            yield self._paint("heading", "The worktree, before it is committed")
        against = short(review.prior_state_id) if review.prior_state_id else "nothing"
        totals = ", ".join(
            (
                f"{counted(summary.files_changed, 'file')} changed",
                f"{counted(summary.added_lines, 'line')} added",
                f"{summary.removed_lines} removed",
            )
        )
        yield from wrapped(f"{totals}; compared with {against}", self._width)
        if review.is_truncated:
            note = "Only a part of the change is listed here; the totals are those of all of it."
            for line in wrapped(note, self._width):
                yield self._paint("warning", line)

    def _narrative(self) -> Iterator[str]:
        if self._review.agent_narrative.strip():
            yield self._heading("What the agent says")
            yield from text_lines(self._review.agent_narrative.strip("\n"), self._width, "  ")

    def _requirements(self) -> Iterator[str]:
        asked = applying(self._review)
        if asked:
            yield self._heading("To be merged")
        for requirement in asked:
            verdict, style = ("met", "good") if requirement.satisfied else ("not met", "bad")
            text = visible(requirement.description)
            if not requirement.satisfied and requirement.explanation:
                text += f": {visible(requirement.explanation)}"
            first = f"  {verdict:<7}  "
            for number, line in enumerate(hanging(first, text, self._width)):
                yield line.replace(verdict, self._paint(style, verdict), 1) if not number else line

    def _signals(self) -> Iterator[str]:
        review = self._review
        raised = raised_signals(review)
        hidden = 0 if review.all_signals else review.summary.hidden_signal_count
        if not (raised or hidden or review.signals_incomplete):
            return
        yield self._heading("Signals", f"{hidden} more with --all-signals" if hidden else "")
        for signal in raised:
            yield from signal_lines(signal, self._width, self._paint, "  ")
        if review.signals_incomplete:
            note = "The repository is still being read; ask again for the signals that need it."
            for line in hanging("  ", note, self._width):
                yield self._paint("quiet", line)

    def _group(self, group: Group) -> Iterator[str]:
        yield self._heading(group.title, str(len(group.entries)))
        for file, entries in groupby(group.entries, key=lambda entry: entry.file):
            yield from self._file(file, list(entries))

    def _file(self, file: str, entries: Sequence[Entry]) -> Iterator[str]:
        changed = entries[0].changed_file
        whole = [entry for entry in entries if entry.is_file]
        details = file_fate(changed, with_status=bool(whole)) if changed is not None else ""
        yield from self._two_columns("  ", visible(file), details, 0)
        for entry in whole:
            yield from self._notes(entry)
        symbols = [entry for entry in entries if not entry.is_file]
        column = min(
            max((cells(visible(each.symbol)) for each in symbols), default=0), _SYMBOL_COLUMN
        )
        for entry in symbols:
            yield from self._symbol(entry, column)
            yield from self._notes(entry)

    def _symbol(self, entry: Entry, column: int) -> Iterator[str]:
        change = entry.change
        if change is None:
            yield f"    {visible(entry.symbol)}"
            return
        mark = fate_mark(change)
        first = f"    {mark} "
        details = ", ".join(filter(None, (fate(change), lines_of(change))))
        lines = self._two_columns(first, visible(entry.symbol), details, column)
        style = _STYLES[mark]
        for number, line in enumerate(lines):
            if not change.changes_meaning:
                yield self._paint("quiet", line)
            elif number:
                yield line
            else:
                name = cells(first) + len(visible(entry.symbol))
                yield self._paint(style, line[:name]) + line[name:]

    def _two_columns(self, first: str, name: str, details: str, column: int) -> Iterator[str]:
        """Yield a name with what is told of it beside it, or below it where both do not fit."""
        line = f"{first}{padded(name, column)}  {details}".rstrip()
        if cells(line) <= self._width:
            yield line
            return
        yield first + name
        if details:
            yield from hanging(" " * (cells(first) + 4), details, self._width)

    def _notes(self, entry: Entry) -> Iterator[str]:
        room = self._width - 8
        for signal in entry.signals:
            yield "      " + self._paint("warning", "! ") + cut(signal_note(signal), room)
        for discussion in entry.discussions:
            yield "      " + self._paint("talk", "? ") + cut(discussion_note(discussion), room)
        for annotation in entry.annotations:
            text = f"{visible(annotation.kind)}: {visible(annotation.content)}"
            yield "      " + self._paint("talk", "@ ") + cut(text, room)

    def _unread(self) -> Iterator[str]:
        files = unread_files(self._review)
        if not files:
            return
        yield self._heading("Files that could not be read in full", str(len(files)))
        for path, reason in files[:_LISTED]:
            yield from self._two_columns("  ", visible(path), reason, 0)
        if len(files) > _LISTED:
            yield f"  and {len(files) - _LISTED} more"

    def _discussions(self) -> Iterator[str]:
        if self._review.discussions:
            yield self._heading("Discussions", str(len(self._review.discussions)))
        for discussion in self._review.discussions:
            yield from discussion_lines(discussion, self._width, self._paint, "  ")

    def _signing(self) -> Iterator[str]:
        if self._signatures is None:
            return
        yield self._heading("Signatures")
        listed = list(signatures_lines(self._signatures, self._width, self._paint, "  "))
        yield from listed
        kinds = [kind.name.lower().replace("_", "-") for kind in self._kinds()]
        if kinds:
            how = f"`heddle sign {short(self._review.state_id)}` signs it"
            others = f", as {', '.join(kinds)} with --kind" if len(kinds) > 1 else ""
            yield from hanging("  ", f"{'' if listed else 'None. '}{how}{others}.", self._width)

    def _kinds(self) -> Sequence[ReviewKind]:
        return self._review.signing_footer.available_kinds
