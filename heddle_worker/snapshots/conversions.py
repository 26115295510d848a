"""Which files are clean for git although their bytes differ from the blob in the index.

git converts line ends, `$Id$`, encodings and whatever filters do before it compares. The snapshot
holds the bytes that are on the disk, so these files have to be found in spite of it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from heddle_worker.snapshots.beneath import Beneath
from heddle_worker.snapshots.git import Git

_UNSET: Final = (b"unset", b"unspecified")
_ANY_CHANGE: Final = (b"filter", b"working-tree-encoding")
_SHRINKING: Final = (b"text", b"crlf", b"eol", b"ident")
_ENTRY: Final = re.compile(rb"[0-9]{6} ([0-9a-f]{40}) 0\t([^\0]+)\0")


def converted(
    git: Git, disk: Beneath, attributes: bytes, tracked: Collection[bytes], *, is_automatic: bool
) -> Iterator[bytes]:
    """Give the tracked paths whose files may differ from what git compares.

    Args:
        git: in the worktree.
        disk: the worktree's files.
        attributes: what `git check-attr -a -z` printed for all tracked paths.
        tracked: these paths.
        is_automatic: whether `core.autocrlf` converts files without attributes.
    """
    unknown: set[bytes] = set()
    shrinking = set(tracked) if is_automatic else set()
    for path, name, value in _triples(attributes):
        if name in _ANY_CHANGE and value not in _UNSET:
            unknown.add(path)
        elif name == b"text" and value == b"unset":
            shrinking.discard(path)
        elif name in _SHRINKING and value not in _UNSET:
            shrinking.add(path)
    yield from unknown
    yield from _shrunk(git, disk, shrinking - unknown)


def _triples(attributes: bytes) -> Iterable[tuple[bytes, bytes, bytes]]:
    fields = iter(attributes.split(b"\0"))
    return zip(fields, fields, fields, strict=False)


def _shrunk(git: Git, disk: Beneath, paths: Collection[bytes]) -> Iterator[bytes]:
    """Give those whose size is not the blob's.

    What git does to line ends and to `$Id$` before it compares only ever shortens a file, so a
    file of the blob's size is the blob, byte for byte.
    """
    if not paths:
        return
    entries = _ENTRY.findall(git.run("ls-files", "--stage", "-z"))
    wanted = [(path, object_id) for object_id, path in entries if path in paths]
    asked = b"".join(object_id + b"\n" for _path, object_id in wanted)
    words = ("cat-file", "--buffer", "--batch-check=%(objectsize)")
    sizes = git.run(*words, given=asked).split(b"\n")
    for (path, _object_id), size in zip(wanted, sizes, strict=False):
        if b"%d" % (disk.size(path) or 0) != size:
            yield path
