"""Commands of `heddle`, run in this process: a test can afford many of them."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping

from git_repository import GitRepository
from heddle_daemon import HeddleDaemon, Outcome
from typer.testing import CliRunner

from heddle_supervisor.cli import app


class Commands:
    """A repository with a daemon, and commands about it.

    Attributes:
        repository: the repository.
        daemon: its daemon, by which commands are run as processes of their own.
    """

    def __init__(self, repository: GitRepository, daemon: HeddleDaemon) -> None:
        self.repository = repository
        self.daemon = daemon
        self._runner = CliRunner()

    def heddle(
        self, *words: str, stdin: bytes = b"", environment: Mapping[str, str] | None = None
    ) -> Outcome:
        """Run a command that is about the repository; whatever happens, it raises no error."""
        variables = {**self.daemon.environment, **(environment or {})}
        cleared = dict.fromkeys(os.environ.keys() - variables.keys())
        before = os.getcwd()  # noqa: PTH109 - put back as it was
        os.chdir(self.repository.root)
        try:
            done = self._runner.invoke(app, words, input=stdin, env={**cleared, **variables})
        finally:
            os.chdir(before)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        command = shlex.join(["heddle", *words])
        return Outcome(command, done.exit_code, done.stdout, done.stderr)
