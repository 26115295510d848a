"""Discussions: in full where they belong, and an index of all of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from heddle_client.rendering.page.elements import (
    EMPTY,
    counted,
    element,
    foreign,
    joined,
    link,
    span,
    words,
)
from heddle_client.rendering.page.escaping import Html, name, prose
from heddle_client.rendering.page.material import Material, is_open
from heddle_client.rendering.page.places import linked, moment, place, short_state
from heddle_client.rendering.page.sections import listed, paragraph, part, section, tag

if TYPE_CHECKING:
    from heddle_client.values import AnchoredDiscussion, DiscussionTurn

_GIST: Final = 100
"""How many characters of the first words a summary has at most."""


def discussions(material: Material) -> Html:
    """Return an index of the discussions, and in full those that have no other place."""
    index = listed("ul", (_indexed(material, each) for each in material.placed), "index")
    nobody = paragraph(words("Nothing was said about what was changed."), class_="none")
    return section(
        "discussions",
        "Discussions",
        EMPTY if material.discussions else nobody,
        index,
        _apart(material, "elsewhere", "On what is not listed here", material.elsewhere),
        _apart(material, "orphaned", "Whose symbol is gone", material.orphaned),
        count=len(material.discussions) or None,
    )


def discussion(material: Material, about: AnchoredDiscussion, *, with_place: bool) -> Html:
    """Return a discussion with its turns, disclosed at once while it is open."""
    facts = [words("opened "), moment(about.opened_at)]
    if about.opened_against_state:
        facts += [words(" against "), short_state(about.opened_against_state)]
    if about.body_changed_since_open:
        facts += [words(" · "), element("strong", words("the code has changed since"))]
    if about.visibility not in {"", "public"}:
        facts += [words(" · for "), name(about.visibility.replace("_", " "))]
    anchor = about.anchor
    where = linked(material, anchor.file, anchor.symbol, about.start_line, about.end_line)
    return element(
        "details",
        element("summary", *_summary(about)),
        paragraph(words("last seen at " if about.orphaned else "at "), where, class_="at")
        if with_place
        else EMPTY,
        paragraph(*facts, class_="circumstances"),
        listed("ol", map(_turn, about.turns), "turns"),
        _outcome(material, about),
        id=material.talk_id(about.id),
        class_="talk",
        open=is_open(about),
    )


def _apart(material: Material, id_: str, title: str, found: Iterable[AnchoredDiscussion]) -> Html:
    talk = [discussion(material, each, with_place=True) for each in found]
    return part(id_, title, *talk, count=len(talk)) if talk else EMPTY


def _indexed(material: Material, about: AnchoredDiscussion) -> Html:
    return joined(
        (
            _standing(about),
            link(material.talk_id(about.id), _first_words(about)),
            span(
                "circumstances",
                joined((*_size(about), words(" · "), _place(about))),
            ),
        ),
        " ",
    )


def _summary(about: AnchoredDiscussion) -> list[Html]:
    gist = span("gist", _first_words(about))
    return [_standing(about), words(" "), *_size(about), words(" "), gist]


def _size(about: AnchoredDiscussion) -> list[Html]:
    turns = counted(len(about.turns), "turn")
    if not about.turns:
        return [words(turns)]
    return [foreign(about.turns[0].author_name), words(f", {turns}")]


def _place(about: AnchoredDiscussion) -> Html:
    return place(about.anchor.file, about.anchor.symbol, about.start_line, about.end_line)


def _standing(about: AnchoredDiscussion) -> Html:
    if is_open(about):
        return tag("warn", "open")
    return tag("", "dismissed" if about.resolution.dismissed is not None else "resolved")


def _first_words(about: AnchoredDiscussion) -> Html:
    text = " ".join((about.turns[0].body if about.turns else "").split())
    shown = text if len(text) <= _GIST else text[: _GIST - 1].rstrip() + "…"
    return element("bdi", name(shown or "(no words)"))


def _turn(turn: DiscussionTurn) -> Html:
    by = paragraph(
        element("strong", foreign(turn.author_name)),
        words(" "),
        span("dim", foreign(turn.author_email), words(" · "), moment(turn.posted_at)),
        class_="by",
    )
    return joined((by, element("div", prose(turn.body), class_="prose", dir="auto")))


def _outcome(material: Material, about: AnchoredDiscussion) -> Html:
    state = about.resolution
    if state.dismissed is not None:
        said = element("bdi", name(state.dismissed.reason))
        return paragraph(element("strong", words("Dismissed: ")), said, class_="outcome")
    if state.by_edit is not None:
        at = short_state(state.by_edit.state_id)
        return paragraph(
            element("strong", words("Resolved by an edit ")), words("in "), at, class_="outcome"
        )
    if state.into_annotation is None:
        return EMPTY
    note = material.note_id(state.into_annotation.annotation_id)
    text = words("an annotation")
    became = link(note, text) if note else text
    return paragraph(
        element("strong", words("Written down ")), words("as "), became, class_="outcome"
    )
