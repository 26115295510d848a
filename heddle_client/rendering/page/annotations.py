"""What was written down about symbols."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from heddle_client.rendering.page.elements import EMPTY, element, joined, link, span, words
from heddle_client.rendering.page.escaping import Html, name, prose
from heddle_client.rendering.page.places import linked
from heddle_client.rendering.page.sections import listed, paragraph, section, tag

if TYPE_CHECKING:
    from heddle_client.rendering.page.material import Material
    from heddle_client.values import Annotation

_GIST: Final = 160


def written_down(material: Material) -> Html:
    """Return all annotations in full; nothing when there are none."""
    found = material.annotations.values()
    if not found:
        return EMPTY
    return section(
        "annotations",
        "Annotations",
        listed("ul", (_annotation(material, each) for each in found), "annotations"),
        count=len(found),
    )


def annotation_note(material: Material, annotation: Annotation) -> Html:
    """Return the beginning of an annotation as a note at its place."""
    text = " ".join(annotation.content.split())
    shown = text if len(text) <= _GIST else text[: _GIST - 1].rstrip() + "…"
    return paragraph(
        link(material.note_id(annotation.id), span("kind", name(annotation.kind))),
        words(" "),
        element("bdi", name(shown)),
        class_="annotation",
    )


def _annotation(material: Material, annotation: Annotation) -> Html:
    anchor = annotation.anchor
    where = joined(
        (
            words("was at " if annotation.orphaned else ""),
            linked(material, anchor.file, anchor.symbol),
        )
    )
    return element(
        "article",
        paragraph(
            span("kind", name(annotation.kind)),
            span("place", where),
            *(tag("", each) for each in annotation.tags),
            class_="circumstances",
        ),
        element("div", prose(annotation.content), class_="prose", dir="auto"),
        id=material.note_id(annotation.id),
    )
