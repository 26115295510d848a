"""The operation log against real repositories, real stores and rivals in other processes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from git_repository import GitRepository
from hypothesis import given, settings
from hypothesis import strategies as st
from waiting import wait_until

from heddle_worker.operation_log import OperationLog
from heddle_worker.repository.repository import Repository
from heddle_worker.store.database import Database
from heddle_worker.store.errors import StoreFullError
from heddle_worker.store.operation_query import OperationQuery
from heddle_worker.store.operations import NewOperation, Operation, append, newest_seq
from heddle_worker.store.readers import Readers
from heddle_worker.store.writer import Writer

ALL = OperationQuery(include_checkpoints=True)
DEADLINE = 30.0


class Opened:
    """The log of a repository, and the store below it."""

    def __init__(self, root: Path, heddle_dir: Path) -> None:
        database = Database.open(heddle_dir)
        self.store = database.path
        self.writer = Writer(database)
        self.readers = Readers(database)
        self.log = OperationLog(Repository.open(root), self.writer, self.readers)

    def close(self) -> None:
        self.readers.close()
        self.writer.close()

    def has_entries(self) -> bool:
        with self.readers.snapshot() as connection:
            return newest_seq(connection) > 0

    def ids(self) -> list[tuple[str, str]]:
        return [(one.old_id.hex(), one.change_id.hex()) for one in self.log.query(ALL)]


@contextlib.contextmanager
def opened(git: GitRepository) -> Iterator[Opened]:
    heddle_dir = git.root.parent / f"{git.root.name}.heddle"
    heddle_dir.mkdir(exist_ok=True)
    with contextlib.closing(Opened(git.root, heddle_dir)) as one:
        yield one


@pytest.fixture
def git(tmp_path: Path) -> GitRepository:
    git = GitRepository.init(tmp_path / "repository")
    git.commit("first")
    return git


def head_ids(git: GitRepository) -> list[tuple[str, str]]:
    return [(line.old, line.new) for line in git.reflog()]


def verbs(entries: list[Operation]) -> list[str]:
    return [one.verb for one in entries]


def test_a_query_tells_what_git_has_just_done(git: GitRepository) -> None:
    with opened(git) as it:
        assert it.ids() == head_ids(git)
        made = git.commit("second")
        newest = it.log.query(ALL)[-1]
        assert (newest.verb, newest.thread) == ("snapshot", "main")
        assert newest.actor_email == "ada@example.com"
        assert newest.change_id.hex() == made
        assert newest.operation_id == ""
        assert newest.detail == "commit: second"


def test_a_refresh_counts_what_it_read(git: GitRepository) -> None:
    with opened(git) as it:
        assert it.log.refresh() == 1
        assert it.log.refresh() == 0
        git.commit()
        git.git("tag", "v1")
        assert it.log.refresh() == 2


def test_the_next_process_goes_on(git: GitRepository) -> None:
    with opened(git) as it:
        before = it.log.query(ALL)
    git.commit("meanwhile")
    with opened(git) as it:
        after = it.log.query(ALL)
        assert after[:-1] == before
        assert after[-1].detail == "commit: meanwhile"


def test_own_operations_and_those_of_git_are_in_one_order(git: GitRepository) -> None:
    with opened(git) as it:
        it.log.refresh()
        own = NewOperation(timestamp_secs=1, verb="discussion.open", operation_id="0b8f")
        it.writer.submit(lambda connection: append(connection, [own])).result(DEADLINE)
        git.commit("second")
        entries = it.log.query(ALL)
        assert verbs(entries) == ["snapshot", "discussion.open", "snapshot"]
        assert [one.seq for one in entries] == [1, 2, 3]
        assert verbs(it.log.query(OperationQuery())) == ["snapshot", "snapshot"]


@pytest.mark.parametrize("limit", [0, 1, 6, 7, 20])
@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_pages_are_the_whole_result(git: GitRepository, size: int, limit: int) -> None:
    for number in range(6):
        git.commit(f"more {number}")
    with opened(git) as it:
        query = OperationQuery(limit=limit)
        pages = list(it.log.pages(query, size))
        assert [one for page in pages for one in page] == it.log.query(query)
        assert all(0 < len(page) <= size for page in pages)


def test_threads_that_ask_at_once_get_the_same(git: GitRepository) -> None:
    with opened(git) as it:
        results: list[list[Operation]] = []
        for _ in range(3):
            git.commit()
            asking = [
                threading.Thread(target=lambda: results.append(it.log.query(ALL))) for _ in range(6)
            ]
            for thread in asking:
                thread.start()
            for thread in asking:
                thread.join(DEADLINE)
            assert [len(one) for one in results] == [len(head_ids(git))] * len(asking)
            results.clear()
        assert it.ids() == head_ids(git)


READ_TOO = """
import sys
from pathlib import Path
from heddle_worker.operation_log import OperationLog
from heddle_worker.repository.repository import Repository
from heddle_worker.store.database import Database
from heddle_worker.store.readers import Readers
from heddle_worker.store.writer import Writer
root, heddle_dir = map(Path, sys.argv[1:])
database = Database.open(heddle_dir)
log = OperationLog(Repository.open(root), Writer(database), Readers(database))
print(flush=True)
for _line in sys.stdin:
    log.refresh()
    print(flush=True)
