"""All tools, by their names."""

from __future__ import annotations

from typing import Any, Final

from heddle_mcp.tool import Tool
from heddle_mcp.tools import (
    checkpoints,
    discussing,
    history,
    hooks,
    reviewing,
    signalling,
    taking_back,
)

TOOLS: Final[dict[str, Tool[Any]]] = {
    tool.name: tool
    for module in (
        reviewing,
        signalling,
        discussing,
        checkpoints,
        taking_back,
        history,
        hooks,
    )
    for tool in module.TOOLS
}
