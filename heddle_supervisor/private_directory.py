"""Directories that only their owner may enter: made so, or refused.

The kernel's check of directory and socket modes is what keeps other users out (gRPC shows Python
no credentials of a peer), so a directory that somebody else could rename, replace or enter makes
the socket's own mode worthless.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from heddle_supervisor.config import LocalDaemonConfig
from heddle_supervisor.errors import HeddleError

_GROUP_OR_WORLD = stat.S_IRWXG | stat.S_IRWXO


class UnsafePathError(HeddleError):
    """A directory that others can enter or replace; the text is one line that says what to do."""


def prepare_directories(config: LocalDaemonConfig) -> None:
    """Make the `.heddle` directory and those of ours in it, or require that they are private.

    Raises:
        UnsafePathError: one is open to other users.
        OSError: one cannot be made.
    """
    ensure_heddle_directory(config.heddle_dir)
    for directory in (config.pid_path.parent, config.log_path.parent, config.state_dir):
        ensure_private_directory(directory)


def ensure_private_directory(path: Path) -> None:
    """Make `path` with mode 0700 where it is missing; otherwise require what was made so.

    Raises:
        UnsafePathError: it is a symlink or not a directory, has another owner, or grants its group
            or others any permission.
        OSError: it cannot be made.
    """
    _make(path)
    status = _require_own_directory(path)
    if status.st_mode & _GROUP_OR_WORLD:
        raise UnsafePathError(
            f"{path} is open to other users (mode {stat.S_IMODE(status.st_mode):04o}): "
            f"run `chmod 700 {path}`"
        )


def ensure_heddle_directory(path: Path) -> None:
    """Make a `.heddle` directory with mode 0700, or accept one that only its owner may write.

    One that other software made keeps its mode: what heddle adds below it is private by itself.

    Raises:
        UnsafePathError: it, or a directory above it, can be replaced by another user.
        OSError: it cannot be made.
    """
    _make(path)
    status = _require_own_directory(path)
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise UnsafePathError(
            f"{path} is writable by other users (mode {stat.S_IMODE(status.st_mode):04o}): "
            f"run `chmod go-w {path}`"
        )
    require_safe_parents(path)


def require_safe_parents(path: Path) -> None:
    """Require that nobody but root and this user can rename or replace `path`.

    A directory above it that others may write must be sticky (as `/tmp` is) or writable by no more
    than a group whose only member is this user, as umask 002 makes them.

    Raises:
        UnsafePathError: one of them is another user's, or writable by others.
    """
    for parent in path.parents:
        status = parent.stat()
        if status.st_uid not in (0, os.geteuid()):
            raise UnsafePathError(f"{parent} belongs to another user (uid {status.st_uid})")
        if status.st_mode & stat.S_ISVTX:
            continue
        if status.st_mode & stat.S_IWOTH:
            raise UnsafePathError(f"{parent} is writable by every user: run `chmod o-w {parent}`")
        if status.st_mode & stat.S_IWGRP and not _is_own_group(status.st_gid):
            raise UnsafePathError(
                f"{parent} is writable by the other members of its group: run `chmod g-w {parent}`"
            )


def _make(path: Path) -> None:
    previous = os.umask(0o077)
    try:
        path.mkdir(mode=0o700, exist_ok=True)
    except FileExistsError:
        raise UnsafePathError(f"{path} is not a directory: move it away") from None
    finally:
        os.umask(previous)


def _require_own_directory(path: Path) -> os.stat_result:
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise UnsafePathError(f"{path} is not a directory of its own (a symlink?): move it away")
    if status.st_uid != os.geteuid():
        raise UnsafePathError(f"{path} belongs to another user (uid {status.st_uid})")
    return status


def _is_own_group(gid: int) -> bool:
    """Return whether the group is this user's primary one and has no other member."""
    import grp
    import pwd

    try:
        user = pwd.getpwuid(os.geteuid())
        return gid == user.pw_gid and set(grp.getgrgid(gid).gr_mem) <= {user.pw_name}
    except KeyError:
        return False
