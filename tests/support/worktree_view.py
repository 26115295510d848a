"""Everything that can be seen of a worktree, to tell whether two moments are the same."""

from __future__ import annotations

import os
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

NOTES: Final = ("MERGE_HEAD", "MERGE_MSG", "CHERRY_PICK_HEAD", "rebase-merge/head-name")


def git(root: Path, *words: str | bytes, may_fail: bool = False) -> bytes:
    """Run git in a worktree, without letting it refresh the index; return what it prints."""
    done = subprocess.run(
        ["git", "-C", root, *words],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_EDITOR": "true"},
    )
    assert may_fail or done.returncode == 0, f"git {words!r}: {done.stderr!r}"
    return done.stdout


@dataclass(frozen=True, slots=True)
class File:
    """A file on the disk: what it is, whether it may be executed, and its bytes or target."""

    is_link: bool
    is_executable: bool
    content: bytes


@dataclass(frozen=True, slots=True)
class View:
    """A worktree: what git says of it, and its files that are not ignored."""

    head: bytes
    tip: bytes
    status: bytes
    entries: bytes
    index: bytes
    notes: dict[str, bytes]
    files: dict[bytes, File]

    @classmethod
    def of(cls, root: Path) -> View:
        """Look at a worktree."""
        git_dir = Path(os.fsdecode(git(root, "rev-parse", "--absolute-git-dir")[:-1]))
        index = git_dir / "index"
        content = index.read_bytes() if index.exists() else b""
        listed = git(root, "ls-files", "-z") + git(
            root, "ls-files", "-z", "--others", "--exclude-standard"
        )
        files = {path: file_at(root, path) for path in listed.split(b"\0")[:-1]}
        return cls(
            head=(git_dir / "HEAD").read_bytes(),
            tip=git(root, "rev-parse", "--quiet", "--verify", "HEAD", may_fail=True),
            status=git(root, "status", "--porcelain=v2", "-z", "--untracked-files=all"),
            entries=git(root, "ls-files", "--stage", "-v", "-z"),
            index=content,
            notes={
                name: (git_dir / name).read_bytes() for name in NOTES if (git_dir / name).exists()
            },
            files={path: file for path, file in files.items() if file is not None},
        )


def file_at(root: Path, path: bytes) -> File | None:
    """Return the file at a path, if there is one and no link leads to it."""
    place = root
    for part in Path(os.fsdecode(path)).parts[:-1]:
        place /= part
        if place.is_symlink():
            return None
    place = root / os.fsdecode(path)
    try:
        status = place.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISLNK(status.st_mode):
        return File(True, False, os.fsencode(place.readlink()))
    if not stat.S_ISREG(status.st_mode):
        return None
    return File(False, bool(status.st_mode & 0o100), place.read_bytes())