"""


def read_too(git: GitRepository) -> subprocess.Popen[str]:
    """Start a process that refreshes the same log, once for each line that it is sent."""
    process = subprocess.Popen(
        [sys.executable, "-c", READ_TOO, git.root, f"{git.root}.heddle"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "\n"
    return process


def test_two_workers_that_read_at_once_double_nothing(git: GitRepository) -> None:
    with opened(git) as it:
        rival = read_too(git)
        assert rival.stdin is not None
        assert rival.stdout is not None
        for _ in range(10):
            git.commit()
            git.git("switch", "-qC", "other")
            rival.stdin.write("\n")
            rival.stdin.flush()
            it.log.refresh()
            assert rival.stdout.readline() == "\n"
            git.git("switch", "-q", "main")
        rival.stdin.close()
        assert rival.wait(DEADLINE) == 0
        rival.stdout.close()
        entries = it.log.query(ALL)
        logs = [*git.reflog(), *git.reflog("refs/heads/main"), *git.reflog("refs/heads/other")]
        assert len(entries) == len(set(logs))
        heads = [one for one in entries if one.detail in {line.message for line in git.reflog()}]
        assert [(one.old_id.hex(), one.change_id.hex()) for one in heads] == head_ids(git)


def long_history(git: GitRepository, lines: int) -> None:
    """Give `HEAD` and `main` long reflogs, as only years of work would."""
    ids = [git.head(), git.commit()]
    text = "".join(
        f"{ids[number % 2]} {ids[(number + 1) % 2]} Ada <ada@example.com> "
        f"{1_700_000_000 + number} +0000\treset: moving to HEAD@{{{number}}}\n"
        for number in range(lines)
    )
    for name in ("HEAD", "refs/heads/main"):
        (git.git_dir() / "logs" / name).write_text(text)


def test_a_reader_that_is_killed_half_way_loses_and_doubles_nothing(git: GitRepository) -> None:
    long_history(git, 12_000)
    with opened(git) as it:
        killed = read_too(git)
        assert killed.stdin is not None
        assert killed.stdout is not None
        killed.stdin.write("\n")
        killed.stdin.flush()
        # It stores thousands of entries, some of them in each step: wait for the first.
        wait_until(it.has_entries, "the other process has stored something")
        os.kill(killed.pid, signal.SIGKILL)
        assert killed.wait(DEADLINE) == -signal.SIGKILL
        killed.stdin.close()
        killed.stdout.close()
        assert it.ids() == head_ids(git)


def test_a_rival_in_the_middle_of_a_long_reading_is_no_harm(git: GitRepository) -> None:
    long_history(git, 6_000)
    with opened(git) as one, opened(git) as other:
        threads = [threading.Thread(target=it.log.refresh) for it in (one, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(DEADLINE)
        assert one.ids() == head_ids(git)


def test_a_full_disk_loses_nothing(git: GitRepository) -> None:
    with opened(git) as it:
        it.log.refresh()
        long_history(git, 3_000)

        def resize(pages: int) -> Callable[..., None]:
            return lambda connection: connection.pragma("max_page_count", pages)

        it.writer.submit(resize(1)).result(DEADLINE)
        with pytest.raises(StoreFullError):
            it.log.query(ALL)
        it.writer.submit(resize(2**30)).result(DEADLINE)
        assert it.ids()[1:] == head_ids(git)


class Chronicle:
    """Looks into git's files after every command, and so knows all lines that ever were."""

    def __init__(self, git: GitRepository) -> None:
        self.head: list[Line] = []
        self.counts: Counter[Key] = Counter()
        self._git_dir = git.git_dir()
        self._length = 0

    def look(self, *, rewritten: bool = False) -> None:
        """Note what is new; `rewritten` tells that lines were deleted and none was added."""
        head = self._lines(self._git_dir / "logs/HEAD")
        if not rewritten:
            self.head += head[self._length :]
        self._length = len(head)
        of_heads: Counter[Key] = Counter()
        for path in (self._git_dir / "logs/HEAD", *self._git_dir.glob("worktrees/*/logs/HEAD")):
            of_heads.update(line.key for line in self._lines(path))
        others = [
            Counter(line.key for line in self._lines(path))
            for path in (self._git_dir / "logs/refs").rglob("*")
            if path.is_file()
        ]
        # A move that HEAD and a branch both recorded is one; and so is a line that a renamed or
        # copied branch took along.
        now = of_heads.copy()
        for other in others:
            for key, count in other.items():
                if key not in of_heads:
                    now[key] = max(now[key], count)
        self.counts |= now

    @staticmethod
    def _lines(path: Path) -> list[Line]:
        if not path.exists():
            return []
        return [Line.parse(text) for text in path.read_text().splitlines()]


