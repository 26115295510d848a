"""The facts about the machine that a reader needs to judge a figure; nothing that names it."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from typing import Any, Final

_PACKAGES: Final = ("apsw", "filelock", "grpcio", "protobuf", "psutil", "pygit2", "typer")


def machine_facts() -> dict[str, Any]:
    """Return processors, load, kernel, Python and the versions of the packages that matter."""
    return {
        "cpus": os.cpu_count(),
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "architecture": platform.machine(),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": {name: metadata.version(name) for name in _PACKAGES},
    }
