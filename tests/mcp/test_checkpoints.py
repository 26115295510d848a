"""Checkpoints in a linked worktree: what takes something away needs what its preview has said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from agent_session import AgentSession
from git_repository import GitRepository

ACTS = ("checkpoint_take_back", "checkpoint_undo", "checkpoint_keep", "checkpoint_restore_paths")


@pytest.fixture
def begun(linked_agent: AgentSession, linked: GitRepository) -> Iterator[str]:
    """A checkpoint of the worktree with one file that git does not know; ended if it is active."""
    linked.git("reset", "--quiet", "--hard", "main")
    linked.git("clean", "--quiet", "-fd", "-e", "below")
    (linked.root / "notes").write_text("one\n", encoding="utf-8")
    answer = linked_agent.call("checkpoint_begin", message="before\nall of it")
    assert answer["on"] == {"worktree": str(linked.root), "branch": "side"}
    begun: str = answer["checkpoint_id"]
    yield begun
    for each in linked_agent.call("checkpoint_list", limit=200)["checkpoints"]:
        if each["state"] == "active":
            confirm = _preview(linked_agent, "keep", each["checkpoint_id"])["confirm"]
            linked_agent.call(
                "checkpoint_keep", checkpoint_id=each["checkpoint_id"], confirm=confirm
            )


def _preview(agent: AgentSession, action: str, named: str, **arguments: Any) -> dict[str, Any]:
    return agent.call("checkpoint_preview", action=action, checkpoint_id=named, **arguments)


def _work(root: Path) -> None:
    (root / "notes").write_text("two\n", encoding="utf-8")
    (root / "new").write_text("new\n", encoding="utf-8")
    (root / "engine.py").unlink()


def _is_as_before(root: Path) -> bool:
    is_there = (root / "engine.py").exists() and not (root / "new").exists()
    return is_there and (root / "notes").read_text() == "one\n"


def _is_as_worked_on(root: Path) -> bool:
    is_there = (root / "new").exists() and not (root / "engine.py").exists()
    return is_there and (root / "notes").read_text() == "two\n"


def test_work_is_taken_back_and_brought_back(
    linked_agent: AgentSession, linked: GitRepository, begun: str
) -> None:
    _work(linked.root)
    preview = _preview(linked_agent, "take_back", begun)
    assert preview["counts"] == {"delete": 1, "write": 2}
    assert {"action": "delete", "target": "new"} in preview["steps"]
    assert preview["confirm"].startswith("take-back:delete-1:write-2:")
    taken = linked_agent.call(
        "checkpoint_take_back", checkpoint_id=begun, confirm=preview["confirm"], reason="no good"
    )
    assert _is_as_before(linked.root)
    assert "new\n" in linked.git("show", f"{taken['kept_ref']}:worktree/new") + "\n"

    undo = _preview(linked_agent, "undo", begun)
    assert undo["confirm"].startswith("undo:delete-1:write-2:")
    linked_agent.call("checkpoint_undo", checkpoint_id=begun, confirm=undo["confirm"])
    assert _is_as_worked_on(linked.root)


def test_a_preview_does_nothing(
    linked_agent: AgentSession, linked: GitRepository, begun: str
) -> None:
    _work(linked.root)
    for action in ("take_back", "keep"):
        _preview(linked_agent, action, begun)
    _preview(linked_agent, "restore_paths", begun, paths=["notes"])
    assert _is_as_worked_on(linked.root)


def test_nothing_is_taken_back_by_a_guess(
    linked_agent: AgentSession, linked: GitRepository, begun: str
) -> None:
    _work(linked.root)
    for act in ("checkpoint_take_back", "checkpoint_keep"):
        assert "confirm: Field required" in linked_agent.refusal(act, checkpoint_id=begun)
        for guess in ("yes", "take-back:delete-1:write-2:0123456789abcdef"):
            refusal = linked_agent.refusal(act, checkpoint_id=begun, confirm=guess)
            assert refusal.startswith("nothing was done: ")
    assert _is_as_worked_on(linked.root)


def test_a_confirmation_is_for_one_act_alone(
    linked_agent: AgentSession, linked: GitRepository, begun: str
) -> None:
    _work(linked.root)
    confirm = _preview(linked_agent, "keep", begun)["confirm"]
    refusal = linked_agent.refusal("checkpoint_take_back", checkpoint_id=begun, confirm=confirm)
    assert "preview" in refusal
    one = _preview(linked_agent, "restore_paths", begun, paths=["notes"])["confirm"]
    refusal = linked_agent.refusal(
        "checkpoint_restore_paths", checkpoint_id=begun, confirm=one, paths=["notes", "new"]
    )
    assert "preview" in refusal
    assert _is_as_worked_on(linked.root)


def test_a_confirmation_holds_only_while_the_worktree_is_as_the_preview_saw_it(
    linked_agent: AgentSession, linked: GitRepository, begun: str
) -> None:
    def more_work() -> None:
        (linked.root / "later").write_text("later\n", encoding="utf-8")

    def the_same_file_again() -> None:
        (linked.root / "notes").write_text("six\n", encoding="utf-8")

    def a_commit() -> None:
        linked.git("commit", "--quiet", "--allow-empty", "-m", "meanwhile")

    _work(linked.root)
    for meanwhile in (more_work, the_same_file_again, a_commit):
        confirm = _preview(linked_agent, "take_back", begun)["confirm"]
        meanwhile()
        refusal = linked_agent.refusal("checkpoint_take_back", checkpoint_id=begun, confirm=confirm)
        assert "as it is now" in refusal, meanwhile
        assert (linked.root / "new").exists()


def test_single_paths_are_restored_and_kept(
    linked_agent: AgentSession, linked: GitRepository, begun: str
) -> None:
    _work(linked.root)
    paths = [str(linked.root / "notes"), "engine.py"]
    preview = _preview(linked_agent, "restore_paths", begun, paths=paths)
    assert sorted(step["target"] for step in preview["steps"]) == ["engine.py", "notes"]
    answer = linked_agent.call(
        "checkpoint_restore_paths", checkpoint_id=begun, paths=paths, confirm=preview["confirm"]
    )
    assert answer["restored"] == ["engine.py", "notes"]
    assert (linked.root / "notes").read_text() == "one\n"
    assert (linked.root / "new").exists()

    changes = linked_agent.call("checkpoint_changes", checkpoint_id=begun)
    assert [each["name"] for each in changes["snapshots"]] == ["begin", answer["kept_as"]]
    back = {"paths": ["notes"], "snapshot": answer["kept_as"]}
    confirm = _preview(linked_agent, "restore_paths", begun, **back)["confirm"]
    linked_agent.call("checkpoint_restore_paths", checkpoint_id=begun, confirm=confirm, **back)
    assert (linked.root / "notes").read_text() == "two\n"


def test_what_is_as_it_was_has_nothing_to_confirm(
    linked_agent: AgentSession, linked: GitRepository, begun: str
) -> None:
    preview = _preview(linked_agent, "restore_paths", begun, paths=["notes"])
    assert preview["confirm"] == ""
    assert preview["steps"] == []
    assert preview["warning"] == "There is nothing to do."
    assert _is_as_before(linked.root)


def test_work_that_is_kept_is_kept(
    linked_agent: AgentSession, linked: GitRepository, begun: str
) -> None:
    _work(linked.root)
    preview = _preview(linked_agent, "keep", begun)
    assert {"action": "added", "target": "new"} in preview["steps"]
    answer = linked_agent.call("checkpoint_keep", checkpoint_id=begun, confirm=preview["confirm"])
    assert answer["state_id"] == linked.head()
    assert _is_as_worked_on(linked.root)
    assert "is committed; " in linked_agent.refusal(
        "checkpoint_preview", action="take_back", checkpoint_id=begun
    )
    refusal = linked_agent.refusal("checkpoint_changes", checkpoint_id=begun)
    assert "its copy removed" in refusal


def test_changes_since_a_checkpoint(
    linked_agent: AgentSession, linked: GitRepository, begun: str
) -> None:
    _work(linked.root)
    answer = linked_agent.call("checkpoint_changes", checkpoint_id=begun, with_diff=True)
    found = {(each["path"], each["kind"]) for each in answer["changes"]}
    assert found == {("engine.py", "deleted"), ("new", "added"), ("notes", "modified")}
    assert "-one\n+two\n" in answer["diff"]
    assert not answer["diff_is_cut"]


def test_a_second_checkpoint_is_refused_with_the_first_ones_name(
    linked_agent: AgentSession, begun: str
) -> None:
    assert begun in linked_agent.refusal("checkpoint_begin")


def test_a_checkpoint_of_another_worktree_is_out_of_reach(
    agent: AgentSession, linked_agent: AgentSession, linked: GitRepository, begun: str
) -> None:
    _work(linked.root)
    confirm = _preview(linked_agent, "take_back", begun)["confirm"]
    listed = agent.call("checkpoint_list", limit=200)["checkpoints"]
    assert begun not in [each["checkpoint_id"] for each in listed]
    for act in ACTS:
        arguments = {"paths": ["notes"]} if act == "checkpoint_restore_paths" else {}
        refusal = agent.refusal(act, checkpoint_id=begun, confirm=confirm, **arguments)
        assert "has no checkpoint" in refusal
    assert "has no checkpoint" in agent.refusal("checkpoint_changes", checkpoint_id=begun)
    assert _is_as_worked_on(linked.root)


def test_an_undo_needs_something_that_was_taken_back(
    linked_agent: AgentSession, begun: str
) -> None:
    assert "is active; undo needs one that is aborted" in linked_agent.refusal(
        "checkpoint_preview", action="undo", checkpoint_id=begun
    )


def test_a_path_out_of_the_worktree_is_refused(
    linked_agent: AgentSession, linked: GitRepository, begun: str
) -> None:
    (linked.root / "out").symlink_to("/etc")
    (linked.root / "into-git").symlink_to(linked.git_dir())
    for path in (
        *(
            ".",
            str(linked.root),
            "/etc/passwd",
            "../r/engine.py",
            "a/../../x",
            "out/passwd",
            "into-git/config",
            " ",
        ),
        *(".git/config", ".GIT/config", ".heddle/x", "a\nb", "a\0b", "-x", "--"),
    ):
        arguments = {"checkpoint_id": begun, "paths": [path]}
        refusal = linked_agent.refusal("checkpoint_preview", action="restore_paths", **arguments)
        assert refusal.startswith("path ")
        again = linked_agent.refusal("checkpoint_restore_paths", confirm="x", **arguments)
        assert again == refusal
