"""A real repository, and real workers that serve it, seen from their supervisor's side."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from pathlib import Path

from nursery import Nursery

from heddle_supervisor.heartbeat import Part
from heddle_supervisor.worker_link import Command, Message, Report, WorkerLink
from heddle_supervisor.worker_settings import WorkerSettings

_SECONDS = 30.0
_END_SECONDS = 10.0


class Repository:
    """A git repository with one commit, and its `.heddle` directory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.heddle_dir = root / ".heddle"
        root.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit("first")
        for directory in (self.heddle_dir, self.heddle_dir / "state"):
            directory.mkdir(mode=0o700)

    def git(self, *arguments: str) -> str:
        """Run git here; return what it prints."""
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Ada",
            "GIT_AUTHOR_EMAIL": "ada@example.com",
            "GIT_COMMITTER_NAME": "Ada",
            "GIT_COMMITTER_EMAIL": "ada@example.com",
        }
        done = subprocess.run(
            ["git", "-C", str(self.root), *arguments],
            env=environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return done.stdout.strip()

    def commit(self, subject: str) -> str:
        """Make a commit; return its id."""
        self.git("commit", "--quiet", "--allow-empty", "-m", subject)
        return self.git("rev-parse", "HEAD")


class Worker:
    """A worker process, from its supervisor's side."""

    def __init__(self, nursery: Nursery, settings: WorkerSettings, stderr: Path) -> None:
        self.settings = settings
        self.path = settings.socket_path
        self._nursery = nursery
        self._stderr = stderr
        self._messages: list[Message] = []
        self._status: int | None = None
        self.link, theirs = WorkerLink.pair()
        self.pid = nursery.fork(settings, theirs, stderr)
        theirs.close()

    def tell(self, command: Command, seconds: float = 0.0) -> None:
        """Send a command."""
        assert self.link.send(Message(command, seconds=seconds))

    def expect(self, report: Report) -> Message:
        """Wait for the next report, which has to be this one."""
        deadline = time.monotonic() + _SECONDS
        while not self._messages:
            ready, _, _ = select.select([self.link], [], [], deadline - time.monotonic())
            assert ready, f"no report within {_SECONDS} seconds; {self.stderr()}"
            alive = self.link.receive(self._messages.append)
            assert alive or self._messages, f"the worker is gone; {self.stderr()}"
        message = self._messages.pop(0)
        assert message.kind is report, f"{message}; {self.stderr()}"
        return message

    def activate(self) -> Worker:
        """Bring the worker to serve."""
        self.expect(Report.WARM)
        self.tell(Command.ACTIVATE)
        self.expect(Report.SERVING)
        return self

    def last_beat(self) -> tuple[float, Part]:
        """Return when the part that has been silent longest beat, and which it is."""
        return self._nursery.last_beat(self.pid)

    def wait(self) -> int:
        """Wait for the end; return the exit status, negative for a signal."""
        if self._status is None:
            self._status = self._nursery.wait(self.pid)
        return self._status

    def stderr(self) -> str:
        """Return what the worker has written to its standard error."""
        return self._stderr.read_text()

    def end(self) -> None:
        """End the worker as its supervisor's end would, or kill it if that does not do it."""
        if self._status is not None:
            self.link.close()
            return
        process = os.pidfd_open(self.pid)
        self.link.close()
        if not select.select([process], [], [], _END_SECONDS)[0]:
            os.kill(self.pid, signal.SIGKILL)
        os.close(process)
        self.wait()
