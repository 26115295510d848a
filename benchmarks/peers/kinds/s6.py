"""s6: the small C supervisor of containers."""

from __future__ import annotations

from typing import Final

from benchmarks.peers.peer import Commands, GrpcPeer, Site
from benchmarks.peers.service_directory import service_directory


def _lay_out(site: Site) -> Commands:
    service = service_directory(site)
    return Commands(
        supervise=["s6-supervise", service],
        status=["s6-svstat", service],
        stop=["s6-svc", "-wD", "-dx", service],
    )


PEERS: Final = (GrpcPeer("s6", _lay_out, programs=["s6-supervise", "s6-svstat", "s6-svc"]),)
