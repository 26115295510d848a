"""The directory with a run script by which s6 and runit know a service."""

from __future__ import annotations

import shlex
from pathlib import Path

from benchmarks.peers.peer import Site


def service_directory(site: Site) -> Path:
    """Make the directory of a service that is the worker, and return it."""
    directory = site.home / "service"
    directory.mkdir()
    script = directory / "run"
    script.write_text(f"#!/bin/sh\nexec {shlex.join(site.worker)}\n")
    script.chmod(0o755)
    return directory
