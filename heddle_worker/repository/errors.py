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
