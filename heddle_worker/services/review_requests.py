"""What `GetReviewPayload` asks for: the state or the worktree that is to be reviewed."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path

from heddle_api.v1 import state_review_pb2
from heddle_worker.domain import Domain
from heddle_worker.repository.state import State
from heddle_worker.repository.worktree_diff import worktree_stamp
from heddle_worker.reviews import Review
from heddle_worker.services.repo_path import head_root, worktree_root
from heddle_worker.services.state_id import raw_id, resolve_state
from heddle_worker.signals.computing import CORPUS_SECONDS

_ID_BYTES = 20


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be reviewed.

    Attributes:
        state: the state; for a worktree its `HEAD`, and `None` before the first commit.
        root: of the worktree; `None` for a state.
        stamp: another one when the worktree is another; empty for a state.
    """

    state: State | None
    root: Path | None = None
    stamp: bytes = b""

    def key(self, *, wants_all: bool) -> Hashable:
        """Return what makes two requests ask for the same."""
        if self.root is not None:
            return self.root, wants_all
        return state_key(self.state.id if self.state is not None else b"", wants_all=wants_all)


def state_key(state_id: bytes, *, wants_all: bool) -> Hashable:
    """Return what makes two requests for the review of a state ask for the same."""
    return state_id, wants_all


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
        return Subject(resolve_state(domain, root, "state_id", request.state_id))
    root = worktree_root(domain, request.repo_path)
    stamp = worktree_stamp(root)
    head = domain.discussions.head(head_root(domain, request.repo_path)).state_id
    return Subject(domain.code.states.get(head) if head else None, root, stamp)


def review_of(domain: Domain, subject: Subject, *, wants_all: bool) -> Review:
    """Return the review of a subject. May block.

    Whoever wants all signals waits for what is to be read for them.

    Raises:
        RepositoryError: something is missing, or cannot be read.
        StoreError: the store cannot be read.
        ConfigurationError: the settings cannot be read.
    """
    seconds = CORPUS_SECONDS if wants_all else 0.0
    if subject.root is not None:
        return domain.reviews.of_worktree(subject.root, subject.state, seconds)
    if subject.state is None:
        raise ValueError("neither a state nor a worktree")
    return domain.reviews.of_state(subject.state, seconds)
