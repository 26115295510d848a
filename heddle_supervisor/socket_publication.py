"""The published socket: one name that clients connect to, behind which workers change.

Each worker binds a name of its own, which never repeats, and is published by renaming that over
`grpc.sock`. So the published name never vanishes and never leads to a half-started server. gRPC
unlinks the name that it bound when it stops; by then a published worker's name is gone, and no
other generation has had it.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from heddle_supervisor.config import (
    LocalDaemonConfig,
    default_socket_path,
    fallback_socket_path,
)
from heddle_supervisor.private_directory import (
    UnsafePathError,
    ensure_private_directory,
    require_safe_parents,
)

_CONNECT_TIMEOUT: Final = 0.05


class SocketPublication:
    """The socket names of one daemon. Used while its lock is held, so by one process only."""

    def __init__(self, config: LocalDaemonConfig) -> None:
        self._path = config.socket_path
        self._contract_path = default_socket_path(config.heddle_dir)
        self._is_fallback = self._path == fallback_socket_path(config.heddle_dir)
        self._published: tuple[int, int] | None = None

    def prepare(self) -> None:
        """Make the socket's directory fit for it, and sweep what dead predecessors left there.

        Raises:
            UnsafePathError: the directory is open to others, or the name belongs to something
                that is not a dead daemon's socket.
            OSError: the directory cannot be made or written.
        """
        if self._is_fallback:
            ensure_private_directory(self._path.parent.parent)
            ensure_private_directory(self._path.parent)
        elif self._path != self._contract_path:
            require_safe_parents(self._path)
        self._refuse_foreign()
        self.sweep()
        if self._path != self._contract_path:
            # The contract's name leads to the real socket. Its own path may be too long for
            # connect(2), but a client beside it can use a relative one.
            self._contract_path.symlink_to(self._path)

    @property
    def published(self) -> tuple[int, int] | None:
        """Device and inode of the socket published last."""
        return self._published

    def adopt(self, published: tuple[int, int]) -> None:
        """Go on with what this process had published before it executed itself anew."""
        self._published = published

    def generation_path(self, generation: int) -> Path:
        """Return the name that a generation's worker binds; no two daemons use the same one."""
        name = f"{self._path.stem}.{os.getpid()}-{generation}{self._path.suffix}"
        return self._path.with_name(name)

    def publish(self, generation_path: Path) -> None:
        """Make the published name lead to this worker, at once and without a gap.

        Raises:
            OSError: the directory is gone, or cannot be written.
        """
        status = generation_path.lstat()
        generation_path.replace(self._path)
        self._published = (status.st_dev, status.st_ino)

    def still_published(self) -> bool:
        """Return whether the published name still leads to the socket published last."""
        try:
            status = self._path.lstat()
        except OSError:
            return False
        return (status.st_dev, status.st_ino) == self._published

    def remove(self) -> None:
        """Unlink every name of this daemon's; leave what others have put there."""
        if self.still_published():
            self._path.unlink(missing_ok=True)
        for path in self._generations():
            if f".{os.getpid()}-" in path.name:
                path.unlink(missing_ok=True)
        self._remove_link()
        if self._is_fallback:
            with contextlib.suppress(OSError):
                self._path.parent.rmdir()

    def _refuse_foreign(self) -> None:
        try:
            mode = self._path.lstat().st_mode
        except FileNotFoundError:
            return
        if not stat.S_ISSOCK(mode) and not (
            stat.S_ISLNK(mode) and self._path == self._contract_path
        ):
            raise UnsafePathError(f"{self._path} exists and is not a socket: move it away")
        if self._is_somebody_elses():
            raise UnsafePathError(f"another process listens on {self._path}: choose another path")

    def sweep(self) -> None:
        """Unlink every socket name that a dead daemon has left."""
        if not self._is_somebody_elses():
            for path in self._generations():
                path.unlink(missing_ok=True)
            if self._path.is_socket():
                self._path.unlink(missing_ok=True)
        self._remove_link()

    def _is_somebody_elses(self) -> bool:
        """Return whether another daemon listens: the lock covers the contract's name only."""
        return self._path != self._contract_path and _answers(self._path)

    def _remove_link(self) -> None:
        if self._contract_path.is_symlink():
            self._contract_path.unlink(missing_ok=True)

    def _generations(self) -> Iterator[Path]:
        stem, suffix = re.escape(self._path.stem), re.escape(self._path.suffix)
        pattern = re.compile(rf"{stem}\.\d+-\d+{suffix}")
        with contextlib.suppress(FileNotFoundError):
            for path in list(self._path.parent.iterdir()):
                if pattern.fullmatch(path.name) and path.is_socket():
                    yield path


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(_CONNECT_TIMEOUT)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
