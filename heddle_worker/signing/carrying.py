"""Which signatures still say something about a state that they were not made for. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass

from heddle_worker.signing.touching import Holder, Touched, Touching
from heddle_worker.store.signatures import Binding


@dataclass(frozen=True, slots=True)
class Holding:
    """A signature that holds in a state.

    Attributes:
        signature: the signature.
        covers: what of the state's change its signer has seen as it is.
    """

    signature: Binding
    covers: frozenset[Touched]


def holding(
    state: bytes,
    touching: Touching,
    signatures: Iterable[Binding],
    content_at: Callable[[bytes, str], bytes | None],
) -> tuple[Holding, ...]:
    """Return those of some signatures that hold in a state, in their order.

    One that was made for the state itself does. One over the whole of another change does if this
    is the same change. One over symbols does if each of them has the same contents here: at its
    place, or, if nothing is there any more, at a place that the change has touched.

    Args:
        state: raw id of the commit.
        touching: what it changes.
        signatures: those that may hold.
        content_at: returns the digest of a symbol in the state by its path and name, the name empty
            for the file as a whole; `None` if it is not there.
    """
    found = []
    for signature in signatures:
        covers: Iterable[Touched] | None
        if signature.covered:
            covers = _by_symbols(signature, touching, content_at)
        else:
            is_same = touching.change != b"" and signature.change == touching.change
            covers = touching.touched if is_same or signature.state == state else None
        if covers is not None:
            found.append(Holding(signature, frozenset(covers)))
    return tuple(found)


def _by_symbols(
    signature: Binding, touching: Touching, content_at: Callable[[bytes, str], bytes | None]
) -> list[Touched] | None:
    """Return what a signature over symbols covers; `None` if one of them is another by now."""
    contents = touching.contents
    moved: set[bytes] = set()
    stayed: set[tuple[bytes, Holder]] = set()
    for covered in signature.covered:
        there = content_at(covered.path, covered.symbol)
        if there == covered.content:
            stayed.add((covered.path, Holder(covered.symbol, covered.content)))
        elif there is None and covered.content in contents:
            moved.add(covered.content)
        else:
            return None
    return [each for each in touching.touched if _is_covered(each, stayed, moved)]


def _is_covered(touched: Touched, stayed: Set[tuple[bytes, Holder]], moved: Set[bytes]) -> bool:
    """Whether one of some symbols holds a place: by its own place, or wherever it has moved.

    That another symbol has the same bytes as one that was signed makes it no signed one.
    """
    return any(
        (touched.path, holder) in stayed or holder.content in moved for holder in touched.holders
    )
