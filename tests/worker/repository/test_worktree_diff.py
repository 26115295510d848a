from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from git_repository import GitRepository
from numstat import check_equal, run_git

from heddle_worker.limits import MAX_BLOB_BYTES
from heddle_worker.repository.diff import Diff, FileStatus
from heddle_worker.repository.errors import GitFailedError, NoWorktreeError
from heddle_worker.repository.worktree_diff import of_worktree, worktree_stamp


@contextmanager
def untouched(git: GitRepository) -> Iterator[None]:
    """Check that the index, the objects and the refs stay as they are."""

    def look() -> dict[Path, tuple[int, int]]:
        paths = [path for path in git.git_dir().rglob("*") if path.is_file()]
        # Git marks what it reads, or would have written, as fresh.
        fresh = re.compile(r"/objects/|/sharedindex\.")
        return {
            path: (0 if fresh.search(str(path)) else path.stat().st_mtime_ns, path.stat().st_size)
            for path in paths
        }

    before = look()
    yield
    assert look() == before


def check(git: GitRepository) -> Diff:
    """Return the diff of a worktree, checked against what git says when everything is added."""
    with untouched(git):
        diff = of_worktree(git.root)
    is_born = run_git(git.root, "rev-list", "-n1", "--all") != b""
    git.git("add", "-A")
    check_equal(diff, git.root, "--cached", *(["HEAD"] if is_born else []))
    for file in diff.files:
        if file.new is not None and file.new.mode != 0o160000:
            stored = run_git(git.root, "cat-file", "blob", file.new.blob.hex())
            assert file.new.content in (stored, None)
            entry = run_git(git.root, "ls-files", "-s", "-z", "--", file.new.path)
            assert entry.split()[:2] == [b"%06o" % file.new.mode, file.new.blob.hex().encode()]
    return diff


def commit_all(git: GitRepository) -> None:
    git.git("add", "-A")
    git.git("commit", "-qm", "all")


def test_a_clean_worktree_differs_in_nothing(git: GitRepository) -> None:
    assert check(git) == Diff((), 0, 0, 0)


def test_files_of_any_kind_are_seen(git: GitRepository) -> None:
    for name in ("kept", "edited", "gone", "moved", "type", "mode"):
        git.write(name, "".join(f"{name} {number}\n" for number in range(9)))
    commit_all(git)
    git.write("edited", "staged\n")
    (git.root / "edited").write_text("edited\n")
    (git.root / "gone").unlink()
    (git.root / "moved").rename(git.root / "moved-on")
    (git.root / "type").unlink()
    (git.root / "type").symlink_to("kept")
    (git.root / "mode").chmod(0o755)
    (git.root / "new").write_bytes(b"\xff\r\nno end")
    (git.root / os.fsdecode(b"n\xff \n")).write_bytes(b"\0")
    (git.root / ".gitignore").write_text("ignored\n")
    (git.root / "ignored").write_text("ignored\n")
    os.mkfifo(git.root / "pipe")
    diff = check(git)
    contents = {file.path: file.new and file.new.content for file in diff.files}
    assert contents == {
        b".gitignore": b"ignored\n",
        b"edited": b"edited\n",
        b"gone": None,
        b"mode": None,
        b"moved-on": None,
        b"n\xff \n": b"\0",
        b"new": b"\xff\r\nno end",
        b"type": b"kept",
    }
    statuses = {file.path: file.status for file in diff.files}
    assert statuses[b"moved-on"] is FileStatus.RENAMED
    assert statuses[b"type"] is FileStatus.TYPE_CHANGED


def test_an_unborn_branch_has_everything_new(tmp_path: Path) -> None:
    git = GitRepository.init(tmp_path / "unborn")
    assert of_worktree(git.root) == Diff((), 0, 0, 0)
    (git.root / "first").write_text("one\n")
    diff = check(git)
    assert [(file.status, file.path) for file in diff.files] == [(FileStatus.ADDED, b"first")]


def test_a_conflict_counts_as_the_file_says(git: GitRepository) -> None:
    git.git("switch", "-qc", "topic")
    git.write("story.txt", "topic\n")
    git.git("commit", "-qm", "topic")
    git.git("switch", "-q", "main")
    git.write("story.txt", "main\n")
    git.git("commit", "-qm", "main")
    git.git("merge", "topic", may_fail=True)
    with (git.root / "story.txt").open("a") as file:
        file.write("undecided\n")
    (changed,) = check(git).files
    assert changed.new is not None
    assert changed.new.content == (git.root / "story.txt").read_bytes()
    assert b"<<<<<<<" in changed.new.content


@pytest.mark.parametrize("setting", ["core.autocrlf=input", "core.safecrlf=true", "core.x=1"])
def test_contents_are_what_git_would_store(git: GitRepository, setting: str) -> None:
    git.git("config", *setting.split("="))
    git.git("config", "filter.shout.clean", "tr a-z A-Z")
    (git.root / ".gitattributes").write_text("*.loud filter=shout\n*.txt text\n")
    (git.root / "a.loud").write_text("quiet\n")
    (git.root / "a.txt").write_bytes(b"one\r\ntwo\r\n")
    (git.root / "plain").write_bytes(b"one\r\ntwo\r\n")
    contents = {file.path: file.new and file.new.content for file in of_worktree(git.root).files}
    assert contents[b"a.loud"] == b"QUIET\n"
    assert contents[b"a.txt"] == b"one\ntwo\n"
    if "safecrlf" not in setting:
        check(git)


