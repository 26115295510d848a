"""Does to a daemon whatever can happen to one, in an order that chance decides."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Final

import grpc
import psutil
from call_load import query
from git_repository import GitRepository
from heddle_daemon import HeddleDaemon
from installation import Installation
from small_disk import SmallDisk
from stranger import Stranger
from waiting import wait_until

from heddle_supervisor.inspection import DaemonStatus, inspect
from heddle_supervisor.pidfile import PidFileContents
from heddle_supervisor.status_file import PublicState

_START: Final = ("serve", "--detach", "--heartbeat-deadline", "1", "--grace", "1")
_FAILED: Final = PublicState.FAILED.value
_SERVING: Final = PublicState.SERVING.value


class ChaosMonkey:
    """Takes steps, and looks after each whether everything is as it should be."""

    def __init__(
        self,
        daemon: HeddleDaemon,
        installation: Installation,
        stranger: Stranger,
        disk: SmallDisk | None,
        chance: random.Random,
    ) -> None:
        self._daemon = daemon
        self._installation = installation
        self._stranger = stranger
        self._disk = disk
        self._chance = chance
        self._is_full = False
        self._may_have_failed = False
        self._versions = 0
        self._repository = GitRepository(daemon.root)
        self._steps = self._weighted()

    def step(self) -> str:
        """Take one step, or several at once, and look; return what it was."""
        count = 1 if self._chance.random() < 0.8 else self._chance.randint(2, 4)
        steps, weights = zip(*self._steps.items(), strict=True)
        chosen = self._chance.choices(steps, weights, k=count)
        if self._daemon.supervisor() is None and self._chance.random() < 0.6:
            # Little can happen to a daemon that does not run.
            chosen.insert(0, self.start)
        for each in chosen:
            each()
        words = " + ".join(each.__name__ for each in chosen)
        self._look(words)
        return words

    def end(self) -> None:
        """Stop the daemon; nothing of it may be left, whatever it has gone through."""
        self.free_disk()
        # One that was killed after its pidfile had been deleted leaves what the next start sweeps.
        self.start()
        self._daemon.agent("stop", "--force").expect(0)
        wait_until(lambda: not self._processes(), "no process is left")
        assert self._left() == set(), self._left()

    def _weighted(self) -> dict[Callable[[], None], int]:
        steps = {
            self.start: 10,
            self.start_twice: 2,
            self.stop: 3,
            self.stop_by_force: 2,
            self.kill_worker: 12,
            self.kill_standby: 8,
            self.kill_supervisor: 5,
            self.kill_everything: 2,
            self.freeze_worker: 4,
            self.freeze_standby: 2,
            self.freeze_supervisor: 3,
            self.reload: 4,
            self.reload_by_signal: 6,
            self.upgrade: 2,
            self.storm_of_reloads: 2,
            self.storm_of_stops: 2,
            self.delete_socket: 4,
            self.delete_standbys_socket: 2,
            self.delete_status: 4,
            self.garble_status: 2,
            self.delete_pidfile: 2,
            self.delete_directory: 1,
            self.delete_logs: 1,
            self.name_a_stranger: 3,
            self.commit: 6,
        }
        return steps | ({self.fill_disk: 3, self.free_disk: 4} if self._disk else {})

    # The steps.

    def start(self) -> None:
        code = self._daemon.agent(*_START).code
        assert code in ((0, 1, 4, 124) if self._is_full else (0, 4)), code

    def start_twice(self) -> None:
        with self._daemon.popen("agent", *_START) as first:
            self.start()
            first.communicate()
        assert first.returncode in (0, 1, 4, 124) if self._is_full else (0, 4)

    def stop(self) -> None:
        outcome = self._daemon.agent("stop")
        assert outcome.code == 0 or self._spares_the_stranger(outcome.stderr), outcome

    def stop_by_force(self) -> None:
        outcome = self._daemon.agent("stop", "--force", "--timeout", "0")
        assert outcome.code == 0 or self._spares_the_stranger(outcome.stderr), outcome

    def kill_worker(self) -> None:
        self._signal(self._found().worker_pid, signal.SIGKILL)

    def kill_standby(self) -> None:
        self._signal(self._found().standby_pid, signal.SIGKILL)

    def kill_supervisor(self) -> None:
        self._signal(self._daemon.supervisor(), signal.SIGKILL)

    def kill_everything(self) -> None:
        for pid in self._processes():
            self._signal(pid, signal.SIGKILL)

    def freeze_worker(self) -> None:
        self._signal(self._found().worker_pid, signal.SIGSTOP)

    def freeze_standby(self) -> None:
        self._signal(self._found().standby_pid, signal.SIGSTOP)

    def freeze_supervisor(self) -> None:
        """Stop it, do something else meanwhile, and let it go on if it is still there."""
        pid = self._daemon.supervisor()
        self._signal(pid, signal.SIGSTOP)
        self._chance.choice([self.kill_worker, self.stop_by_force, self.start, self.commit])()
        self._signal(pid, signal.SIGCONT)

    def reload(self) -> None:
        assert self._daemon.agent("reload").code in (0, 1, 3, 124)

    def reload_by_signal(self) -> None:
        self._signal(self._daemon.supervisor(), signal.SIGHUP)

    def upgrade(self) -> None:
        self._versions += 1
        self._installation.upgrade(f"9.{self._versions}")
        self.reload()

    def storm_of_reloads(self) -> None:
        pid = self._daemon.supervisor()
        for _ in range(30):
            self._signal(pid, self._chance.choice([signal.SIGHUP, signal.SIGCHLD, signal.SIGCONT]))

    def storm_of_stops(self) -> None:
        pid = self._daemon.supervisor()
        for _ in range(30):
            self._signal(pid, self._chance.choice([signal.SIGTERM, signal.SIGINT, signal.SIGHUP]))

    def delete_socket(self) -> None:
        self._daemon.config.socket_path.unlink(missing_ok=True)

    def delete_standbys_socket(self) -> None:
        for path in self._daemon.config.socket_path.parent.glob("grpc.*-*.sock"):
            path.unlink(missing_ok=True)

    def delete_status(self) -> None:
        self._daemon.config.status_path.unlink(missing_ok=True)

    def garble_status(self) -> None:
        with contextlib.suppress(OSError):
            self._daemon.config.status_path.write_bytes(b'{"state": "serving"')

    def delete_pidfile(self) -> None:
        self._daemon.config.pid_path.unlink(missing_ok=True)

    def delete_directory(self) -> None:
        shutil.rmtree(self._daemon.config.heddle_dir, ignore_errors=True)

    def delete_logs(self) -> None:
        shutil.rmtree(self._daemon.config.log_path.parent, ignore_errors=True)

    def name_a_stranger(self) -> None:
        """Write the stranger's pid into a pidfile, where no daemon has one."""
        path = self._daemon.config.pid_path
        if path.parent.is_dir() and self._daemon.supervisor() is None and not self._is_full:
            text = PidFileContents(self._stranger.pid, 1_700_000_000).render()
            path.write_text(text, encoding="ascii")

    def commit(self) -> None:
        if not self._is_full:
            self._repository.commit()

    def fill_disk(self) -> None:
        if self._disk is not None:
            self._disk.fill()
            self._is_full = self._may_have_failed = True

    def free_disk(self) -> None:
        if self._disk is not None:
            self._disk.free()
            self._is_full = False

    # What is to be true after each.

    def _look(self, words: str) -> None:
        assert self._stranger.is_untouched(), words
        wait_until(lambda: len(self._supervisors()) <= 1, f"there is one daemon ({words})")
        wait_until(self._is_in_order, f"it is in order ({words}); now {self._found()}", 60)
        if self._found().state == _SERVING and not self._is_full:
            self._may_have_failed = False

    def _is_in_order(self) -> bool:
        """Return whether the daemon is gone, or answers, or rightly says that it does not."""
        found = self._found()
        if not found.running:
            return not self._supervisors()
        if found.state == _SERVING:
            return self._answers(Path(found.socket_path))
        if found.state == _FAILED and self._may_have_failed:
            return True
        return self._is_full

    def _answers(self, socket_path: Path) -> bool:
        try:
            query(socket_path)
        except grpc.RpcError as error:
            return self._is_full and error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        return True

    def _found(self) -> DaemonStatus:
        return inspect(self._daemon.config)

    def _left(self) -> set[str]:
        directory = self._daemon.config.pid_path.parent
        return {path.name for path in directory.iterdir()} if directory.is_dir() else set()

    def _spares_the_stranger(self, text: str) -> bool:
        return f"pid {self._stranger.pid} is not a heddle process" in text

    def _signal(self, pid: int | None, signum: signal.Signals) -> None:
        """Send a signal to one of the daemon's processes, if it is one."""
        if pid in self._processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signum)

    def _supervisors(self) -> list[int]:
        """Return the processes that none of the others has started."""
        parents = self._processes()
        return [pid for pid, parent in parents.items() if parent not in parents]

    def _processes(self) -> dict[int, int]:
        """Return all processes of the daemon, known to it or not, each with its parent.

        They are known by the environment that all have from the command that started the first.
        """
        home = self._daemon.environment["HOME"]
        parents = {}
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get("HOME") == home:
                    parents[process.pid] = process.ppid()
        return parents
