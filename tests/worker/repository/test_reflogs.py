"""Reading each line once: whenever one looks, and whatever git does to its files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from git_repository import GitRepository
from reflog_witness import NOW, Witness, verbs

from heddle_worker.repository.errors import DamagedRepositoryError

START = 1_700_000_000


def ids(witness: Witness) -> list[tuple[str, str]]:
    return [(one.old_id.hex(), one.change_id.hex()) for one in witness.told]


def head_ids(git: GitRepository) -> list[tuple[str, str]]:
    return [(line.old, line.new) for line in git.reflog()]


def settle(git: GitRepository) -> None:
    """Make everything look as if nothing had happened for a while."""
    for directory, _names, files in os.walk(git.git_dir()):
        for path in (directory, *(os.path.join(directory, name) for name in files)):  # noqa: PTH118
            os.utime(path, (1_000_000_000, 1_000_000_000))


def test_the_lines_of_head_are_the_entries(tmp_path: Path) -> None:
    git = GitRepository.init(tmp_path / "repository")
    for number in range(5):
        git.commit(f"work {number}")
    git.git("checkout", "-q", "--detach", "HEAD~1")
    git.commit("detached")
    git.git("checkout", "-q", "main")
    witness = Witness(git.root)
    witness.news()
    assert ids(witness) == head_ids(git)
    assert [one.detail for one in witness.told] == [line.message for line in git.reflog()]


def test_a_quiet_repository_has_no_news(git: GitRepository, witness: Witness) -> None:
    assert witness.reader.may_have_news()
    settle(git)
    assert witness.news() == []
    assert not witness.reader.may_have_news()
    git.commit()
    assert witness.reader.may_have_news()
    assert verbs(witness.news()) == [("snapshot", "main")]


@pytest.mark.parametrize(
    "command",
    [
        "commit -q --allow-empty -m more",
        "switch -q side",
        "branch new",
        "branch deep/er/new",
        "branch -D side",
        "branch -m side edge",
        "tag v1",
        "update-ref refs/heads/side HEAD~1",
        "update-ref refs/remotes/origin/main HEAD",
        "stash -q",
        "worktree add -q ../linked side",
        "checkout -q --detach",
    ],
)
def test_whatever_happens_is_news(git: GitRepository, witness: Witness, command: str) -> None:
    (git.root / "story.txt").write_text("changed\n")
    settle(git)
    witness.news()
    assert not witness.reader.may_have_news()
    git.git(*command.split())
    assert witness.reader.may_have_news()
    assert witness.news() != []


def test_work_in_a_known_worktree_is_news(git: GitRepository, witness: Witness) -> None:
    linked = GitRepository(git.root.parent / "linked")
    git.git("worktree", "add", "-q", "--detach", str(linked.root))
    settle(git)
    witness.news()
    assert not witness.reader.may_have_news()
    linked.commit()
    assert witness.reader.may_have_news()
    assert verbs(witness.news()) == [("snapshot", "")]


@pytest.mark.parametrize("seen_first", ["logs/HEAD", "logs/refs/heads/main"])
def test_a_look_between_gits_two_writes_doubles_nothing(
    git: GitRepository, witness: Witness, seen_first: str
) -> None:
    logs = [git.git_dir() / name for name in ("logs/HEAD", "logs/refs/heads/main")]
    before = {path: path.read_bytes() for path in logs}
    git.commit("torn apart")
    after = {path: path.read_bytes() for path in logs}
    late = next(path for path in logs if path != git.git_dir() / seen_first)
    late.write_bytes(before[late])
    assert verbs(witness.news()) == [("snapshot", "main")]
    late.write_bytes(after[late])
    assert witness.news() == []
    git.commit("whole")
    assert verbs(witness.news()) == [("snapshot", "main")]


def test_lines_that_are_alike_are_told_apart(git: GitRepository, witness: Witness) -> None:
    for _ in range(3):
        git.git("reset", "-q", "HEAD", at=START)
    assert verbs(witness.news()) == [("goto", "main")] * 3
    for _ in range(3):
        git.git("reset", "-q", "HEAD", at=START)
        assert verbs(witness.news()) == [("goto", "main")]
    # One of them is deleted, which rewrites the file; one more comes.
    git.git("reflog", "delete", "HEAD@{1}")
    assert witness.news() == []
    git.git("reset", "-q", "HEAD", at=START)
    assert verbs(witness.news()) == [("goto", "main")]


def test_rewritten_logs_tell_nothing_twice(git: GitRepository, witness: Witness) -> None:
    git.git("reflog", "delete", "--rewrite", "HEAD@{2}")
    git.git("reflog", "delete", "--rewrite", "main@{1}")
    assert witness.news() == []
    git.commit("between")
    git.git("reflog", "delete", "HEAD@{1}")
    assert verbs(witness.news()) == [("snapshot", "main")]
    git.git("reflog", "expire", "--expire=all", "--all")
    git.git("gc", "-q", "--prune=now")
    assert witness.news() == []
    git.commit("after")
    assert verbs(witness.news()) == [("snapshot", "main")]


def test_a_line_without_a_message_is_known_when_git_rewrote_it(
    git: GitRepository, witness: Witness
) -> None:
    git.git("worktree", "add", "-q", "../linked")
    log = git.git_dir() / "worktrees/linked/logs/HEAD"
    before = log.read_bytes()
    assert witness.news()
    git.git("reflog", "expire", "--all")
    assert log.read_bytes() != before
    assert witness.news() == []


def test_the_log_of_another_branch_over_an_emptied_one_is_known(
    git: GitRepository, witness: Witness
) -> None:
    git.git("branch", "empty")
    witness.news()
    git.git("reflog", "expire", "--expire=all", "refs/heads/empty")
    assert witness.news() == []
    git.git("branch", "-M", "side", "empty")
    assert verbs(witness.news()) == [("thread_delete", "side"), ("thread_create", "empty")]


def test_the_log_of_a_copied_branch_is_told_once(git: GitRepository) -> None:
    before = Witness(git.root).news()
    for name in ("a-copy", "z-copy"):
        git.git("branch", "-c", "side", name)
    told = Witness(git.root).news()
    assert sorted(verbs(told)) == sorted(
        [*verbs(before), ("thread_create", "a-copy"), ("thread_create", "z-copy")]
    )


def test_the_rest_of_a_torn_line_is_waited_for(git: GitRepository, witness: Witness) -> None:
    path = git.git_dir() / "logs/HEAD"
    git.git("reset", "-q", "HEAD")
    content = path.read_bytes()
    path.write_bytes(content[:-10])
    assert witness.news() == []
    path.write_bytes(content)
    assert verbs(witness.news()) == [("goto", "main")]


def test_rubbish_in_a_log_is_left_out_as_git_leaves_it_out(
    git: GitRepository, witness: Witness
) -> None:
    with (git.git_dir() / "logs/HEAD").open("ab") as log:
        log.write(b"\n\0\xff rubbish\n" + b"0" * 40 + b" half a line\n")
    git.commit()
    assert verbs(witness.news()) == [("snapshot", "main")]


@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_reading_that_broke_off_goes_on_where_it_was(git: GitRepository, size: int) -> None:
    git.git("merge", "-q", "--no-ff", "--no-edit", "side")
    git.git("tag", "v1")
    git.git("branch", "-m", "side", "edge")
    whole = Witness(git.root)
    whole.news()
    for steps in range(1, len(whole.told) // size + 1):
        broken_off = Witness(git.root)
        broken_off.news(steps=steps, size=size)
        broken_off.news()
        assert sorted(broken_off.told) == sorted(whole.told)
        assert broken_off.news() == []


def test_time_orders_what_several_logs_tell(tmp_path: Path) -> None:
    git = GitRepository.init(tmp_path / "repository")
    git.commit("first", at=START)
    git.git("update-ref", "refs/heads/other", "HEAD", at=START + 10)
    git.commit("second", at=START + 20)
    git.git("update-ref", "refs/heads/other", "HEAD", at=START + 30)
    git.git("tag", "-am", "between", "v1", at=START + 15)
    told = Witness(git.root).news()
    assert [one.timestamp_secs - START for one in told] == [0, 10, 15, 20, 30]


def test_a_clock_that_went_backwards_does_not_reorder_a_log(tmp_path: Path) -> None:
    git = GitRepository.init(tmp_path / "repository")
    for offset in (50, 30, 40, 10):
        git.commit(f"at {offset}", at=START + offset)
    witness = Witness(git.root)
    witness.news()
    assert ids(witness) == head_ids(git)


def test_a_branch_is_made_before_one_goes_to_it_and_after_its_commit(tmp_path: Path) -> None:
    git = GitRepository.init(tmp_path / "repository")
    git.commit("first", at=START)
    git.git("switch", "-qc", "new", at=START)
    git.commit("second", at=START)
    git.git("switch", "-q", "main", at=START)
    assert verbs(Witness(git.root).news()) == [
        ("snapshot", "main"),
        ("fork", "new"),
        ("goto", "new"),
        ("snapshot", "new"),
        ("goto", "main"),
    ]


def test_a_tag_that_is_checked_out_is_no_thread(git: GitRepository, witness: Witness) -> None:
    git.git("tag", "v1", "HEAD~1")
    git.git("checkout", "-q", "v1")
    git.commit("detached")
    git.git("checkout", "-q", "--detach", "main")
    threads = [one.thread for one in witness.news() if one.verb.value != "marker_create"]
    assert threads == ["", "", ""]


def test_a_bare_repository_is_compared_with_what_it_was(git: GitRepository) -> None:
    bare = GitRepository(git.root.parent / "bare.git")
    git.git("clone", "-q", "--bare", str(git.root), str(bare.root))
    witness = Witness(bare.root)
    assert witness.news() == []
    made = git.commit("pushed")
    git.git("push", "-q", str(bare.root), "main", "main:new", ":side")
    told = witness.news()
    assert sorted(verbs(told)) == [
        ("thread_create", "new"),
        ("thread_delete", "side"),
        ("thread_update", "main"),
    ]
    assert {one.change_id.hex() for one in told} == {made, ""}
    bare.git("pack-refs", "--all", "--prune")
    assert witness.news() == []
    bare.git("update-ref", "refs/heads/new", "main~1")
    assert verbs(witness.news()) == [("thread_update", "new")]


def test_branches_without_a_log_are_taken_as_they_are_even_when_the_first_reading_broke_off(
    git: GitRepository,
) -> None:
    clone = git.root.parent / "clone"
    git.git("clone", "-q", str(git.root), str(clone))
    GitRepository(clone).git("tag", "v1")
    witness = Witness(clone)
    witness.news(steps=2, size=1)
    witness.news()
    assert {verb for verb, _thread in verbs(witness.told)} == {"thread_create", "marker_create"}
    assert len(witness.told) == 2


def test_what_git_does_not_date_is_dated_with_the_present(
    git: GitRepository, witness: Witness
) -> None:
    git.git("branch", "-D", "side")
    (told,) = witness.news()
    assert told.timestamp_secs == NOW
    assert told.actor_email == ""


def test_names_may_have_any_bytes(git: GitRepository, witness: Witness) -> None:
    name = os.fsdecode(b"caf\xe9/\xe2\x82\xac")
    git.git("switch", "-qc", name)
    git.commit("an odd name")
    git.git("tag", name)
    told = witness.news()
    assert verbs(told)[:3] == [
        ("fork", "caf\\351/€"),
        ("goto", "caf\\351/€"),
        ("snapshot", "caf\\351/€"),
    ]
    assert told[3].detail == "caf\\351/€"
    git.git("switch", "-q", "main")
    git.git("branch", "-q", "-D", name)
    assert verbs(witness.news()) == [("goto", "main"), ("thread_delete", "caf\\351/€")]


def test_a_directory_takes_the_place_of_a_branch(git: GitRepository, witness: Witness) -> None:
    git.git("branch", "-D", "side")
    git.git("branch", "side/deeper")
    assert sorted(verbs(witness.news())) == [
        ("thread_create", "side/deeper"),
        ("thread_delete", "side"),
    ]
    git.git("branch", "-D", "side/deeper")
    git.git("branch", "side")
    assert sorted(verbs(witness.news())) == [
        ("thread_create", "side"),
        ("thread_delete", "side/deeper"),
    ]


def test_a_log_that_is_a_directory_by_mistake_does_not_matter(
    git: GitRepository, witness: Witness
) -> None:
    git.git("branch", "-D", "side")
    (git.git_dir() / "logs/refs/heads/side").mkdir()
    (git.git_dir() / "logs/refs/heads/gone.lock").write_bytes(b"")
    assert verbs(witness.news()) == [("thread_delete", "side")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_log_that_cannot_be_read_is_named(git: GitRepository, witness: Witness) -> None:
    git.commit()
    path = git.git_dir() / "logs/HEAD"
    path.chmod(0)
    with pytest.raises(DamagedRepositoryError, match=r"cannot read .*logs/HEAD: Permission denied"):
        witness.news()
    path.chmod(0o600)
    assert verbs(witness.news()) == [("snapshot", "main")]


def test_a_linked_worktree_sees_the_same(git: GitRepository, witness: Witness) -> None:
    linked = git.root.parent / "linked"
    git.git("worktree", "add", "-q", str(linked), "side")
    witness.news()
    from_linked = Witness(linked)
    from_linked.news()
    assert sorted(from_linked.told) == sorted(witness.told)
