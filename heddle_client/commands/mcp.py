"""`heddle mcp`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from heddle_client.commands.options import NoStart
from heddle_supervisor.commands.options import Repo
from heddle_supervisor.console import reported_errors

_BROUGHT_BY_THE_EXTRA: Final = ("mcp", "mcp_types", "pydantic")
_ADVICE: Final = "heddle mcp needs the MCP SDK, 2.3 or newer: run `pip install 'heddle[mcp]'`"


def mcp(
    repo: Repo = Path(),
    no_start: NoStart = False,
) -> None:
    """Serve one worktree to an agent by the Model Context Protocol, on standard input and output.

    An agent starts it; see docs/guides/mcp.md for how to tell it to. The worktree is fixed: the one
    that --repo lies in, a linked one too. It needs the extra: pip install 'heddle[mcp]'.

    EXIT CODES. 0 the agent has closed the connection; 1 failed, or the extra is missing; 2 wrong
    usage.
    """
    from heddle_supervisor.errors import HeddleError

    with reported_errors(as_json=False):
        try:
            from heddle_mcp.serving import serve

            serve(repo, start=not no_start)
        except ImportError as error:
            if (error.name or "").partition(".")[0] not in _BROUGHT_BY_THE_EXTRA:
                raise
            raise HeddleError(_ADVICE) from None
