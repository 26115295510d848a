"""What there is to read in a file: symbols, or the file as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from heddle_client.rendering.page.annotations import annotation_note
from heddle_client.rendering.page.elements import EMPTY, element, joined, span, words
from heddle_client.rendering.page.escaping import Html, name
from heddle_client.rendering.page.files import unread
from heddle_client.rendering.page.material import Block, Entry, Material, Said
from heddle_client.rendering.page.places import line_range, path, symbol
from heddle_client.rendering.page.sections import paragraph, tag
from heddle_client.rendering.page.signals import signal_notes
from heddle_client.rendering.page.talk import discussion

if TYPE_CHECKING:
    from heddle_client.values import ChangedFile, ChangedSymbol, PathSymbolRef

_MOST_NAMED: Final = 30
"""So many of the symbols of a file are named where it is read as a whole."""


def entry_item(material: Material, block: Block, entry: Entry) -> Html:
    """Return an entry with all that is said about it, as an item of its file's list."""
    is_safe = bool(entry.symbol) and _is_safe_to_skim(entry)
    return element(
        "li",
        *(_of_symbol(entry) if entry.symbol else _of_file(block.file, entry)),
        what_is_said(material, entry.said, of_file=not entry.symbol),
        id=entry.id,
        class_="entry safe" if is_safe else "entry",
        tabindex="-1",
    )


def what_is_said(material: Material, said: Said, *, of_file: bool) -> Html:
    """Return what is said about a place; about a file, each of it tells what it means."""
    notes = [
        *(annotation_note(material, each) for each in said.annotations),
        *signal_notes(said.signals, of_file=of_file),
        *(discussion(material, each, with_place=of_file) for each in said.discussions),
    ]
    return element("div", *notes, class_="said") if notes else EMPTY


def _of_symbol(entry: Entry) -> Iterator[Html]:
    kind = entry.changes[0].kind if entry.changes else ""
    skim = " · safe to skim" if _is_safe_to_skim(entry) else ""
    yield element("h5", symbol(entry.symbol), words(" "), span("dim", name(kind + skim)))
    for change in entry.changes:
        yield _change(change)


def _is_safe_to_skim(entry: Entry) -> bool:
    return bool(entry.changes) and not any(each.changes_meaning for each in entry.changes)


def _change(change: ChangedSymbol) -> Html:
    parts = [span("tags", joined((tag(each, each) for each in change.changes), " "))]
    if change.start_line:
        before = words("was at " if "deleted" in change.changes else "")
        parts.append(span("where", before, line_range(change.start_line, change.end_line)))
    if change.previous is not None:
        parts.append(span("was", words("was "), _previous(change.previous, change.anchor)))
    return paragraph(joined(parts, " "), class_="change")


def _previous(before: PathSymbolRef, now: PathSymbolRef) -> Html:
    own = [] if before.symbol == now.symbol else [symbol(before.symbol)]
    file = [] if before.file == now.file else [path(before.file)]
    return joined((*own, *file), " in ")


def _of_file(file: ChangedFile | None, entry: Entry) -> Iterator[Html]:
    reason = "" if file is None else unread(file)
    yield element("h5", words("The file as a whole "), span("dim", words(reason)))
    if file is not None and file.old_path:
        yield paragraph(words("was "), path(file.old_path), class_="within-file")
    if entry.changes:
        symbols = (symbol(each.anchor.symbol) for each in entry.changes[:_MOST_NAMED])
        yield _named("In it: ", symbols, len(entry.changes))
    if entry.moved_out:
        moved = map(_moved, entry.moved_out[:_MOST_NAMED])
        yield _named("Moved out of it: ", moved, len(entry.moved_out))


def _moved(change: ChangedSymbol) -> Html:
    return joined((symbol(change.anchor.symbol), words(" to "), path(change.anchor.file)))


def _named(what: str, found: Iterable[Html], count: int) -> Html:
    rest = count - _MOST_NAMED
    more = words(f" and {rest:,} more") if rest > 0 else EMPTY
    return paragraph(words(what), joined(found, ", "), more, class_="within-file")
