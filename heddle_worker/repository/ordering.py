"""One order out of several: by time, but never against the order within a source."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from heddle_worker.repository.entries import Entry


def in_order(entries: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Sort entries by time, each behind those that it waits for.

    Returns the sorted ones, and those, normally none, that wait for each other in a circle.
    """
    places = {id(entry): place for place, entry in enumerate(entries)}
    followers: list[list[int]] = [[] for _ in entries]
    waiting = [0] * len(entries)
    for place, entry in enumerate(entries):
        for earlier in entry.waits_for:
            followers[places[id(earlier)]].append(place)
            waiting[place] += 1
    ready = [(e.seconds, e.rank, i) for i, e in enumerate(entries) if not waiting[i]]
    heapq.heapify(ready)
    ordered = []
    while ready:
        _seconds, _rank, place = heapq.heappop(ready)
        ordered.append(entries[place])
        for follower in followers[place]:
            waiting[follower] -= 1
            if not waiting[follower]:
                entry = entries[follower]
                heapq.heappush(ready, (entry.seconds, entry.rank, follower))
    return ordered, [entry for i, entry in enumerate(entries) if waiting[i] > 0]
