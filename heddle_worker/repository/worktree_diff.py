"""How a worktree differs from its HEAD, with all that a commit of everything would have."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import pygit2

from heddle_worker.limits import DIFF_SECONDS, MAX_BLOB_BYTES, MAX_WORKTREE_BYTES
from heddle_worker.repository.diff import Diff, FileChange
from heddle_worker.repository.diff_process import compare_index
from heddle_worker.repository.errors import MissingObjectError, NoWorktreeError, RepositoryError
from heddle_worker.repository.git_command import GitCommand
from heddle_worker.repository.git_process import quoted
from heddle_worker.repository.repository import Repository
from heddle_worker.repository.scratch import scratch_directory
from heddle_worker.repository.signatures import signature, signature_at
from heddle_worker.repository.state_ids import commit_of
from heddle_worker.repository.tree_diff import EMPTY_TREE

_SCRATCH_SETTINGS: Final = (
    # What is thrown away in a moment need not survive a loss of power, or be small.
    *("-c", "core.fsync=none"),
    *("-c", "core.compression=0"),
    *("-c", "core.looseCompression=0"),
    *("-c", "core.splitIndex=false"),
    # Nobody is there to be warned.
    *("-c", "core.safecrlf=false"),
    *("-c", "advice.addEmbeddedRepo=false"),
)
_STATUS: Final = (
    "status",
    "--porcelain=v2",
    "--branch",
    "-z",
    "--untracked-files=all",
    "--no-renames",
    "--ignored=no",
    "--ignore-submodules=none",
)
# The path at the end of each kind of line; header lines have none.
_STATUS_PATH: Final = re.compile(rb"(?:1 (?:[^ ]+ ){7}|u (?:[^ ]+ ){9}|\? )(.*)", re.DOTALL)
_SUBMODULE: Final = 0o160000
# Contents tell more surely than times whether a file is as before.
_MOST_HASHED_BYTES: Final = 1 << 18


def of_worktree(root: Path) -> Diff:
    """Return how a worktree differs from its HEAD, as `git add -A` and `git diff --cached` would.

    Nothing in it changes, its index neither. Files that are in no object yet carry their contents
    as git would store them, within limits.

    Args:
        root: of the main worktree, or of a linked one.

    Raises:
        NoWorktreeError: the repository is bare.
        MissingObjectError: an object that HEAD refers to is missing.
        DiffTimeoutError: it takes too long.
        GitFailedError: git cannot be run, or failed: because of a file it may not read, say.
        RepositoryError: the repository cannot be used.
    """
    repository = _opened(root)
    with _everything_added(repository) as (git, objects):
        diff = compare_index(git, _head_tree(repository))
        return _with_contents(repository, objects, diff)


def worktree_stamp(root: Path) -> bytes:
    """Return a digest that is another one when `of_worktree` could have another answer.

    It costs one `git status`, and the reading of small files that have changed.

    Raises:
        RepositoryError: see `of_worktree`.
    """
    repository = _opened(root)
    git = GitCommand(repository.git_dir, repository.root)
    printed = git.run(*_STATUS, seconds=DIFF_SECONDS)
    digest = hashlib.blake2b(printed, digest_size=20)
    for line in printed.split(b"\0"):
        if matched := _STATUS_PATH.fullmatch(line):
            digest.update(_look(root / os.fsdecode(matched[1])))
    for file in repository.configuration_files:
        digest.update(signature_at(file) + b"\n")
    return digest.digest()


def _opened(root: Path) -> Repository:
    repository = Repository.open(root)
    if repository.root is None:
        raise NoWorktreeError(f"{root} is a bare repository, which has no worktree to look at")
    return repository


def _head_tree(repository: Repository) -> bytes:
    """Return the raw id of HEAD's tree; on an unborn branch, of the empty one."""
    if repository.handle.head_is_unborn:
        return EMPTY_TREE
    commit = repository.commit_at("HEAD")
    if not commit:
        raise MissingObjectError("HEAD names a commit that cannot be read; run git fsck")
    return commit_of(repository, commit).tree_id.raw


@contextmanager
def _everything_added(repository: Repository) -> Iterator[tuple[GitCommand, Path]]:
    """Give a git whose index has all files of the worktree, and the place of the new objects."""
    with scratch_directory(repository.git_dir) as place:
        with contextlib.suppress(FileNotFoundError):
            # Its time tells git which files may have changed after it was written.
            shutil.copy2(repository.git_dir / "index", place / "index")
        git = GitCommand(
            repository.git_dir,
            repository.root,
            {
                "GIT_INDEX_FILE": str(place / "index"),
                "GIT_OBJECT_DIRECTORY": str(place),
                "GIT_ALTERNATE_OBJECT_DIRECTORIES": quoted(repository.common_dir / "objects"),
            },
        )
        git.run(*_SCRATCH_SETTINGS, "add", "--all", seconds=DIFF_SECONDS)
        yield git, place


def _with_contents(repository: Repository, objects: Path, diff: Diff) -> Diff:
    """Give the files that are in no object yet their contents, which are in `objects`."""
    handle = repository.handle
    fresh = {blob for file in diff.files if (blob := _blob(file)) and _oid(blob) not in handle}
    if not fresh:
        return diff
    handle.odb.add_disk_alternate(os.fspath(objects))
    left = MAX_WORKTREE_BYTES
    files = []
    for file in diff.files:
        if file.new is None or file.new.blob not in fresh:
            files.append(file)
            continue
        _type, size = handle.odb.read_header(_oid(file.new.blob))
        if size > min(left, MAX_BLOB_BYTES):
            files.append(replace(file, new=replace(file.new, is_left_out=True)))
            continue
        _kind, content = handle.read(_oid(file.new.blob))
        left -= size
        files.append(replace(file, new=replace(file.new, content=content)))
    return replace(diff, files=tuple(files))


def _blob(file: FileChange) -> bytes | None:
    """Return the id of a file's new contents, if it has any in this repository."""
    is_there = file.new is not None and file.new.mode != _SUBMODULE
    return file.new.blob if file.new is not None and is_there else None


def _oid(raw: bytes) -> pygit2.Oid:
    return pygit2.Oid(raw=raw)


def _look(path: Path) -> bytes:
    """Return what changes with a file, a link, or the commit of a repository inside."""
    try:
        status = path.lstat()
        if stat.S_ISDIR(status.st_mode):
            return _commit_inside(path) or signature(status)
        if stat.S_ISLNK(status.st_mode):
            return os.fsencode(path.readlink())
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_HASHED_BYTES:
            return signature(status)
        content = hashlib.blake2b(path.read_bytes(), digest_size=20).digest()
        return content + status.st_mode.to_bytes(4, "big")
    except OSError as error:
        # It is gone, or may not be read, which is a look of its own.
        return str(error.errno).encode()


def _commit_inside(directory: Path) -> bytes:
    try:
        return Repository.open(directory).commit_at("HEAD")
    except RepositoryError:
        return b""
