"""Finding the daemon of a repository, and starting one. No gRPC is needed for either."""

from __future__ import annotations

import socket
import sys
import urllib.parse
from dataclasses import dataclass
from os import fsencode
from pathlib import Path
from typing import TYPE_CHECKING, Final

from heddle_client.errors import NoDaemonError, NotServingError, StartError
from heddle_client.visible import visible
from heddle_supervisor.config import LocalDaemonConfig
from heddle_supervisor.errors import ExitCode
from heddle_supervisor.inspection import DaemonStatus, inspect
from heddle_supervisor.peer_credentials import check_peer_uid_matches_self

if TYPE_CHECKING:
    from subprocess import CompletedProcess

_CONNECT_SECONDS: Final = 1.0
_START_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class FoundDaemon:
    """A daemon whose socket answers a connect.

    Attributes:
        address: gRPC's name of its socket.
        version: of the daemon; None when it does not say.
    """

    address: str
    version: str | None


def find(config: LocalDaemonConfig) -> FoundDaemon:
    """Return the daemon that serves: by its files first, then by a connect to its socket.

    Raises:
        NoDaemonError: none runs.
        NotServingError: it is another user's, or has failed and waits for somebody to mend that.
        OSError: its socket does not answer now; it may be between two workers.
    """
    found = _inspected(config)
    if not found.running:
        raise NoDaemonError(
            f"no daemon runs for {visible(str(config.repository))}: "
            "start it with `heddle agent serve --detach`"
        )
    if found.state == "failed":
        raise NotServingError(
            f"the daemon has failed: {visible(found.last_error or 'see its log')}"
        )
    path = Path(found.socket_path)
    _require_own_server(path)
    # gRPC's name of a Unix socket is a URI, in which some characters have a meaning.
    return FoundDaemon("unix:" + urllib.parse.quote(fsencode(path), safe="/"), found.version)


def runs(config: LocalDaemonConfig) -> bool:
    """Return whether a daemon runs, as its files say.

    Raises:
        NotServingError: they may not be read.
    """
    return _inspected(config).running


def start(config: LocalDaemonConfig) -> None:
    """Start the daemon as `heddle agent serve --detach` does, and wait until it serves.

    One that somebody else has started meanwhile is as good.

    Raises:
        StartError: it does not start; the text is what the command says.
    """
    import subprocess  # only here, so that a client of a running daemon need not wait for it

    command = ["-P", "-m", "heddle_supervisor", "agent", "serve", "--detach", "--json"]
    try:
        done = subprocess.run(  # noqa: S603 - no shell
            [sys.executable, *command, "--repo", config.repository],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_START_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        text = f"the daemon has not started within {_START_SECONDS:g} s"
        raise StartError(text, ExitCode.TIMEOUT) from None
    if done.returncode not in (ExitCode.OK, ExitCode.ALREADY_RUNNING):
        raise StartError(_complaint(done), ExitCode.of(done.returncode))


def _complaint(done: CompletedProcess[bytes]) -> str:
    import json

    try:
        return str(json.loads(done.stdout)["error"])
    except (ValueError, KeyError, TypeError):
        said = done.stderr.decode(errors="replace").strip().splitlines()
        return f"the daemon does not start: {visible(said[-1])}" if said else "it does not start"


def _inspected(config: LocalDaemonConfig) -> DaemonStatus:
    try:
        return inspect(config)
    except PermissionError:
        raise NotServingError(f"{visible(str(config.pid_path))} may not be read") from None


def _require_own_server(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(_CONNECT_SECONDS)
        try:
            probe.connect(fsencode(path))
            check_peer_uid_matches_self(probe)
        except PermissionError:
            raise NotServingError(f"the daemon at {visible(str(path))} is another user's") from None
