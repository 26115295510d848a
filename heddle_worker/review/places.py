"""What a change touches."""

from __future__ import annotations

from collections.abc import Iterator

from heddle_worker.repository.display import displayed
from heddle_worker.review.change import Change, Place


def touched_places(change: Change) -> set[tuple[bytes, str]]:
    """Return the files and symbols that a change touches, with all that these are nested in.

    A file as a whole is named by what people are shown as its path.
    """
    places = {
        (version.path, displayed(version.path))
        for file in change.diff.files
        for version in (file.old, file.new)
        if version is not None
    }
    for symbol in change.symbols:
        for place in (symbol.old, symbol.new):
            if place is not None:
                places.update((place.path, name) for name in with_holders(place))
    return places


def with_holders(place: Place) -> Iterator[str]:
    """Yield the name of a symbol, and those of all that it is nested in, the innermost first."""
    name = place.symbol.name
    while name:
        yield name
        name = name.rpartition("::")[0]
