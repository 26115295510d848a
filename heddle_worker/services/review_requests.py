"""What `GetReviewPayload` asks for: the state or the worktree that is to be reviewed."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from heddle_api.v1 import state_review_pb2
from heddle_worker.domain import Domain
from heddle_worker.repository.state import State
from heddle_worker.repository.worktree_diff import worktree_stamp
from heddle_worker.reviews import Review, Reviews
from heddle_worker.services.repo_path import head_root, worktree_root
from heddle_worker.services.state_id import raw_id, resolve_state

_ID_BYTES: Final = 20


@dataclass(frozen=True, slots=True)
class StateSubject:
    """A state that is to be reviewed."""

    state: State

    @property
    def key(self) -> Hashable:
        """What makes two requests be about the same."""
        return self.state.id

    @property
    def stamp(self) -> bytes:
        """What differs when it has changed, which a state never does."""
        return b""

    def review(self, reviews: Reviews, corpus_seconds: float) -> Review:
        """Return its review; see `Reviews`."""
        return reviews.of_state(self.state, corpus_seconds)


@dataclass(frozen=True, slots=True)
class WorktreeSubject:
    """A worktree that is to be reviewed.

    Attributes:
        root: of the worktree.
        head: its `HEAD`; `None` before the first commit.
        stamp: another one when the worktree is another.
    """

    root: Path
    head: State | None
    stamp: bytes

    @property
    def key(self) -> Hashable:
        """What makes two requests be about the same."""
        return self.root

    def review(self, reviews: Reviews, corpus_seconds: float) -> Review:
        """Return its review; see `Reviews`."""
        return reviews.of_worktree(self.root, self.head, corpus_seconds)


Subject: TypeAlias = StateSubject | WorktreeSubject


def named_at_once(request: state_review_pb2.GetReviewPayloadRequest) -> bytes | None:
    """Return the raw id of the state, if there is nothing to look up to know it."""
    state_id = raw_id(request.state_id)
    return state_id if len(state_id) == _ID_BYTES and not request.repo_path else None


def find_subject(domain: Domain, request: state_review_pb2.GetReviewPayloadRequest) -> Subject:
    """Return what a request is about. May block.

    Raises:
        InvalidRequestError: `state_id` can be no state's id, or is of something else.
        NotFoundError: `repo_path` is of another repository.
        PreconditionError: a worktree is asked for, and there is none.
        RepositoryError: the state is not there, or cannot be read.
    """
    if request.state_id:
        root = head_root(domain, request.repo_path)
        return StateSubject(resolve_state(domain, root, "state_id", request.state_id))
    root = worktree_root(domain, request.repo_path)
    stamp = worktree_stamp(root)
    head = domain.discussions.head(root).state_id
    return WorktreeSubject(root, domain.code.states.get(head) if head else None, stamp)
