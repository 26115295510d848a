"""What processes and directories hold, so that it can be compared before and after."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

_NUMBER: Final = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Footprint:
    """What one daemon's supervisor has.

    Attributes:
        descriptors: open ones, by what they lead to, without numbers: inodes come and go.
        threads: how many.
        children: processes that it has started and not reaped, zombies included.
        sockets: names in its directory of sockets.
    """

    descriptors: tuple[str, ...]
    threads: int
    children: int
    sockets: int

    @classmethod
    def of(cls, pid: int, directory: Path) -> Footprint:
        """Return what the process has now."""
        process = psutil.Process(pid)
        links = [path.readlink().name for path in Path(f"/proc/{pid}/fd").iterdir()]
        return cls(
            descriptors=tuple(sorted(_NUMBER.sub("N", link) for link in links)),
            threads=process.num_threads(),
            children=len(process.children(recursive=True)),
            sockets=len(list(directory.iterdir())),
        )


def own_memory(pid: int) -> int:
    """Return the bytes of memory that a process has written to, shared with its forks or not."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    fields = dict(line.split(":", 1) for line in status.splitlines())
    return int(fields["RssAnon"].split()[0]) * 1024
