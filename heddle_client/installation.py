"""Puts shims in the place of git's hooks, and takes them away again.

What was there keeps its inode: a second name for it first, then the shim takes over the first in
one step. So git finds a whole hook at each moment, and a call that was cut off can be repeated.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from heddle_client.hooks_directory import HooksDirectory
from heddle_client.shim import (
    EARLIER_SUFFIX,
    GIT_HOOKS,
    Interpreter,
    ShimState,
    look_at,
    render_shim,
)
from heddle_client.shim_protocol import OPEN
from heddle_client.visible import visible
from heddle_supervisor.errors import HeddleError

_MODE: Final = 0o755
_TEMPORARY: Final = ".heddle-new"
_READ_MAX: Final = 262_144
# A hook that finds out its own name would find another one, and do nothing or something else.
_LOOKS_AT_ITS_NAME: Final = re.compile(
    rb"basename\b[^\n]*\$\{?0"
    rb"|\$\{0##"
    rb"|__FILE__"
    rb"|\$PROGRAM_NAME"
    rb"|(?m:^\s*(?:\.|source)\s[^\n]*dirname[^\n]*\$\{?0)"
)


class InstallationError(HeddleError):
    """Nothing was changed, since a hook is not one that can be chained, or given back."""


@dataclass(frozen=True, slots=True)
class Installed:
    """What `install` has done, by hook.

    Attributes:
        written: hooks whose shim is new, or of another version than it was.
        kept: hooks whose shim was there already.
        chained: hooks that were there before and run before the shim asks.
    """

    written: tuple[str, ...]
    kept: tuple[str, ...]
    chained: tuple[str, ...]


def install(
    directory: HooksDirectory, interpreter: Interpreter, *, policy: str = OPEN, force: bool = False
) -> Installed:
    """Put a shim in the place of each of git's hooks; hooks that are there run first.

    Args:
        directory: where git looks.
        interpreter: what the shims run.
        policy: `open` or `closed`, what becomes of git when nobody can be asked.
        force: do so in a directory that others share, and chain hooks that look at their own name.

    Raises:
        HooksDirectoryError: shims cannot be put there.
        InstallationError: a hook cannot be chained. Nothing has been changed then.
        OSError: the directory cannot be written.
    """
    directory.require_installable(force=force)
    made = _made_for_shims(directory.path)
    for hook in GIT_HOOKS:
        _require_chainable(directory.path / hook, force=force)
    directory.path.mkdir(exist_ok=True)
    written: list[str] = []
    kept: list[str] = []
    for hook in GIT_HOOKS:
        content = render_shim(hook, interpreter, policy=policy, made_directory=made)
        (written if _put(directory.path / hook, content) else kept).append(hook)
    chained = [hook for hook in GIT_HOOKS if os.path.lexists(_earlier(directory.path / hook))]
    return Installed(tuple(written), tuple(kept), tuple(chained))


def uninstall(directory: HooksDirectory) -> tuple[str, ...]:
    """Take the shims away, and give the hooks that were there their names back.

    Returns:
        The hooks whose shim is gone.

    Raises:
        InstallationError: somebody has changed a shim. Nothing has been changed then.
        OSError: the directory cannot be written.
    """
    shims = {hook: look_at(directory.path / hook) for hook in GIT_HOOKS}
    for hook, shim in shims.items():
        if shim.state is ShimState.ALTERED:
            raise InstallationError(
                f"{_shown(directory.path / hook)} is a shim that somebody has changed: "
                "move the change away, and take the file away by hand"
            )
    ours = tuple(hook for hook, shim in shims.items() if shim.state is ShimState.OURS)
    for hook in ours:
        path = directory.path / hook
        try:
            _earlier(path).rename(path)
        except FileNotFoundError:
            path.unlink()
    if any(shim.made_directory for shim in shims.values()):
        with contextlib.suppress(OSError):
            directory.path.rmdir()
    return ours


def _earlier(path: Path) -> Path:
    return path.with_name(path.name + EARLIER_SUFFIX)


def _made_for_shims(directory: Path) -> bool:
    """Return whether the directory is there for the shims alone."""
    if not os.path.lexists(directory):
        return True
    return any(look_at(directory / hook).made_directory for hook in GIT_HOOKS)


def _require_chainable(path: Path, *, force: bool) -> None:
    shim = look_at(path)
    if shim.state is ShimState.ALTERED:
        raise InstallationError(
            f"{_shown(path)} is a shim that somebody has changed: move the change away first"
        )
    earlier = _earlier(path)
    if shim.state is ShimState.FOREIGN:
        for reason in _obstacles(path, force=force):
            raise InstallationError(f"{_shown(path)} cannot be chained: {reason}")
        if os.path.lexists(earlier) and not os.path.samestat(path.lstat(), earlier.lstat()):
            raise InstallationError(
                f"{_shown(path)} cannot be chained, since {earlier.name} is there already: "
                "move one of them away"
            )
    elif shim.state is ShimState.ABSENT and os.path.lexists(earlier):
        raise InstallationError(
            f"{_shown(earlier)} is there without a shim: move it away, or back to {path.name}"
        )


def _obstacles(path: Path, *, force: bool) -> Iterator[str]:
    """Yield why a hook that is there must not be moved and run by a shim."""
    status = path.lstat()
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode)):
        yield "it is no file"
        return
    if status.st_uid != os.geteuid():
        yield f"it belongs to another user (uid {status.st_uid})"
    if path.is_dir():
        yield "it is a link to a directory"
    if not force and path.is_file() and _LOOKS_AT_ITS_NAME.search(_beginning(path)):
        yield "it looks at its own name or place; --force chains it under another name all the same"


def _beginning(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_READ_MAX)
    except PermissionError:
        return b""


def _put(path: Path, content: bytes) -> bool:
    """Put a shim in the place of a hook; return False where the very same is there."""
    shim = look_at(path)
    if shim.content == content and stat.S_IMODE(path.stat().st_mode) == _MODE:
        return False
    new = path.with_name(path.name + _TEMPORARY)
    try:
        _write(new, content)
        if shim.state is ShimState.FOREIGN:
            _keep(path)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    return True


def _write(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(path, flags, _MODE), "wb") as file:  # noqa: PTH123 - a descriptor
        os.fchmod(file.fileno(), _MODE)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _keep(path: Path) -> None:
    earlier = _earlier(path)
    if os.path.lexists(earlier):
        return  # a call that was cut off has kept it
    try:
        os.link(path, earlier, follow_symlinks=False)
    except OSError:
        # A file system without hard links: for a moment git finds no hook there.
        path.rename(earlier)


def _shown(path: Path) -> str:
    return visible(os.fspath(path))
