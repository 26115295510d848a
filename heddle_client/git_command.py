"""Runs git in a repository that may be anybody's, for what only git can tell."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from heddle_client.visible import visible
from heddle_supervisor.errors import HeddleError

_SECONDS: Final = 30.0
# Git would run the program that a repository's configuration names for this.
_QUIET: Final = ("-c", "core.fsmonitor=false")
# Inside a hook of another repository, these say that git is to look at that one.
_SET_BY_GIT: Final = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR")


class GitError(HeddleError):
    """Git cannot be run, or refuses; the text is what it says."""


def git(directory: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> bytes:
    """Return what git prints when it is run in a directory.

    Args:
        directory: where.
        arguments: the command line.
        environment: variables that are set besides those of this process.

    Raises:
        GitError: it is not installed, does not end within half a minute, or has refused.
    """
    inherited = {name: value for name, value in os.environ.items() if name not in _SET_BY_GIT}
    try:
        done = subprocess.run(  # noqa: S603 - no shell
            ["git", *_QUIET, "-C", directory, *arguments],  # noqa: S607 - the user's own git
            env={**inherited, "LC_ALL": "C", **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise GitError("git is not installed") from None
    except subprocess.TimeoutExpired:
        raise GitError(f"git {arguments[0]} has not ended within {_SECONDS:g} s") from None
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip() or f"it exited with {done.returncode}"
        raise GitError(visible(said.splitlines()[0]))
    return done.stdout
