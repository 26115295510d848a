"""Syntax trees of the files that were parsed last, from which those of other versions are made.

A parser that is told what has changed since a tree takes over all of it that lies elsewhere.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, TypeAlias

import tree_sitter

_KEPT_BYTES: Final = 1024 * 1024
"""Of source. A tree takes some twenty times as much."""

_Point: TypeAlias = tuple[int, int]


class Trees:
    """Parses sources, those that resemble an earlier one quickly.

    Args:
        parser: of their language.
    """

    def __init__(self, parser: tree_sitter.Parser) -> None:
        self._parser = parser
        self._kept: OrderedDict[bytes, tuple[bytes, tree_sitter.Tree]] = OrderedDict()
        self._kept_bytes = 0

    def parse(self, source: bytes, path: bytes) -> tree_sitter.Tree:
        """Return the tree of a source.

        It is the same whatever was parsed before. Where there are syntax errors, what a parser
        takes over decides on how it recovers from them: such trees are neither made from others
        nor is another one made from them.

        Args:
            source: its bytes.
            path: where it is, which is where another version of it is looked for; empty for none.
        """
        earlier = self._take(path)
        if earlier is None:
            tree = self._parser.parse(source)
        else:
            base_source, base = earlier
            _tell_change(base, base_source, source)
            tree = self._parser.parse(source, base)
            if tree.root_node.has_error:
                tree = self._parser.parse(source)
        if path and not tree.root_node.has_error:
            self._keep(path, source, tree)
        return tree

    def _take(self, path: bytes) -> tuple[bytes, tree_sitter.Tree] | None:
        earlier = self._kept.pop(path, None)
        if earlier is not None:
            self._kept_bytes -= len(earlier[0])
        return earlier

    def _keep(self, path: bytes, source: bytes, tree: tree_sitter.Tree) -> None:
        self._kept[path] = source, tree
        self._kept_bytes += len(source)
        while self._kept_bytes > _KEPT_BYTES:
            _, (dropped, _) = self._kept.popitem(last=False)
            self._kept_bytes -= len(dropped)


def _tell_change(tree: tree_sitter.Tree, old: bytes, new: bytes) -> None:
    """Tell the tree of an old source which of its lines are others in a new one."""
    shorter = min(len(old), len(new))
    start = _alike(shorter, lambda near, far: old[near:far] == new[near:far])
    start = old.rfind(b"\n", 0, start) + 1
    behind = _alike(
        shorter - start,
        lambda near, far: (
            old[len(old) - far : len(old) - near] == new[len(new) - far : len(new) - near]
        ),
    )
    old_end, new_end = len(old) - behind, len(new) - behind
    tree.edit(
        start,
        old_end,
        new_end,
        _point(old, start),
        _point(old, old_end),
        _point(new, new_end),
    )


def _alike(most: int, is_alike: Callable[[int, int], bool]) -> int:
    """Return how many bytes of two sources are alike from one of their ends on.

    Args:
        most: that may be.
        is_alike: whether those are that are further than the first number from that end, and not
            further than the second.
    """
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if is_alike(low, middle):
            low = middle
        else:
            high = middle - 1
    return low


def _point(source: bytes, at: int) -> _Point:
    return source.count(b"\n", 0, at), at - (source.rfind(b"\n", 0, at) + 1)
