"""What the server says of its tools, before any is called."""

from __future__ import annotations

import json

from agent_session import AgentSession
from jsonschema import Draft202012Validator

READING = {
    "review", "review_details", "signals", "signal_health", "discussion_list", "discussion_show",
    "checkpoint_list", "checkpoint_changes", "checkpoint_preview", "log", "hook_list",
}  # fmt: skip
ADDING = {"discussion_open", "discussion_reply", "discussion_resolve", "checkpoint_begin"}
TAKING_AWAY = {
    "checkpoint_take_back", "checkpoint_undo", "checkpoint_restore_paths", "checkpoint_keep",
    "hook_ask",
}  # fmt: skip


def test_every_tool_says_truthfully_what_it_may_do(agent: AgentSession) -> None:
    tools = {tool.name: tool.annotations for tool in agent.tools()}
    assert set(tools) == READING | ADDING | TAKING_AWAY
    for name, told in tools.items():
        assert told is not None
        assert told.read_only_hint is (name in READING)
        assert told.destructive_hint is (name in TAKING_AWAY)
        assert told.open_world_hint is (name == "hook_ask")


def test_schemas_are_valid_closed_and_described(agent: AgentSession) -> None:
    for tool in agent.tools():
        assert tool.output_schema is not None
        Draft202012Validator.check_schema(tool.input_schema)
        Draft202012Validator.check_schema(tool.output_schema)
        assert tool.input_schema["type"] == tool.output_schema["type"] == "object"
        assert tool.input_schema["additionalProperties"] is False
        assert "on" in tool.output_schema["required"]
        assert tool.title
        assert 60 < len(tool.description or "") < 500
        assert "untrusted" in (tool.description or "")
        # Some agents cannot follow references in what a tool takes.
        assert "$ref" not in json.dumps(tool.input_schema)


def test_what_takes_something_away_requires_a_confirmation(agent: AgentSession) -> None:
    for tool in agent.tools():
        asks = "confirm" in tool.input_schema.get("required", ())
        assert asks is (tool.name in TAKING_AWAY - {"hook_ask"})


def test_the_server_says_what_it_serves_and_whom_not_to_trust(
    agent: AgentSession, linked_agent: AgentSession
) -> None:
    for each in (agent, linked_agent):
        assert each.client.server_info is not None
        assert each.client.server_info.name == "heddle"
        assert each.client.server_info.version
        told = each.client.instructions or ""
        assert "untrusted" in told
    assert str(agent.call("checkpoint_list")["on"]["worktree"]) in (agent.client.instructions or "")
    assert agent.client.protocol_version != linked_agent.client.protocol_version


def test_all_that_is_listed_fits_into_a_models_head(agent: AgentSession) -> None:
    told = sum(
        len(tool.description or "") + len(json.dumps(tool.input_schema)) for tool in agent.tools()
    )
    assert told < 20_000
