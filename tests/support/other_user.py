"""Processes of other users, for tests that run as root."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

OWNER: Final = 54_321
"""The uid of the user whose daemon it is. Nobody has to know it: no user's name is needed."""

OTHER: Final = 54_322
"""The uid of somebody else."""


def as_user(user: int) -> list[str]:
    """Return the words before a command that make it a user's, who is in no group but his own.

    The interpreter may lie below a directory that is root's alone, such as `/root`. The command
    then runs with mounts of its own, in which that directory holds nothing else and is open.
    """
    drop = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
    closed = {place: above for place in _interpreter_places() if (above := _closed_above(place))}
    if not closed:
        return drop
    lines = ["mount -t tmpfs none /mnt"]
    for number, place in enumerate(closed):
        lines += [f"mkdir /mnt/{number}", f"mount --bind {shlex.quote(str(place))} /mnt/{number}"]
    lines += [
        f"mount -t tmpfs -o mode=755 none {shlex.quote(str(above))}"
        for above in sorted(set(closed.values()))
    ]
    for number, place in enumerate(closed):
        quoted = shlex.quote(str(place))
        lines += [f"mkdir -p {quoted}", f"mount --bind /mnt/{number} {quoted}"]
    script = " && ".join([*lines, 'exec "$@"'])
    return ["unshare", "--mount", "sh", "-c", script, "sh", *drop]


def require_other_users() -> None:
    """Skip the test where processes cannot be run as other users."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to run processes as other users")
    done = run_as(OWNER, "import heddle_supervisor, grpc")
    if done.returncode != 0:
        pytest.skip(f"other users may not run this interpreter: {done.stderr.strip()}")


def run_as(user: int, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a Python program as a user."""
    return subprocess.run(
        [*as_user(user), sys.executable, "-c", program, *arguments],
        check=False,
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


def give(path: Path, user: int) -> None:
    """Make a directory and all that is in it a user's."""
    for each in (path, *path.rglob("*")):
        os.chown(each, user, user, follow_symlinks=False)


def _interpreter_places() -> Sequence[Path]:
    """Return the directories without which the interpreter does not run."""
    places = {Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parent.parent}
    return sorted(places)


def _closed_above(path: Path) -> Path | None:
    """Return the topmost directory that other users may not pass on the way to a path."""
    closed = [above for above in path.parents if not above.stat().st_mode & 0o001]
    return closed[-1] if closed else None
