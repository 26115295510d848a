"""Reading from a daemon that serves, without gRPC: its import takes longer than the answer.

What does not go by itself is no matter here, and is asked for again by way of the client library,
which finds, starts and waits for a daemon, and can tell what is wrong.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from heddle_client.place import Place
from heddle_client.requests import reviews as requests
from heddle_client.swift_call import call

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
        self._place = Place.of(repo)
        self.repository = self._place.worktree

    def review(self, state: str, *, all_signals: bool) -> ReviewPayload:
        """Return what a reviewer of a state needs; of the worktree where it is empty."""
        return self._call(requests.review(self._place.repo_path, state, all_signals=all_signals))

    def signatures(self, state: bytes) -> ListSignaturesResponse:
        """Return the signatures that hold for a state."""
        return self._call(requests.signatures(self._place.repo_path, state))

    def _call(self, asked: Call[T]) -> T:
        method = asked.method
        socket_path = str(self._place.config.socket_path)
        reply = call(socket_path, method.path, asked.request, timeout=asked.seconds)
        return method.value(method.parse(reply))
