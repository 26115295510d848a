"""Why a repository cannot be used, each as one clear line for people."""

from __future__ import annotations


class RepositoryError(Exception):
    """The repository cannot be used as it is."""


class NotARepositoryError(RepositoryError):
    """There is no repository at that place."""


class ForeignRepositoryError(RepositoryError):
    """The repository belongs to another user, and nobody has declared it safe."""


class UnsupportedRepositoryError(RepositoryError):
    """The repository uses a format that cannot be read."""


class DamagedRepositoryError(RepositoryError):
    """The repository's own files are broken, or cannot be read."""


class NoWorktreeError(RepositoryError):
    """The repository is bare, and has no files that could be looked at."""


class InvalidStateError(RepositoryError):
    """What is said to be a state's id cannot be one, or names something that is no commit."""


class StateNotFoundError(RepositoryError):
    """There is no such state in this repository."""


class MissingObjectError(RepositoryError):
    """An object that the repository refers to is not there, and cannot be fetched."""


class BlobTooLargeError(RepositoryError):
    """A file is larger than what somebody wants to read of it."""


class GitFailedError(RepositoryError):
    """git cannot be run, or failed to do its part; the text is what it said."""


class DiffTimeoutError(RepositoryError):
    """Git did not finish a comparison in the time that it is given."""


def missing(kind: str, raw: bytes) -> MissingObjectError:
    """Return the error for an object that the repository refers to and does not have."""
    return MissingObjectError(
        f"the {kind} {raw.hex()} is missing from the repository; "
        "run git fsck, or fetch it with git fetch"
    )


def damaged(what: str, error: Exception) -> DamagedRepositoryError:
    """Return the error for an object that is there and cannot be read."""
    return DamagedRepositoryError(f"cannot read {what}: {error}; run git fsck")
