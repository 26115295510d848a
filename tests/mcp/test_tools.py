"""What the tools answer and refuse in a plain repository, but for checkpoints."""

from __future__ import annotations

import pytest
from agent_session import AgentSession
from git_repository import GitRepository


def _opened(agent: AgentSession, body: str) -> str:
    answer = agent.call("discussion_open", file="engine.py", symbol="Engine::start", body=body)
    discussion = answer["discussion"]
    assert discussion["last_turn"]["body"] == body
    found: str = discussion["id"]
    return found


def test_a_commit_is_reviewed_in_reading_order(
    agent: AgentSession, repository: GitRepository
) -> None:
    answer = agent.call("review", state="HEAD")
    assert answer["on"] == {"worktree": str(repository.root), "branch": "main"}
    assert answer["state_id"] == repository.head()
    assert answer["compared_with"] == repository.git("rev-parse", "HEAD~1")
    assert answer["headline"] == "Add an engine"
    symbols = ["Engine", "Engine::start", "Engine::stop", "spare"]
    assert [entry["symbol"] for entry in answer["reading_order"]] == symbols
    assert {entry["changes_meaning"] for entry in answer["reading_order"]} == {True}
    assert answer["signals"][0]["kind"] == "self_flagged_uncertainty"


def test_a_long_reading_order_comes_in_pages(agent: AgentSession) -> None:
    seen: list[str] = []
    offset: int | None = 0
    while offset is not None:
        answer = agent.call("review", state="HEAD", offset=offset, limit=3)
        seen += [entry["symbol"] for entry in answer["reading_order"]]
        offset = answer["next_offset"]
    assert len(seen) == answer["reading_order_total"] == 4


def test_the_worktree_is_reviewed_before_it_is_committed(
    agent: AgentSession, repository: GitRepository
) -> None:
    path = repository.root / "draft.py"
    path.write_text("def drafted(x):\n    return x + 1\n", encoding="utf-8")
    try:
        answer = agent.call("review")
    finally:
        path.unlink()
    assert answer["state_id"] == ""
    assert "drafted" in [entry["symbol"] for entry in answer["reading_order"]]


@pytest.mark.parametrize(
    ("section", "text"),
    [
        ("files", "+10 -0"),
        ("signals", "in a hurry"),
        ("discussions", "why three times?"),
        ("annotations", "the key is never empty"),
    ],
)
def test_the_details_of_a_review(agent: AgentSession, section: str, text: str) -> None:
    if section == "discussions":
        _opened(agent, text)
    elif section == "annotations":
        settled = agent.call(
            "discussion_resolve",
            discussion_id=_opened(agent, "may it be empty?"),
            how="annotation",
            kind="invariant",
            text=text,
            tags=["keys"],
        )
        assert settled["discussion"]["resolution"] == "annotation"
    answer = agent.call("review_details", state="HEAD", section=section, limit=200)
    assert any(text in entry["text"] for entry in answer["entries"])
    assert answer["total"] == len(answer["entries"])


def test_a_commit_without_signatures_has_none(agent: AgentSession) -> None:
    assert agent.call("review_details", state="HEAD", section="signatures")["entries"] == []
    refusal = agent.refusal("review_details", section="signatures")
    assert refusal.startswith("the worktree cannot be signed")


def test_signals_and_how_often_they_fire(agent: AgentSession) -> None:
    answer = agent.call("signals", state="HEAD")
    assert "self_flagged_uncertainty" in [signal["kind"] for signal in answer["signals"]]
    health = agent.call("signal_health")
    assert health["window_states"] >= 2
    assert "novelty.tree_sitter" in [module["module"] for module in health["modules"]]


def test_a_discussion_is_opened_answered_and_settled(agent: AgentSession) -> None:
    opened = _opened(agent, "why a list?\nand not a set?")
    agent.call("discussion_reply", discussion_id=opened, body="since order matters")
    shown = agent.call("discussion_show", discussion_id=opened)
    turns = [turn["body"] for turn in shown["turns"]]
    assert turns == ["why a list?\nand not a set?", "since order matters"]
    settled = agent.call("discussion_resolve", discussion_id=opened, how="edit", state="HEAD")
    assert settled["discussion"]["resolution"] == "edit"
    refusal = agent.refusal(
        "discussion_resolve", discussion_id=opened, how="dismissed", text="no matter"
    )
    assert "FAILED_PRECONDITION" in refusal


def test_discussions_are_listed_page_by_page_and_by_symbol(agent: AgentSession) -> None:
    mine = [_opened(agent, f"page {number}") for number in range(3)]
    seen: list[str] = []
    after = ""
    while True:
        answer = agent.call("discussion_list", limit=2, status="", after_id=after)
        seen += [discussion["id"] for discussion in answer["discussions"]]
        after = answer["next_after_id"]
        if not after:
            break
    assert [each for each in seen if each in mine] == mine
    assert len(seen) == len(set(seen))
    at_symbol = agent.call("discussion_list", file="engine.py", symbol="Engine::start", limit=200)
    assert set(mine) <= {discussion["id"] for discussion in at_symbol["discussions"]}
    about_file = agent.call("discussion_list", file="engine.py", symbol="engine.py")
    assert about_file["discussions"] == []


