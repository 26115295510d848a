"""Has a wheel bring the manual pages of all commands: `man heddle-txn-run`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ManPages(BuildHookInterface[Any]):
    """Makes the pages when a wheel is built, so that none of them is kept in the repository."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the pages, and add them to what the wheel puts into an environment's `share`."""
        if version == "editable":
            return
        self._place = tempfile.TemporaryDirectory(prefix="heddle-man-")
        # The program is imported by a process of its own, as it is in these sources.
        subprocess.run(  # noqa: S603 - the interpreter that builds
            [sys.executable, "-m", "heddle_client.man_pages", self._place.name],
            cwd=self.root,
            check=True,
        )
        for page in sorted(Path(self._place.name).iterdir()):
            build_data["shared_data"][str(page)] = f"share/man/man1/{page.name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what is in the wheel by now."""
        if version != "editable":
            self._place.cleanup()
