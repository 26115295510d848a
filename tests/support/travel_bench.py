"""A real repository of files in a tiny language, and a traveller through its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from git_repository import GitRepository
from tiny_language import outline

from heddle_worker.discussions.history import GitHistory
from heddle_worker.repository.ancestry import Ancestry
from heddle_worker.repository.blobs import Blobs
from heddle_worker.repository.repository import Repository
from heddle_worker.repository.states import States
from heddle_worker.repository.tree_diff import TreeDiffs
from heddle_worker.review.anchor import Anchor, Placement
from heddle_worker.review.travel import Traveller
from heddle_worker.store.cache import Cache
from heddle_worker.symbols.outline import Outline, OutlineStatus, Source

_MOST_BYTES = 1 << 20


class TravelBench:
    """Commits files, and asks where symbols are; `close` ends what it has started."""

    def __init__(self, root: Path) -> None:
        self.git = GitRepository.init(root / "repository")
        repository = Repository.open(self.git.root)
        self._blobs = Blobs(repository)
        self._diffs = TreeDiffs(repository)
        self.outlined: list[Source] = []
        self.history = GitHistory(
            Ancestry(repository), States(repository), self._diffs, self._outlines
        )
        self._cache = Cache(root / "cache.db")
        self.traveller = Traveller(self.history, self._cache)

    def close(self) -> None:
        self._diffs.close()
        self._cache.close()

    def commit(self, files: Mapping[str, str | None], subject: str = "change") -> bytes:
        """Write and remove files, and commit; return the state."""
        for name, text in files.items():
            if text is None:
                self.git.git("rm", "-q", name)
            else:
                self.git.write(name, text)
        return bytes.fromhex(self.git.commit(subject))

    def anchor(self, state: bytes, path: str, symbol: str) -> Anchor:
        """Return the anchor at a symbol, or at a file if `symbol` is its path."""
        version = self.history.file_at(state, path.encode())
        assert version is not None
        if symbol == path:
            return Anchor(state, version.path, path, None, 0, 0, version.blob, version.blob, ())
        found = self._outline(Source(version.path, version.blob)).find(symbol)
        assert found is not None
        return Anchor(
            state,
            version.path,
            symbol,
            found.kind,
            found.start_line,
            found.end_line,
            found.content,
            found.meaning,
            found.sketch,
        )

    def place(self, anchor: Anchor, target: bytes) -> str:
        """Return a placement such as `a.tiny:f changed`."""
        return told(self.traveller.place([anchor], target)[0])

    def _outlines(self, sources: Sequence[Source]) -> list[Outline]:
        self.outlined += sources
        return [self._outline(source) for source in sources]

    def _outline(self, source: Source) -> Outline:
        if not source.path.endswith(b".tiny"):
            return Outline("", OutlineStatus.UNKNOWN_LANGUAGE)
        return outline(self._blobs.read(source.blob, _MOST_BYTES).decode())


def told(placement: Placement) -> str:
    """Return a placement such as `a.tiny:f changed`."""
    words = [f"{placement.path.decode()}:{placement.symbol}"]
    if placement.orphaned:
        return f"{words[0]} orphaned"
    return " ".join([*words, *(["changed"] if placement.body_changed else [])])