def test_a_file_is_named_by_its_absolute_path_too(
    agent: AgentSession, repository: GitRepository
) -> None:
    path = str(repository.root / "README.md")
    opened = agent.call("discussion_open", file=path, symbol=path, body="is it enough?")
    assert opened["discussion"]["about"] == {"file": "README.md", "symbol": "README.md"}


def test_the_log_is_read_from_a_cursor(agent: AgentSession) -> None:
    before = agent.call("log", limit=200)
    assert [each["verb"] for each in before["operations"]][:1] != []
    _opened(agent, "for the log")
    cursor = before["next_after_seq"]
    while (answer := agent.call("log", after_seq=cursor, verbs=["discussion.open"]))["has_more"]:
        cursor = answer["next_after_seq"]
    assert answer["operations"][-1]["symbols"] == ["engine.py:Engine::start"]
    assert answer["operations"][-1]["actor"] == "ada@example.com"
    one = agent.call("log", limit=1)
    assert one["has_more"]
    assert one["next_after_seq"] == one["operations"][0]["seq"]
    assert agent.call("log", since="2100-01-01T00:00:00Z")["operations"] == []


def test_a_veto_is_an_error_with_reason_and_author(agent: AgentSession, daemon_hook: str) -> None:
    (hook,) = agent.call("hook_list")["hooks"]
    assert hook["name"] == daemon_hook
    refusal = agent.refusal("hook_ask", event="pre_capture", payload={"thread": "main"})
    assert refusal == f"vetoed by {daemon_hook}: not on\\nmain"
    assert agent.call("hook_ask", event="pre_push")["answers"] == []


def test_resources_are_the_answers_of_tools(agent: AgentSession) -> None:
    listed = agent.wait(agent.client.list_resources()).resources
    templates = agent.wait(agent.client.list_resource_templates()).resource_templates
    assert "heddle://review/worktree" in [str(each.uri) for each in listed]
    assert "heddle://review/{state}" in [each.uri_template for each in templates]
    for each in listed:
        assert agent.read(str(each.uri))["on"]["branch"] == "main"
    assert agent.read("heddle://review/HEAD~0")["headline"] == "Add an engine"
    assert agent.read("heddle://signals/main")["total"] >= 1
    assert agent.read("heddle://log/1")["operations"][0]["seq"] > 1
    opened = _opened(agent, "by its address")
    assert agent.read(f"heddle://discussions/{opened}")["turns"][0]["body"] == "by its address"


@pytest.mark.parametrize(
    "address",
    ["heddle://nothing", "heddle://review/--all", "heddle://review/HEAD..main", "file:///etc/passwd",
     "heddle://log/x", "heddle://review/%FF", "heddle://review/gone"],
)  # fmt: skip
def test_an_address_that_means_nothing_is_refused_in_one_line(
    agent: AgentSession, address: str
) -> None:
    from mcp.shared.exceptions import MCPError

    with pytest.raises(MCPError) as refused:
        agent.read(address)
    assert str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("review", {"state": "gone"}, "state gone not found [NOT_FOUND: STATE_NOT_FOUND]"),
        ("review", {"state": "--upload-pack=touch"}, "begins with a dash"),
        ("review", {"limit": 0}, "limit: "),
        ("review", {"sate": "HEAD"}, "sate: "),
        ("review_details", {"section": "everything"}, "section: "),
        ("signals", {"state": ""}, "state: "),
        ("discussion_show", {"discussion_id": "no-such"}, "NOT_FOUND"),
        ("discussion_show", {"discussion_id": "../x"}, "is no identifier"),
        ("discussion_show", {}, "discussion_id: "),
        ("discussion_list", {"file": "engine.py"}, "both file and symbol"),
        ("discussion_reply", {"discussion_id": "d", "body": " \n"}, "blank"),
        ("discussion_open", {"file": "engine.py", "symbol": "Engine::strt", "body": "?"}, "anchor"),
        ("discussion_open", {"file": "/etc/passwd", "symbol": "x", "body": "?"}, "not in the"),
        ("discussion_resolve", {"discussion_id": "d", "how": "edit"}, "needs state"),
        ("discussion_resolve", {"discussion_id": "d", "how": "dismissed"}, "needs text"),
        ("discussion_resolve", {"discussion_id": "d", "how": "annotation", "text": "x"}, "kind"),
        ("log", {"after_seq": 10**9}, "OUT_OF_RANGE"),
        ("hook_ask", {"event": "post_capture"}, "event: "),
    ],
)
def test_what_cannot_be_done_is_one_line(
    agent: AgentSession, tool: str, arguments: dict[str, object], told: str
) -> None:
    assert told in agent.refusal(tool, **arguments)


def test_a_tool_that_is_none_is_an_error_of_the_protocol(agent: AgentSession) -> None:
    from mcp.shared.exceptions import MCPError

    with pytest.raises(MCPError, match="no tool is called"):
        agent.call("git_exec", words="status")
