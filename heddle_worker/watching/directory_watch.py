"""Hearing from the system what changes in directories, through one descriptor and without a thread.

inotify, by way of `inotify_simple`: what the others cost is in `docs/explanation/decisions.md`. It
is imported when the first watch is opened, which only the active worker does.
"""

from __future__ import annotations

import enum
import errno
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final


class Change(enum.Enum):
    """What may happen to an entry of a directory."""

    REPLACED = enum.auto()
    """It comes, goes, or another file takes its name."""
    WRITTEN = enum.auto()
    """The same, or something is written to it."""
    TOUCHED = enum.auto()
    """Its times or its mode change."""
    EDITED = enum.auto()
    """Whatever git could see in a worktree: locks are files like others there."""


@dataclass(frozen=True, slots=True)
class Place:
    """A directory, and what in it is of interest.

    Attributes:
        path: of the directory.
        change: to which the entries are watched.
        names: of the entries that matter; empty for all but locks, in a worktree for all.
        topic: whatever the caller wants to be told about these entries.
    """

    path: Path
    change: Change
    names: frozenset[str]
    topic: str

    def concerns(self, name: str) -> bool:
        """Return whether an entry matters."""
        if self.names:
            return name in self.names
        return self.change is Change.EDITED or not name.endswith(".lock")


class WatchLostError(Exception):
    """The directories cannot be watched, or not any longer; the text says why."""


_ADVICE: Final = {
    errno.ENOSPC: "too many directories are watched; raise fs.inotify.max_user_watches",
    errno.EMFILE: "too many inotify instances or open files; "
    "raise fs.inotify.max_user_instances or the limit of open files",
}


class DirectoryWatch:
    """Watches some directories; reads on one thread while another one adds to them.

    Attributes:
        has_root: the directory without which the others say nothing is watched; it was neither
            deleted nor moved away.
        has_new_directories: some have appeared in those that are watched.
    """

    def __init__(self, root: Path) -> None:
        """Watch nothing yet.

        Args:
            root: the directory that `has_root` is about.

        Raises:
            WatchLostError: this system cannot tell.
        """
        try:
            import inotify_simple
        except ImportError:
            raise WatchLostError("there is no inotify on this system") from None
        flags = self._flags = inotify_simple.flags
        replaced = flags.ONLYDIR | flags.MOVE_SELF | flags.CREATE | flags.DELETE | flags.MOVED_TO
        self._masks = {
            Change.REPLACED: replaced,
            Change.WRITTEN: replaced | flags.MODIFY,
            Change.TOUCHED: flags.ONLYDIR | flags.ATTRIB,
            Change.EDITED: replaced | flags.MODIFY | flags.ATTRIB | flags.MOVED_FROM,
        }
        self._places: dict[int, Place] = {}
        self._in_use = threading.Lock()
        self._root = root
        self.has_root = False
        self.has_new_directories = False
        try:
            self._inotify = inotify_simple.INotify(nonblocking=True)
        except OSError as error:
            raise _lost(error) from error

    def fileno(self) -> int:
        """Return the descriptor, which is readable when there is something to `read`."""
        return int(self._inotify.fileno())

    def add(self, places: Iterable[Place]) -> None:
        """Watch these places too, as far as they exist; each before the next one is asked for.

        Those that are watched already may be among them. May block.

        Raises:
            WatchLostError: one of them cannot be watched.
        """
        self.has_new_directories = False
        for place in places:
            with self._in_use:
                if self._inotify.closed:
                    return
                try:
                    number = self._inotify.add_watch(place.path, self._masks[place.change])
                except (FileNotFoundError, NotADirectoryError):
                    # Git removes directories that became empty at any time.
                    continue
                except OSError as error:
                    raise _lost(error) from error
                self._places[number] = place
                self.has_root |= place.path == self._root

    def read(self) -> set[str]:
        """Return the topics of all that has changed since the last time; does not wait."""
        flags, topics = self._flags, set()
        for number, mask, _cookie, name in self._inotify.read(timeout=0):
            if mask & flags.Q_OVERFLOW:
                self.has_new_directories = True
                topics |= {place.topic for place in self._places.values()}
                continue
            gone = mask & (flags.IGNORED | flags.MOVE_SELF)
            place = self._places.pop(number, None) if gone else self._places.get(number)
            if place is None:
                continue
            if gone and place.path == self._root:
                self.has_root = False
            if mask & flags.ISDIR and mask & (flags.CREATE | flags.MOVED_TO):
                self.has_new_directories = True
            if gone or place.concerns(name):
                topics.add(place.topic)
        return topics

    def close(self) -> None:
        """Watch nothing any more."""
        with self._in_use:
            self._inotify.close()


def _lost(error: OSError) -> WatchLostError:
    return WatchLostError(_ADVICE.get(error.errno or 0, str(error)))
