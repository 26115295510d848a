"""runit: the small C supervisor of several distributions."""

from __future__ import annotations

from typing import Final

from benchmarks.peers.peer import Commands, GrpcPeer, Site
from benchmarks.peers.service_directory import service_directory


def _lay_out(site: Site) -> Commands:
    service = service_directory(site)
    return Commands(
        supervise=["runsv", service],
        status=["sv", "status", service],
        stop=["sv", "force-shutdown", service],
    )


PEERS: Final = (GrpcPeer("runit", _lay_out, programs=["runsv", "sv"]),)
