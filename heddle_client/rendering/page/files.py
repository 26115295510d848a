"""All changed files, in a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from heddle_client.rendering.page.elements import EMPTY, element, joined, link, span, words
from heddle_client.rendering.page.escaping import Html, name
from heddle_client.rendering.page.places import lines, path
from heddle_client.rendering.page.sections import disclosure, paragraph, section, tag

if TYPE_CHECKING:
    from heddle_client.rendering.page.material import Material
    from heddle_client.values import ChangedFile

_MOST_OPEN: Final = 60
"""A table of more files is disclosed when one asks for it."""
_WORDS: Final = {
    "A": "added",
    "D": "deleted",
    "M": "modified",
    "R": "renamed",
    "T": "another type",
}
_UNREAD: Final = {
    "partial": "read around its syntax errors",
    "unknown_language": "its language is not known",
    "binary": "binary",
    "too_large": "not read: too large",
    "too_slow": "not read: took too long",
    "failed": "not read: the parser failed on it",
    "missing": "not read: its contents are not in this clone",
}


def file_word(file: ChangedFile) -> str:
    """Return what became of a file."""
    return _WORDS.get(file.status, file.status)


def unread(file: ChangedFile) -> str:
    """Return why not all symbols of a file are known; empty when they are."""
    if file.is_binary:
        return "binary"
    return _UNREAD.get(file.outline, "" if file.outline in {"", "complete"} else file.outline)


def files(material: Material) -> Html:
    """Return the table of all changed files."""
    found = material.review.changed_files
    if not found:
        return section("files", "Files", paragraph(words("No file has changed."), class_="none"))
    heads = (element("th", words(each), scope="col") for each in ("File", "Change", "Lines"))
    table = element(
        "table",
        element("caption", words("All changed files, with lines added and removed")),
        element("thead", element("tr", *heads)),
        element("tbody", *(_row(material, each) for each in found)),
        class_="files",
    )
    if len(found) > _MOST_OPEN:
        table = disclosure(words(f"Show all {len(found):,} files"), table)
    return section("files", "Files", table, count=len(found))


def _row(material: Material, file: ChangedFile) -> Html:
    target = material.target(file.path, "")
    shown = path(file.path)
    notes = [span("was", words("was "), path(file.old_path))] if file.old_path else []
    notes += [span("dim", name(each)) for each in (file.language, unread(file)) if each]
    notes += [tag("warn", "by the merge")] if file.by_merge else []
    counts = lines(file.added_lines, file.removed_lines)
    return element(
        "tr",
        element(
            "th",
            link(target, shown) if target else shown,
            words(" "),
            span("circumstances", joined(notes, " · ")) if notes else EMPTY,
            scope="row",
        ),
        element("td", tag(file_word(file), file_word(file))),
        element("td", span("dim", words("binary")) if file.is_binary else counts),
    )
