"""Checks of the files and directories that a daemon has, and of where they lie."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from heddle_client.doctor.finding import Finding, failure, ok, warning
from heddle_client.doctor.subject import Subject
from heddle_client.visible import visible
from heddle_supervisor.config import default_socket_path
from heddle_supervisor.console import size
from heddle_supervisor.private_directory import (
    UnsafePathError,
    ensure_heddle_directory,
    ensure_private_directory,
)

_MEBIBYTE: Final = 1_048_576
_SPACE_FAIL: Final = 64 * _MEBIBYTE
_SPACE_WARN: Final = 1024 * _MEBIBYTE
_INODES_MIN: Final = 10_000
_REMOTE: Final = frozenset({"9p", "afs", "ceph", "cifs", "nfs", "nfs4", "smb3", "smbfs"})
_MOUNT_FIELDS: Final = 5


def check_directory(subject: Subject) -> Iterator[Finding]:
    """Is `.heddle` this user's alone?"""
    path = subject.config.heddle_dir
    if not os.path.lexists(path):
        yield ok("directory", f"{visible(str(path))} is made by the first `heddle agent serve`")
        return
    places: list[tuple[Path, Callable[[Path], None], int]] = [(path, ensure_heddle_directory, 0o22)]
    config = subject.config
    for inner in (config.pid_path.parent, config.log_path.parent, config.state_dir):
        if os.path.lexists(inner):
            places.append((inner, ensure_private_directory, 0o77))
    wrong = False
    for place, require, forbidden in places:
        try:
            require(place)
        except UnsafePathError as error:
            wrong = True
            text, _, remedy = str(error).partition(": ")
            yield failure(
                "directory", visible(text), visible(remedy), _closing(place, forbidden, text)
            )
        except OSError as error:
            wrong = True
            yield failure("directory", visible(f"{place}: {error.strerror}"))
    if not wrong:
        yield ok("directory", f"{visible(str(path))} is private")


def _closing(place: Path, forbidden: int, problem: str) -> Callable[[], object] | None:
    """Return what takes the permissions away that others have; None where that is not the fault."""
    status = place.lstat()
    if not problem.startswith(f"{place} is "):
        return None
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        return None
    return lambda: place.chmod(stat.S_IMODE(status.st_mode) & ~forbidden)


def check_socket(subject: Subject) -> Iterator[Finding]:
    """Is the path of the socket short enough?"""
    wanted, used = default_socket_path(subject.config.heddle_dir), subject.config.socket_path
    if wanted == used:
        yield ok("socket", visible(str(used)))
        return
    yield warning(
        "socket",
        f"the path of .heddle is too long for a Unix socket, or has a comma or %: "
        f"{visible(str(used))} is used instead",
        "a client has to follow .heddle/sockets/grpc.sock, or ask `heddle agent status`",
    )


def check_file_system(subject: Subject) -> Iterator[Finding]:
    """Does `.heddle` lie where locks and sockets can be relied upon?"""
    place = _existing(subject.config.heddle_dir)
    kind = _file_system(place)
    if not kind:
        return
    if kind in _REMOTE or kind.startswith("fuse"):
        yield warning(
            "file system",
            f"{visible(str(place))} lies on {visible(kind)}, where locks may not be held",
            "keep the repository on a local file system",
        )
    else:
        yield ok("file system", visible(kind))


def check_space(subject: Subject) -> Iterator[Finding]:
    """Is there room to write?"""
    place = _existing(subject.config.heddle_dir)
    free = shutil.disk_usage(place).free
    counts = os.statvfs(place)
    shown = f"{size(free)} free"
    if counts.f_files and counts.f_favail < _INODES_MIN:
        yield failure(
            "disk", f"room for {counts.f_favail:,} more files only", "delete some, or move away"
        )
    elif free < _SPACE_FAIL:
        yield failure("disk", shown, "make room: nothing can be written soon")
    elif free < _SPACE_WARN:
        yield warning("disk", shown, "make room")
    else:
        yield ok("disk", shown)


def check_log(subject: Subject) -> Iterator[Finding]:
    """Can the daemon's log be read, and written by nobody else?"""
    path = subject.config.log_path
    if not os.path.lexists(path):
        return
    shown = visible(str(path))
    if not path.is_file() or not os.access(path, os.R_OK | os.W_OK):
        yield failure("log", f"{shown} cannot be read and written", f"run `chmod u+rw {shown}`")
    else:
        yield ok("log", f"{shown}, {size(path.stat().st_size)}")


def _existing(path: Path) -> Path:
    """Return the path, or the nearest directory above it that is there."""
    return next(place for place in (path, *path.parents) if place.exists())


def _file_system(path: Path) -> str:
    """Return the kernel's name of the file system that a path lies on; empty where it can't tell.

    The mount is found by its device, since a bind mount or a name says nothing of the kind.
    """
    if sys.platform != "linux":
        return ""
    device = path.stat().st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    try:
        lines = Path("/proc/self/mountinfo").read_text(errors="surrogateescape").splitlines()
    except OSError:
        return ""
    for line in lines:
        before, _, after = line.partition(" - ")
        words = before.split()
        if len(words) > _MOUNT_FIELDS and words[2] == wanted and after:
            return after.split()[0]
    return ""
