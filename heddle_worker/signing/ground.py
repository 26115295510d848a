"""What signatures are held against: a repository's states, what they change and define."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from typing import Final

from heddle_worker.failures import FieldViolation, InvalidRequestError
from heddle_worker.limits import (
    MAX_BLOB_BYTES,
    MAX_CARRIED_BYTES,
    MAX_CARRIED_SIGNATURES,
    MAX_HUNKS,
)
from heddle_worker.repository.blobs import Blobs
from heddle_worker.repository.diff import Diff, FileVersion
from heddle_worker.repository.display import displayed, meant
from heddle_worker.repository.errors import (
    BlobTooLargeError,
    DiffTimeoutError,
    MissingObjectError,
)
from heddle_worker.repository.state import State
from heddle_worker.repository.tree_diff import TreeDiffs
from heddle_worker.review.change import FilePair
from heddle_worker.review.history import History, Lookups
from heddle_worker.signing.carrying import Holding, holding
from heddle_worker.signing.payload import SymbolRef
from heddle_worker.signing.touching import EMPTY, Touched, Touching, touching_of
from heddle_worker.store import signatures
from heddle_worker.store.readers import Readers
from heddle_worker.store.signatures import CoveredSymbol, StoredSignature

_DIGEST_BYTES: Final = 32
_TOO_MUCH: Final = Touched(b"*", "", ())
"""Stands for what is not listed of a change that is too large: only the whole of it is signed."""


class Ground:
    """Finds out what is signed, and what was. Its methods block; any thread may call them.

    Args:
        history: states and what files define.
        diffs: compares states with their parents.
        blobs: contents of files.
        readers: of the store.
    """

    def __init__(self, history: History, diffs: TreeDiffs, blobs: Blobs, readers: Readers) -> None:
        self._history = history
        self._diffs = diffs
        self._blobs = blobs
        self._readers = readers

    def covered(self, state: State, refs: Sequence[SymbolRef]) -> tuple[CoveredSymbol, ...]:
        """Return the symbols of a state that are named.

        Raises:
            InvalidRequestError: one of them is not there.
            RepositoryError: the state cannot be read.
        """
        lookups = Lookups(self._history)
        files = [_file(lookups, state, number, ref) for number, ref in enumerate(refs)]
        outlines = lookups.outlines(files)
        found = []
        for number, (ref, file, outline) in enumerate(zip(refs, files, outlines, strict=True)):
            symbol = outline.find(ref.symbol)
            if symbol is not None:
                found.append(CoveredSymbol(file.path, symbol.name, symbol.content))
            elif ref.symbol == ref.file:
                found.append(CoveredSymbol(file.path, "", file.blob))
            else:
                raise _refusal(
                    f"scope.symbols.symbols[{number}].symbol",
                    f"{ref.file[:200]} has no {ref.symbol[:100]!r} in state {state.id.hex()}; "
                    "the file's own path stands for the file as a whole",
                )
        return tuple(found)

    def touching(self, state: State) -> Touching:
        """Return what a state changes against its first parent.

        What cannot be compared with its parent is a change that is the same nowhere else.

        Raises:
            RepositoryError: it cannot be read.
        """
        try:
            diff = self._diffs.of_state(state)
        except (DiffTimeoutError, MissingObjectError):
            # In a shallow clone, its parent is not there. It can be signed all the same.
            return self._too_much(state, EMPTY)
        return self.touching_of(state, diff, Lookups(self._history).pairs(diff.files))

    def touching_of(self, state: State | None, diff: Diff, pairs: Sequence[FilePair]) -> Touching:
        """Return the same from a difference that is known already, and its files' outlines.

        Without a state it is that of a worktree.
        """
        touching = touching_of(pairs, self._read)
        if diff.is_truncated or sum(len(file.hunks) for file in diff.files) >= MAX_HUNKS:
            return self._too_much(state, touching)
        return touching

    def holding(self, state: State, touching: Touching) -> tuple[Holding, ...]:
        """Return the signatures that hold in a state, in the order of signing.

        Args:
            state: the state.
            touching: what it changes.

        Raises:
            RepositoryError: the state cannot be read.
            StoreError: the store cannot be read.
        """
        with self._readers.snapshot() as connection:
            found = signatures.touching(
                connection,
                state.id,
                touching.change,
                touching.contents,
                MAX_CARRIED_SIGNATURES,
            )
        lookups = Lookups(self._history)

        def content_at(path: bytes, symbol: str) -> bytes | None:
            if symbol:
                place = lookups.symbol_at(state.id, path, symbol)
                return None if place is None else place.symbol.content
            version = lookups.file_at(state.id, path)
            return None if version is None else version.blob

        return holding(state.id, touching, found, content_at)

    def carried(self, state: State) -> list[StoredSignature]:
        """Return the signatures of other states that hold in a state, in the order of signing.

        Raises:
            RepositoryError: the state cannot be read.
            StoreError: the store cannot be read.
        """
        with self._readers.snapshot() as connection:
            if not signatures.has_any_of_others(connection, state.id):
                return []
        bindings = [each.signature for each in self.holding(state, self.touching(state))]
        places = [(each.state, each.position) for each in bindings if each.state != state.id]
        with self._readers.snapshot() as connection:
            return signatures.at(connection, places, MAX_CARRIED_BYTES)

    def _too_much(self, state: State | None, listed: Touching) -> Touching:
        """Return what stands for a change not known in full: it is the same nowhere else."""
        change = hashlib.blake2b(b"trees", digest_size=_DIGEST_BYTES)
        for part in (state.tree, *state.parents[:1]) if state is not None else ():
            change.update(part)
        return Touching(change.digest(), (*listed.touched, _TOO_MUCH))

    def _read(self, version: FileVersion) -> bytes | None:
        with contextlib.suppress(BlobTooLargeError, MissingObjectError):
            return self._blobs.read(version.blob, MAX_BLOB_BYTES)
        return None


def _file(lookups: Lookups, state: State, number: int, ref: SymbolRef) -> FileVersion:
    for path in meant(ref.file):
        version = lookups.file_at(state.id, path)
        if version is not None:
            return version
    raise _refusal(
        f"scope.symbols.symbols[{number}].file",
        f"state {state.id.hex()} has no file {displayed(meant(ref.file)[0])[:200]}",
    )


def _refusal(field: str, description: str) -> InvalidRequestError:
    return InvalidRequestError.of_fields(FieldViolation(field, description))
