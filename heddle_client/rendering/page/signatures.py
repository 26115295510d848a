"""Who has signed the review, with what, and for which part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from heddle_client.rendering.page.elements import (
    EMPTY,
    counted,
    element,
    foreign,
    joined,
    span,
    words,
)
from heddle_client.rendering.page.escaping import Html, name, prose
from heddle_client.rendering.page.places import linked, moment, short_state
from heddle_client.rendering.page.sections import disclosure, listed, paragraph, part, section, tag

if TYPE_CHECKING:
    from heddle_client.rendering.page.material import Material
    from heddle_client.values import ListSignaturesResponse, ReviewSignature

_TEXT_KEYS: Final = frozenset({"ssh", "rsa", "rsa-pss"})
"""Algorithms whose keys are text."""


def signatures(material: Material, found: ListSignaturesResponse | None) -> Html:
    """Return the signatures of the state, and those of others that hold for it."""
    if found is None or not material.review.state_id:
        none = "What is not committed cannot be signed."
        return section("signatures", "Signatures", paragraph(words(none), class_="none"))
    own = [_signature(material, each) for each in found.signatures]
    carried = [_signature(material, each, is_carried=True) for each in found.carried]
    nobody = paragraph(words("Nobody has signed this state."), class_="none")
    return section(
        "signatures",
        "Signatures",
        listed("ul", own, "signatures") or nobody,
        part(
            "carried",
            "Made for another state, and good for this one",
            listed("ul", carried, "signatures"),
            count=len(carried),
        )
        if carried
        else EMPTY,
        _ways_to_sign(material),
        count=len(own) + len(carried) or None,
    )


def _signature(material: Material, signed: ReviewSignature, *, is_carried: bool = False) -> Html:
    who = paragraph(
        element("strong", foreign(signed.actor_name)),
        words(" "),
        span("dim", foreign(signed.actor_email)),
        words(" "),
        tag("good", _kind(signed.kind.name)),
        class_="by",
    )
    facts = [moment(signed.signed_at), words(" · "), name(signed.algorithm)]
    if is_carried:
        facts += [words(" · made for "), short_state(signed.signed_state_id)]
    reason = element("div", prose(signed.justification), class_="prose", dir="auto")
    return joined(
        (
            who,
            paragraph(*facts, class_="circumstances"),
            _scope(material, signed),
            reason if signed.justification else EMPTY,
            disclosure(words("Public key"), element("pre", _key(signed))),
        )
    )


def _scope(material: Material, signed: ReviewSignature) -> Html:
    symbols = signed.scope.symbols
    if symbols is None:
        return paragraph(words("for the whole change"))
    return disclosure(
        words(f"for {counted(len(symbols.symbols), 'symbol')}"),
        listed("ul", (linked(material, each.file, each.symbol) for each in symbols.symbols)),
    )


def _ways_to_sign(material: Material) -> Html:
    kinds = [_kind(each.name) for each in material.review.signing_footer.available_kinds]
    if not kinds:
        return EMPTY
    return paragraph(words(f"It can be signed as {_either(kinds)}."), class_="about")


def _either(kinds: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(kinds[:-1]), kinds[-1])))


def _kind(constant: str) -> str:
    return constant.lower().replace("co_review", "co-review").replace("_", " ")


def _key(signed: ReviewSignature) -> Html:
    if signed.algorithm.lower() in _TEXT_KEYS:
        return prose(signed.public_key.decode(errors="backslashreplace"))
    return name(signed.public_key.hex())
