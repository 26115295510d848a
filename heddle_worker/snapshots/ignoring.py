"""Which files git will ignore once a snapshot is restored, judged before anything is touched.

Restoring leaves alone what is ignored afterwards. That is decided by the `.gitignore` files of the
snapshot, together with those on the disk that no snapshot has because they are ignored themselves
(tools put such files into their caches), and with the settings outside of the worktree.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from heddle_worker.repository.scratch import scratch_directory
from heddle_worker.snapshots.beneath import Beneath
from heddle_worker.snapshots.git import Git
from heddle_worker.snapshots.status_lines import Blob
from heddle_worker.snapshots.trees import BlobReader

IGNORE_FILE: Final = b".gitignore"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is ignored once the snapshot is restored.

    Attributes:
        ignored: those of the candidates that are.
        intruders: `.gitignore` files on the disk that cannot stay, since the snapshot has none
            there, and they are seen by git, or hide what was not ignored when it was taken.
    """

    ignored: frozenset[bytes]
    intruders: frozenset[bytes]


def judge(
    git: Git,
    disk: Beneath,
    target: Mapping[bytes, Blob],
    untracked: Collection[bytes],
    candidates: Collection[bytes],
) -> Verdict:
    """Judge candidates for deletion by the rules that hold once a snapshot is restored.

    Args:
        git: in the worktree.
        disk: its files.
        target: the snapshot's files.
        untracked: those of them that were neither tracked nor ignored.
        candidates: paths of files that the snapshot does not have.
    """
    places = _directories_above([*candidates, *untracked])
    ignore_files = {place + IGNORE_FILE for place in places}
    strangers = {path for path in ignore_files - target.keys() if _is_file(disk, path)}
    if not candidates and not strangers:
        return Verdict(frozenset(), frozenset())
    with scratch_directory(git.git_dir) as directory:
        rules = _Rules(git, directory)
        with BlobReader(git) as blobs:
            for path in ignore_files & target.keys():
                if target[path].mode.startswith(b"100"):
                    rules.add(path, blobs.content(target[path].object_id))
        intruders = _intruders(rules, disk, strangers, untracked) if strangers else frozenset()
        return Verdict(rules.ignored(candidates) - intruders, intruders)


class _Rules:
    """`.gitignore` files in a place of their own."""

    def __init__(self, git: Git, root: Path) -> None:
        self._git = Git(git.git_dir, root)
        self._root = root

    def add(self, path: bytes, content: bytes) -> None:
        place = self._root / os.fsdecode(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)

    def remove(self, path: bytes) -> None:
        (self._root / os.fsdecode(path)).unlink()

    def ignored(self, paths: Iterable[bytes]) -> frozenset[bytes]:
        # A path that begins with a colon would be taken for more than a path.
        given = b"".join(b"./" + path + b"\0" for path in paths)
        if not given:
            return frozenset()
        words = ("check-ignore", "--no-index", "-z", "--stdin")
        printed = self._git.run(*words, given=given, accept=(0, 1))
        return frozenset(path.removeprefix(b"./") for path in printed.split(b"\0")[:-1])


def _intruders(
    rules: _Rules, disk: Beneath, strangers: Collection[bytes], untracked: Collection[bytes]
) -> frozenset[bytes]:
    """Return the strangers that cannot stay; the rules are extended by those that can.

    A stranger has a say only on what is beneath it, so they are judged from the top down.
    """
    visible = frozenset(untracked) - rules.ignored(untracked)
    intruders: set[bytes] = set()
    for depth in sorted({path.count(b"/") for path in strangers}):
        level = [path for path in strangers if path.count(b"/") == depth]
        for path in level:
            rules.add(path, _content(disk, path))
        ignored = rules.ignored([*level, *visible])
        hidden = ignored & visible
        for path in level:
            place = path.removesuffix(IGNORE_FILE)
            if path not in ignored or any(each.startswith(place) for each in hidden):
                rules.remove(path)
                intruders.add(path)
    return frozenset(intruders)


def _directories_above(paths: Iterable[bytes]) -> set[bytes]:
    """Return the directories on the way to some paths, each with a slash at its end."""
    places = {b""}
    for path in paths:
        end = path.rfind(b"/")
        while end > 0 and path[: end + 1] not in places:
            places.add(path[: end + 1])
            end = path.rfind(b"/", 0, end)
    return places


def _is_file(disk: Beneath, path: bytes) -> bool:
    status = disk.status(path)
    return status is not None and stat.S_ISREG(status.st_mode)


def _content(disk: Beneath, path: bytes) -> bytes:
    try:
        with os.fdopen(disk.open(path), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""
