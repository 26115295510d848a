"""supervisor: the one that most Python projects know."""

from __future__ import annotations

import shlex
from typing import Final

from benchmarks.peers.peer import Command, Commands, GrpcPeer, Site


def _lay_out(site: Site) -> Commands:
    configuration = site.home / "supervisord.conf"
    control = site.home / "control.sock"
    configuration.write_text(
        f"""[supervisord]
nodaemon = true
logfile = {site.home / "supervisord.log"}
pidfile = {site.home / "supervisord.pid"}

[unix_http_server]
file = {control}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl = unix://{control}

[program:worker]
command = {shlex.join(site.worker)}
autorestart = true
"""
    )
    control_command: Command = [site.programs / "supervisorctl", "-c", configuration]
    return Commands(
        supervise=[site.programs / "supervisord", "-c", configuration],
        status=[*control_command, "status"],
        stop=[*control_command, "shutdown"],
    )


PEERS: Final = (GrpcPeer("supervisor", _lay_out, rival=True, packages=["supervisor"]),)
