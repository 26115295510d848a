"""The life of a server: one worktree, one client, until that one goes."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from pathlib import Path

from heddle_mcp.served import Served
from heddle_supervisor.console import print_message


def serve(repo: Path, *, start: bool) -> None:
    """Serve the worktree that a path lies in, on standard input and output.

    Args:
        repo: the worktree, or a directory in it.
        start: whether to start a daemon that does not run.

    Raises:
        GitError: there is no worktree.
        ImportError: the protocol's SDK is missing, or too old.
    """
    served = Served.at(repo, start=start)
    from heddle_mcp.server import HeddleServer  # it takes a second, and errors come before it

    # A thread waits in a read that nothing else can end. There is nothing to be tidied up.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    if sys.stdin.isatty():
        print_message(
            f"serving {served.root} to an agent over standard input; this is not for typing, "
            "see docs/guides/mcp.md"
        )
    asyncio.run(HeddleServer(served).run())
