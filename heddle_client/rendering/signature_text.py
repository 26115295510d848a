"""Signatures for people, in the lines of a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from heddle_client.rendering.layout import hanging, text_lines, wrapped
from heddle_client.rendering.words import counted, local_time, place_text, short
from heddle_client.visible import visible

if TYPE_CHECKING:
    from heddle_client.rendering.paint import Paint
    from heddle_client.values import ListSignaturesResponse, ReviewScope, ReviewSignature

_NAMED: Final = 5


def fingerprint(algorithm: str, public_key: bytes) -> str:
    """Return a key's digest as `ssh-keygen -l` shows it; of others than SSH's, of its bytes."""
    import base64
    import hashlib

    key = public_key
    if algorithm.lower() == "ssh":
        words = public_key.split()
        try:
            key = base64.b64decode(words[1], validate=True)
        except (IndexError, ValueError):
            key = public_key
    digest = base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")
    return f"SHA256:{digest}"


def signatures_text(found: ListSignaturesResponse, *, width: int, paint: Paint) -> str:
    """Return the signatures of a state, its own first."""
    return "\n".join(signatures_lines(found, width, paint))


def signatures_lines(
    found: ListSignaturesResponse, width: int, paint: Paint, indent: str = ""
) -> Iterator[str]:
    """Yield the signatures of a state, its own first."""
    for signature in found.signatures:
        yield from _signature_lines(signature, width, paint, indent, "")
    for signature in found.carried:
        carried = f"; carried from {short(signature.signed_state_id)}, where that is the same"
        yield from _signature_lines(signature, width, paint, indent, carried)


def _signature_lines(
    signature: ReviewSignature, width: int, paint: Paint, indent: str, carried: str
) -> Iterator[str]:
    name = visible(signature.signature_id)
    who = f"{visible(signature.actor_name)} <{visible(signature.actor_email)}>"
    kind = signature.kind.name.lower().replace("_", "-")
    head = f"{indent}{name} {kind} by {who}, {local_time(signature.signed_at)}"
    for number, line in enumerate(wrapped(head, width)):
        yield line.replace(name, paint("state", name), 1) if number == 0 else line
    below = f"{indent}  "
    yield from hanging(below, scope_text(signature.scope) + carried, width)
    key = f"{visible(signature.algorithm)} {fingerprint(signature.algorithm, signature.public_key)}"
    for line in hanging(below, key, width):
        yield paint("quiet", line)
    if signature.justification:
        yield from text_lines(signature.justification, width, below)


def scope_text(scope: ReviewScope) -> str:
    """Return what a signature covers."""
    if scope.symbols is None:
        return "the whole change"
    refs = scope.symbols.symbols
    named = ", ".join(place_text(ref.file, ref.symbol) for ref in refs[:_NAMED])
    rest = len(refs) - _NAMED
    return named + (f" and {counted(rest, 'other symbol')}" if rest > 0 else "")
