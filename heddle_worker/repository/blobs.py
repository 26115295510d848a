"""The contents of files in objects."""

from __future__ import annotations

import time
from typing import Final

import pygit2
from pygit2.enums import ObjectType

from heddle_worker.limits import FETCH_SECONDS
from heddle_worker.repository.errors import BlobTooLargeError, RepositoryError, damaged, missing
from heddle_worker.repository.git_command import GitCommand
from heddle_worker.repository.repository import Repository

# Whoever wants many files that cannot be fetched should not wait for each of them.
_RETRY_SECONDS: Final = 60.0


class Blobs:
    """The blobs of a repository. Its methods may be called from any thread.

    In a partial clone, git fetches what is not there yet.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._packs = repository.common_dir / "objects" / "pack"
        self._git = GitCommand(repository.git_dir, repository.root)
        self._fetches_again_at = 0.0

    def size(self, blob: bytes) -> int:
        """Return how many bytes a blob has, without reading them.

        Args:
            blob: its raw id.

        Raises:
            MissingObjectError: it is not there, and cannot be fetched.
            DamagedRepositoryError: it cannot be read, or is no blob.
        """
        oid = pygit2.Oid(raw=blob)
        size = self._size_here(oid)
        if size is None and self._fetch(oid):
            size = self._size_here(oid)
        if size is None:
            raise missing("file", blob)
        return size

    def read(self, blob: bytes, limit: int) -> bytes:
        """Return the contents of a blob.

        Args:
            blob: its raw id.
            limit: the most bytes.

        Raises:
            BlobTooLargeError: it has more.
            MissingObjectError: it is not there, and cannot be fetched.
            DamagedRepositoryError: it cannot be read, or is no blob.
        """
        size = self.size(blob)
        if size > limit:
            raise BlobTooLargeError(f"the file {blob.hex()} has {size} bytes, more than {limit}")
        found = self._repository.look_up(blob)
        if found is None:
            raise missing("file", blob)
        return found.read_raw()

    def _size_here(self, oid: pygit2.Oid) -> int | None:
        try:
            kind, size = self._repository.handle.odb.read_header(oid)
        except KeyError:
            return None
        except (ValueError, pygit2.GitError) as error:
            raise damaged(f"the file {oid}", error) from error
        if kind != ObjectType.BLOB:
            raise damaged(f"the file {oid}", TypeError(f"it is a {ObjectType(kind).name.lower()}"))
        return size

    def _fetch(self, oid: pygit2.Oid) -> bool:
        """Have git fetch an object, if this is a partial clone; return whether it did."""
        is_partial = next(self._packs.glob("*.promisor"), None) is not None
        if not is_partial or time.monotonic() < self._fetches_again_at:
            return False
        try:
            # To tell the kind of an object, git has to have it.
            self._git.run("cat-file", "-t", str(oid), seconds=FETCH_SECONDS)
        except RepositoryError:
            self._fetches_again_at = time.monotonic() + _RETRY_SECONDS
            return False
        return True
