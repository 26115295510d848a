"""A real repository and a real store, in which signatures are held against states."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from git_repository import GitRepository

from heddle_worker.discussions.history import GitHistory
from heddle_worker.limits import MAX_BLOB_BYTES
from heddle_worker.repository.ancestry import Ancestry
from heddle_worker.repository.blobs import Blobs
from heddle_worker.repository.repository import Repository
from heddle_worker.repository.states import States
from heddle_worker.repository.tree_diff import TreeDiffs
from heddle_worker.signing.ground import Ground
from heddle_worker.signing.payload import SymbolRef
from heddle_worker.store import signatures
from heddle_worker.store.cache import Cache
from heddle_worker.store.database import Database
from heddle_worker.store.readers import Readers
from heddle_worker.store.signatures import NewSignature
from heddle_worker.store.writer import Writer
from heddle_worker.symbols.outlines import Outlines
from heddle_worker.symbols.parsers import Parsers


class SigningBench:
    """Commits files, signs states, and asks what of it holds; `close` ends what it has started."""

    def __init__(self, root: Path) -> None:
        self.git = GitRepository.init(root / "repository")
        heddle_dir = root / ".heddle"
        heddle_dir.mkdir(parents=True)
        database = Database.open(heddle_dir)
        self._writer, self._readers = Writer(database), Readers(database)
        repository = Repository.open(self.git.root)
        self.states, self.diffs = States(repository), TreeDiffs(repository)
        blobs = Blobs(repository)
        self._cache = Cache(root / "cache.db")
        self._outlines = Outlines(
            self._cache, lambda blob: blobs.read(blob, MAX_BLOB_BYTES), Parsers()
        )
        history = GitHistory(Ancestry(repository), self.states, self.diffs, self._outlines.of)
        self.ground = Ground(history, self.diffs, blobs, self._readers)
        self._signed = 0

    def close(self) -> None:
        self._outlines.close()
        self.diffs.close()
        self._readers.close()
        self._writer.close()
        self._cache.close()

    def commit(self, files: Mapping[str, str | bytes | None], subject: str = "change") -> str:
        """Write and remove files, and commit; return the commit's id."""
        for name, text in files.items():
            path = self.git.root / name
            if text is None:
                path.unlink()
            else:
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(text if isinstance(text, bytes) else text.encode())
        self.git.git("add", "--all")
        return self.git.commit(subject)

    def sign(self, commit: str, *symbols: tuple[str, str]) -> int:
        """Sign a state, or some of its symbols; return the signature's number."""
        state = self.states.resolve(commit.encode())
        refs = [SymbolRef(file, symbol) for file, symbol in symbols]
        covered = self.ground.covered(state, refs)
        new = NewSignature(
            state=state.id,
            actor_name="Ada",
            actor_email="ada@example.com",
            kind="read",
            symbols=symbols,
            justification="",
            signed_at=1_700_000_000 + self._signed,
            algorithm="ed25519",
            public_key=b"k",
            signature=b"s",
            key_id=b"%d" % self._signed,
            change=b"" if symbols else self.ground.touching(state).change,
            covered=covered,
        )
        self._writer.submit(lambda connection: signatures.add(connection, new)).result()
        self._signed += 1
        return self._signed - 1

    def holding(self, commit: str) -> dict[int, set[str]]:
        """Return what each signature that holds in a state covers of its change, by its number."""
        state = self.states.resolve(commit.encode())
        found = self.ground.holding(state, self.ground.touching(state))
        return {
            int(each.signature.key_id): {
                f"{touched.path.decode()}:{touched.symbol}" for touched in each.covers
            }
            for each in found
        }

    def touched(self, commit: str) -> list[str]:
        """Return what a state touches."""
        touching = self.ground.touching(self.states.resolve(commit.encode()))
        return [f"{each.path.decode()}:{each.symbol}" for each in touching.touched]
