"""Real work in real histories: whatever git says happened to a ref is in the log, and once.

By default the history is made here. `HEDDLE_REPOSITORIES=PATH:PATH` names repositories whose
histories are used beside it: they are cloned and left as they are.
"""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import apsw
import pytest
from call_load import log_stub, query_until_answered
from git_repository import GitRepository
from heddle_daemon import HeddleDaemon
from ref_recorder import RefRecorder

from heddle_api.v1.operation_log_pb2 import OperationHit, QueryOperationsRequest

MADE = "made"
SEED = 20_261_124
ROUNDS = 6
MARKERS = ("marker_create", "marker_delete")
OF_REFS = (*MARKERS, "thread_delete")
"""What no reflog tells: it is seen from what became of the refs."""

HISTORIES = [MADE, *filter(None, os.environ.get("HEDDLE_REPOSITORIES", "").split(":"))]


def make_history(root: Path) -> GitRepository:
    """Make a history of some hundred commits, with merges, branches, and tags of both kinds."""
    repository = GitRepository.init(root)
    people = (b"Ada <ada@example.com>", b"Bo <bo@example.com>", "Zoë <zoe@example.com>".encode())
    stream = []
    for mark in range(1, 401):
        who = b"%s %d +0000" % (people[mark % 3], 1_600_000_000 + mark * 600)
        subject = b"change %d" % mark
        text = b"text %d\n" % mark
        branch = b"side" if mark % 10 in (7, 8) else b"main"
        stream += [
            b"commit refs/heads/%s\nmark :%d\nauthor %s\ncommitter %s\n" % (branch, mark, who, who),
            b"data %d\n%s\n" % (len(subject), subject),
        ]
        if mark % 10 == 7 and mark > 10:
            stream.append(b"from :%d\n" % (mark - 1))
        if mark % 10 == 9:
            stream.append(b"from :%d\nmerge :%d\n" % (mark - 3, mark - 1))
        stream.append(
            b"M 100644 inline directory%d/file%d.txt\ndata %d\n%s\n"
            % (mark % 7, mark % 40, len(text), text)
        )
        if mark % 20 == 0:
            stream.append(b"reset refs/tags/light-%d\nfrom :%d\n\n" % (mark, mark))
        if mark % 50 == 0:
            stream.append(
                b"tag annotated-%d\nfrom :%d\ntagger %s\ndata 3\ntag\n" % (mark, mark, who)
            )
    repository.fast_import(b"".join(stream))
    return repository


@pytest.fixture(params=HISTORIES, ids=[Path(one).name for one in HISTORIES])
def clone(request: pytest.FixtureRequest, room: Path) -> GitRepository:
    """A fresh clone of the history."""
    source = make_history(room / "source").root if request.param == MADE else Path(request.param)
    clone = GitRepository(room / "r")
    GitRepository(source).git("clone", "--quiet", "--no-hardlinks", str(source), str(clone.root))
    return clone


