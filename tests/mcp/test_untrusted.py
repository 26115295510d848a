"""What a repository holds is told as data: in bounds, and with nothing that hides or moves."""

from __future__ import annotations

import json
from typing import Final

from agent_session import AgentSession
from git_repository import GitRepository

from heddle_mcp.limits import ANSWER_CHARACTERS, DIFF_CHARACTERS

_MOST: Final = max(ANSWER_CHARACTERS, DIFF_CHARACTERS) + 20_000
_HOSTILE: Final = "\x1b]0;owned\x07\u202egnp.exe\u200b\U000e0041"


def _assert_harmless(answer: dict[str, object]) -> None:
    told = json.dumps(answer, ensure_ascii=False)
    assert len(told) <= _MOST
    assert not set(told) & set(_HOSTILE.replace("gnp.exe", "").replace("]0;owned", ""))


def test_names_and_messages_cannot_move_or_hide_anything(
    agent: AgentSession, repository: GitRepository
) -> None:
    base = repository.head()
    repository.git("checkout", "--quiet", "-b", "hostile")
    name = f"{_HOSTILE}.py"
    try:
        repository.write(name, f"def owned():\n    return '{_HOSTILE}'\n")
        message = f"{_HOSTILE}\n\n{_HOSTILE}\n\nCo-authored-by: Claude <noreply@anthropic.com>"
        repository.git("commit", "--quiet", "-m", message)
        state = repository.head()
        opened = agent.call(
            "discussion_open", file="engine.py", symbol="spare", body=_HOSTILE.split("\x07")[1]
        )
        named = opened["discussion"]["id"]
        agent.call("discussion_resolve", discussion_id=named, how="dismissed", text="\u202ex")
        for answer in (
            opened,
            agent.call("review", state=state),
            agent.call("review_details", state=state, section="files"),
            agent.call("review_details", state=state, section="signals"),
            agent.call("signals", state=state),
            agent.call("discussion_show", discussion_id=named),
            agent.call("log", limit=200),
        ):
            _assert_harmless(answer)
        assert "\\e]0;owned" in agent.call("review", state=state)["headline"]
        assert "\\u202egnp.exe" in agent.read(f"heddle://review/{state}")["agent_narrative"]
    finally:
        repository.git("checkout", "--quiet", "--force", "main")
    assert repository.head() == base


def test_a_large_change_comes_in_answers_of_bounded_size(
    agent: AgentSession, repository: GitRepository
) -> None:
    source = "".join(f"def {'f' * 400}_{n}():\n    return {n}\n\n\n" for n in range(200))
    repository.git("checkout", "--quiet", "-b", "large")
    try:
        repository.write("large.py", source)
        repository.commit("L" * 5_000)
        answer = agent.call("review", state="large", limit=200)
        _assert_harmless(answer)
        assert answer["reading_order_total"] == 200
        assert answer["next_offset"] == len(answer["reading_order"]) < 200
        assert answer["headline"].endswith("…[cut]")
        _assert_harmless(agent.call("review_details", state="large", section="signals", limit=200))
    finally:
        repository.git("checkout", "--quiet", "--force", "main")


def test_a_long_turn_is_cut_and_told_in_full_by_show(agent: AgentSession) -> None:
    body = "".join(f"line {number}\n" for number in range(1_500))
    opened = agent.call("discussion_open", file="engine.py", symbol="Engine", body=body)
    named = opened["discussion"]["id"]
    assert opened["discussion"]["last_turn"]["is_cut"]
    for number in range(4):
        agent.call("discussion_reply", discussion_id=named, body=f"{number}{body}")
    seen: list[str] = []
    offset: int | None = 0
    while offset is not None:
        shown = agent.call("discussion_show", discussion_id=named, offset=offset)
        _assert_harmless(shown)
        seen += [turn["body"] for turn in shown["turns"]]
        offset = shown["next_offset"]
    assert seen == [body, *(f"{number}{body}" for number in range(4))]


def test_what_is_too_long_is_refused(agent: AgentSession) -> None:
    refusal = agent.refusal("discussion_open", file="engine.py", symbol="Engine", body="x" * 20_001)
    assert refusal == "invalid arguments: body: String should have at most 20000 characters"
    assert len(agent.refusal("review", state="x" * 100_000)) < 3_000
    assert len(agent.refusal("discussion_show", discussion_id="x" * 100_000)) < 3_000


def test_a_large_diff_is_cut(linked_agent: AgentSession, linked: GitRepository) -> None:
    begun = linked_agent.call("checkpoint_begin")["checkpoint_id"]
    path = linked.root / "big\x1b[2J"
    path.write_text("\x1b[31m" + "a long line\n" * 10_000, encoding="utf-8")
    changes = linked_agent.call("checkpoint_changes", checkpoint_id=begun, with_diff=True)
    _assert_harmless(changes)
    assert changes["diff_is_cut"]
    assert "\\e[31ma long line\n" in changes["diff"]
    preview = linked_agent.call("checkpoint_preview", action="take_back", checkpoint_id=begun)
    _assert_harmless(preview)
    linked_agent.call("checkpoint_take_back", checkpoint_id=begun, confirm=preview["confirm"])
    assert not path.exists()
