"""Which signatures still say something about a state that they were not made for. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from heddle_worker.signing.touching import Touched, Touching
from heddle_worker.store.signatures import Binding, CoveredSymbol


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
    everything = frozenset(touching.touched)
    contents = touching.contents

    def holds(covered: CoveredSymbol) -> bool:
        found = content_at(covered.path, covered.symbol)
        return covered.content in contents if found is None else found == covered.content

    found = []
    for signature in signatures:
        if not signature.covered:
            if signature.state == state or (
                touching.change and signature.change == touching.change
            ):
                found.append(Holding(signature, everything))
        elif signature.state == state or all(map(holds, signature.covered)):
            signed = {covered.content for covered in signature.covered}
            covers = frozenset(each for each in everything if signed.intersection(each.contents))
            found.append(Holding(signature, covers))
    return tuple(found)