def test_a_linked_worktree_has_its_own_head(git: GitRepository) -> None:
    linked = GitRepository(git.root.parent / "linked")
    git.git("worktree", "add", "-q", str(linked.root), "side")
    (linked.root / "side.txt").write_text("changed\n")
    (file,) = check(linked).files
    assert file.path == b"side.txt"
    assert of_worktree(git.root).files == ()


def test_submodules_count_as_their_commits(git: GitRepository, tmp_path: Path) -> None:
    GitRepository.init(tmp_path / "module").commit()
    words = ("-c", "protocol.file.allow=always", "submodule", "--quiet", "add")
    git.git(*words, str(tmp_path / "module"), "module")
    commit_all(git)
    stamp = worktree_stamp(git.root)
    inner = GitRepository(git.root / "module")
    inner.commit("inside")
    assert worktree_stamp(git.root) != stamp
    stamp = worktree_stamp(git.root)
    head = inner.commit("inside once more")
    assert worktree_stamp(git.root) != stamp
    (file,) = check(git).files
    assert file.new is not None
    assert (file.new.mode, file.new.blob.hex(), file.new.content) == (0o160000, head, None)


def test_a_large_file_is_counted_and_left_out(git: GitRepository) -> None:
    (git.root / "large").write_bytes(b"line\n" * (MAX_BLOB_BYTES // 5 + 1))
    (git.root / "largest").write_bytes(b"x" * MAX_BLOB_BYTES)
    large, largest = check(git).files
    assert large.new is not None
    assert (large.new.content, large.new.is_left_out) == (None, True)
    assert large.added_lines == MAX_BLOB_BYTES // 5 + 1
    assert largest.new is not None
    assert (largest.new.content, largest.new.is_left_out) == (b"x" * MAX_BLOB_BYTES, False)


def test_a_file_that_is_in_an_object_carries_no_contents(git: GitRepository) -> None:
    git.git("hash-object", "-w", "--stdin", "--path=x")
    (git.root / "story.txt").write_text("chapter 0\n")
    (file,) = check(git).files
    assert file.new is not None
    assert file.new.content is None
    assert file.new.blob.hex() == hashlib.sha1(b"blob 10\0chapter 0\n").hexdigest()


def test_a_split_index_and_one_with_all_extensions_are_read(git: GitRepository) -> None:
    git.git("config", "core.splitIndex", "true")
    git.git("config", "core.untrackedCache", "true")
    git.git("config", "index.version", "4")
    git.write("staged", "staged\n")
    git.git("status")
    (git.root / "new").write_text("new\n")
    assert {file.path for file in check(git).files} == {b"new", b"staged"}


def test_a_change_in_the_tick_of_the_index_is_seen(git: GitRepository) -> None:
    for number in range(20):
        git.write("story.txt", f"a{number:03}\n")
        (git.root / "story.txt").write_text(f"b{number:03}\n")
        (file,) = of_worktree(git.root).files
        assert file.new is not None
        assert file.new.content == b"b%03d\n" % number


def test_a_bare_repository_has_no_worktree(tmp_path: Path) -> None:
    git = GitRepository.init(tmp_path / "bare", "--bare")
    for ask in (of_worktree, worktree_stamp):
        with pytest.raises(NoWorktreeError):
            ask(git.root)


def test_what_git_cannot_add_is_named(git: GitRepository) -> None:
    GitRepository.init(git.root / "nested")
    with pytest.raises(GitFailedError, match="nested") as raised:
        of_worktree(git.root)
    assert "\n" not in str(raised.value)


def test_hooks_and_monitors_are_not_run(git: GitRepository, tmp_path: Path) -> None:
    witness = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {witness}\n")
    program.chmod(0o755)
    git.git("config", "core.fsmonitor", str(program))
    hook = git.git_dir() / "hooks" / "post-index-change"
    hook.parent.mkdir(exist_ok=True)
    hook.symlink_to(program)
    (git.root / "new").write_text("new\n")
    of_worktree(git.root)
    worktree_stamp(git.root)
    assert not witness.exists()


def edit(git: GitRepository) -> None:
    (git.root / "story.txt").write_text("edited.txt\n")


def edit_again(git: GitRepository) -> None:
    (git.root / "dirty").write_text("dirtier\n")


def edit_alike(git: GitRepository) -> None:
    path = git.root / "dirty"
    before = path.stat()
    path.write_text("DIRTY\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def stage(git: GitRepository) -> None:
    git.git("rm", "-q", "--cached", "story.txt")


def ignore(git: GitRepository) -> None:
    (git.git_dir() / "info").mkdir(exist_ok=True)
    (git.git_dir() / "info" / "exclude").write_text("dirty\n")


def make_executable(git: GitRepository) -> None:
    (git.root / "dirty").chmod(0o755)


def relink(git: GitRepository) -> None:
    (git.root / "link").unlink()
    (git.root / "link").symlink_to("elsewhere")


def configure(git: GitRepository) -> None:
    git.git("config", "core.autocrlf", "input")


@pytest.mark.parametrize(
    "change",
    [
        edit,
        edit_again,
        edit_alike,
        stage,
        ignore,
        make_executable,
        relink,
        configure,
        lambda git: git.commit("moved on"),
        lambda git: (git.root / "dirty").unlink(),
        lambda git: (git.root / "another").write_text(""),
    ],
)
def test_the_stamp_changes_with_the_worktree(
    git: GitRepository, change: Callable[[GitRepository], object]
) -> None:
    (git.root / "dirty").write_text("dirty\n")
    (git.root / "link").symlink_to("story.txt")
    with untouched(git):
        stamp = worktree_stamp(git.root)
        assert worktree_stamp(git.root) == stamp
    change(git)
    assert worktree_stamp(git.root) != stamp
