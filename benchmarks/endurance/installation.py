"""An installation of heddle of the benchmark's own, which can be upgraded under a daemon."""

from __future__ import annotations

import compileall
import importlib.util
import shutil
import sys
import venv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.report import BenchmarkError

_OF_PACKAGES: Final = ("site-packages", "dist-packages")
_PACKAGES: Final = ("heddle_api", "heddle_supervisor", "heddle_worker")


@dataclass(slots=True)
class Installation:
    """A virtual environment with a copy of the packages under test.

    What they depend on is that of the environment which this process runs in.
    """

    directory: Path
    _upgrades: int = field(default=0, init=False)

    @classmethod
    def make(cls, directory: Path) -> Installation:
        """Make one in an empty directory, its modules compiled.

        Raises:
            BenchmarkError: A package is not installed here.
        """
        venv.create(directory, symlinks=True)
        installation = cls(directory)
        for name in _PACKAGES:
            spec = importlib.util.find_spec(name)
            if spec is None or not spec.submodule_search_locations:
                raise BenchmarkError(f"{name} is not installed in this environment")
            source = spec.submodule_search_locations[0]
            shutil.copytree(source, installation._packages / name)
        # An environment may take in another one's packages, and a line in a file of paths reaches
        # no further than one directory.
        dependencies = [name for name in sys.path if Path(name).name in _OF_PACKAGES]
        path = installation._packages / "dependencies.pth"
        path.write_text("".join(f"{name}\n" for name in dependencies))
        compileall.compile_dir(installation._packages, quiet=2)
        return installation

    @property
    def program(self) -> Sequence[str | Path]:
        """The `heddle` command of this installation."""
        return [self.directory / "bin" / "python", "-P", "-m", "heddle_supervisor"]

    def upgrade(self) -> str:
        """Put another version in the place of the one that is installed; return its name."""
        self._upgrades += 1
        version = f"99.0.{self._upgrades}"
        path = self._packages / "heddle_supervisor" / "version.py"
        fresh = path.with_suffix(".new")
        fresh.write_text("".join(_with_version(path.read_text().splitlines(True), version)))
        fresh.replace(path)
        return version

    @property
    def _packages(self) -> Path:
        name = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.directory / "lib" / name / "site-packages"


def _with_version(lines: Sequence[str], version: str) -> Iterator[str]:
    for line in lines:
        yield f'__version__ = "{version}"\n' if line.startswith("__version__") else line
