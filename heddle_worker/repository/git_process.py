"""What every run of git has in common: its surroundings, its command line, and what it says."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeAlias

Word: TypeAlias = str | bytes | os.PathLike[str]

_QUIET: Final = {
    # Neither hooks nor monitors are ours to run, and a cache may be wrong.
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.untrackedCache": "false",
}
_KEPT_VARIABLES: Final = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")


def command_line(
    words: tuple[Word, ...], git_dir: Path, root: Path | None, settings: Mapping[str, str]
) -> list[Word]:
    """Return the command line of git in one repository.

    Args:
        words: the command and its arguments.
        git_dir: of the worktree, or of the bare repository.
        root: the worktree's; `None` where only objects and refs matter.
        settings: more of the configuration.
    """
    values = {**_QUIET, **settings}
    configured = [word for item in values.items() for word in ("-c", "=".join(item))]
    places: list[Word] = [f"--git-dir={git_dir}"]
    if root is not None:
        places.append(f"--work-tree={root}")
    return ["git", *configured, *places, *words]


def clean_environment() -> dict[str, str]:
    """Return this process's environment without what would lead git elsewhere."""
    ours = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name in _KEPT_VARIABLES
    }
    return {
        **ours,
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }


@contextmanager
def explained(failed: type[Exception]) -> Iterator[None]:
    """Turn the system's word that git cannot be run into an error for people."""
    try:
        yield
    except OSError as error:
        where = os.fsdecode(error.filename) if error.filename else "git"
        raise failed(
            f"git cannot be run ({where}: {error.strerror}); is it installed and on the PATH?"
        ) from error


def complaint(said: bytes, status: int) -> str:
    """Return the line that says best why a git has ended with a status."""
    lines = said.decode("utf-8", "backslashreplace").strip().splitlines()
    first = next((line for line in lines if line.startswith(("fatal:", "error:"))), None)
    return first or (lines[-1] if lines else f"status {status}")


def quoted(path: Path) -> str:
    """Return a path as `GIT_ALTERNATE_OBJECT_DIRECTORIES` takes any, colons included."""
    text = str(path).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'
