from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from git_repository import GitRepository
from history_stream import Entry, commits, trees
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numstat import check_equal, lines_of, numstat, run_git
from waiting import wait_until

from heddle_worker.limits import MAX_CHANGED_FILES, MAX_HUNKS
from heddle_worker.repository.diff import Diff, FileStatus, Hunk
from heddle_worker.repository.diff_process import DiffProcess
from heddle_worker.repository.diff_processes import DiffProcesses
from heddle_worker.repository.errors import GitFailedError, MissingObjectError
from heddle_worker.repository.git_command import GitCommand
from heddle_worker.repository.repository import Repository
from heddle_worker.repository.states import States
from heddle_worker.repository.tree_diff import TreeDiffs


class Subject:
    """A repository, and what compares its trees."""

    def __init__(self, git: GitRepository) -> None:
        self.git = git
        repository = Repository.open(git.root)
        self.states, self.diffs = States(repository), TreeDiffs(repository)

    def between(self, old: str, new: str) -> Diff:
        trees = [self.states.resolve(revision.encode()).tree for revision in (old, new)]
        return self.diffs.between(*trees)

    def check(self, old: str, new: str) -> Diff:
        diff = self.between(old, new)
        check_equal(diff, self.git.root, old, new)
        return diff


@pytest.fixture
def subject(git: GitRepository) -> Iterator[Subject]:
    subject = Subject(git)
    yield subject
    subject.diffs.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    subject = Subject(GitRepository.init(tmp_path_factory.mktemp("shared"), "--bare"))
    yield subject
    subject.diffs.close()


def import_commits(git: GitRepository, *trees: dict[bytes, Entry]) -> None:
    stream = commits(trees, b"made")
    run_git(git.root, "fast-import", "--quiet", "--force", "--done", given=stream)


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children()}


def commit_all(git: GitRepository, message: str = "change") -> None:
    git.git("add", "-A")
    git.git("commit", "-qm", message)


@given(st.lists(trees, min_size=2, max_size=2))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_diff_is_git_s_own(shared: Subject, made: list[dict[bytes, Entry]]) -> None:
    import_commits(shared.git, *made)
    diff = shared.check("made~1", "made")
    state = shared.states.resolve(b"made")
    assert shared.diffs.of_state(state) == diff
    for file in diff.files:
        for version, tree in ((file.old, state.parents[0]), (file.new, state.id)):
            if version is not None:
                found = shared.states.file_at(shared.states.get(tree).tree, version.path)
                assert found == version


def test_a_root_differs_from_nothing(subject: Subject) -> None:
    root = subject.states.resolve(b"HEAD~2")
    (file,) = subject.diffs.of_state(root).files
    assert (file.status, file.old, file.added_lines) == (FileStatus.ADDED, None, 1)
    assert file.hunks == (Hunk(0, 0, 1, 1),)
    assert subject.diffs.between(None, root.tree) == subject.diffs.of_state(root)
    assert subject.diffs.between(root.tree, root.tree) == Diff((), 0, 0, 0)


def test_a_shallow_state_differs_from_nothing(git: GitRepository, tmp_path: Path) -> None:
    git.git("clone", "-q", "--depth=1", git.root.as_uri(), str(tmp_path / "shallow"))
    subject = Subject(GitRepository(tmp_path / "shallow"))
    diff = subject.diffs.of_state(subject.states.resolve(b"HEAD"))
    assert [file.status for file in diff.files] == [FileStatus.ADDED]
    subject.diffs.close()


def test_a_merge_tells_what_it_changed_itself(subject: Subject) -> None:
    git = subject.git
    git.write("both.txt", "base\n")
    git.write("gone.txt", "gone\n")
    git.git("commit", "-qm", "base")
    git.git("switch", "-qc", "topic")
    git.write("both.txt", "topic\n")
    git.write("topic.txt", "topic\n")
    git.git("commit", "-qm", "topic")
    git.git("switch", "-q", "main")
    git.write("both.txt", "main\n")
    git.git("commit", "-qm", "main")
    git.git("merge", "--no-commit", "topic", may_fail=True)
    git.write("both.txt", "resolved\n")
    git.write("evil.txt", "evil\n")
    git.git("rm", "-q", "gone.txt")
    git.git("commit", "-qam", "merge")
    diff = subject.diffs.of_state(subject.states.resolve(b"HEAD"))
    marked = {file.path for file in diff.files if file.by_merge}
    combined = run_git(
        git.root, "diff-tree", "-c", "-r", "-z", "--name-only", "--no-commit-id", "HEAD"
    )
    assert marked == set(combined.split(b"\0")[:-1]) == {b"both.txt", b"evil.txt", b"gone.txt"}
    assert [file.path for file in diff.files if not file.by_merge] == [b"topic.txt"]


