"""An installation of heddle that a test may upgrade, break and remove."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path
from typing import Final

_PACKAGES: Final = ("heddle_api", "heddle_supervisor", "heddle_worker")


class Installation:
    """A copy of the installed packages; who has `variables` in its environment uses it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._age = 0
        for name in _PACKAGES:
            spec = importlib.util.find_spec(name)
            assert spec is not None
            assert spec.submodule_search_locations
            # Times are kept, so that the compiled modules are good for the copy too.
            shutil.copytree(spec.submodule_search_locations[0], root / name)

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables by which an interpreter finds this installation first."""
        return {"PYTHONPATH": str(self.root)}

    def upgrade(self, version: str) -> None:
        """Install another version, which differs in its number alone."""
        self.write("heddle_supervisor/version.py", f'__version__ = "{version}"\n')

    def write(self, name: str, text: str) -> None:
        """Replace a module's source."""
        path = self.root / name
        temporary = path.with_suffix(".new")
        temporary.write_text(text, encoding="utf-8")
        # Compiled modules are told from outdated ones by the second: each of ours has its own.
        self._age += 1
        os.utime(temporary, (self._age, self._age))
        temporary.replace(path)

    def read(self, name: str) -> str:
        """Return a module's source."""
        return (self.root / name).read_text(encoding="utf-8")

    def remove(self) -> None:
        """Uninstall it."""
        shutil.rmtree(self.root)