class Line(NamedTuple):
    """A line of a reflog."""

    old: str
    new: str
    seconds: int
    message: str

    @classmethod
    def parse(cls, text: str) -> Line:
        ids, _tab, message = text.partition("\t")
        old, new, *_name, seconds, _zone = ids.split(" ")
        return cls(old.strip("0") and old, new.strip("0") and new, int(seconds), message)

    @classmethod
    def of(cls, entry: Operation) -> Line:
        return cls(entry.old_id.hex(), entry.change_id.hex(), entry.timestamp_secs, entry.detail)

    @property
    def key(self) -> Key:
        """What stays when git rewrites its neighbours."""
        return self.new, self.seconds, self.message


Key = tuple[str, int, str]

REWRITES_HEAD = (
    "reflog expire --expire=all --all",
    "reflog delete HEAD@{{1}}",
    "gc -q --prune=now",
)
# Nobody can tell of lines that are gone before anybody has looked.
DELETES_LINES = (
    *REWRITES_HEAD,
    "branch -D a",
    "branch -M a b",
    "update-ref -d refs/heads/b",
    "stash drop -q",
)
COMMANDS = (
    "commit -q --allow-empty -m work-{now}",
    "commit -q --allow-empty --amend -m amended-{now}",
    "switch -q main",
    "switch -q a",
    "switch -q --detach",
    "switch -qc a",
    "switch -qc b HEAD~1",
    "checkout -qB a",
    "merge -q --no-ff --no-edit a",
    "merge -q b",
    "cherry-pick --allow-empty --keep-redundant-commits a",
    "branch a",
    "branch -m c-{now}",
    "branch -m a b",
    "branch -c b d-{now}",
    "tag t",
    "tag -f t",
    "tag -f -m annotated t",
    "tag -d t",
    "reset -q --hard HEAD~1",
    "rebase -q main",
    "update-ref -m moved-{now} refs/heads/b HEAD",
    "stash -q",
    "worktree add -q ../w-{now} -b wb-{now}",
    "pack-refs --all --prune",
    *DELETES_LINES,
    "REFRESH",
    "NEXT PROCESS",
)


@settings(max_examples=40)
@given(st.lists(st.sampled_from(COMMANDS), max_size=14))
def test_the_log_is_what_git_wrote_down_whenever_one_looks(commands: list[str]) -> None:
    with TemporaryDirectory() as directory, contextlib.ExitStack() as stack:
        git = GitRepository.init(Path(directory) / "repository")
        chronicle = Chronicle(git)
        it = stack.enter_context(opened(git))
        for number, command in enumerate(["commit -q --allow-empty -m first", *commands]):
            now = 1_700_000_000 + number * 60
            if command == "REFRESH":
                it.log.refresh()
            elif command == "NEXT PROCESS":
                it.close()
                it = stack.enter_context(opened(git))
            else:
                if command in DELETES_LINES:
                    it.log.refresh()
                if command == "stash -q":
                    git.write("dirty.txt", str(now))
                git.git(*command.format(now=now).split(), at=now, may_fail=True)
                chronicle.look(rewritten=command in REWRITES_HEAD)
        entries = it.log.query(ALL)
        assert it.log.refresh() == 0
        check(git, chronicle, entries)


def check(git: GitRepository, chronicle: Chronicle, entries: list[Operation]) -> None:
    assert [one.seq for one in entries] == sorted({one.seq for one in entries})
    # Git keeps no lines about tags, and none about the branches that it deletes elsewhere.
    from_lines = [
        one
        for one in entries
        if not one.verb.startswith("marker_")
        and (one.verb != "thread_delete" or Line.of(one).key in chronicle.counts)
    ]
    assert Counter(Line.of(one).key for one in from_lines) == chronicle.counts
    rest = iter(Line.of(one) for one in from_lines)
    assert all(line in rest for line in chronicle.head)
    tags: dict[str, str] = {}
    for one in entries:
        if one.verb == "marker_create":
            tags[one.detail] = one.change_id.hex()
        elif one.verb == "marker_delete":
            assert tags.pop(one.detail) == one.old_id.hex()
    shown = git.git(
        "for-each-ref", "--format=%(refname:short) %(*objectname) %(objectname)", "refs/tags"
    )
    assert tags == {line.split()[0]: line.split()[1] for line in shown.splitlines()}


def test_a_client_that_takes_its_time_between_pages_holds_nothing_up(git: GitRepository) -> None:
    for number in range(20):
        git.commit(f"number {number}")
    with opened(git) as one:
        pages = one.log.pages(ALL, 5)
        seqs = [entry.seq for entry in next(pages)]
        wal = one.store.with_name("heddle.db-wal")
        for number in range(40):
            new = NewOperation(timestamp_secs=number + 1, verb="checkpoint", detail="x" * 1_000_000)
            one.writer.submit(partial(append, operations=[new])).result(DEADLINE)
        # Forty megabytes went through the log while the client had its page in hand.
        assert wal.stat().st_size < 16 * 2**20
        seqs += [entry.seq for page in pages for entry in page]
    assert seqs == list(range(1, 62))
