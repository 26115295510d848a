"""Reading the trees of snapshots: what is in one, and how two differ."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from subprocess import PIPE, Popen
from types import TracebackType
from typing import IO, Final, NamedTuple

from heddle_worker.snapshots.errors import DamagedSnapshotError
from heddle_worker.snapshots.git import EMPTY_TREE, Git
from heddle_worker.snapshots.status_lines import Blob

WORKTREE: Final = b"worktree/"
STAGED: Final = b"staged/"
GITLINK_MODE: Final = b"160000"

_ENTRY: Final = re.compile(rb"([0-7]{6}) [a-z]+ ([0-9a-f]{40})\t([^\0]+)\0")
_DIFFERENCE: Final = re.compile(
    rb":([0-7]{6}) ([0-7]{6}) ([0-9a-f]{40}) ([0-9a-f]{40}) [A-Z]\0([^\0]+)\0"
)
_NO_MODE: Final = b"000000"
_CHUNK_BYTES: Final = 1 << 20


class Difference(NamedTuple):
    """A path that two trees have differently; `None` where one has no such path."""

    path: bytes
    before: Blob | None
    after: Blob | None


def subtree(git: Git, commit: str, name: bytes) -> str:
    """Return the id of a directory at the top of a commit; the empty tree's if it is missing."""
    wanted = commit.encode() + b":" + name.rstrip(b"/")
    found = git.run("rev-parse", "--quiet", "--verify", wanted, accept=(0, 1, 128))
    return found.decode().strip() or EMPTY_TREE


def entries(git: Git, tree: str) -> dict[bytes, Blob]:
    """Return a tree's files by their paths."""
    printed = git.run("ls-tree", "-r", "-z", "--full-tree", tree)
    return {path: Blob(mode, object_id) for mode, object_id, path in _ENTRY.findall(printed)}


def differences(git: Git, before: str, after: str) -> list[Difference]:
    """Return the paths in which two trees, or the trees of two commits, differ."""
    printed = git.run("diff-tree", "-r", "-z", "--raw", "--no-renames", before, after)
    return [
        Difference(path, _entry(old_mode, old_id), _entry(new_mode, new_id))
        for old_mode, new_mode, old_id, new_id, path in _DIFFERENCE.findall(printed)
    ]


def read_list(git: Git, commit: str, name: str) -> list[bytes]:
    """Return the items of one of a snapshot's lists, which may be missing."""
    found = git.run("rev-parse", "--quiet", "--verify", f"{commit}:{name}", accept=(0, 1, 128))
    if not found:
        return []
    return git.run("cat-file", "blob", found.strip()).split(b"\0")[:-1]


class BlobReader:
    """Reads blobs one after the other."""

    def __init__(self, git: Git) -> None:
        self._complaints = open(os.devnull, "wb")  # noqa: SIM115, PTH123 - closed with this
        self._process: Popen[bytes] = git.start(
            "cat-file", "--batch", stdin=PIPE, stdout=PIPE, stderr=self._complaints
        )

    def __enter__(self) -> BlobReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._complaints):
            if stream is not None:
                stream.close()

    def chunks(self, object_id: bytes) -> Iterator[bytes]:
        """Give a blob's content in pieces, all of which have to be taken.

        Raises:
            DamagedSnapshotError: the blob is missing or broken.
        """
        requests, replies = self._streams()
        requests.write(object_id + b"\n")
        requests.flush()
        header = replies.readline().split()
        if len(header) != 3 or header[1] != b"blob":  # noqa: PLR2004 - id, type and size
            raise DamagedSnapshotError(f"the object {object_id.decode()} is missing; run git fsck")
        left = int(header[2])
        while left:
            chunk = replies.read(min(left, _CHUNK_BYTES))
            if not chunk:
                raise DamagedSnapshotError(f"the object {object_id.decode()} cannot be read")
            left -= len(chunk)
            yield chunk
        replies.read(1)

    def content(self, object_id: bytes) -> bytes:
        """Return a blob's content."""
        return b"".join(self.chunks(object_id))

    def _streams(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process.stdin is None or self._process.stdout is None:
            raise ValueError("started without pipes")
        return self._process.stdin, self._process.stdout


def _entry(mode: bytes, object_id: bytes) -> Blob | None:
    return None if mode == _NO_MODE else Blob(mode, object_id)
