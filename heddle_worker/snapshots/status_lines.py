"""Reading `git status --porcelain=v2 -z`: what differs between HEAD, the index and the files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from heddle_worker.snapshots.errors import SnapshotError, SubmoduleError, shown

_NO_MODE: Final = b"000000"
_CLEAN_SUBMODULE: Final = b"S..."


@dataclass(frozen=True, slots=True)
class Blob:
    """A tree's entry: its mode as git writes it (`100644`), and its hexadecimal id."""

    mode: bytes
    object_id: bytes


@dataclass(frozen=True, slots=True)
class Tracked:
    """A path in which the index differs from HEAD, or the file from the index.

    Attributes:
        path: where.
        is_staged: whether the index differs from HEAD.
        staged: what the index has; `None` when it has no such path, or only intends to add it.
        is_changed: whether the file differs from what the index has.
        stages: by number, what a conflict is about; empty when there is none.
    """

    path: bytes
    is_staged: bool
    staged: Blob | None
    is_changed: bool
    stages: dict[int, Blob] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Status:
    """What git says of a worktree.

    Attributes:
        tracked: what differs.
        untracked: files that are neither tracked nor ignored.
        nested: directories that are repositories of their own, each with a slash at its end.
    """

    tracked: tuple[Tracked, ...]
    untracked: tuple[bytes, ...]
    nested: tuple[bytes, ...]


def parse_status(printed: bytes) -> Status:
    """Return what git printed, made without `--branch` and without looking for renames.

    Raises:
        SubmoduleError: a submodule is not as the index has it.
    """
    tracked: list[Tracked] = []
    others: list[bytes] = []
    for line in _lines(printed):
        kind, _space, rest = line.partition(b" ")
        if kind == b"1":
            tracked.append(_ordinary(rest))
        elif kind == b"u":
            tracked.append(_unmerged(rest))
        elif kind == b"?":
            others.append(rest)
        else:
            raise SnapshotError(f"git status printed a line of an unknown kind: {shown(line)}")
    return Status(
        tuple(tracked),
        tuple(path for path in others if not path.endswith(b"/")),
        tuple(path for path in others if path.endswith(b"/")),
    )


def _lines(printed: bytes) -> Iterator[bytes]:
    yield from printed.split(b"\0")[:-1]


def _ordinary(rest: bytes) -> Tracked:
    states, submodule, _head_mode, mode, _disk_mode, _head_id, index_id, path = rest.split(b" ", 7)
    is_changed = states[1:] != b"."
    _check_submodule(submodule, path, is_changed=is_changed)
    staged = Blob(mode, index_id) if mode != _NO_MODE else None
    return Tracked(path, states[:1] != b".", staged, is_changed)


def _unmerged(rest: bytes) -> Tracked:
    _states, submodule, *fields, path = rest.split(b" ", 9)
    _check_submodule(submodule, path, is_changed=True)
    modes, ids = fields[:3], fields[4:]
    stages = {
        number: Blob(mode, object_id)
        for number, (mode, object_id) in enumerate(zip(modes, ids, strict=True), start=1)
        if mode != _NO_MODE
    }
    return Tracked(path, True, None, True, stages)


def _check_submodule(field: bytes, path: bytes, *, is_changed: bool) -> None:
    if field.startswith(b"S") and (is_changed or field != _CLEAN_SUBMODULE):
        raise SubmoduleError(
            f"the submodule {shown(path)} has changes inside, or is at another commit than the "
            "index says; commit and add them, or take them back"
        )
