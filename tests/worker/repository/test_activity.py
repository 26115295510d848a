"""What real git commands become in the operation log's vocabulary."""

from __future__ import annotations

from pathlib import Path

import pytest
from git_repository import GitRepository
from reflog_witness import Witness, verbs

from heddle_worker.repository import activity
from heddle_worker.repository.activity import Verb

SNAPSHOT = ("snapshot", "main")


def conflict(git: GitRepository) -> None:
    """Let `main` and `rival` disagree about one file."""
    git.git("switch", "-qc", "rival", "HEAD~1")
    git.write("story.txt", "another chapter\n")
    git.git("commit", "-qm", "rival work")
    git.git("switch", "-q", "main")


def settle(git: GitRepository) -> None:
    git.write("story.txt", "both chapters\n")


def with_origin(git: GitRepository) -> GitRepository:
    """Give the repository a remote, and return another clone of that."""
    origin = git.root.parent / "origin.git"
    git.git("clone", "-q", "--bare", str(git.root), str(origin))
    git.git("remote", "add", "origin", str(origin))
    git.git("fetch", "-q")
    git.git("branch", "-q", "--set-upstream-to=origin/main", "main")
    other = GitRepository(git.root.parent / "other")
    git.git("clone", "-q", str(origin), str(other.root))
    return other


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("commit -q --allow-empty -m more", [SNAPSHOT]),
        ("commit -q --amend -m better", [SNAPSHOT]),
        ("merge -q --no-edit --no-ff side", [SNAPSHOT]),
        ("merge -q side", [SNAPSHOT]),
        ("cherry-pick side", [SNAPSHOT]),
        ("revert --no-edit HEAD", [SNAPSHOT]),
        ("merge -q --squash side", []),
        ("switch -q side", [("goto", "side")]),
        ("checkout -q side", [("goto", "side")]),
        ("checkout -q side~1", [("goto", "")]),
        ("switch -q --detach side", [("goto", "")]),
        ("checkout -q --detach", [("goto", "")]),
        ("reset -q --hard HEAD~1", [("goto", "main")]),
        ("reset -q --soft HEAD~1", [("goto", "main")]),
        ("branch new", [("thread_create", "new")]),
        ("branch new HEAD~2", [("thread_create", "new")]),
        ("switch -qc new", [("fork", "new"), ("goto", "new")]),
        ("switch -qc new side", [("fork", "new"), ("goto", "new")]),
        ("checkout -qb new", [("fork", "new"), ("goto", "new")]),
        ("switch -qc new HEAD~1", [("thread_create", "new"), ("goto", "new")]),
        ("checkout -qB side", [("goto", "side"), ("thread_update", "side")]),
        ("branch -f side HEAD~2", [("thread_update", "side")]),
        ("branch -D side", [("thread_delete", "side")]),
        ("branch -m side edge", [("thread_delete", "side"), ("thread_create", "edge")]),
        ("branch -m trunk", [("thread_delete", "main"), ("thread_create", "trunk")]),
        ("branch -c side copy", [("thread_create", "copy")]),
        ("tag v1", [("marker_create", "")]),
        ("tag -am annotated v1 side", [("marker_create", "")]),
        ("update-ref refs/heads/side HEAD~1", [("thread_update", "side")]),
        ("update-ref -m reason refs/heads/new HEAD", [("thread_create", "new")]),
        ("update-ref HEAD HEAD~1", [("thread_update", "main")]),
        ("update-ref -d refs/heads/side", [("thread_delete", "side")]),
        ("update-ref -d HEAD", [("thread_delete", "main")]),
        ("symbolic-ref HEAD refs/heads/side", [("goto", "side")]),
        ("switch -q --orphan bare", []),
        ("rebase -q side", [("goto", ""), ("goto", "main"), ("thread_update", "main")]),
        ("notes add -m note", []),
    ],
)
def test_one_command(
    git: GitRepository, witness: Witness, command: str, expected: list[tuple[str, str]]
) -> None:
    git.git(*command.split())
    assert verbs(witness.news()) == expected
    assert witness.news() == []


def test_the_first_commit(tmp_path: Path) -> None:
    git = GitRepository.init(tmp_path / "repository")
    witness = Witness(git.root)
    assert witness.news() == []
    first = git.commit("first")
    (told,) = witness.news()
    assert told.verb is Verb.SNAPSHOT
    assert told.thread == "main"
    assert told.actor_email == "ada@example.com"
    assert told.old_id == b""
    assert told.change_id.hex() == first
    assert told.detail == "commit (initial): first"


def test_the_first_commit_of_an_orphan(git: GitRepository, witness: Witness) -> None:
    git.git("switch", "-q", "--orphan", "fresh")
    git.commit()
    assert verbs(witness.news()) == [("snapshot", "fresh")]


