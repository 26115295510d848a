"""Arguments that fit the schemas, or nearly, and mean nothing: each is answered, or refused."""

from __future__ import annotations

import os
import random
from typing import Any, Final

import pytest
from agent_session import AgentSession, ToolRefusedError

from heddle_mcp.limits import ERROR_CHARACTERS

CALLS: Final = int(os.environ.get("HEDDLE_FUZZ", "80"))
SEED: Final = int(os.environ.get("HEDDLE_SEED", str(random.SystemRandom().randrange(10**6))))
_TEXTS: Final = (
    "", " ", "HEAD", "main", "side", "HEAD~1", "HEAD^{tree}", "@", "-", "--help", "a..b", ":/first",
    "engine.py", "Engine", "Engine::start", "engine.py:Engine", "../x", "/", ".", "\0", "\n",
    "\x1b[2J", "é", "\u202e", "\U0001f600", "0" * 40, "f" * 64, "x" * 5_000, "begin", "aborted",
    "2024-01-01", "1970-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00", "1e400",
)  # fmt: skip
_NUMBERS: Final = (0, 1, 2, 50, 200, 201, -1, 2**31, 2**63 - 1, 2**64, 10**30, 0.5, True, None)


def _value(schema: dict[str, Any], chance: random.Random) -> Any:
    """Return something that fits a schema, more often than not."""
    if chance.random() < 0.1:
        return chance.choice((*_TEXTS, *_NUMBERS, [], {}, ["x"], {"a": {"b": []}}))
    if "anyOf" in schema:
        return _value(chance.choice(schema["anyOf"]), chance)
    made: Any = chance.choice(schema.get("enum", _TEXTS))
    if schema["type"] == "array":
        made = [_value(schema["items"], chance) for _ in range(chance.randrange(4))]
    elif schema["type"] == "object":
        made = {chance.choice(_TEXTS): chance.choice(_NUMBERS) for _ in range(3)}
    elif schema["type"] != "string":
        made = chance.choice(_NUMBERS)
    return made


def _is_answered(agent: AgentSession, tool: str, arguments: dict[str, Any]) -> bool:
    try:
        agent.call(tool, **arguments)
    except ToolRefusedError as refused:
        told = str(refused)
    else:
        return True
    assert "unexpected failure" not in told, (tool, arguments)
    assert "INTERNAL" not in told, (tool, arguments)
    assert len(told) <= ERROR_CHARACTERS
    return False


@pytest.mark.timeout(120 + CALLS // 20)
def test_whatever_is_asked_is_answered_or_refused_in_one_line(agent: AgentSession) -> None:
    print(f"HEDDLE_SEED={SEED}")  # noqa: T201
    chance = random.Random(SEED)
    tools = agent.tools()
    outcomes = {True: 0, False: 0}
    for _ in range(CALLS):
        tool = chance.choice(tools)
        required = tool.input_schema.get("required", ())
        arguments = {
            name: _value(schema, chance)
            for name, schema in tool.input_schema["properties"].items()
            if name in required or chance.random() < 0.4
        }
        outcomes[_is_answered(agent, tool.name, arguments)] += 1
    assert min(outcomes.values()) > 0, outcomes
    for each in agent.call("checkpoint_list", limit=200)["checkpoints"]:
        if each["state"] == "active":
            asked = {"checkpoint_id": each["checkpoint_id"]}
            confirm = agent.call("checkpoint_preview", action="keep", **asked)["confirm"]
            agent.call("checkpoint_keep", confirm=confirm, **asked)
