"""A daemon that all tests of a module use, and none of them ends."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from git_repository import GitRepository
from heddle_daemon import HeddleDaemon

BEFORE: Final = "def f():\n    return 1\n\n\ndef g():\n    return f()\n"
AFTER: Final = BEFORE.replace("1", "2")


@contextmanager
def shared_daemon() -> Iterator[HeddleDaemon]:
    """Give the daemon of a repository with two commits, in which `a.py` went on from `BEFORE`."""
    room = Path(tempfile.mkdtemp(prefix="heddle-", dir="/tmp")).resolve()
    repository = GitRepository.init(room / "r")
    for subject, text in (("first", BEFORE), ("second", AFTER)):
        repository.write("a.py", text)
        repository.commit(subject)
    daemon = HeddleDaemon(repository.root, {**os.environ, "XDG_STATE_HOME": str(room / "state")})
    try:
        daemon.start()
        yield daemon
    finally:
        daemon.finish()
        shutil.rmtree(room, ignore_errors=True)