def test_a_clone(git: GitRepository) -> None:
    clone = git.root.parent / "clone"
    git.git("clone", "-q", str(git.root), str(clone))
    assert verbs(Witness(clone).news()) == [("thread_create", "main")]


def test_a_merge_whose_conflict_was_settled(git: GitRepository, witness: Witness) -> None:
    conflict(git)
    witness.news()
    git.git("merge", "-q", "rival", may_fail=True)
    assert witness.news() == []
    settle(git)
    git.git("commit", "-q", "--no-edit")
    assert verbs(witness.news()) == [("conflict_resolved", "main")]


@pytest.mark.parametrize(
    "conclusion",
    [("commit", "-q", "--no-edit"), ("-c", "core.editor=true", "cherry-pick", "--continue")],
)
def test_a_cherry_pick_whose_conflict_was_settled(
    git: GitRepository, witness: Witness, conclusion: tuple[str, ...]
) -> None:
    conflict(git)
    witness.news()
    git.git("cherry-pick", "rival", may_fail=True)
    settle(git)
    git.git(*conclusion)
    assert verbs(witness.news()) == [("conflict_resolved", "main")]


def test_a_rebase_of_some_commits(git: GitRepository, witness: Witness) -> None:
    git.git("switch", "-qc", "topic", "HEAD~1")
    for number in range(2):
        git.write(f"topic-{number}.txt", "topic\n")
        git.git("commit", "-qm", f"topic {number}")
    witness.news()
    git.git("rebase", "-q", "main")
    assert verbs(witness.news()) == [
        ("goto", ""),
        ("snapshot", ""),
        ("snapshot", ""),
        ("goto", "topic"),
        ("thread_update", "topic"),
    ]


def test_a_rebase_that_squashes(git: GitRepository, witness: Witness) -> None:
    for number in range(4):
        git.write(f"more-{number}.txt", "more\n")
        git.git("commit", "-qm", f"more {number}")
    witness.news()
    edit = "sed -i.old -e 2s/pick/squash/ -e 3s/pick/fixup/"
    git.git(
        "-c", f"sequence.editor={edit}", "-c", "core.editor=true", "rebase", "-q", "-i", "HEAD~4"
    )
    assert verbs(witness.news()) == [
        ("goto", ""),
        ("collapse", ""),
        ("collapse", ""),
        ("snapshot", ""),
        ("goto", "main"),
        ("thread_update", "main"),
    ]


def test_a_rebase_whose_conflict_was_settled(git: GitRepository, witness: Witness) -> None:
    conflict(git)
    git.git("switch", "-q", "rival")
    witness.news()
    git.git("rebase", "-q", "main", may_fail=True)
    assert verbs(witness.news()) == [("goto", "")]
    settle(git)
    git.git("-c", "core.editor=true", "rebase", "--continue")
    assert verbs(witness.news()) == [
        ("conflict_resolved", ""),
        ("goto", "rival"),
        ("thread_update", "rival"),
    ]


def test_a_rebase_that_was_given_up(git: GitRepository, witness: Witness) -> None:
    conflict(git)
    git.git("switch", "-q", "rival")
    witness.news()
    git.git("rebase", "-q", "main", may_fail=True)
    git.git("rebase", "--abort")
    assert verbs(witness.news()) == [("goto", ""), ("goto", "rival")]


def test_patches_from_a_mailbox(git: GitRepository, witness: Witness) -> None:
    patch = git.root.parent / "patch"
    git.git("format-patch", "-q", "-1", f"--output={patch}", "side")
    git.git("am", "-q", str(patch))
    assert verbs(witness.news()) == [SNAPSHOT]


def test_a_new_worktree_with_a_new_branch(git: GitRepository, witness: Witness) -> None:
    git.git("worktree", "add", "-q", "-b", "linked", str(git.root.parent / "linked"))
    assert verbs(witness.news())[:2] == [("fork", "linked"), ("goto", "linked")]


def test_a_new_worktree_at_some_commit(git: GitRepository, witness: Witness) -> None:
    linked = git.root.parent / "linked"
    git.git("worktree", "add", "-q", "-b", "linked", str(linked), "HEAD~1")
    assert verbs(witness.news())[:2] == [("thread_create", "linked"), ("goto", "linked")]


def test_work_in_a_linked_worktree(git: GitRepository, witness: Witness) -> None:
    linked = GitRepository(git.root.parent / "linked")
    git.git("worktree", "add", "-q", str(linked.root), "side")
    assert set(verbs(witness.news())) == {("goto", "side")}
    linked.commit()
    git.commit()
    assert sorted(verbs(witness.news())) == [("snapshot", "main"), ("snapshot", "side")]
    git.git("worktree", "remove", str(linked.root))
    assert witness.news() == []


