"""All changed files, in a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from heddle_client.rendering.page.elements import EMPTY, element, joined, link, span, words
from heddle_client.rendering.page.escaping import Html, name
from heddle_client.rendering.page.places import path
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
    "unknown_language": "not in a language whose symbols are known",
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
    return _UNREAD.get(file.outline, "" if file.outline in {"", "complete"} else file.outline)


def files(material: Material) -> Html:
    """Return the table of all changed files."""
    found = material.review.changed_files
    if not found:
        return section("files", "Files", paragraph(words("No file has changed."), class_="none"))
    heads = (("File", False), ("What became of it", False), ("Added", True), ("Removed", True))
    table = element(
        "table",
        element("caption", words("All changed files, with lines added and removed")),
        element("thead", element("tr", *(_head(*each) for each in heads))),
        element("tbody", *(_row(material, each) for each in found)),
        class_="files",
    )
    if len(found) > _MOST_OPEN:
        table = disclosure(words(f"Show all {len(found):,} files"), table)
    return section("files", "Files", table, count=len(found))


def _head(text: str, is_number: bool) -> Html:
    return element("th", words(text), scope="col", class_="number" if is_number else False)


def _row(material: Material, file: ChangedFile) -> Html:
    target = material.target(file.path, "")
    shown = path(file.path)
    notes = [span("was", words("was "), path(file.old_path))] if file.old_path else []
    notes += [span("dim", name(each)) for each in (file.language, _why(file)) if each]
    notes += [tag("warn", "by the merge")] if file.by_merge else []
    return element(
        "tr",
        element(
            "th",
            link(target, shown) if target else shown,
            paragraph(joined(notes, " · "), class_="circumstances") if notes else EMPTY,
            scope="row",
        ),
        element("td", tag(file_word(file), file_word(file))),
        _number("plus", "+", file, file.added_lines),
        _number("minus", "\N{MINUS SIGN}", file, file.removed_lines),
    )


def _why(file: ChangedFile) -> str:
    """Return why a file's symbols are not known, unless its language tells that already."""
    return "binary" if file.is_binary else unread(file)


def _number(class_: str, sign: str, file: ChangedFile, count: int) -> Html:
    shown = words("\N{EN DASH}" if file.is_binary else f"{sign}{count:,}")
    return element("td", span(class_, shown) if count else shown, class_="number")
