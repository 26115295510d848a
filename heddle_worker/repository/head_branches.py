"""Which branch a `HEAD` was on at each line of its reflog."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from heddle_worker.repository.activity import (
    checkout,
    detaches,
    is_known,
    is_object_id,
    returned_to,
)
from heddle_worker.repository.ref_files import short_name
from heddle_worker.repository.reflog_lines import ReflogLine, moved_ref


def branches_of_head(
    lines: Sequence[ReflogLine],
    *,
    before: bytes,
    now: bytes | None,
    is_branch: Callable[[bytes], bool],
) -> list[bytes]:
    """Return for each line the short name of the branch that `HEAD` was on after it.

    A detached `HEAD` is on none, which is an empty name.

    Args:
        lines: neighbouring lines of the reflog, up to its end.
        before: the branch that it was on before the first of them.
        now: the branch that it is on at present; `None` when that is not known.
        is_branch: tells whether a short name is that of a branch.
    """
    branches = _forwards(lines, before, is_branch)
    # What a checkout says about where HEAD came from is exact, and holds back to the line before
    # it that moved HEAD; where one leads is a guess, since `checkout v1` may name a tag.
    known = None if _is_outdated(lines, now) else now
    for i in range(len(lines) - 1, -1, -1):
        line = lines[i]
        if known is not None and returned_to(line.message) is None:
            branches[i] = known
        if moved := checkout(line.message):
            known = b"" if is_object_id(moved.origin) else moved.origin
        elif renamed := moved_ref(line.message):
            known = short_name(renamed.origin)
        elif returned_to(line.message) is not None:
            known = b""
        elif not line.old or detaches(line.message) or not is_known(line.message):
            known = None
    return branches


def _forwards(
    lines: Sequence[ReflogLine], branch: bytes, is_branch: Callable[[bytes], bool]
) -> list[bytes]:
    branches = []
    for line in lines:
        if moved := checkout(line.message):
            branch = moved.destination if is_branch(moved.destination) else b""
        elif renamed := moved_ref(line.message):
            branch = short_name(renamed.name if line.new else renamed.origin)
        elif (returned := returned_to(line.message)) is not None:
            branch = returned
        elif detaches(line.message):
            branch = b""
        branches.append(branch)
    return branches


def _is_outdated(lines: Sequence[ReflogLine], now: bytes | None) -> bool:
    """Return whether `now` is where the last checkout came from: git was half-way through it."""
    for line in reversed(lines):
        if moved := checkout(line.message):
            return moved.origin == now != moved.destination
    return False
