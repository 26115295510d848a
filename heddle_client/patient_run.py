"""A run of a hook that could not be answered at once: by way of gRPC, which knows why."""

from __future__ import annotations

from pathlib import Path

from heddle_client.caller import Caller
from heddle_client.calls import Call, Method
from heddle_client.place import Place
from heddle_client.session import Session
from heddle_client.shim_protocol import RUN_GIT_HOOK
from heddle_client.swift_wire import Verdict
from heddle_supervisor.config import LocalDaemonConfig


def ask_patiently(heddle_dir: str, request: bytes, *, timeout: float) -> Verdict:
    """Return the daemon's verdict, whichever of its workers gives it.

    Raises:
        HeddleError: as `heddle_client.caller.Caller.call`.
    """
    config = LocalDaemonConfig.for_heddle_dir(Path(heddle_dir))
    caller = Caller(Session(Place(config.repository, config), start=False))
    try:
        return caller.call(Call(Method(RUN_GIT_HOOK, bytes, Verdict.decode, timeout), request))
    finally:
        caller.close()
