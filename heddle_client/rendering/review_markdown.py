"""A review in Markdown, fit for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from heddle_client.rendering.discussion_text import short_id, status_text
from heddle_client.rendering.markdown import code, prose, quoted, table
from heddle_client.rendering.reading_order import (
    Entry,
    Group,
    applying,
    is_open,
    raised_signals,
    reading_order,
    unread_files,
)
from heddle_client.rendering.words import (
    anchor_text,
    counted,
    fate,
    file_fate,
    line_range,
    local_time,
    short,
)

if TYPE_CHECKING:
    from heddle_client.values import (
        AnchoredDiscussion,
        ListSignaturesResponse,
        ReviewPayload,
        ReviewSignature,
        RiskSignal,
    )

MOST: Final = 60_000
"""Characters of a whole review: a comment on GitHub takes 65,536."""
_LONG: Final = 2_000
"""Characters of one text within it."""
_LISTED: Final = 50


def review_markdown(review: ReviewPayload, signatures: ListSignaturesResponse | None) -> str:
    """Return a review as Markdown of at most `MOST` characters; says what was left out.

    Args:
        review: what the daemon tells.
        signatures: those of the state; None where there are none to ask for, as for a worktree.
    """
    blocks = [
        _head(review),
        _narrative(review),
        _requirements(review),
        _signals(review),
        _discussions(review),
        _unread(review),
        _signatures(signatures),
    ]
    rest = _joined(blocks)
    # The reading order is what can be long, and what comes first is what matters more.
    order = list(_reading_order(review, MOST - len(rest)))
    return _joined([*blocks[:4], *order, *blocks[4:]]) + "\n"


def _joined(blocks: Sequence[Sequence[str]]) -> str:
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _head(review: ReviewPayload) -> list[str]:
    summary = review.summary
    what = code(short(review.state_id)) if review.state_id else "a worktree"
    headline = f": {prose(summary.headline)}" if summary.headline else ""
    against = code(short(review.prior_state_id)) if review.prior_state_id else "nothing"
    totals = (
        f"{counted(summary.files_changed, 'file')} changed, "
        f"{counted(summary.added_lines, 'line')} added, {summary.removed_lines} removed; "
        f"compared with {against}."
    )
    lines = [f"### Review of {what}{headline}", "", totals]
    if review.is_truncated:
        lines += ["", "_Only a part of the change is listed; the totals are those of all of it._"]
    return lines


def _narrative(review: ReviewPayload) -> list[str]:
    if not review.agent_narrative.strip():
        return []
    return ["**What the agent says**", "", quoted(_shortened(review.agent_narrative))]


def _requirements(review: ReviewPayload) -> list[str]:
    rows = [
        (
            "met" if each.satisfied else "**not met**",
            prose(each.description),
            prose(each.explanation),
        )
        for each in applying(review)
    ]
    return ["#### To be merged", "", *table(("", "Requirement", "Why"), rows)] if rows else []


def _signals(review: ReviewPayload) -> list[str]:
    raised = raised_signals(review)
    hidden = 0 if review.all_signals else review.summary.hidden_signal_count
    lines = [_signal(each) for each in raised[:_LISTED]]
    if len(raised) > _LISTED:
        lines.append(f"- and {len(raised) - _LISTED} more")
    if hidden:
        lines.append(f"- {counted(hidden, 'signal')} more, of less weight, not shown")
    if review.signals_incomplete:
        lines.append("- _the repository is still being read: others may follow_")
    return ["#### Signals", "", *lines] if lines else []


def _signal(signal: RiskSignal) -> str:
    hidden = " (hidden)" if signal.visibility == "hidden" else ""
    place = code(anchor_text(signal.anchor))
    return f"- {code(signal.kind)}{hidden} at {place}: {prose(signal.reason)}"


def _reading_order(review: ReviewPayload, room: int) -> Iterator[list[str]]:
    for group in reading_order(review):
        block, left_out = _group(group, room)
        if left_out:
            block += ["", f"_and {left_out} more, for which there is no room here_"]
        room -= len("\n".join(block)) + 2
        yield block


def _group(group: Group, room: int) -> tuple[list[str], int]:
    """Return a group's lines, and how many entries did not fit."""
    title = f"#### {group.title} ({len(group.entries)})"
    lines = [title, "", *table(("Symbol", "File", "What", "Lines", "Look at"), ())]
    used = sum(map(len, lines)) + 200
    for number, entry in enumerate(group.entries):
        (row,) = table((), [_row(entry)])[2:]
        used += len(row) + 1
        if used > room:
            return (lines if number else [title]), len(group.entries) - number
        lines.append(row)
    return lines, 0


def _row(entry: Entry) -> tuple[str, ...]:
    change, changed_file = entry.change, entry.changed_file
    if change is not None:
        what = prose(fate(change))
        lines = line_range(change.start_line, change.end_line) if change.start_line else ""
    else:
        what, lines = prose(file_fate(changed_file)) if changed_file is not None else "", ""
    notes = [code(signal.kind) for signal in entry.signals]
    notes += [f"discussion {code(short_id(each.id))}" for each in entry.discussions]
    notes += [prose(annotation.kind) for annotation in entry.annotations]
    symbol = "" if entry.is_file else code(entry.symbol)
    return symbol, code(entry.file), what, lines, ", ".join(notes)


def _discussions(review: ReviewPayload) -> list[str]:
    found = review.discussions
    if not found:
        return []
    lines = []
    for discussion in sorted(found, key=lambda each: not is_open(each))[:_LISTED]:
        lines += ["", *_discussion(discussion)]
        if sum(map(len, lines)) > MOST // 3:
            break
    return [f"#### Discussions ({len(found)})", *lines]


def _discussion(discussion: AnchoredDiscussion) -> list[str]:
    anchor, last = discussion.anchor, discussion.turns[-1]
    place = anchor.file if anchor.symbol == anchor.file else f"{anchor.file}:{anchor.symbol}"
    head = f"{code(short_id(discussion.id))} {prose(status_text(discussion))}, on {code(place)}"
    more = counted(len(discussion.turns), "turn")
    return [
        f"{head}; {more}, the last by {prose(last.author_name)}:",
        "",
        quoted(_shortened(last.body)),
    ]


def _unread(review: ReviewPayload) -> list[str]:
    files = unread_files(review)
    if not files:
        return []
    lines = [f"- {code(path)}: {prose(reason)}" for path, reason in files[:_LISTED]]
    if len(files) > _LISTED:
        lines.append(f"- and {len(files) - _LISTED} more")
    return ["#### Files that could not be read in full", "", *lines]


def _signatures(signatures: ListSignaturesResponse | None) -> list[str]:
    if signatures is None:
        return []
    lines = [_signature(each, "") for each in signatures.signatures]
    lines += [_signature(each, short(each.signed_state_id)) for each in signatures.carried]
    if len(lines) > _LISTED:
        lines[_LISTED:] = [f"- and {len(lines) - _LISTED} more"]
    return ["#### Signatures", "", *(lines or ["None."])]


def _signature(signature: ReviewSignature, carried: str) -> str:
    kind = prose(signature.kind.name.lower().replace("_", "-"))
    scope = "the whole change"
    if signature.scope.symbols is not None:
        scope = counted(len(signature.scope.symbols.symbols), "symbol")
    told = (
        f"- {kind} of {scope} by {prose(signature.actor_name)}, {local_time(signature.signed_at)}"
    )
    return told + (f", carried from {code(carried)}" if carried else "")


def _shortened(text: str) -> str:
    return text if len(text) <= _LONG else text[:_LONG] + "…"
