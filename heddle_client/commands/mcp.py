"""`heddle mcp`."""

from __future__ import annotations

from pathlib import Path

from heddle_client.commands.options import NoStart
from heddle_supervisor.commands.options import Repo
from heddle_supervisor.console import reported_errors


def mcp(
    repo: Repo = Path(),
    no_start: NoStart = False,
) -> None:
    """Serve one worktree to an agent by the Model Context Protocol, on standard input and output.

    An agent starts it; see docs/mcp.md for how to tell it to. The worktree is fixed: the one that
    --repo lies in, a linked one too. It needs the extra: pip install 'heddle[mcp]'.

    EXIT CODES. 0 the agent has closed the connection; 1 failed, or the extra is missing; 2 wrong
    usage.
    """
    from importlib.util import find_spec

    from heddle_supervisor.errors import HeddleError

    with reported_errors(as_json=False):
        if find_spec("mcp") is None:
            raise HeddleError("heddle mcp needs the MCP SDK: run `pip install 'heddle[mcp]'`")
        from heddle_mcp.serving import serve

        serve(repo, start=not no_start)