class Work:
    """What people do in a clone, at random places of its history.

    Where git itself forgets what happened, as with a tag that is moved twice, or with a deleted
    branch's reflog, the daemon is made to `look` before.
    """

    def __init__(
        self, recorder: RefRecorder, clone: GitRepository, room: Path, look: Callable[[], None]
    ) -> None:
        self._do = recorder.git
        self._look = look
        self._clone = clone
        self._room = room
        self._chance = random.Random(SEED)
        self._trunk = clone.git("symbolic-ref", "--short", "HEAD")
        self._past = clone.git("rev-list", "--first-parent", "HEAD").splitlines()
        self._number = 0

    def acts(self) -> Iterator[Callable[[], None]]:
        """Yield everything that is done, in its order."""
        for _ in range(ROUNDS):
            self._number += 1
            yield from (
                self._walk_along_history,
                self._topic,
                self._amend,
                self._tags,
                self._rebase,
                self._merge,
                self._worktree,
                self._look_around,
            )

    def _somewhere(self) -> str:
        return self._chance.choice(self._past[: len(self._past) // 2])

    def _commit(self, name: str, worktree: GitRepository | None = None) -> None:
        root = (worktree or self._clone).root
        (root / name).write_text(f"{name}, {self._number}, {self._chance.random()}\n")
        self._do("add", name, worktree=worktree)
        self._do("commit", "--quiet", "-m", f"add {name}", worktree=worktree)

    def _walk_along_history(self) -> None:
        """Move a branch along the real commits, as one does who pulls every day."""
        start = self._chance.randrange(5, len(self._past))
        self._do("switch", "--quiet", "-c", f"walk-{self._number}", self._past[start])
        for commit in reversed(self._past[start - 5 : start]):
            self._do("merge", "--quiet", "--ff-only", commit)
        self._do("reset", "--quiet", "--hard", "HEAD~1")

    def _topic(self) -> None:
        self._do("switch", "--quiet", "-c", f"topic-{self._number}", self._somewhere())
        for part in range(3):
            self._commit(f"topic-{self._number}-{part}.txt")

    def _amend(self) -> None:
        self._do("commit", "--quiet", "--amend", "-m", "say it better")

    def _tags(self) -> None:
        light, annotated = f"light-of-ours-{self._number}", f"annotated-of-ours-{self._number}"
        for arguments in (
            (light,),
            ("-a", "-m", "a tag", annotated, self._somewhere()),
            ("-f", light, "HEAD~1"),
            ("-d", light),
        ):
            self._do("tag", *arguments)
            self._look()

    def _rebase(self) -> None:
        self._do("rebase", "--quiet", self._trunk, f"topic-{self._number}")

    def _merge(self) -> None:
        self._do("checkout", "--quiet", self._trunk)
        self._do("merge", "--quiet", "--no-ff", "-m", "merge", f"topic-{self._number}")
        self._look()
        self._do("branch", "--quiet", "-d", f"topic-{self._number}")
        self._do("branch", "--quiet", "-D", f"walk-{self._number}")

    def _worktree(self) -> None:
        path = self._room / f"linked-{self._number}"
        self._do("worktree", "add", "--quiet", "-b", f"linked-{self._number}", str(path))
        linked = GitRepository(path)
        self._commit("linked.txt", linked)
        self._do("commit", "--quiet", "--amend", "-m", "in the worktree", worktree=linked)

    def _look_around(self) -> None:
        self._do("checkout", "--quiet", "--detach", self._somewhere())
        self._do("checkout", "--quiet", "-")
        self._do("pack-refs", "--all")


def test_every_change_of_a_ref_is_in_the_log_once(
    clone: GitRepository, make_daemon: Callable[..., HeddleDaemon], room: Path
) -> None:
    recorder = RefRecorder(clone)
    daemon = make_daemon(clone.root)
    daemon.start()
    chance = random.Random(SEED)
    print(f"seed {SEED}")  # noqa: T201 - a failed test shows it

    def look() -> None:
        query_until_answered(daemon.config.socket_path)

    look()
    for act in Work(recorder, clone, room, look).acts():
        act()
        if chance.random() < 0.4:
            look()
        if chance.random() < 0.1:
            os.kill(daemon.worker(), signal.SIGKILL)
    hits = all_hits(daemon)
    entries = stored_entries(daemon)
    assert [hit.seq for hit in hits] == [entry.seq for entry in entries]
    moves = Counter((one.old, one.new) for one in entries if one.verb not in OF_REFS)
    assert moves == recorder.moves
    assert Counter(one.thread for one in entries if one.verb == "thread_delete") == recorder.deleted
    assert Counter(one.detail for one in entries if one.verb in MARKERS) == recorder.tags
    # Another daemon, and another reading of everything, add nothing.
    daemon.stop()
    daemon.start()
    assert all_hits(daemon) == hits


class Stored(NamedTuple):
    """An entry, with what the wire does not have."""

    seq: int
    verb: str
    old: str
    new: str
    thread: str
    detail: str


def all_hits(daemon: HeddleDaemon) -> list[OperationHit]:
    hits: list[OperationHit] = []
    request = QueryOperationsRequest(include_checkpoints=True, limit=1_000)
    query_until_answered(daemon.config.socket_path)
    with log_stub(daemon.config.socket_path) as stub:
        while page := stub.QueryOperations(request, timeout=30).hits:
            hits += page
            request.after_seq = page[-1].seq
    return hits


def stored_entries(daemon: HeddleDaemon) -> list[Stored]:
    path = daemon.config.state_dir / "heddle.db"
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        rows = connection.execute(
            "SELECT seq, verb, lower(hex(old_id)), lower(hex(change_id)), thread, detail "
            "FROM operations ORDER BY seq"
        )
        return [Stored(*row) for row in rows]
