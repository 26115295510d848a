"""Opening a git repository, and the few questions that are asked of its objects."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pygit2
from pygit2.enums import ConfigLevel, Option, RepositoryOpenFlag

from heddle_worker.repository.errors import (
    DamagedRepositoryError,
    ForeignRepositoryError,
    NotARepositoryError,
    RepositoryError,
    UnsupportedRepositoryError,
    damaged,
)
from heddle_worker.repository.git_dirs import common_dir_of
from heddle_worker.repository.loose_objects import LooseObjects

_EXTENSION: Final = re.compile(r"unsupported extension name extensions\.(\S+)")
_CONFIGURATION_FILES: Final = (
    (ConfigLevel.SYSTEM, "gitconfig"),
    (ConfigLevel.XDG, "config"),
    (ConfigLevel.GLOBAL, ".gitconfig"),
)
_OBJECT_FORMAT: Final = re.compile(r"unknown object format '([^']*)'")


@dataclass(frozen=True, slots=True)
class TagOrigin:
    """What a tag says about itself.

    Attributes:
        commit: raw id of the commit that it names in the end; empty when it names none.
        tagger_email: empty for a lightweight tag, and for a tag object without a tagger.
        tagged_secs: when the tag object was made, in Unix seconds; `None` for a lightweight tag.
        committed_secs: when the commit was made; `None` without one.
    """

    commit: bytes = b""
    tagger_email: bytes = b""
    tagged_secs: int | None = None
    committed_secs: int | None = None


class Repository:
    """An open repository. A process opens it after it was forked.

    Attributes:
        git_dir: the directory of the worktree that was opened.
        common_dir: the directory that all worktrees share; equal to `git_dir` for the main one.
        root: the worktree's root; `None` for a bare repository.
        handle: libgit2's, for this package alone. Threads share it: what it is asked for are
            objects and refs, which libgit2 guards with locks of its own, and each answer is a new
            object. Objects should be had from `look_up`.
    """

    def __init__(self, handle: pygit2.Repository) -> None:
        self.handle = handle
        self.git_dir = Path(handle.path)
        self.common_dir = common_dir_of(self.git_dir)
        self.root = Path(handle.workdir) if handle.workdir is not None else None
        self._loose = LooseObjects(self.common_dir / "objects")

    @classmethod
    def open(cls, path: Path) -> Repository:
        """Open the repository whose worktree's root, or whose bare directory, is `path`.

        Raises:
            RepositoryError: there is none, or it cannot be used; the text says what to do.
        """
        _accept_partial_clones()
        try:
            handle = pygit2.Repository(os.fspath(path), RepositoryOpenFlag.NO_SEARCH)
            # Nothing can be done in a repository whose HEAD cannot be read.
            handle.lookup_reference("HEAD")
        except (pygit2.GitError, ValueError, OSError) as error:
            raise _explained(path, error) from error
        return cls(handle)

    @property
    def worktrees(self) -> list[Path]:
        """The roots of all worktrees that exist, the main one first.

        A git directory that lies elsewhere does not tell where its main worktree is.
        """
        git_dirs = [self.common_dir, *sorted(self.common_dir.glob("worktrees/*"))]
        return [root for git_dir in git_dirs if (root := self.worktree_root(git_dir)) is not None]

    def worktree_root(self, git_dir: Path) -> Path | None:
        """Return the root of the worktree whose git directory is `git_dir`, if there is one."""
        if git_dir == self.common_dir:
            return self.common_dir.parent if self._main_is_beside() else None
        try:
            target = (git_dir / "gitdir").read_bytes().rstrip(b"\n")
        except OSError:
            return None
        root = (git_dir / os.fsdecode(target)).resolve().parent
        return root if root.is_dir() else None

    def look_up(self, object_id: bytes) -> pygit2.Object | None:
        """Return the object with a raw id; `None` when it is not there.

        Raises:
            DamagedRepositoryError: it cannot be read.
        """
        oid = pygit2.Oid(raw=object_id)
        self._loose.check(str(oid))
        try:
            return self.handle.get(oid)
        except (ValueError, pygit2.GitError) as error:
            raise damaged(f"the object {oid}", error) from error

    def check_readable(self, name: str) -> None:
        """Make sure that the object of a ref, or of the beginning of an id, may be read.

        Raises:
            DamagedRepositoryError: it is cut off or otherwise broken.
        """
        try:
            target = self.handle.lookup_reference_dwim(name).resolve().target
        except (KeyError, ValueError, pygit2.GitError):
            try:
                target = self.handle.expand_id(name)
            except (KeyError, ValueError, pygit2.GitError):
                # Nobody can read what it names.
                return
        self._loose.check(str(target))

    def commit_at(self, name: str) -> bytes:
        """Return the raw id of the commit that a ref names in the end; empty when there is none."""
        try:
            reference = self.handle.lookup_reference(name).resolve()
            self._loose.check(str(reference.target))
            return reference.peel(pygit2.Commit).id.raw
        except (KeyError, ValueError, pygit2.GitError, DamagedRepositoryError):
            return b""

    def commit_secs(self, commit: bytes) -> int:
        """Return when the commit of a raw id was made, in Unix seconds; 0 when it is missing."""
        try:
            found = self.look_up(commit)
            return int(found.peel(pygit2.Commit).commit_time) if found is not None else 0
        except (KeyError, ValueError, pygit2.GitError, DamagedRepositoryError):
            return 0

    @property
    def configuration_files(self) -> list[Path]:
        """The files that git's configuration is read from, there or not; without those included."""
        searched = [
            Path(directory) / name
            for level, name in _CONFIGURATION_FILES
            for directory in filter(None, pygit2.settings.search_path[level].split(os.pathsep))
        ]
        return [*searched, self.common_dir / "config", self.git_dir / "config.worktree"]

    def identity(self) -> tuple[str, str]:
        """Return `user.name` and `user.email` of the configuration; empty where it has none."""
        try:
            config = self.handle.config
            name, email = (_value(config, key) for key in ("user.name", "user.email"))
        except (pygit2.GitError, ValueError, OSError):
            # A configuration that cannot be read names nobody.
            return "", ""
        return name, email

    @property
    def remotes(self) -> list[str]:
        """The names of the remotes; none when the configuration cannot be read."""
        try:
            return [name for name in self.handle.remotes.names() if name]
        except (pygit2.GitError, ValueError, OSError):
            return []

    def tag_origin(self, target: bytes) -> TagOrigin:
        """Return what is known about the tag whose ref holds the raw id `target`."""
        try:
            found = self.look_up(target)
            if found is None:
                return TagOrigin()
            tagger = found.tagger if isinstance(found, pygit2.Tag) else None
            commit = found.peel(pygit2.Commit)
        except (KeyError, ValueError, pygit2.GitError, DamagedRepositoryError):
            # The object cannot be read, or the tag names something else than a commit.
            return TagOrigin()
        return TagOrigin(
            commit=commit.id.raw,
            tagger_email=tagger.raw_email if tagger is not None and tagger.raw_email else b"",
            tagged_secs=tagger.time if tagger is not None else None,
            committed_secs=commit.commit_time,
        )

    def _main_is_beside(self) -> bool:
        config = pygit2.Config(os.fspath(self.common_dir / "config"))
        is_bare = "core.bare" in config and config.get_bool("core.bare")
        return self.common_dir.name == ".git" and not is_bare


