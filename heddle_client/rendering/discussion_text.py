"""Discussions for people, in the lines of a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from heddle_client.rendering.layout import cut, text_lines, wrapped
from heddle_client.rendering.words import counted, line_range, local_time, place_text, short
from heddle_client.visible import visible

if TYPE_CHECKING:
    from heddle_client.rendering.paint import Paint
    from heddle_client.values import (
        AnchoredDiscussion,
        Discussion,
        DiscussionResolution,
        DiscussionTurn,
    )

    AnyDiscussion = Discussion | AnchoredDiscussion

_SHORT_ID: Final = 8


def short_ids(ids: Sequence[str]) -> dict[str, str]:
    """Return for each id as much of its beginning as tells it from the others, at least 8."""
    found = {}
    ordered = sorted(set(ids))
    for before, one, after in zip(["", *ordered], ordered, [*ordered[1:], ""], strict=False):
        shared = max(_shared(one, before), _shared(one, after))
        found[one] = one[: max(_SHORT_ID, shared + 1)]
    return found


def discussion_note(discussion: AnyDiscussion) -> str:
    """Return a discussion in one line for the place that it is about."""
    turns = discussion.turns
    who = f"{visible(turns[0].author_name)}, {counted(len(turns), 'turn')}"
    first = next((line for line in turns[0].body.split("\n") if line.strip()), "")
    return f"{short_id(discussion.id)} ({who}) {visible(first.strip())}"


def discussion_lines(
    discussion: AnyDiscussion, width: int, paint: Paint, indent: str = "", *, name: str = ""
) -> Iterator[str]:
    """Yield a discussion with all its turns; `name` is the id as it is to be shown."""
    shown = name or short_id(discussion.id)
    head = f"{indent}{shown} {status_text(discussion)}, on {where(discussion)}"
    for number, line in enumerate(wrapped(head, width)):
        yield line.replace(shown, paint("state", shown), 1) if number == 0 else line
    for turn in discussion.turns:
        yield from _turn_lines(turn, width, paint, f"{indent}  ")


def discussions_text(discussions: Sequence[AnyDiscussion], *, width: int, paint: Paint) -> str:
    """Return a list of discussions, each with its first words."""
    names = short_ids([discussion.id for discussion in discussions])
    return "\n".join(
        line
        for discussion in discussions
        for line in _discussion_row(discussion, width, paint, visible(names[discussion.id]))
    )


def short_id(discussion_id: str) -> str:
    """Return the beginning of an id, which tells it from others in all likelihood."""
    return visible(discussion_id[:_SHORT_ID])


def where(discussion: AnyDiscussion) -> str:
    """Return where a discussion is."""
    place = place_text(discussion.anchor.file, discussion.anchor.symbol)
    if discussion.start_line and discussion.anchor.symbol != discussion.anchor.file:
        return f"{place}:{line_range(discussion.start_line, discussion.end_line)}"
    return place


def status_text(discussion: AnyDiscussion) -> str:
    """Return how a discussion stands, in words."""
    words = [_resolution_text(discussion.resolution)]
    if discussion.orphaned:
        words.append("its symbol is gone")
    elif discussion.body_changed_since_open:
        words.append("the code has changed since")
    if discussion.visibility not in ("", "public"):
        words.append(visible(discussion.visibility))
    return ", ".join(words)


def _discussion_row(
    discussion: AnyDiscussion, width: int, paint: Paint, name: str
) -> Iterator[str]:
    """Yield a discussion in two lines of a list: what it is, and its first words."""
    head = f"{name} {status_text(discussion)}, on {where(discussion)}"
    for number, line in enumerate(wrapped(head, width)):
        yield line.replace(name, paint("state", name), 1) if number == 0 else line
    first, turns = discussion.turns[0], len(discussion.turns)
    words = next((line for line in first.body.split("\n") if line.strip()), "")
    more = f"  ({counted(turns - 1, 'answer')})" if turns > 1 else ""
    said = f"  {visible(first.author_name)}: {visible(words.strip())}"
    yield cut(said, max(0, width - len(more))) + paint("quiet", more)


def _resolution_text(resolution: DiscussionResolution) -> str:
    if resolution.into_annotation is not None:
        return "resolved into an annotation"
    if resolution.by_edit is not None:
        return f"resolved by {short(resolution.by_edit.state_id)}"
    if resolution.dismissed is not None:
        return f"dismissed ({visible(resolution.dismissed.reason)})"
    return "open"


def _turn_lines(turn: DiscussionTurn, width: int, paint: Paint, indent: str) -> Iterator[str]:
    author = f"{visible(turn.author_name)} <{visible(turn.author_email)}>"
    for line in wrapped(f"{indent}{author}, {local_time(turn.posted_at)}", width):
        yield paint("talk", line)
    yield from text_lines(turn.body, width, f"{indent}  ")


def _shared(one: str, other: str) -> int:
    return next(
        (place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
        min(len(one), len(other)),
    )
