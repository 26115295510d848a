"""Files in which each line is a symbol, and a placer that knows such files alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Final, TypeAlias

import pygit2

from heddle_worker.store.discussions import Origin
from heddle_worker.store.placements import Placement

Tree: TypeAlias = Mapping[str, Mapping[str, str]]
"""Files by path, each with its symbols' bodies by name: a line `name body` for each."""

_WHO: Final = pygit2.Signature("Ada", "ada@example.com", 1_790_000_000)


class LineRepository:
    """A bare repository of such files."""

    def __init__(self, root: Path) -> None:
        self.handle = pygit2.init_repository(str(root), bare=True, initial_head="main")

    def commit(self, tree: Tree, parent: bytes = b"") -> bytes:
        """Make a commit of a tree, by default without a parent; return its raw id."""
        builder = self.handle.TreeBuilder()
        for path, symbols in tree.items():
            text = "".join(f"{name} {body}\n" for name, body in symbols.items())
            blob = self.handle.create_blob(text.encode())
            builder.insert(path, blob, pygit2.enums.FileMode.BLOB)
        parents = [pygit2.Oid(raw=parent)] if parent else []
        made = self.handle.create_commit(None, _WHO, _WHO, "state", builder.write(), parents)
        return made.raw

    def check_out(self, commit: bytes, head: str = "refs/heads/main") -> None:
        """Let the branch that is checked out be at a commit."""
        self.handle.references.create(head, pygit2.Oid(raw=commit), force=True)

    def symbols(self, commit: bytes) -> dict[str, tuple[bytes, int, bytes]]:
        """Return file, line and digest of the symbols of a state."""
        found = {}
        for entry in self.handle[pygit2.Oid(raw=commit)].peel(pygit2.Tree):
            assert isinstance(entry, pygit2.Blob)
            for line, text in enumerate(entry.data.decode().splitlines(), 1):
                name = text.partition(" ")[0]
                found[name] = (entry.raw_name or b"", line, digest(text))
        return found

    def origin(self, commit: bytes, symbol: str) -> Origin:
        """Return what a discussion about a symbol of a state is about."""
        path, line, content = self.symbols(commit)[symbol]
        return Origin(commit, path, symbol, line, line, "", "function", content, content, ())


class LinePlacer:
    """Finds a symbol by its name, wherever it is; each name is in one file at most.

    It notes which discussions it was asked for, and of which it was told where they were before.
    """

    def __init__(self, repository: LineRepository) -> None:
        self._repository = repository
        self.asked: list[int] = []
        self.advanced: list[int] = []
        self.version = "1"

    def place(self, origins: Mapping[int, Origin], state_id: bytes) -> list[Placement]:
        """Return where the symbols are."""
        self.asked += origins
        symbols = self._repository.symbols(state_id)
        return [
            self._placed(number, origin, symbols.get(origin.symbol))
            for number, origin in origins.items()
        ]

    def advance(
        self, origins: Mapping[int, Origin], before: Mapping[int, Placement], old: bytes, new: bytes
    ) -> list[Placement]:
        """Return the same; where they were has to be right."""
        self.advanced += origins
        symbols = self._repository.symbols(old)
        assert before == {
            number: self._placed(number, origin, symbols.get(origin.symbol))
            for number, origin in origins.items()
        }
        return self.place(origins, new)

    def arrivals(
        self, touched: Collection[bytes], old: bytes, new: bytes
    ) -> Callable[[Origin, Placement], bool]:
        """Return what tells whether a symbol is there again; it checks what it is told."""
        before, after = self._repository.symbols(old), self._repository.symbols(new)

        def may_be_there(origin: Origin, last: Placement) -> bool:
            assert last == self._placed(last.discussion, origin, before.get(origin.symbol))
            found = after.get(origin.symbol)
            assert found is None or found[0] in touched
            return found is not None

        return may_be_there

    def _placed(
        self, number: int, origin: Origin, found: tuple[bytes, int, bytes] | None
    ) -> Placement:
        if found is None:
            return Placement(number, origin.path, origin.symbol, 0, 0, True, True)
        path, line, content = found
        changed = content != origin.content
        return Placement(number, path, origin.symbol, line, line, changed, False)


def digest(text: str) -> bytes:
    """Return what tells a line from others."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
