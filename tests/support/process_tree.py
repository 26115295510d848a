"""Looking for processes by a mark in their environment, which they hand down to their children."""

from __future__ import annotations

from pathlib import Path


def marked(mark: str) -> list[int]:
    """Return the pids of the processes that have a text in their environment or command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            content = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if mark.encode() in content and state != "Z":
            found.append(int(entry.name))
    return found
