"""Facts about heddle, the system and the repository that help to find a fault."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import stat
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

from heddle_client.doctor.subject import Subject
from heddle_client.git_command import GitError, git
from heddle_supervisor.version import __version__

_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
_VARIABLES: Final = re.compile(r"HEDDLE_|GIT_|XDG_|PYTHON|LANG$|LC_|TERM$|NO_COLOR$|VIRTUAL_ENV$")
_OURS: Final = ("hooks", "logs", "sockets", "state")
"""Directories in `.heddle`; there may be others of other software."""
_PLAIN: Final = frozenset({"open", "closed"})
"""Values of the configuration that are words of heddle's own."""


def versions() -> dict[str, Any]:
    """Return what is installed, and where it runs."""
    try:
        required = importlib.metadata.requires("heddle") or []
    except importlib.metadata.PackageNotFoundError:
        required = []
    names = sorted({match[0] for line in required if (match := _NAME.match(line))})
    return {
        "heddle": __version__,
        "python": sys.version,
        "platform": platform.platform(),
        "libc": " ".join(platform.libc_ver()).strip(),
        "system": _system(),
        "processors": os.cpu_count(),
        "git": _git(Path("/"), "--version"),
        "packages": {name: _version(name) for name in names},
        "variables": sorted(name for name in os.environ if _VARIABLES.match(name)),
    }


def repository_facts(subject: Subject) -> dict[str, Any]:
    """Return of what kind and size the repository is; nothing that is in it."""
    root = subject.location.root
    return {
        "bare": _git(root, "rev-parse", "--is-bare-repository"),
        "shallow": _git(root, "rev-parse", "--is-shallow-repository"),
        "object_format": _git(root, "rev-parse", "--show-object-format"),
        "sparse": _git(root, "config", "--get", "core.sparseCheckout"),
        "partial": bool(_git(root, "config", "--get-regexp", r"remote\..*\.promisor")),
        "objects": _git(root, "count-objects", "-v").splitlines(),
        "tracked_files": len(_git(root, "ls-files", "-z").split("\0")) - 1,
        "refs": len(_git(root, "for-each-ref", "--format=x").splitlines()),
        "worktrees": _git(root, "worktree", "list", "--porcelain").count("worktree "),
        "heddle_files": _files(subject.config.heddle_dir),
    }


def configuration(subject: Subject) -> dict[str, Any]:
    """Return the configuration with its texts hidden."""
    path = subject.config.heddle_dir / "config.toml"
    try:
        return {"config.toml": _hidden(tomllib.loads(path.read_text(encoding="utf-8")))}
    except FileNotFoundError:
        return {"config.toml": None}
    except (OSError, ValueError, RecursionError) as error:
        return {"config.toml": f"cannot be read: {type(error).__name__}"}


def _hidden(value: Any) -> Any:  # noqa: ANN401 - whatever TOML has
    if isinstance(value, dict):
        return {key: _hidden(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_hidden(inner) for inner in value]
    if isinstance(value, bool | int | float) or value in _PLAIN:
        return value
    return f"<{type(value).__name__}>"


def _files(directory: Path) -> list[str]:
    """Return heddle's files with modes and sizes, as `0600 1234 <repository>/.heddle/logs/x`."""
    found = []
    for path in sorted(path for name in _OURS for path in (directory / name).rglob("*")):
        status = path.lstat()
        size = status.st_size if stat.S_ISREG(status.st_mode) else 0
        shown = f"<repository>/.heddle/{path.relative_to(directory)}"
        found.append(f"{stat.S_IMODE(status.st_mode):04o} {size} {shown}")
    return found


def _system() -> str:
    try:
        told = platform.freedesktop_os_release()
        return f"{told.get('ID', '')} {told.get('VERSION_ID', '')}"
    except OSError:
        return platform.system()


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _git(directory: Path, *arguments: str) -> str:
    try:
        return os.fsdecode(git(directory, *arguments)).strip("\n")
    except GitError:
        return ""