def test_tags_come_move_and_go(git: GitRepository, witness: Witness) -> None:
    git.git("tag", "v1", "HEAD~1")
    (created,) = witness.news()
    git.git("tag", "-f", "v1")
    (moved,) = witness.news()
    git.git("tag", "-d", "v1")
    (deleted,) = witness.news()
    first, second = git.git("rev-parse", "HEAD~1"), git.head()
    assert [(one.verb.value, one.detail) for one in (created, moved, deleted)] == [
        ("marker_create", "v1"),
        ("marker_create", "v1"),
        ("marker_delete", "v1"),
    ]
    assert [one.old_id.hex() for one in (created, moved, deleted)] == ["", first, second]
    assert [one.change_id.hex() for one in (created, moved, deleted)] == [first, second, ""]


def test_who_made_a_tag_and_when(git: GitRepository, witness: Witness) -> None:
    git.git("tag", "-am", "annotated", "v1", "side", at=1_600_000_000)
    (told,) = witness.news()
    assert told.timestamp_secs == 1_600_000_000
    assert told.actor_email == "ada@example.com"
    assert told.change_id.hex() == git.git("rev-parse", "side")


def test_the_time_of_a_lightweight_tag_is_that_of_its_ref_or_else_of_its_commit(
    git: GitRepository, witness: Witness
) -> None:
    git.commit("old", at=1_500_000_000)
    witness.news()
    git.git("tag", "loose")
    git.git("tag", "packed")
    (loose, packed) = witness.news()
    assert loose.timestamp_secs == int((git.git_dir() / "refs/tags/loose").stat().st_mtime)
    assert loose.actor_email == packed.actor_email == ""
    git.git("pack-refs", "--all")
    assert witness.news() == []
    assert Witness(git.root).news()[0].timestamp_secs == 1_500_000_000


def test_a_tag_of_something_else_than_a_commit_has_no_state(
    git: GitRepository, witness: Witness
) -> None:
    git.git("tag", "tree", "HEAD^{tree}")
    (told,) = witness.news()
    assert told.verb is Verb.MARKER_CREATE
    assert told.change_id == b""


def test_fetch_and_push(git: GitRepository, witness: Witness) -> None:
    other = with_origin(git)
    assert set(verbs(witness.news())) == {
        ("thread_update", "origin/main"),
        ("thread_update", "origin/side"),
    }
    made = other.commit("theirs")
    other.git("push", "-q")
    git.git("fetch", "-q")
    (told,) = witness.news()
    assert (told.verb.value, told.thread) == ("thread_update", "origin/main")
    assert told.change_id.hex() == made
    git.git("push", "-q", "origin", "main:new")
    assert verbs(witness.news()) == [("thread_update", "origin/new")]
    git.git("push", "-q", "origin", "HEAD~1:side", "--force")
    assert verbs(witness.news()) == [("thread_update", "origin/side")]
    git.git("push", "-q", "origin", ":new")
    assert verbs(witness.news()) == [("thread_delete", "origin/new")]
    other.git("push", "-q", "origin", ":side")
    git.git("fetch", "-q", "--prune")
    assert verbs(witness.news()) == [("thread_delete", "origin/side")]


def test_a_fetch_into_a_branch(git: GitRepository, witness: Witness) -> None:
    with_origin(git)
    witness.news()
    git.git("fetch", "-q", "origin", "main:theirs")
    assert verbs(witness.news()) == [("thread_create", "theirs")]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--ff-only"], [SNAPSHOT]),
        (["--rebase"], [("goto", ""), ("goto", "main"), ("thread_update", "main")]),
    ],
)
def test_a_pull_that_only_goes_forward(
    git: GitRepository, witness: Witness, options: list[str], expected: list[tuple[str, str]]
) -> None:
    other = with_origin(git)
    other.commit("theirs")
    other.git("push", "-q")
    witness.news()
    git.git("pull", "-q", *options)
    told = verbs(witness.news())
    assert told.count(("thread_update", "origin/main")) == 1
    told.remove(("thread_update", "origin/main"))
    # A rebase without anything to move is a fast-forward in some versions of git.
    assert told in (expected, [SNAPSHOT])


def test_a_pull_that_merges(git: GitRepository, witness: Witness) -> None:
    other = with_origin(git)
    other.write("theirs.txt", "theirs\n")
    other.git("commit", "-qm", "theirs")
    other.git("push", "-q")
    git.commit("ours")
    witness.news()
    git.git("pull", "-q", "--no-rebase", "--no-edit")
    assert sorted(verbs(witness.news())) == [SNAPSHOT, ("thread_update", "origin/main")]


