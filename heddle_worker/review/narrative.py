"""What an agent says about the state that it has made."""

from __future__ import annotations

import re
from typing import Final

from heddle_worker.repository.state import State

_BY_AGENTS_ALONE: Final = frozenset(
    {"assisted-by", "generated-by", "generated-with", "heddle-agent"}
)
_SHARED_WITH_PEOPLE: Final = frozenset({"co-authored-by", "co-developed-by"})
_AGENT: Final = re.compile(
    r"\[bot\]|\b(?:agent|aider|amp|anthropic|chatgpt|claude|cline|codex|copilot|cursor|devin|gemini"
    r"|gpt(?:-[\w.]+)?|jules|openai|openhands|opencode|windsurf)\b",
    re.IGNORECASE,
)


def agent_narrative(state: State) -> str:
    """Return the body of the commit's message when a trailer says that an agent took part.

    Empty otherwise. `Assisted-by` and its like name nothing but agents; `Co-authored-by` names
    people too, and counts when the name or the address is that of a known agent or of a bot.
    """
    return state.body if any(_names_agent(*trailer) for trailer in state.trailers) else ""


def _names_agent(token: str, value: str) -> bool:
    token = token.lower()
    return token in _BY_AGENTS_ALONE or (
        token in _SHARED_WITH_PEOPLE and _AGENT.search(value) is not None
    )
