"""The process that starts commands for a worker, which is too large and has too many threads.

It holds no more than it needs, so that forking it is cheap, and is alone in its process, so that a
fork may run code of ours. It lives as long as the worker's end of its socket is open.
"""

from __future__ import annotations

import os
import signal
import socket

from heddle_supervisor.prctl import set_process_name
from heddle_worker.hooks import warden


def main(descriptor: int) -> None:
    """Fork a warden for each connection that comes in over a socket, until that ends."""
    set_process_name("heddle-hooks")
    # Wardens are waited for by nobody.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=descriptor) as control:
        while True:
            try:
                said, descriptors, _flags, _address = socket.recv_fds(control, 1, 1)
            except OSError:
                return
            if not said:
                return
            for received in descriptors:
                os.set_inheritable(received, False)
                with socket.socket(fileno=received) as connection:
                    _fork(control, connection)


def _fork(control: socket.socket, connection: socket.socket) -> None:
    try:
        pid = os.fork()
    except OSError:
        # The other side sees its connection end without a word.
        return
    if pid == 0:
        try:
            control.close()
            warden.serve(connection)
        finally:
            os._exit(0)