def _value(config: pygit2.Config, key: str) -> str:
    return (config[key] or "") if key in config else ""


def _accept_partial_clones() -> None:
    pygit2.option(Option.SET_EXTENSIONS, ["partialclone"], 1)


def _explained(path: Path, error: Exception) -> RepositoryError:
    text = " ".join(str(error).split())
    if extension := _EXTENSION.search(text):
        return _unsupported(path, extension[1])
    if object_format := _OBJECT_FORMAT.search(text):
        return UnsupportedRepositoryError(
            f"{path} has {object_format[1]} object ids, which are not supported; "
            "use a repository with SHA-1 ids"
        )
    if "unsupported repository version" in text:
        return UnsupportedRepositoryError(
            f"{path} has a repository format that is too new (core.repositoryformatversion)"
        )
    if "not owned by current user" in text:
        return ForeignRepositoryError(
            f"{path} belongs to another user; if you trust it, "
            f"run: git config --global --add safe.directory {path}"
        )
    if "not found" in text:
        return NotARepositoryError(f"{path} is not a git repository")
    return DamagedRepositoryError(f"cannot read the git repository {path}: {text}")


def _unsupported(path: Path, extension: str) -> RepositoryError:
    if extension.lower() == "refstorage":
        return UnsupportedRepositoryError(
            f"{path} keeps its refs in a reftable, which is not supported; "
            "convert it with: git refs migrate --ref-format=files"
        )
    return UnsupportedRepositoryError(
        f"{path} uses the extension {extension}, which is not supported"
    )
