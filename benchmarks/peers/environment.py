"""The virtual environment that the Python supervisors are installed into, and kept in."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.peer import MissingError


@dataclass(frozen=True, slots=True)
class PeerEnvironment:
    """A virtual environment in the user's cache directory, apart from the project's own."""

    directory: Path

    @classmethod
    def open(cls) -> PeerEnvironment:
        """Return the environment for this version of Python, made if it is not there."""
        cache = os.environ.get("XDG_CACHE_HOME", "")
        base = Path(cache) if cache.startswith("/") else Path.home() / ".cache"
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        directory = base / "heddle-benchmarks" / f"peers-{version}"
        if not (directory / "bin" / "pip").exists():
            venv.create(directory, with_pip=True, clear=True)
        return cls(directory)

    @property
    def programs(self) -> Path:
        """The directory of its commands."""
        return self.directory / "bin"

    def require(self, packages: Sequence[str]) -> None:
        """Install what is missing of `packages`.

        Raises:
            MissingError: One cannot be installed.
        """
        if not packages or self._pip("show", "--quiet", *packages).returncode == 0:
            return
        installed = self._pip("install", "--quiet", *packages)
        if installed.returncode:
            last = (installed.stderr.strip() or "pip said nothing").splitlines()[-1]
            raise MissingError(f"pip cannot install {' '.join(packages)}: {last}")

    def _pip(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.programs / "pip", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
