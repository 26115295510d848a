"""What the tools do in a plain repository."""

from __future__ import annotations

from agent_session import AgentSession
from git_repository import GitRepository


def test_a_commit_is_reviewed_in_reading_order(
    agent: AgentSession, repository: GitRepository
) -> None:
    answer = agent.call("review", state="HEAD")
    assert answer["on"] == {"worktree": str(repository.root), "branch": "main"}
    assert answer["state_id"] == repository.head()
    assert answer["headline"] == "Add an engine"
    assert [entry["symbol"] for entry in answer["reading_order"]] == [
        "Engine",
        "Engine::start",
        "Engine::stop",
        "spare",
    ]
