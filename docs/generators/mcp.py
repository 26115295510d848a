"""The bridge to agents: its tools with their arguments, and its resources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from generators.markdown import page, plain, table
from heddle_mcp import resources
from heddle_mcp.catalogue import TOOLS
from heddle_mcp.tool import Tool

_INTRODUCTION: Final = """
What `heddle mcp` offers an agent by the Model Context Protocol, as the agent is told of it. How to
configure agents is in [let an agent use it by MCP](../guides/mcp.md).
"""


def render() -> str:
    """Return the page."""
    return page("MCP", _INTRODUCTION, [*_overview(), *_tools(), *_resources()])


def _overview() -> Iterator[str]:
    yield "## Tools"
    rows = [
        (f"[`{name}`](#{name})", plain(tool.title), _effect(tool)) for name, tool in TOOLS.items()
    ]
    yield table(("tool", "what it is for", "what it may change"), rows)


def _effect(tool: Tool[Any]) -> str:
    if tool.reads_only:
        return "nothing"
    return "may destroy" if tool.may_destroy else "adds"


def _tools() -> Iterator[str]:
    for name, tool in TOOLS.items():
        yield f"### {name}\n\n{plain(tool.description)}"
        rows = [
            (f"`{field}`", plain(described.description or ""), _default(described))
            for field, described in tool.takes.model_fields.items()
        ]
        yield table(("argument", "what it is", "default"), rows) if rows else "It takes nothing."


def _default(field: Any) -> str:  # noqa: ANN401 - pydantic's
    return (
        "required"
        if field.is_required()
        else f"`{_shown(field.get_default(call_default_factory=True))}`"
    )


def _shown(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _resources() -> Iterator[str]:
    yield "## Resources\n\nEach is the answer of a tool, as JSON."
    fixed = [(each.uri, each.description) for each in resources.listed()]
    templates = [(each.uri_template, each.description) for each in resources.templates()]
    yield table(
        ("address", "what it is"),
        [(f"`{address}`", plain(said or "")) for address, said in [*fixed, *templates]],
    )