@pytest.mark.parametrize(
    "setting",
    [
        "diff.renames=false",
        "diff.renameLimit=1",
        "diff.algorithm=patience",
        "diff.context=9",
        "diff.interHunkContext=20",
        "diff.noprefix=true",
        "diff.mnemonicPrefix=true",
        "diff.external=false",
        "diff.ignoreSubmodules=all",
        "diff.submodule=log",
        "diff.indentHeuristic=false",
        "diff.suppressBlankEmpty=true",
        "diff.wordRegex=.",
        "diff.orderFile=order",
        "diff.relative=true",
        "core.quotePath=false",
        "core.bigFileThreshold=1",
        "color.ui=always",
        "color.diff=always",
        "diff.x.textconv=rev",
        "diff.x.command=false",
    ],
)
def test_configuration_changes_nothing(subject: Subject, setting: str) -> None:
    git = subject.git
    for number in range(3):
        git.write(
            f"ü {number}.py", "".join(f"def f{number}_{n}():\n    pass\n\n" for n in range(9))
        )
    git.write("order", "z*\n")
    git.write(".gitattributes", "*.py diff=x\n")
    commit_all(git)
    for number in range(3):
        git.git("mv", f"ü {number}.py", f"z{2 - number}.py")
        path = git.root / f"z{2 - number}.py"
        path.write_text(path.read_text().replace("_3():", "_3(x):").replace("_7():", "_7(x):"))
    git.git("update-index", "--add", "--cacheinfo", f"160000,{git.head()},module")
    git.git("commit", "-qam", "change")
    before = subject.check("HEAD~1", "HEAD")
    git.git("config", *setting.split("=", 1))
    assert subject.between("HEAD~1", "HEAD") == before
    fresh = Subject(git)
    assert fresh.between("HEAD~1", "HEAD") == before
    fresh.diffs.close()


def test_attributes_count_as_they_are_now(subject: Subject) -> None:
    git = subject.git
    git.write("data.txt", "one\n")
    git.write("deep/data.txt", "one\n")
    commit_all(git)
    git.write("data.txt", "two\n")
    git.write("deep/data.txt", "two\n")
    commit_all(git)
    assert [file.is_binary for file in subject.check("HEAD~1", "HEAD").files] == [False, False]
    (git.root / ".gitattributes").write_text("data.txt -diff\n")
    assert [file.is_binary for file in subject.check("HEAD~1", "HEAD").files] == [True, True]
    (git.root / ".gitattributes").unlink()
    (git.git_dir() / "info" / "attributes").write_text("/data.txt binary\n")
    assert [file.is_binary for file in subject.check("HEAD~1", "HEAD").files] == [True, False]


def test_a_replaced_object_is_what_its_id_says(subject: Subject) -> None:
    before = subject.between("HEAD~1", "HEAD")
    tree, other = (subject.git.git("rev-parse", f"{name}^{{tree}}") for name in ("HEAD", "side"))
    subject.git.git("replace", tree, other)
    assert subject.between("HEAD~1", "HEAD") == before


def test_many_files_are_counted_and_some_are_listed(shared: Subject) -> None:
    many = {b"%05d" % n: Entry(b"100644", b"%d\nx\n" % n) for n in range(MAX_CHANGED_FILES + 500)}
    import_commits(shared.git, {}, many)
    diff = shared.between("made~1", "made")
    wanted = numstat(shared.git.root, "made~1", "made")
    assert lines_of(diff) == wanted[:MAX_CHANGED_FILES]
    assert diff.is_truncated
    assert (diff.files_changed, diff.added_lines) == (len(many), 2 * len(many))
    assert all(len(file.hunks) == 1 for file in diff.files)
    import_commits(shared.git, {}, dict(list(many.items())[:MAX_CHANGED_FILES]))
    shared.check("made~1", "made")


