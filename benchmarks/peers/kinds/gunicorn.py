"""gunicorn: forks of a preloaded application, which is the nearest to what heddle does."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import processes
from benchmarks.peers.peer import Commands, Site

_TIMEOUT: Final = 1.0
_REQUEST: Final = b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n"
_OK: Final = (b"HTTP/1.0 200", b"HTTP/1.1 200")


@dataclass(frozen=True, slots=True)
class Gunicorn:
    """One worker, of the kind that gunicorn takes by default."""

    name: str = "gunicorn (HTTP)"
    rival: bool = False
    packages: Sequence[str] = ("gunicorn",)
    programs: Sequence[str] = ()

    def answers(self, path: Path) -> bool:
        """Return whether a new connection gets an answer."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_TIMEOUT)
            try:
                connection.connect(str(path))
                connection.sendall(_REQUEST)
                return connection.recv(len(_OK[0])) in _OK
            except OSError:
                return False

    def lay_out(self, site: Site) -> Commands:
        """Return how it is driven; everything is said on its command line."""
        control = site.home / "control.sock"
        directory = processes.PROJECT / "benchmarks" / "peers"
        return Commands(
            supervise=[
                site.programs / "gunicorn",
                *("--preload", "--workers", "1", "--bind", f"unix:{site.socket}"),
                *("--control-socket", control, "--chdir", directory, "http_worker:application"),
            ],
            status=[site.programs / "gunicornc", "-s", control, "-c", "show workers"],
            stop=None,
        )


PEERS: Final = (Gunicorn(),)
