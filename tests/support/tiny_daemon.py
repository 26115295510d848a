"""A daemon whose worker speaks the supervisor's protocol and little else, for tests to run.

`python tiny_daemon.py '{"heddle_dir": …}'`; `limits`, `socket`, `preload` and `upgradable` may be
given as well. Clients send lines and get lines:

- `who`: the worker's pid, parent, generation and whether it was told to retire, as JSON;
- `spin`: the worker answers and then never returns to its event loop;
- `die N`: it ends at once, with that status.

A connection that is open counts as a call in flight. The files in `orders/`, beside `.heddle`,
tell workers how to be born: `boot` holds one of `fail`, `refuse`, `babble`, `raise`, `die`, `hang`,
and while `activation` exists none begins to serve.
"""

from __future__ import annotations

import dataclasses
import json
import os
import selectors
import socket
import sys
import time
from pathlib import Path
from typing import Any, Final

from heddle_supervisor import LocalDaemonConfig, serve
from heddle_supervisor.errors import HeddleError
from heddle_supervisor.heartbeat import Heartbeat, Part
from heddle_supervisor.worker_link import Command, Message, Report, WorkerLink
from heddle_supervisor.worker_settings import EXIT_CANNOT_BOOT, WorkerSettings

BOOT_ERROR: Final = "the store is out of order"
"""What a worker says that was ordered to `fail` or to `refuse`."""

DIES_WITH: Final = 3
"""The exit status of a worker that was ordered to `die`."""

_TICK_MAX: Final = 0.05


class TinyWorker:
    """Serves lines on a Unix socket until it is told to end, or its supervisor is gone."""

    def __init__(self, settings: WorkerSettings, link: WorkerLink, heartbeat: Heartbeat) -> None:
        self._settings = settings
        self._link = link
        self._heartbeat = heartbeat
        self._orders = settings.heddle_dir.parent / "orders"
        self._selector = selectors.DefaultSelector()
        self._listener = socket.socket(socket.AF_UNIX)
        self._calls: dict[socket.socket, bytes] = {}
        self._activating = False
        self._serving = False
        self._retired = False
        self._drained_by: float | None = None

    def run(self) -> int:
        """Live; return the exit status."""
        if (status := self._boot()) is not None:
            return status
        os.umask(0o177)
        self._listener.bind(str(self._settings.socket_path))
        self._listener.listen()
        self._listener.setblocking(False)
        self._selector.register(self._link, selectors.EVENT_READ, self._read_link)
        self._link.send(Message(Report.WARM))
        while not self._is_over():
            for key, _mask in self._selector.select(self._tick()):
                key.data()
            if self._activating and not (self._orders / "activation").exists():
                self._serve()
            for part in Part:
                self._heartbeat.beat(part)
        return 0

    def _boot(self) -> int | None:
        """Obey the order for workers that are being born; return what to exit with, if it says."""
        try:
            order = (self._orders / "boot").read_text(encoding="ascii")
        except FileNotFoundError:
            return None
        if order == "hang":
            while True:
                time.sleep(60)
        if order == "raise":
            raise RuntimeError(BOOT_ERROR)
        if order in ("fail", "refuse"):
            self._link.send(Message(Report.BOOT_FAILED, BOOT_ERROR))
        if order == "babble":
            self._link.send(Message(Report.BOOT_FAILED, BOOT_ERROR + " " + "ü" * 20_000))
        return EXIT_CANNOT_BOOT if order == "refuse" else DIES_WITH

    def _tick(self) -> float:
        return min(_TICK_MAX, self._settings.heartbeat_interval)

    def _serve(self) -> None:
        self._activating = False
        self._serving = True
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._link.send(Message(Report.SERVING))

    def _is_over(self) -> bool:
        if self._drained_by is None:
            return self._retired and not self._calls
        return not self._calls or time.monotonic() > self._drained_by

    def _read_link(self) -> None:
        if not self._link.receive(self._obey):
            os._exit(0)

    def _obey(self, message: Message) -> None:
        if message.kind is Command.ACTIVATE:
            self._activating = True
            return
        if self._serving:
            self._serving = False
            self._selector.unregister(self._listener)
        self._retired = self._retired or message.kind is Command.RETIRE
        if message.kind is Command.DRAIN:
            self._drained_by = time.monotonic() + message.seconds

    def _accept(self) -> None:
        call, _ = self._listener.accept()
        self._calls[call] = b""
        self._heartbeat.note_use(len(self._calls))
        self._selector.register(call, selectors.EVENT_READ, lambda: self._read_call(call))

    def _read_call(self, call: socket.socket) -> None:
        data = call.recv(4096)
        if not data:
            self._selector.unregister(call)
            del self._calls[call]
            self._heartbeat.note_use(len(self._calls))
            call.close()
            return
        *lines, self._calls[call] = (self._calls[call] + data).split(b"\n")
        for line in lines:
            self._answer(call, line.decode())

    def _answer(self, call: socket.socket, line: str) -> None:
        word, _, argument = line.partition(" ")
        if word == "die":
            os._exit(int(argument))
        body = {
            "pid": os.getpid(),
            "parent": os.getppid(),
            "generation": self._settings.generation,
            "retired": self._retired,
        }
        call.sendall(json.dumps(body).encode() + b"\n")
        while word == "spin":
            pass


def run_worker(settings: WorkerSettings, link: WorkerLink, heartbeat: Heartbeat) -> int:
    """Be a tiny worker."""
    return TinyWorker(settings, link, heartbeat).run()


def main(arguments: dict[str, Any]) -> int:
    """Be a tiny daemon; return the exit code that `heddle agent serve` would."""
    heddle_dir = Path(arguments["heddle_dir"])
    config = LocalDaemonConfig.for_heddle_dir(heddle_dir)
    if arguments.get("socket"):
        config = config.with_socket(Path(arguments["socket"]))
    config = dataclasses.replace(config, **arguments.get("limits", {}))
    try:
        serve(
            config,
            run_worker,
            preload=arguments.get("preload", ()),
            upgrade_command=sys.argv if arguments.get("upgradable") else (),
        )
    except HeddleError as error:
        sys.stderr.write(f"{error}\n")
        return int(error.exit_code)
    return 0


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
