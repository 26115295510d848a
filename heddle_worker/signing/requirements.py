"""What has to be met before a state may be merged, and whether it is. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from heddle_worker.repository.display import displayed
from heddle_worker.review.configuration import RequirementSettings
from heddle_worker.signals.signal import Signal
from heddle_worker.signing.carrying import Holding
from heddle_worker.signing.touching import Touched

_NAMED: Final = 5
"""How many of what is missing an explanation names."""


class RequirementStatus(enum.Enum):
    """Whether a requirement is met."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition for merging.

    Attributes:
        id: `signed_by`, `min_signatures`, `blocking_signals` or `open_discussions`.
        description: what is wanted, in one line.
        status: whether it is met.
        explanation: why, and what is to be done if it is not, in one line.
    """

    id: str
    description: str
    status: RequirementStatus
    explanation: str


@dataclass(frozen=True, slots=True)
class OpenDiscussion:
    """A discussion on something that the change touches, which is not resolved.

    Attributes:
        id: as clients know it.
        anchor: where it is, as `file:symbol`.
    """

    id: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about a state when its requirements are looked at.

    Attributes:
        has_changed: whether the state changes anything.
        touched: what it changes; only asked for if the settings want signatures.
        holding: the signatures that hold in it; likewise.
        discussions: those that are open on what it touches.
        signals: all that were raised, whatever the budget shows of them.
    """

    has_changed: bool
    touched: tuple[Touched, ...] = ()
    holding: tuple[Holding, ...] = ()
    discussions: tuple[OpenDiscussion, ...] = ()
    signals: tuple[Signal, ...] = ()


def wants_signatures(settings: RequirementSettings) -> bool:
    """Return whether it matters who has signed; finding that out takes a look at the change."""
    return bool(settings.signed_by or settings.min_signatures)


def evaluate(settings: RequirementSettings, facts: Facts) -> tuple[Requirement, ...]:
    """Return each requirement with what became of it, always the same ones in the same order."""
    counted = [
        each
        for each in facts.holding
        if not settings.signature_kinds or each.signature.kind in settings.signature_kinds
    ]
    requirements = (
        _signed_by(settings.signed_by, facts.touched, counted),
        _min_signatures(settings.min_signatures, facts.touched, counted),
        _blocking_signals(settings.blocking_signals, facts.signals),
        _open_discussions(settings.open_discussions_block, facts.discussions),
    )
    if facts.has_changed:
        return requirements
    return tuple(
        Requirement(each.id, each.description, _NONE, "nothing was changed")
        for each in requirements
    )


_NONE: Final = RequirementStatus.NOT_APPLICABLE


def _signed_by(
    emails: Sequence[str], touched: Sequence[Touched], counted: Sequence[Holding]
) -> Requirement:
    name, description = "signed_by", f"signed by {', '.join(emails) or 'nobody in particular'}"
    if not emails:
        return Requirement(name, description, _NONE, "review.requirements.signed_by names nobody")
    faults = []
    for email in emails:
        theirs = [
            each for each in counted if each.signature.actor_email.casefold() == email.casefold()
        ]
        missing = _missing(touched, theirs)
        if missing and len(missing) < len(touched):
            faults.append(f"{email} has yet to sign {_listed(map(_shown, missing))}")
        elif missing:
            faults.append(f"{email} has not signed")
    return _judged(name, description, faults, "all of them have signed", "sign with SignState")


def _min_signatures(
    least: int, touched: Sequence[Touched], counted: Sequence[Holding]
) -> Requirement:
    name, description = "min_signatures", f"signed with at least {least} different keys"
    if not least:
        return Requirement(name, description, _NONE, "review.requirements.min_signatures is 0")
    by_key: dict[bytes, list[Holding]] = {}
    for each in counted:
        by_key.setdefault(each.signature.key_id, []).append(each)
    complete = sum(not _missing(touched, theirs) for theirs in by_key.values())
    told = f"{complete} of {len(by_key)} keys that were used have signed all that was changed"
    faults = [] if complete >= least else [f"{told}, {least - complete} more are wanted"]
    return _judged(name, description, faults, told, "sign with SignState")


def _blocking_signals(kinds: Sequence[str], signals: Sequence[Signal]) -> Requirement:
    name, description = "blocking_signals", f"no signal {', '.join(kinds) or 'in particular'}"
    if not kinds:
        text = "review.requirements.blocking_signals names none"
        return Requirement(name, description, _NONE, text)
    raised = [f"{each.kind} at {_anchor(each)}" for each in signals if each.kind in kinds]
    faults = [f"raised: {_listed(raised)}"] if raised else []
    todo = "change what they point at; each one's reason is in all_signals"
    return _judged(name, description, faults, "none was raised", todo)


def _open_discussions(blocks: bool, discussions: Sequence[OpenDiscussion]) -> Requirement:
    name, description = "open_discussions", "no open discussion on what was changed"
    if not blocks:
        text = "review.requirements.open_discussions_block is false"
        return Requirement(name, description, _NONE, text)
    opened = [f"{each.id} on {each.anchor}" for each in discussions]
    faults = [f"open: {_listed(opened)}"] if opened else []
    todo = "settle it with `heddle discuss resolve`"
    return _judged(name, description, faults, "none is open", todo)


def _judged(
    name: str, description: str, faults: Sequence[str], good: str, todo: str
) -> Requirement:
    if faults:
        text = f"{'; '.join(faults)}; {todo}"
        return Requirement(name, description, RequirementStatus.FAIL, text)
    return Requirement(name, description, RequirementStatus.PASS, good)


def _missing(touched: Iterable[Touched], theirs: Iterable[Holding]) -> list[Touched]:
    """Return what none of some signatures covers."""
    covered = frozenset[Touched]().union(*(each.covers for each in theirs))
    return [each for each in touched if each not in covered]


def _listed(items: Iterable[str]) -> str:
    listed = list(items)
    rest = len(listed) - _NAMED
    return ", ".join(listed[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _shown(touched: Touched) -> str:
    path = displayed(touched.path)
    return f"{path}:{touched.symbol}" if touched.symbol else path


def _anchor(signal: Signal) -> str:
    parts = [displayed(signal.file), signal.symbol]
    if signal.start_line:
        parts.append(f"{signal.start_line}-{signal.end_line}")
    return ":".join(filter(None, parts))
