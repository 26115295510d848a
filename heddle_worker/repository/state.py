"""A state: a commit of the repository, as a value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class State:
    """A commit.

    Attributes:
        id, tree: raw object ids.
        parents: raw ids of the parents, the first first; empty for a root.
        subject: the first paragraph of the message, in one line.
        body: the rest of the message, with its trailers.
        trailers: the message's trailers in their order, as pairs of token and value.
        author_name, author_email: as the commit has them.
        author_secs, committer_secs: in Unix seconds.
    """

    id: bytes
    tree: bytes
    parents: tuple[bytes, ...]
    subject: str
    body: str
    trailers: tuple[tuple[str, str], ...]
    author_name: str
    author_email: str
    author_secs: int
    committer_secs: int
