"""A file system with little room, for tests that may mount one."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

_SIZE: Final = 4 * 2**20
_FILLER: Final = "filler"


class SmallDisk:
    """A mounted file system that can be filled to the last byte."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def fill(self) -> None:
        """Leave no room for a single byte more."""
        descriptor = os.open(self.root / _FILLER, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        size = 65_536
        try:
            while size:
                try:
                    os.write(descriptor, bytes(size))
                except OSError:
                    size //= 2
        finally:
            os.close(descriptor)

    def free(self) -> None:
        """Give the room back."""
        (self.root / _FILLER).unlink(missing_ok=True)


@contextlib.contextmanager
def small_disk(root: Path, *, owner: int = 0) -> Iterator[SmallDisk]:
    """Mount a small file system at `root`; skip the test where that is not permitted."""
    root.mkdir(parents=True, exist_ok=True)
    options = f"size={_SIZE},mode=0700,uid={owner},gid={owner}"
    command = ["mount", "-t", "tmpfs", "-o", options, "heddle-test", str(root)]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("needs mount(8)")
    if done.returncode != 0:
        pytest.skip(f"may not mount a file system: {done.stderr.strip()}")
    try:
        yield SmallDisk(root)
    finally:
        # Lazily: what still runs there is ended by whoever has started it.
        subprocess.run(["umount", "--lazy", str(root)], check=True)
