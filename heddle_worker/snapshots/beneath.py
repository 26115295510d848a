"""Files below one directory, reached without ever following a symbolic link out of it."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final

TEMPORARY: Final = b".heddle-restoring"
"""The name under which a file is written before it takes the place of another."""

_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_ABSENT: Final = (FileNotFoundError, NotADirectoryError)


class Beneath:
    """The files below `root`. Paths are relative to it, in bytes, with slashes.

    Each directory on the way is opened by itself, so that a link that somebody puts there leads
    nowhere: the path counts as absent.

    Args:
        root: the directory.
        mask: permission bits that directories lack which have to be made.
    """

    def __init__(self, root: Path, mask: int = 0o022) -> None:
        self._root = os.open(root, _DIRECTORY)
        self._mask = mask

    def __enter__(self) -> Beneath:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._root)

    def status(self, path: bytes) -> os.stat_result | None:
        """Return what is at a path, links not followed; `None` for nothing."""
        try:
            with self._parent(path) as (directory, name):
                return os.stat(name, dir_fd=directory, follow_symlinks=False)
        except _ABSENT:
            return None

    def size(self, path: bytes) -> int | None:
        """Return a file's size, quickly: the way to it is not looked at, nor is the file opened.

        It is only good for a guess whether the file has to be looked at properly.
        """
        try:
            return os.stat(path, dir_fd=self._root, follow_symlinks=False).st_size
        except _ABSENT:
            return None

    def open(self, path: bytes) -> int:
        """Open a file for reading; a pipe does not block.

        Raises:
            OSError: it is not there, or may not be read; ELOOP for a symbolic link.
        """
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with self._parent(path) as (directory, name):
            return os.open(name, flags, dir_fd=directory)

    def link_target(self, path: bytes) -> bytes:
        """Return where a symbolic link points."""
        with self._parent(path) as (directory, name):
            return os.readlink(name, dir_fd=directory)

    def files_below(self, path: bytes) -> Iterator[bytes]:
        """Give the files and links below a directory, those of nested repositories left out."""
        try:
            with self._parent(path + b"/.") as (directory, _name):
                entries = _names_in(directory)
        except _ABSENT:
            return
        if b".git" in entries:
            return
        for entry in entries:
            below = path + b"/" + entry
            status = self.status(below)
            if status is None:
                continue
            if stat.S_ISDIR(status.st_mode):
                yield from self.files_below(below)
            elif stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode):
                yield below

    def obstacle(self, path: bytes) -> bytes | None:
        """Return the part of a path that exists and is no directory; `None` when there is none."""
        parts = path.split(b"/")
        for length in range(1, len(parts) + 1):
            part = b"/".join(parts[:length])
            status = self.status(part)
            if status is None:
                return None
            if not stat.S_ISDIR(status.st_mode):
                return part
        return None

    def remove(self, path: bytes) -> None:
        """Delete a file or link, and the directories that become empty by it."""
        try:
            with self._parent(path) as (directory, name):
                os.unlink(name, dir_fd=directory)
        except _ABSENT:
            pass
        while b"/" in path:
            path = path.rpartition(b"/")[0]
            if not self._remove_directory(path):
                return

    def clear(self, path: bytes) -> None:
        """Remove a directory that holds nothing but empty ones.

        Raises:
            OSError: it holds something.
        """
        with self._parent(path + b"/.") as (directory, _name):
            entries = _names_in(directory)
        for entry in entries:
            self.clear(path + b"/" + entry)
        with self._parent(path) as (directory, name):
            os.rmdir(name, dir_fd=directory)

    @contextmanager
    def new_file(self, path: bytes, permissions: int) -> Iterator[int]:
        """Give a descriptor; what is written to it is at `path` once the block has ended.

        The file appears there at once and complete. Directories are made as needed.
        """
        with self._made_parent(path) as (directory, name):
            self._discard_temporary(directory)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(TEMPORARY, flags, permissions, dir_fd=directory)
            try:
                yield descriptor
                os.rename(TEMPORARY, name, src_dir_fd=directory, dst_dir_fd=directory)
            except BaseException:
                self._discard_temporary(directory)
                raise
            finally:
                os.close(descriptor)

    def new_link(self, path: bytes, target: bytes) -> None:
        """Make a symbolic link in the place of whatever file is there."""
        with self._made_parent(path) as (directory, name):
            self._discard_temporary(directory)
            os.symlink(target, TEMPORARY, dir_fd=directory)
            os.rename(TEMPORARY, name, src_dir_fd=directory, dst_dir_fd=directory)

    @contextmanager
    def _parent(self, path: bytes, *, make: bool = False) -> Iterator[tuple[int, bytes]]:
        *directories, name = path.split(b"/")
        current = os.dup(self._root)
        try:
            for directory in directories:
                if make:
                    self._make_directory(directory, current)
                below = _open_directory(directory, current)
                os.close(current)
                current = below
            yield current, name
        finally:
            os.close(current)

    def _made_parent(self, path: bytes) -> contextlib.AbstractContextManager[tuple[int, bytes]]:
        return self._parent(path, make=True)

    def _make_directory(self, name: bytes, above: int) -> None:
        try:
            os.mkdir(name, dir_fd=above)
        except FileExistsError:
            return
        # The bit by which it inherits its group stays.
        inherited = os.stat(name, dir_fd=above, follow_symlinks=False).st_mode & 0o7000
        os.chmod(name, inherited | 0o777 & ~self._mask, dir_fd=above)

    def _remove_directory(self, path: bytes) -> bool:
        try:
            with self._parent(path) as (directory, name):
                os.rmdir(name, dir_fd=directory)
        except OSError:
            # It holds something else, or is gone already.
            return False
        return True

    @staticmethod
    def _discard_temporary(directory: int) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(TEMPORARY, dir_fd=directory)


def _names_in(directory: int) -> list[bytes]:
    with os.scandir(directory) as entries:
        return sorted(os.fsencode(entry.name) for entry in entries)


def _open_directory(name: bytes, above: int) -> int:
    try:
        return os.open(name, _DIRECTORY, dir_fd=above)
    except OSError as error:
        # What a link in the place of a directory gives depends on the system.
        if error.errno == errno.ELOOP:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), name) from error
        raise
