"""The facts about the machine that a reader needs to judge a figure; nothing that names it."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import apsw
import psutil

_PACKAGES: Final = ("apsw", "filelock", "grpcio", "protobuf", "psutil", "pygit2", "typer")
_CPU_INFO: Final = Path("/proc/cpuinfo")


def machine_facts() -> dict[str, Any]:
    """Return processors, memory, load, kernel, and the versions of what matters."""
    return {
        "cpu": _cpu(),
        "cpus": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "architecture": platform.machine(),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "git": _git_version(),
        "sqlite": apsw.sqlite_lib_version(),
        "packages": {name: metadata.version(name) for name in _PACKAGES},
    }


def _cpu() -> str:
    lines = _CPU_INFO.read_text("utf-8").splitlines() if _CPU_INFO.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def _git_version() -> str:
    done = subprocess.run(["git", "--version"], check=True, capture_output=True, text=True)
    return done.stdout.removeprefix("git version ").strip()
