"""A daemon in this process: from its lock to its last file."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence

from heddle_supervisor.config import LocalDaemonConfig
from heddle_supervisor.errors import HeddleError
from heddle_supervisor.event_loop import EventLoop
from heddle_supervisor.file_pages import give_back_file_pages
from heddle_supervisor.pidfile import PidFileContents, PidGuard
from heddle_supervisor.possessions import Possessions
from heddle_supervisor.prctl import set_process_name
from heddle_supervisor.private_directory import prepare_directories
from heddle_supervisor.process_identity import PROCESS_NAME
from heddle_supervisor.registry import register, unregister
from heddle_supervisor.socket_publication import SocketPublication
from heddle_supervisor.status_file import remove_status
from heddle_supervisor.supervisor import Supervisor
from heddle_supervisor.upgrade import HELD_SIGNALS, Handover, Upgrade, inherited_handover
from heddle_supervisor.worker_settings import WorkerEntry


def serve(
    config: LocalDaemonConfig,
    worker_entry: WorkerEntry,
    *,
    preload: Sequence[str] = (),
    on_serving: Callable[[], None] = lambda: None,
    upgrade_command: Sequence[str] = (),
) -> None:
    """Run a daemon in this process until it is told to stop. Call it on the main thread.

    Takes the lock, forks workers that run `worker_entry`, publishes their sockets and replaces
    them as they die; obeys SIGTERM and SIGINT (stop) and SIGHUP (reload). Returns after a clean
    stop, with every file removed that it made for the time of its life.

    Args:
        config: paths and limits.
        worker_entry: runs in each forked worker.
        preload: modules to import before the first fork; all workers share their memory.
        on_serving: called whenever a worker that was published begins to serve.
        upgrade_command: arguments for the interpreter that run this daemon anew, with which a
            reload takes an upgraded package without letting go of the lock; empty to do without.

    Raises:
        AlreadyRunningError: another daemon holds the lock.
        PidFileError: what stands at the pidfile's path cannot be replaced.
        UnsafePathError: a directory is open to other users.
        StartFailedError: no worker could be brought to serve.
        OSError: a directory cannot be made or written.
    """
    handover = inherited_handover()
    upgrade = Upgrade(upgrade_command, preload)
    with (
        contextlib.closing(EventLoop()) as loop,
        _signals_held(),
        _own_files(config, handover) as owned,
    ):
        set_process_name(PROCESS_NAME)
        for module in preload:
            importlib.import_module(module)
        # What is frozen is left alone by the workers' garbage collectors: its pages stay shared.
        gc.collect()
        gc.freeze()
        give_back_file_pages()
        try:
            Supervisor(config, worker_entry, loop, owned, upgrade, on_serving).run(handover)
        finally:
            gc.unfreeze()


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """Let signals wait until the supervisor can obey them: earlier, they would leave files."""
    signal.pthread_sigmask(signal.SIG_BLOCK, HELD_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD_SIGNALS)


@contextlib.contextmanager
def _own_files(config: LocalDaemonConfig, handover: Handover | None) -> Iterator[Possessions]:
    """Take the lock and make the daemon's files; remove them at the end, the pidfile last."""
    publication = SocketPublication(config)
    if handover is None:
        prepare_directories(config)
        started_at = int(time.time())
        guard = PidGuard.install(config.pid_path, PidFileContents(os.getpid(), started_at))
    else:
        started_at = handover.started_at
        contents = PidFileContents(os.getpid(), started_at)
        guard = PidGuard.adopt(config.pid_path, handover.guard, contents)
    with guard:
        if handover is None:
            publication.prepare()
            # The predecessor's, whose pid may have been the same.
            remove_status(config.status_path)
        else:
            publication.adopt(handover.published)
        with contextlib.suppress(OSError):
            # The registry only helps `heddle agent list`; a home that is read-only is no matter.
            register(config)
        try:
            yield Possessions(guard, publication, started_at)
        finally:
            with _last_hold(guard, started_at) as is_ours:
                if is_ours:
                    publication.remove()
                    remove_status(config.status_path)
                    with contextlib.suppress(OSError):
                        unregister(config)


@contextlib.contextmanager
def _last_hold(guard: PidGuard, started_at: int) -> Iterator[bool]:
    """Yield whether the names beside the pidfile are ours to remove, and see that they stay so.

    Where the pidfile was deleted, they may be a successor's; where there is none, the lock is taken
    once more.
    """
    if guard.still_installed():
        yield True
        return
    try:
        regained = PidGuard.install(guard.path, PidFileContents(os.getpid(), started_at))
    except FileNotFoundError:
        yield True  # without the directory there is no successor
    except (HeddleError, OSError):
        yield False
    else:
        with regained:
            yield True
