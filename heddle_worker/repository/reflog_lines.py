"""The lines of reflogs: taking them apart, and telling each one from all others for good."""

from __future__ import annotations

import re
from binascii import unhexlify
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

_LINE: Final = re.compile(
    rb"^([0-9a-f]{40}) "
    rb"(([0-9a-f]{40}) [^<>\n]*<([^>\n]*)> ([0-9]{1,18}) [+-][0-9]{4}(?:\t([^\n]+))?)\t?\n",
    re.MULTILINE,
)
_NULL: Final = b"0" * 40
_MOVED: Final = re.compile(rb"(?:Branch|remote): (renamed|copied) (refs/\S+) to (refs/\S+)$")
_DIGEST_BYTES: Final = 16


class ReflogLine(NamedTuple):
    """One line of a reflog.

    Attributes:
        old, new: raw object ids; empty for git's null id.
        email: of whoever made the change.
        seconds: when, in Unix seconds.
        message: why; may be empty.
        content: the line without its old id, and without the tab before an empty message: git may
            rewrite the one and add the other when it expires neighbours.
        end: offset in the file of the first byte after the line.
    """

    old: bytes
    new: bytes
    email: bytes
    seconds: int
    message: bytes
    content: bytes
    end: int


def parse(data: bytes, start: int = 0) -> list[ReflogLine]:
    """Return the complete lines of `data`, which begins at the offset `start` of its file.

    Lines that are none, such as the rest of an interrupted write, are left out, as git does.
    """
    return [
        ReflogLine(
            old=b"" if old == _NULL else unhexlify(old),
            new=b"" if new == _NULL else unhexlify(new),
            email=email,
            seconds=int(seconds),
            message=message or b"",
            content=content,
            end=start + match.end(),
        )
        for match in _LINE.finditer(data)
        for old, content, new, email, seconds, message in (match.groups(),)
    ]


class MovedRef(NamedTuple):
    """A ref that was renamed or copied, its reflog with it; both names in full."""

    origin: bytes
    name: bytes
    is_copy: bool


def moved_ref(message: bytes) -> MovedRef | None:
    """Return which ref was renamed or copied, if the message tells of that."""
    match = _MOVED.match(message)
    return MovedRef(match[2], match[3], match[1] == b"copied") if match else None


def owners(lines: Sequence[ReflogLine], ref: bytes) -> list[bytes]:
    """Return for each line of the reflog of `ref` the name that the ref had at that time.

    A renamed branch takes its reflog along, and a copied one gets a copy of it.
    """
    names = [ref] * len(lines)
    for i in range(len(lines) - 1, -1, -1):
        names[i] = ref
        if moved := moved_ref(lines[i].message):
            ref = moved.origin
    return names


def line_id(owner: bytes, content: bytes, ordinal: int) -> bytes:
    """Return the lasting id of a line: the `ordinal`-th of those alike in the log of `owner`."""
    digest = blake2b(content, digest_size=_DIGEST_BYTES)
    digest.update(b"\0%d\0%s" % (ordinal, owner))
    return digest.digest()


def pair_key(content: bytes) -> bytes:
    """Return what the lines of `HEAD` and of a branch have in common that tell the same move."""
    return blake2b(content, digest_size=_DIGEST_BYTES).digest()


def number(
    lines: Sequence[ReflogLine],
    names: Sequence[bytes],
    first_ordinal: Callable[[bytes, bytes], int],
) -> list[bytes]:
    """Return the ids of the lines of one file.

    Args:
        lines: in the file's order.
        names: the name that the file's ref had at each line.
        first_ordinal: how many lines alike come before these, given the name and the content.
    """
    counts: dict[tuple[bytes, bytes], int] = {}
    ids = []
    for line, owner in zip(lines, names, strict=True):
        alike = owner, line.content
        ordinal = counts[alike] if alike in counts else first_ordinal(*alike)
        counts[alike] = ordinal + 1
        ids.append(line_id(owner, line.content, ordinal))
    return ids
