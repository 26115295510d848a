"""circus, as it comes and with a short check delay."""

from __future__ import annotations

import shlex
from functools import partial
from typing import Final

from benchmarks.peers.peer import Command, Commands, GrpcPeer, Site


def _lay_out(options: str, site: Site) -> Commands:
    configuration = site.home / "circus.ini"
    endpoint = f"ipc://{site.home / 'control.sock'}"
    configuration.write_text(
        f"""[circus]
endpoint = {endpoint}
pubsub_endpoint = ipc://{site.home / "events.sock"}
{options}

[watcher:worker]
cmd = {shlex.join(site.worker)}
copy_env = true
"""
    )
    control: Command = [site.programs / "circusctl", "--endpoint", endpoint]
    return Commands(
        supervise=[site.programs / "circusd", configuration],
        status=[*control, "status"],
        stop=[*control, "quit", "--waiting"],
    )


PEERS: Final = (
    GrpcPeer("circus", partial(_lay_out, ""), rival=True, packages=["circus"]),
    GrpcPeer(
        "circus, check_delay 0.1",
        partial(_lay_out, "check_delay = 0.1"),
        rival=True,
        packages=["circus"],
    ),
)
