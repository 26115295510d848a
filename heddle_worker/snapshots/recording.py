"""Writing a snapshot's objects: one stream to `git fast-import`, and one commit at its end."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
import time
from collections.abc import Iterable
from subprocess import PIPE
from types import TracebackType
from typing import IO, Final

from heddle_worker.repository.scratch import SCRATCH_REF
from heddle_worker.snapshots.beneath import Beneath
from heddle_worker.snapshots.errors import (
    ChangedMeanwhileError,
    GitFailedError,
    SpecialFileError,
    UnreadableError,
    shown,
)
from heddle_worker.snapshots.git import Git, failure
from heddle_worker.snapshots.status_lines import Blob

_COMMAND: Final = ("fast-import", "--quiet", "--done", "--date-format=raw")
_COMMITTER: Final = b"heddle <heddle@localhost>"
_CHUNK_BYTES: Final = 1 << 20
_COMMIT_MARK: Final = b":1"
_USUAL_PERMISSIONS: Final = (0o644, 0o755, 0o664, 0o775)


class Recorder:
    """Gathers a snapshot's objects.

    A file that changes while it is read leaves nothing but an object that nobody names.

    Args:
        git: where the objects go.
        ref: what is to name the commit, created by `keep`.

    Attributes:
        permissions: of the files added so far, where they are unusual, by path.
    """

    def __init__(self, git: Git, ref: str) -> None:
        self._ref = ref.encode()
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with this
        self._process = git.start(*_COMMAND, stdin=PIPE, stdout=PIPE, stderr=self._said)
        self._marks = 1
        self._send(b"reset %b\n\n" % SCRATCH_REF.encode())
        self.permissions: dict[bytes, int] = {}

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.returncode is None:
            # Whatever went wrong: end without a commit, and without leaving a report of a crash.
            with contextlib.suppress(OSError):
                self._send(b"reset " + self._ref + b"\n\ndone\n")
                self._input.flush()
            with contextlib.suppress(OSError):
                self._input.close()
            self._process.wait()
        self._output.close()
        self._said.close()

    def content(self, content: bytes) -> Blob:
        """Add a blob."""
        return Blob(b"100644", self._blob(content))

    def file(self, disk: Beneath, path: bytes) -> Blob | None:
        """Add what is on the disk; return `None` when no file is there.

        Raises:
            ChangedMeanwhileError: it changed while it was read.
            SpecialFileError: it is a socket, a pipe or a device.
            UnreadableError: it may not be read.
        """
        status = disk.status(path)
        if status is None or stat.S_ISDIR(status.st_mode):
            return None
        try:
            if stat.S_ISLNK(status.st_mode):
                return Blob(b"120000", self._blob(disk.link_target(path)))
            if not stat.S_ISREG(status.st_mode):
                raise SpecialFileError(
                    f"{shown(path)} is a socket, a pipe or a device, which a snapshot cannot hold"
                )
            return self._regular(disk, path)
        except PermissionError as error:
            raise UnreadableError(f"the file {shown(path)} may not be read") from error
        except OSError as error:
            raise ChangedMeanwhileError(shown(path)) from error

    def begin_commit(self, message: str, parents: Iterable[str]) -> None:
        """Begin the commit, whose tree is empty for now. No blobs can be added any more."""
        text = message.encode("utf-8", "backslashreplace")
        now = int(time.time())
        self._send(b"commit %b\nmark %b\n" % (self._ref, _COMMIT_MARK))
        self._send(b"committer %b %d +0000\ndata %d\n%b\n" % (_COMMITTER, now, len(text), text))
        for position, parent in enumerate(parents):
            word = b"from" if position == 0 else b"merge"
            self._send(b"%b %b\n" % (word, parent.encode()))
        self._send(b"deleteall\n")

    def put(self, path: bytes, entry: Blob) -> None:
        """Set an entry of the commit's tree."""
        self._send(b"M %b %b %b\n" % (entry.mode, entry.object_id, _quoted(path)))

    def put_all(self, prefix: bytes, entries: Iterable[tuple[bytes, Blob | None]]) -> None:
        """Change the tree below `prefix`: first delete what is `None`, then set the others."""
        entries = list(entries)
        for path, entry in entries:
            if entry is None:
                self._send(b"D %b\n" % _quoted(prefix + path))
        for path, entry in entries:
            if entry is not None:
                self.put(prefix + path, entry)

    def end_commit(self) -> str:
        """End the commit; return its hexadecimal id. It is not kept yet."""
        self._send(b"\nget-mark %b\n" % _COMMIT_MARK)
        self._flush()
        commit = self._output.readline().decode().strip()
        if not commit:
            raise self._failure()
        return commit

    def keep(self) -> None:
        """Write everything to the disk for good, and make the ref."""
        self._send(b"done\n")
        self._finish()

    def forget_ref(self) -> None:
        """Write the objects, but make no ref."""
        self._send(b"reset %b\n\ndone\n" % self._ref)
        self._finish()

    def _regular(self, disk: Beneath, path: bytes) -> Blob:
        descriptor = disk.open(path)
        try:
            before = os.fstat(descriptor)
            object_id = self._copied(descriptor, before.st_size, path)
            if _looks(os.fstat(descriptor)) != _looks(before):
                raise ChangedMeanwhileError(shown(path))
        finally:
            os.close(descriptor)
        permissions = before.st_mode & 0o777
        if permissions not in _USUAL_PERMISSIONS:
            self.permissions[path] = permissions
        return Blob(b"100755" if permissions & 0o100 else b"100644", object_id)

    def _copied(self, descriptor: int, size: int, path: bytes) -> bytes:
        mark = self._begin_blob(size)
        left = size
        while left and (chunk := os.read(descriptor, min(left, _CHUNK_BYTES))):
            self._send(chunk)
            left -= len(chunk)
        if left:
            # The stream needs as many bytes as were announced.
            while left:
                self._send(bytes(min(left, _CHUNK_BYTES)))
                left -= min(left, _CHUNK_BYTES)
            self._send(b"\n")
            raise ChangedMeanwhileError(shown(path))
        self._send(b"\n")
        return mark

    def _blob(self, content: bytes) -> bytes:
        mark = self._begin_blob(len(content))
        self._send(content + b"\n")
        return mark

    def _begin_blob(self, size: int) -> bytes:
        self._marks += 1
        mark = b":%d" % self._marks
        self._send(b"blob\nmark %b\ndata %d\n" % (mark, size))
        return mark

    def _send(self, words: bytes) -> None:
        try:
            self._input.write(words)
        except BrokenPipeError as error:
            raise self._failure() from error

    def _flush(self) -> None:
        try:
            self._input.flush()
        except BrokenPipeError as error:
            raise self._failure() from error

    def _finish(self) -> None:
        self._flush()
        self._input.close()
        if self._process.wait() != 0:
            raise self._failure()

    def _failure(self) -> GitFailedError:
        with contextlib.suppress(OSError):
            self._input.close()
        status = self._process.wait()
        self._said.seek(0)
        return failure(_COMMAND, status, self._said.read())

    @property
    def _input(self) -> IO[bytes]:
        return _given(self._process.stdin)

    @property
    def _output(self) -> IO[bytes]:
        return _given(self._process.stdout)


def _given(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise ValueError("started without a pipe")
    return stream


def _looks(status: os.stat_result) -> tuple[int, ...]:
    return (
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_mode,
    )


def _quoted(path: bytes) -> bytes:
    escaped = path.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"%b"' % escaped
