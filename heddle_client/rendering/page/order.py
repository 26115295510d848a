"""The reading order: what to read, file by file, with all that is said about each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from heddle_client.rendering.page.annotations import annotation_note
from heddle_client.rendering.page.elements import EMPTY, counted, element, joined, span, words
from heddle_client.rendering.page.escaping import Html, name
from heddle_client.rendering.page.files import file_word, unread
from heddle_client.rendering.page.material import Block, Entry, Group, Material, Said, is_open
from heddle_client.rendering.page.places import line_range, lines, path, symbol
from heddle_client.rendering.page.sections import paragraph, part, section, tag
from heddle_client.rendering.page.signals import signal_note
from heddle_client.rendering.page.talk import discussion

if TYPE_CHECKING:
    from heddle_client.values import ChangedFile, ChangedSymbol

_MOST_OPEN: Final = 400
"""Up to so many things to read, all of them are disclosed."""
_MOST_NAMED: Final = 30
"""So many of the symbols of a file are named where it is read as a whole."""


def reading_order(material: Material) -> Html:
    """Return the backbone of the page."""
    nothing = paragraph(words("Nothing has changed."), class_="none")
    groups = [_group(material, each) for each in material.groups]
    return section("order", "Reading order", *(groups or [nothing]), count=material.size or None)


def _group(material: Material, group: Group) -> Html:
    discloses_all = material.size <= _MOST_OPEN
    blocks = [
        _block(material, each, is_open=discloses_all or each.is_pressing) for each in group.blocks
    ]
    about = paragraph(words(group.about), class_="about")
    return part(group.id, group.title, about, *blocks, count=group.size)


def _block(material: Material, block: Block, *, is_open: bool) -> Html:
    heading = element("h4", path(block.path))
    facts = span("facts", *_of_file(block.file), *_talked_about(block))
    return element(
        "details",
        element("summary", heading, facts),
        _said(material, block.said, of_file=True),
        element("ol", *(_entry(material, block, each) for each in block.entries), role="list"),
        id=block.id,
        class_="file",
        open=is_open,
    )


def _of_file(file: ChangedFile | None) -> list[Html]:
    if file is None:
        return []
    word = [] if file.status == "M" else [tag(file_word(file), file_word(file))]
    by_merge = [tag("warn", "by the merge")] if file.by_merge else []
    counts = tag("", "binary") if file.is_binary else lines(file.added_lines, file.removed_lines)
    return [*word, *by_merge, counts]


def _talked_about(block: Block) -> list[Html]:
    """Return what lies within, for whoever has not disclosed it."""
    all_said = [block.said, *(entry.said for entry in block.entries)]
    raised = sum(each.visibility != "hidden" for said in all_said for each in said.signals)
    talking = sum(is_open(each) for said in all_said for each in said.discussions)
    found = [counted(len(block.entries), "entry", "entries")]
    found += [counted(raised, "signal")] if raised else []
    found += [f"{talking} open discussion{'s'[: talking > 1]}"] if talking else []
    return [span("within", words(", ".join(found)))]


def _entry(material: Material, block: Block, entry: Entry) -> Html:
    shown = _symbol_entry(entry) if entry.symbol else _file_entry(block, entry)
    is_safe = bool(entry.changes) and not any(each.changes_meaning for each in entry.changes)
    return element(
        "li",
        *shown,
        _said(material, entry.said, of_file=not entry.symbol),
        id=entry.id,
        class_="entry safe" if is_safe and entry.symbol else "entry",
        tabindex="-1",
    )


def _symbol_entry(entry: Entry) -> list[Html]:
    kind = entry.changes[0].kind if entry.changes else ""
    heading = element(
        "h5",
        symbol(entry.symbol),
        words(" "),
        span("dim", name(kind)),
    )
    return [heading, *map(_change, entry.changes)]


def _change(change: ChangedSymbol) -> Html:
    parts = [joined((tag(each, each) for each in change.changes), " ")]
    if change.start_line:
        side = "were " if "deleted" in change.changes else ""
        parts += [
            words(" "),
            span("lines", words(side), line_range(change.start_line, change.end_line)),
        ]
    if not change.changes_meaning:
        parts += [words(" "), span("dim", words("safe to skim"))]
    if change.previous is not None:
        parts += [words(" "), span("was", words("was "), _previous(change))]
    return paragraph(*parts, class_="change")


def _previous(change: ChangedSymbol) -> Html:
    before = change.previous
    if before is None:
        return EMPTY
    own = [] if before.symbol == change.anchor.symbol else [symbol(before.symbol)]
    file = [] if before.file == change.anchor.file else [path(before.file)]
    return joined((*own, *file), " in ")


def _file_entry(block: Block, entry: Entry) -> list[Html]:
    heading = element("h5", words("The file as a whole"))
    return [heading, *_about_file(block.file), *_symbols_in(entry)]


def _about_file(file: ChangedFile | None) -> list[Html]:
    if file is None:
        return []
    found = [tag(file_word(file), file_word(file))]
    if file.old_path:
        found += [span("was", words("was "), path(file.old_path))]
    reason = unread(file)
    found += [span("dim", words(reason))] if reason else []
    return [paragraph(joined(found, " "), class_="change")]


def _symbols_in(entry: Entry) -> list[Html]:
    if not entry.changes:
        return []
    named = [symbol(each.anchor.symbol) for each in entry.changes[:_MOST_NAMED]]
    rest = len(entry.changes) - len(named)
    more = words(f" and {rest:,} more") if rest else EMPTY
    return [paragraph(words("In it: "), joined(named, ", "), more, class_="within-file")]


def _said(material: Material, said: Said, *, of_file: bool) -> Html:
    notes = [
        *(annotation_note(material, each) for each in said.annotations),
        *(signal_note(each, of_whole=of_file) for each in said.signals),
        *(discussion(material, each, with_place=of_file) for each in said.discussions),
    ]
    return element("div", *notes, class_="said") if notes else EMPTY
