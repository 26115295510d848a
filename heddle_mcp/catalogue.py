"""All tools, by their names."""

from __future__ import annotations

from typing import Any, Final

from heddle_mcp.tool import Tool
from heddle_mcp.tools import (
    checkpoints,
    discussing,
    discussions,
    history,
    hooks,
    previewing,
    review_details,
    reviewing,
    signalling,
    taking_back,
)

TOOLS: Final[dict[str, Tool[Any]]] = {
    tool.name: tool
    for module in (
        reviewing,
        review_details,
        signalling,
        discussions,
        discussing,
        checkpoints,
        previewing,
        taking_back,
        history,
        hooks,
    )
    for tool in module.TOOLS
}
