"""Ways through history, from one state to another, state by state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from heddle_worker.review.history import History

_MOST_STATES: Final = 50_000


class Routes:
    """Ways to one state.

    Where the state that one comes from lies beyond `most` states of it, there is no way.

    Args:
        history: of the repository.
        target: raw id of the state.
        most: states that are looked at; it takes about 10 µs each.
    """

    def __init__(self, history: History, target: bytes, most: int = _MOST_STATES) -> None:
        self._history = history
        self._most = most
        self._target = target
        # The states from the target back, each the first parent of the one before it.
        self._first_parents = [target]
        self._position = {target: 0}
        self._is_whole = False
        self._children: dict[bytes, list[bytes]] | None = None
        self._parents: dict[bytes, tuple[bytes, ...]] = {}

    def down_from(self, state: bytes) -> list[bytes] | None:
        """Return the states from an ancestor to the target; `None` if it is none.

        Each state is followed by a child of it. Where there are several ways, it is the one that
        first parents lead back, as far as they do.
        """
        position = self._position_of(state)
        if position is not None:
            return self._first_parents[position::-1]
        return self._through_merges(state)

    def _position_of(self, state: bytes) -> int | None:
        while state not in self._position and not self._is_whole:
            parents = self._history.parents(self._first_parents[-1])[:1]
            self._is_whole = not parents or len(self._first_parents) >= self._most
            if not self._is_whole:
                self._position[parents[0]] = len(self._first_parents)
                self._first_parents.append(parents[0])
        return self._position.get(state)

    def _through_merges(self, state: bytes) -> list[bytes] | None:
        children = self._graph()
        if state not in children:
            return None
        descendants = {state}
        waiting = [state]
        while waiting:
            fresh = [child for child in children[waiting.pop()] if child not in descendants]
            descendants.update(fresh)
            waiting += fresh
        way = [self._target]
        while way[-1] != state:
            way.append(next(each for each in self._parents[way[-1]] if each in descendants))
        return way[::-1]

    def _graph(self) -> dict[bytes, list[bytes]]:
        """Return the children of the target and of its ancestors."""
        if self._children is None:
            self._children = {self._target: []}
            waiting = [self._target]
            for state in waiting:
                if len(waiting) > self._most:
                    break
                self._parents[state] = self._history.parents(state)
                for parent in self._parents[state]:
                    if parent not in self._children:
                        self._children[parent] = []
                        waiting.append(parent)
                    self._children[parent].append(state)
        return self._children


def route(history: History, routes: Routes, start: bytes, target: bytes) -> Sequence[bytes] | None:
    """Return the states from one to another: back to where both come from, and down from there.

    Args:
        history: of the repository.
        routes: to the target.
        start: raw id of the one.
        target: raw id of the other.

    Returns:
        Both ends and what is between; `None` if they have nothing in common, or it is too far.
    """
    down = routes.down_from(start)
    if down is not None:
        return down
    base = history.merge_base(start, target)
    if base is None:
        return None
    down = routes.down_from(base)
    back = Routes(history, start).down_from(base)
    if down is None or back is None:
        return None
    return [*back[::-1], *down[1:]]
