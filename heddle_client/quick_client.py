"""Reading from a daemon that serves, without gRPC: its import takes longer than the answer.

What does not go by itself is no matter here, and is asked for again by way of the client library,
which finds, starts and waits for a daemon, and can tell what is wrong.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from heddle_client.requests import reviews as requests
from heddle_client.swift_call import NoPlainReplyError, call
from heddle_supervisor.config import LocalDaemonConfig
from heddle_supervisor.repository_location import locate_repository

if TYPE_CHECKING:
    from heddle_client.calls import Call
    from heddle_client.values.state_review import ListSignaturesResponse, ReviewPayload

T = TypeVar("T")


class QuickClient:
    """Some of what `heddle_client.client.Client` does. Each method raises `NoPlainReplyError`.

    Args:
        repo: the repository, a directory in it, or a linked worktree.

    Attributes:
        repository: the root of the worktree, or a bare repository's directory.

    Raises:
        HeddleError: it lies in no repository.
    """

    def __init__(self, repo: Path) -> None:
        location = locate_repository(repo)
        config = LocalDaemonConfig.for_heddle_dir(location.heddle_dir, repository=location.root)
        self.repository = location.worktree
        self._socket_path = str(config.socket_path)

    def review(self, state: str, *, all_signals: bool) -> ReviewPayload:
        """Return what a reviewer of a state needs; of the worktree where it is empty."""
        return self._call(requests.review(self._repo_path(), state, all_signals=all_signals))

    def signatures(self, state: bytes) -> ListSignaturesResponse:
        """Return the signatures that hold for a state."""
        return self._call(requests.signatures(self._repo_path(), state))

    def _repo_path(self) -> str:
        path = str(self.repository)
        if any("\udc80" <= character <= "\udcff" for character in path):
            raise NoPlainReplyError("the worktree's path is no UTF-8")
        return path

    def _call(self, asked: Call[T]) -> T:
        method = asked.method
        reply = call(self._socket_path, method.path, asked.request, timeout=method.seconds)
        return method.value(method.parse(reply))