def test_a_file_with_too_many_hunks_has_one_that_spans_them(shared: Subject) -> None:
    lines = [b"%d\n" % number for number in range(2 * MAX_HUNKS + 10)]
    changed = [b"x" + line if number % 2 else line for number, line in enumerate(lines)]
    old, new = (Entry(b"100644", b"".join(each)) for each in (lines, changed))
    small = Entry(b"100644", b"small\n")
    import_commits(shared.git, {b"a": small, b"b": old}, {b"a": old, b"b": new})
    one, other = shared.between("made~1", "made").files
    assert len(one.hunks) == 1
    assert other.hunks == (Hunk(2, len(lines) - 1, 2, len(lines) - 1),)
    assert (other.added_lines, other.removed_lines) == (len(lines) // 2, len(lines) // 2)


def test_a_long_line_is_no_trouble(shared: Subject) -> None:
    old = Entry(b"100644", b"@@ -1 +1 @@ " * 500_000 + b"\nend\n")
    import_commits(shared.git, {b"a": old}, {b"a": old, b"b": Entry(b"100644", old.content * 2)})
    shared.check("made~1", "made")
    import_commits(shared.git, {b"a": old}, {b"a": Entry(b"100644", b"x" + old.content)})
    shared.check("made~1", "made")


def test_renames_in_a_circle_are_found_as_git_finds_them(shared: Subject) -> None:
    texts = [b"".join(b"%d line %d\n" % (n, m) for m in range(30)) for n in range(3)]
    old = {b"%d" % n: Entry(b"100644", text) for n, text in enumerate(texts)}
    new = {b"%d" % ((n + 1) % 3): Entry(b"100644", text) for n, text in enumerate(texts)}
    import_commits(shared.git, old, new)
    shared.check("made~1", "made")
    import_commits(shared.git, old, {b"x" + path: entry for path, entry in new.items()})
    diff = shared.check("made~1", "made")
    assert {file.status for file in diff.files} == {FileStatus.RENAMED}


def test_a_missing_tree_is_said_to_be_missing(subject: Subject) -> None:
    tree = subject.states.resolve(b"HEAD").tree
    with pytest.raises(MissingObjectError, match="aaaa"):
        subject.diffs.between(b"\xaa" * 20, tree)
    with pytest.raises(MissingObjectError, match="aaaa"):
        subject.diffs.between(tree, b"\xaa" * 20)
    subject.check("HEAD~1", "HEAD")


def test_a_missing_file_is_said_to_be_missing(subject: Subject) -> None:
    # What HEAD has, git finds in the worktree.
    blob = subject.git.git("rev-parse", "HEAD~1:story.txt")
    (subject.git.git_dir() / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(MissingObjectError, match=blob) as raised:
        subject.between("HEAD~1", "HEAD")
    assert "\n" not in str(raised.value)
    subject.check("HEAD~2", "HEAD")


def test_without_git_there_is_a_clear_word(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(GitFailedError, match="is it installed"):
        subject.between("HEAD~1", "HEAD")


def test_a_process_that_was_killed_is_replaced(subject: Subject) -> None:
    before = children()
    subject.between("HEAD~1", "HEAD")
    (process,) = children() - before
    os.kill(process, signal.SIGKILL)
    subject.check("HEAD~1", "HEAD")


def test_one_process_answers_one_question_after_the_other(subject: Subject) -> None:
    before = children()
    for old, new in (("HEAD~1", "HEAD"), ("HEAD~2", "HEAD"), ("HEAD", "side")):
        subject.check(old, new)
    processes = children() - before
    assert len(processes) == 1
    subject.diffs.close()
    assert not children() & processes


def test_processes_that_nobody_needs_end(subject: Subject) -> None:
    git = GitCommand(subject.git.git_dir(), subject.git.root)
    processes = DiffProcesses(lambda: DiffProcess(git), lambda: (), idle_seconds=0.05)
    trees = [subject.states.resolve(name).tree for name in (b"HEAD~1", b"HEAD")]
    before = children()
    wanted = processes.ask(trees[0], trees[1])
    started = children() - before
    wait_until(lambda: not started & children(), "the idle process has ended")
    assert processes.ask(trees[0], trees[1]) == wanted
    processes.close()
    assert children() == before


def test_other_surroundings_end_a_process(subject: Subject) -> None:
    git = GitCommand(subject.git.git_dir(), subject.git.root)
    surroundings: tuple[bytes, ...] = (b"before",)
    processes = DiffProcesses(lambda: DiffProcess(git), lambda: surroundings)
    trees = [subject.states.resolve(name).tree for name in (b"HEAD~1", b"HEAD")]
    before = children()
    processes.ask(trees[0], trees[1])
    started = children() - before
    surroundings = (b"after",)
    processes.ask(trees[0], trees[1])
    assert len(children() - before) == 1
    assert not started & children()
    processes.close()


def test_a_process_sees_what_is_packed_meanwhile(subject: Subject) -> None:
    subject.check("HEAD~1", "HEAD")
    for number in range(3):
        subject.git.write(f"{number}.txt", "new\n")
        commit_all(subject.git)
        subject.git.git("gc", "-q", "--prune=now")
        subject.check("HEAD~1", "HEAD")


def test_threads_may_ask_at_the_same_time(subject: Subject) -> None:
    wanted = {pair: subject.check(*pair) for pair in (("HEAD~2", "HEAD"), ("HEAD", "side"))}
    differing: list[object] = []

    def ask() -> None:
        for _turn in range(20):
            for pair, diff in wanted.items():
                found = subject.between(*pair)
                if found != diff:
                    differing.append(found)

    threads = [threading.Thread(target=ask) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert differing == []


def test_the_process_dies_with_the_one_that_asks(git: GitRepository) -> None:
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "import psutil\n"
        "from heddle_worker.repository.repository import Repository\n"
        "from heddle_worker.repository.states import States\n"
        "from heddle_worker.repository.tree_diff import TreeDiffs\n"
        "repository = Repository.open(Path(sys.argv[1]))\n"
        "diffs = TreeDiffs(repository)\n"
        "diffs.of_state(States(repository).resolve(b'HEAD'))\n"
        "print(*(child.pid for child in psutil.Process().children()), flush=True)\n"
        "sys.stdin.read()\n"
    )
    asking = subprocess.Popen(
        [sys.executable, "-c", script, git.root], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert asking.stdout is not None
    processes = [psutil.Process(int(pid)) for pid in asking.stdout.readline().split()]
    assert len(processes) == 1
    asking.kill()
    asking.communicate()
    _gone, alive = psutil.wait_procs(processes, timeout=30)
    assert alive == []
