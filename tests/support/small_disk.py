"""A file system with little room, for tests that may mount one."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

_MEBIBYTE: Final = 2**20
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
def small_disk(root: Path, *, mebibytes: int = 4) -> Iterator[SmallDisk]:
    """Mount a small file system at `root`; skip the test where that is not permitted."""
    if problem := mount_small(root, mebibytes):
        pytest.skip(f"may not mount a file system: {problem}")
    try:
        yield SmallDisk(root)
    finally:
        # Lazily: what still runs there is ended by whoever has started it.
        subprocess.run(["umount", "--lazy", str(root)], check=True)


def mount_small(root: Path, mebibytes: int) -> str:
    """Mount a file system of this size; return why that is not possible, if it is not."""
    root.mkdir(parents=True, exist_ok=True)
    options = f"size={mebibytes * _MEBIBYTE},mode=0700"
    command = ["mount", "-t", "tmpfs", "-o", options, "heddle-test", str(root)]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    except FileNotFoundError:
        return "there is no mount(8)"
    return done.stderr.strip() if done.returncode != 0 else ""
