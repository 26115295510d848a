"""Forks workers, from a process that has neither a gRPC object nor a thread.

The tests themselves are clients of gRPC, so they cannot fork a process that will use it. Run as a
program, this module obeys the requests on the connection whose descriptor is its argument, until
that connection's end; `Nursery` is its client.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle, send_handle
from pathlib import Path
from typing import Any, NoReturn

from heddle_supervisor.heartbeat import Heartbeat, Part
from heddle_supervisor.worker_link import WorkerLink
from heddle_supervisor.worker_settings import WorkerSettings

_REPLY_SECONDS = 60.0


class Nursery:
    """Starts the program, and asks it for workers."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        theirs.close()
        self._connection = Connection(ours.detach())

    def fork(self, settings: WorkerSettings, link: WorkerLink, stderr: Path) -> int:
        """Fork a worker that holds the link; return its pid."""
        self._connection.send(("fork", settings, stderr))
        send_handle(self._connection, link.fileno(), self._process.pid)
        return int(self._reply())

    def last_beat(self, pid: int) -> tuple[float, Part]:
        """Return when the part of the worker that has been silent longest beat, and which it is."""
        self._connection.send(("beat", pid))
        when, part = self._reply()
        return when, Part(part)

    def wait(self, pid: int) -> int:
        """Wait for a worker's end; return its exit status, negative for a signal."""
        self._connection.send(("wait", pid))
        return int(self._reply())

    def close(self) -> None:
        """End the program."""
        self._connection.close()
        self._process.wait()

    def _reply(self) -> Any:
        assert self._connection.poll(_REPLY_SECONDS), "the nursery does not answer"
        return self._connection.recv()


def _serve(connection: Connection) -> None:
    heartbeats: dict[int, Heartbeat] = {}
    while True:
        try:
            request, *arguments = connection.recv()
        except EOFError:
            return
        if request == "fork":
            link, heartbeat = recv_handle(connection), Heartbeat()
            pid = os.fork()
            if pid == 0:
                connection.close()
                settings, stderr = arguments
                _become_worker(settings, stderr, link, heartbeat)
            os.close(link)
            heartbeats[pid] = heartbeat
            connection.send(pid)
        elif request == "beat":
            connection.send(heartbeats[arguments[0]].last())
        else:
            connection.send(os.waitstatus_to_exitcode(os.waitpid(arguments[0], 0)[1]))


def _become_worker(
    settings: WorkerSettings, stderr: Path, link: int, heartbeat: Heartbeat
) -> NoReturn:
    os.dup2(os.open(stderr, os.O_WRONLY | os.O_CREAT | os.O_APPEND), sys.stderr.fileno())
    os._exit(heddle_worker.main.run_worker(settings, WorkerLink.adopt(link), heartbeat))


if __name__ == "__main__":
    # Before the first fork, as the supervisor does.
    import heddle_worker.main

    _serve(Connection(int(sys.argv[1])))
