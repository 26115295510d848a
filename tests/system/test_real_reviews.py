"""Reviews of real histories: they say what git says, and nothing that is not there.

By default the history is made here. `HEDDLE_REPOSITORIES=PATH:PATH` names repositories whose last
commits are reviewed beside it, `HEDDLE_REVIEWS` of each; they are cloned and left as they are.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import grpc
import pytest
from call_load import channel_to
from git_repository import GitRepository
from heddle_daemon import HeddleDaemon
from numstat import Line, numstat, run_git, totals
from refusals import refusal

from heddle_api.v1 import state_review_pb2, state_review_pb2_grpc
from heddle_worker.repository.display import displayed
from heddle_worker.repository.tree_diff import EMPTY_TREE

DATA_LOSS: Final = grpc.StatusCode.DATA_LOSS
MADE: Final = "made"
REVIEWS: Final = int(os.environ.get("HEDDLE_REVIEWS", "300"))
HISTORIES = [MADE, *filter(None, os.environ.get("HEDDLE_REPOSITORIES", "").split(":"))]

_CLASS: Final = """import os

LIMIT = {limit}


class Parser:
    def __init__(self, text):
        self.text = text

    def parse(self):
        {body}


def main(argv):
    return Parser(argv[{limit}]).parse()
"""


def make_history(root: Path) -> GitRepository:
    """Make a history with every kind of change: renames, binary files, modes, links, merges."""
    repository = GitRepository.init(root)
    repository.git("config", "user.name", "Ada")
    repository.git("config", "user.email", "ada@example.com")
    for number in range(12):
        body = f"return self.text[{number}:]\n" + f"        # line {number}\n" * (number % 4)
        repository.write("pkg/parser.py", _CLASS.format(limit=number, body=body))
        repository.write(
            f"pkg/more{number}.go",
            f"package pkg\n\nfunc F{number}() int {{\n\treturn {number}\n}}\n",
        )
        repository.commit(f"step {number}")
    repository.git("mv", "pkg/parser.py", "pkg/reader.py")
    repository.commit("rename")
    (repository.root / "data.bin").write_bytes(bytes(range(256)) * 4)
    (repository.root / "link").symlink_to("data.bin")
    (repository.root / "caf\u00e9 \u2603.txt").write_text("snow\r\nmore\r\n", newline="")
    os.close(os.open(os.fsencode(repository.root) + b"/\xff\xfe.py", os.O_CREAT | os.O_WRONLY))
    repository.git("add", "-A")
    repository.commit("all kinds of files")
    (repository.root / "pkg" / "more1.go").chmod(0o755)
    repository.git("rm", "--quiet", "pkg/more2.go")
    repository.git("add", "-A")
    repository.commit("mode and deletion")
    repository.git("switch", "--quiet", "-c", "side", "HEAD~2")
    repository.write("pkg/side.rs", "struct Side;\n\nimpl Side {\n    fn go(&self) {}\n}\n")
    repository.commit("side")
    repository.git("switch", "--quiet", "main")
    repository.git("merge", "--quiet", "--no-ff", "-m", "merge side", "side")
    return repository


@pytest.fixture(params=HISTORIES, ids=[Path(one).name for one in HISTORIES])
def clone(request: pytest.FixtureRequest, room: Path) -> GitRepository:
    """A fresh clone of the history."""
    source = make_history(room / "source").root if request.param == MADE else Path(request.param)
    clone = GitRepository(room / "r")
    GitRepository(source).git("clone", "--quiet", "--no-hardlinks", str(source), str(clone.root))
    return clone


@pytest.mark.timeout(1_800)
def test_reviews_say_what_git_says(
    clone: GitRepository, make_daemon: Callable[..., HeddleDaemon]
) -> None:
    commits = clone.git("rev-list", f"--max-count={REVIEWS}", "HEAD").splitlines()
    daemon = make_daemon(clone.root)
    daemon.start("--no-standby")
    with channel_to(daemon.config.socket_path) as channel:
        stub: Any = state_review_pb2_grpc.StateReviewServiceStub(channel)
        for commit in commits:
            request = state_review_pb2.GetReviewPayloadRequest(
                state_id=bytes.fromhex(commit), include_all_signals=True
            )
            try:
                counted = numstat(clone.root, first_parent(clone.root, commit), commit)
            except subprocess.CalledProcessError:
                # The history that was given lacks something, and git cannot tell either.
                assert refusal(stub.GetReviewPayload, request, timeout=60).code is DATA_LOSS
            else:
                _check(clone.root, commit, stub.GetReviewPayload(request, timeout=60), counted)


def _check(
    root: Path, commit: str, payload: state_review_pb2.ReviewPayload, counted: Sequence[Line]
) -> None:
    listed = [
        (file.path, file.added_lines, file.removed_lines, file.is_binary)
        for file in payload.changed_files
    ]
    expected = [(displayed(one.new_path), *one.counts, one.is_binary) for one in counted]
    assert sorted(listed) == sorted(expected)[: len(listed)], commit
    assert payload.is_truncated == (len(listed) < len(expected)), commit
    summary = payload.summary
    assert summary.headline == _git(root, "log", "-1", "--format=%s", commit), commit
    assert (summary.files_changed, summary.added_lines, summary.removed_lines) == (
        len(counted),
        *totals(counted),
    ), commit
    _check_partition(payload, commit)
    for symbol in payload.changed_symbols:
        if "deleted" not in symbol.changes:
            _check_symbol(
                root, commit, symbol, {displayed(one.new_path): one.new_path for one in counted}
            )


def _check_partition(payload: state_review_pb2.ReviewPayload, commit: str) -> None:
    groups = payload.partition
    entries = [*groups.structural, *groups.consequence, *groups.tests_and_docs]
    assert {entry.file for entry in entries} == {file.path for file in payload.changed_files}, (
        commit
    )
    pairs = [(entry.file, entry.symbol) for entry in entries]
    assert len(pairs) == len(set(pairs)), commit


def _check_symbol(root: Path, commit: str, symbol: Any, paths: dict[str, bytes]) -> None:
    """The symbol's name stands in the lines that it is said to have."""
    path = os.fsdecode(paths[symbol.anchor.file])
    lines = run_git(root, "show", f"{commit}:{path}").split(b"\n")
    text = b"\n".join(lines[symbol.start_line - 1 : symbol.end_line])
    name = re.sub(r"#\d+$", "", symbol.anchor.symbol.rpartition("::")[2])
    assert 1 <= symbol.start_line <= symbol.end_line <= len(lines), (commit, symbol)
    # What would read as another symbol's name is written otherwise in a name: words stay.
    assert all(word.encode() in text for word in re.findall(r"\w+", name)), (commit, symbol)


def first_parent(root: Path, commit: str) -> str:
    """Return what a commit is compared with: its first parent, or the empty tree."""
    parents = run_git(root, "rev-list", "--parents", "-n1", commit).split()
    return parents[1].decode() if len(parents) > 1 else EMPTY_TREE.hex()


def _git(root: Path, *arguments: str) -> str:
    return run_git(root, *arguments).decode("utf-8", "replace").removesuffix("\n")
