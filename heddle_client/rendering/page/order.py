"""The reading order: what to read, file by file, with all that is said about each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from heddle_client.rendering.page.elements import counted, element, span, words
from heddle_client.rendering.page.entries import entry_item, what_is_said
from heddle_client.rendering.page.escaping import Html
from heddle_client.rendering.page.files import file_word
from heddle_client.rendering.page.material import Block, Group, Material, is_open
from heddle_client.rendering.page.places import lines, path
from heddle_client.rendering.page.sections import paragraph, part, section, tag

if TYPE_CHECKING:
    from heddle_client.values import ChangedFile

_MOST_OPEN: Final = 400
"""Up to so many things to read, all of them are disclosed."""


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
        what_is_said(material, block.said, of_file=True),
        element("ol", *(entry_item(material, block, each) for each in block.entries), role="list"),
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