def test_a_pull_that_rebases(git: GitRepository, witness: Witness) -> None:
    other = with_origin(git)
    other.write("theirs.txt", "theirs\n")
    other.git("commit", "-qm", "theirs")
    other.git("push", "-q")
    git.write("ours.txt", "ours\n")
    git.git("commit", "-qm", "ours")
    witness.news()
    git.git("pull", "-q", "--rebase")
    told = verbs(witness.news())
    told.remove(("thread_update", "origin/main"))
    assert told == [("goto", ""), ("snapshot", ""), ("goto", "main"), ("thread_update", "main")]


def test_a_remote_that_is_renamed(git: GitRepository, witness: Witness) -> None:
    with_origin(git)
    witness.news()
    git.git("remote", "rename", "origin", "upstream")
    assert set(verbs(witness.news())) == {
        ("thread_delete", "origin/main"),
        ("thread_create", "upstream/main"),
        ("thread_delete", "origin/side"),
        ("thread_create", "upstream/side"),
    }


def test_stashes(git: GitRepository, witness: Witness) -> None:
    for text in ("one\n", "two\n", "three\n"):
        git.write("story.txt", text)
        git.git("stash", "-q")
        assert sorted(verbs(witness.news())) == [("checkpoint", "main"), ("goto", "main")]
    # Git rewrites the lines that stay, and gives one of them another old id.
    git.git("stash", "drop", "-q", "stash@{1}")
    assert witness.news() == []
    git.git("stash", "pop", "-q")
    assert witness.news() == []
    git.git("stash", "push", "-q", "-m", "with a message")
    assert ("checkpoint", "main") in verbs(witness.news())


def test_a_branch_deleted_and_made_again_between_two_looks(
    git: GitRepository, witness: Witness
) -> None:
    tip = git.git("rev-parse", "side")
    git.git("branch", "-D", "side")
    git.git("branch", "side", "HEAD~2")
    told = witness.news()
    assert verbs(told) == [("thread_delete", "side"), ("thread_create", "side")]
    assert told[0].old_id.hex() == tip


def test_a_branch_renamed_and_made_again_between_two_looks(
    git: GitRepository, witness: Witness
) -> None:
    git.git("branch", "-m", "trunk")
    git.git("branch", "main")
    assert sorted(verbs(witness.news())) == [
        ("thread_create", "main"),
        ("thread_create", "trunk"),
        ("thread_delete", "main"),
    ]


def test_a_branch_renamed_again_and_again(git: GitRepository, witness: Witness) -> None:
    for old, new in (("side", "a"), ("a", "b"), ("b", "side")):
        git.git("branch", "-m", old, new)
    assert verbs(witness.news()) == [
        ("thread_delete", "side"),
        ("thread_create", "a"),
        ("thread_create", "b"),
        ("thread_create", "side"),
    ]
    git.git("branch", "-m", "side", "c")
    assert verbs(witness.news()) == [("thread_delete", "side"), ("thread_create", "c")]


def test_the_past_of_a_renamed_branch_bears_its_old_name(git: GitRepository) -> None:
    git.git("branch", "-m", "side", "edge")
    told = verbs(Witness(git.root).news())
    assert told[-1] == ("thread_create", "edge")
    assert ("snapshot", "side") in told[:-1]


@pytest.mark.parametrize(
    ("message", "verb"),
    [
        (b"rebase -i (start): checkout HEAD~3", Verb.GOTO),
        (b"rebase: checkout main", Verb.GOTO),
        (b"rebase -i (squash): two in one", Verb.COLLAPSE),
        (b"rebase -i (pick): work", Verb.SNAPSHOT),
        (b"rebase: work", Verb.SNAPSHOT),
        (b"rebase finished: returning to refs/heads/main", Verb.GOTO),
        (b"rebase -i (finish): returning to refs/heads/main", Verb.GOTO),
        (b"merge fix(core): Fast-forward", Verb.SNAPSHOT),
        (b"commit (amend): rebase (squash): a subject with colons", Verb.SNAPSHOT),
        (b"a tool's own words", Verb.GOTO),
        (b"", Verb.GOTO),
    ],
)
def test_messages_of_other_versions_and_tools(message: bytes, verb: Verb) -> None:
    assert activity.head_verb(message, new=b"\1" * 20, moves_branch=False) is verb


def test_a_checkout_names_where_it_came_from_and_went_to() -> None:
    parsed = activity.checkout(b"checkout: moving from main to HEAD@{1 day ago}")
    assert parsed == (b"main", b"HEAD@{1 day ago}")
    assert activity.checkout(b"commit: checkout: moving from a to b") is None
