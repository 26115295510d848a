"""What the client without gRPC leaves to the other one; what it does, `heddle review` shows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from git_repository import GitRepository

from heddle_client.errors import NotServingError
from heddle_client.quick_client import QuickClient
from heddle_client.swift_call import NoPlainReplyError
from heddle_supervisor.errors import HeddleError


def test_where_no_daemon_runs_there_is_no_reply(room: Path) -> None:
    client = QuickClient(GitRepository.init(room / "r").root)
    assert client.repository == room / "r"
    with pytest.raises(NoPlainReplyError):
        client.review("HEAD", all_signals=False)


def test_a_repository_that_no_request_can_name_is_the_daemons_own(room: Path) -> None:
    root = room / os.fsdecode(b"caf\xe9")
    client = QuickClient(GitRepository.init(root).root)
    with pytest.raises(NoPlainReplyError):
        client.signatures(b"HEAD")


def test_a_linked_worktree_that_no_request_can_name_cannot_be_asked_about(room: Path) -> None:
    repository = GitRepository.init(room / "r")
    repository.commit()
    linked = room / os.fsdecode(b"caf\xe9")
    repository.git("worktree", "add", "--detach", str(linked))
    with pytest.raises(NotServingError, match="no UTF-8"):
        QuickClient(linked).signatures(b"HEAD")


def test_where_there_is_no_repository_it_says_so(room: Path) -> None:
    with pytest.raises(HeddleError, match="not in a git repository"):
        QuickClient(room)
