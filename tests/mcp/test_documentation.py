"""What the documents tell people to write is what agents can read and heddle understands."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import needs_mcp  # noqa: F401
import pytest
import typer.main

from heddle_client.commands.mcp import mcp
from heddle_mcp.catalogue import TOOLS
from heddle_mcp.resources import listed, templates

DOCS: Final = Path(__file__).parents[2] / "docs"
TEXT: Final = (DOCS / "guides" / "mcp.md").read_text(encoding="utf-8")
REFERENCE: Final = (DOCS / "reference" / "mcp.md").read_text(encoding="utf-8")
BLOCKS: Final = re.findall(r"^```(json|toml)\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
AGENTS: Final = (
    "Claude Code", "Claude Desktop", "Cursor", "VS Code", "Codex CLI", "Gemini CLI", "Zed"
)  # fmt: skip


def _servers(told: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key in ("mcpServers", "servers", "mcp_servers", "context_servers"):
        yield from told.get(key, {}).values()


def test_every_agent_is_there() -> None:
    assert len(BLOCKS) == len(AGENTS)
    assert [agent for agent in AGENTS if f"\n{agent}" not in TEXT] == []


@pytest.mark.parametrize(("form", "block"), BLOCKS)
def test_what_an_agent_is_told_starts_a_server(form: str, block: str) -> None:
    (server,) = _servers(json.loads(block) if form == "json" else tomllib.loads(block))
    assert Path(server["command"]).name == "heddle"
    name, *options = server["args"]
    assert name == "mcp"
    application = typer.Typer()
    application.command()(mcp)
    context = typer.main.get_command(application).make_context("mcp", [*options])
    repo = dict(zip(options[::2], options[1::2], strict=True)).get("--repo", ".")
    assert str(context.params["repo"]) == repo


def test_every_tool_and_resource_is_told_of() -> None:
    assert [name for name in TOOLS if f"`{name}`" not in REFERENCE] == []
    addresses = [str(each.uri) for each in listed()] + [each.uri_template for each in templates()]
    assert [address for address in addresses if f"`{address}`" not in REFERENCE] == []
