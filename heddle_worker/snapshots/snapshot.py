"""What a snapshot is, as a commit: its layout, and reading, listing and dropping it.

The commit's parents keep the commits alive that it speaks of. Its tree has these entries, of which
those that would be empty are missing:

- `about`: a text of lines, each a word and its values; see `encode`;
- `worktree/`: the files as they are on the disk;
- `index`: the index file; `sharedindex.<id>`: the one that a split index adds to;
- `staged/`: what the index has, so that its objects live on; `unmerged/<stage>/`: likewise;
- `progress/`: git's own notes on a merge, rebase or the like in progress;
- `kept/`: further objects, by their ids, which those notes mention;
- `permissions`: of files that have unusual ones, octal, each with a NUL after its path;
- `nested`: directories with repositories of their own, each with a NUL behind it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from heddle_worker.snapshots.errors import (
    DamagedSnapshotError,
    InvalidNameError,
    SnapshotNotFoundError,
)
from heddle_worker.snapshots.git import Git
from heddle_worker.snapshots.worktree import Head, tip

REFS: Final = "refs/heddle/transactions/"
"""Below it are the snapshots, each at `<transaction's id>/<name>`."""

_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.|lock$|$))*")
_VERSION: Final = "1"
_NOTHING: Final = "-"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot of a worktree.

    Attributes:
        commit: hexadecimal id of the commit that holds it.
        head: what HEAD said.
        index_modified_ns: when the index file was written; `None` when there was none. git
            takes files that are as old as that for possibly changed.
        tips: where other branches pointed (hexadecimal id, `None` for nowhere) that the
            snapshot was told to protect, by full name.
        ref: the name under which it is kept; empty for one that only exists for a comparison.
    """

    commit: str
    head: Head
    index_modified_ns: int | None = None
    tips: Mapping[bytes, str | None] = field(default_factory=dict)
    ref: str = ""

    def tip(self, branch: bytes) -> str | None:
        """Return where a branch pointed.

        Raises:
            KeyError: the snapshot does not know.
        """
        return self.head.commit if branch == self.head.branch else self.tips[branch]


def ref_of(transaction_id: str, name: str) -> str:
    """Return the ref of a transaction's snapshot.

    Raises:
        InvalidNameError: a part has other characters than letters, digits, `_`, `-` and `.`.
    """
    for part in (transaction_id, name):
        if not _NAME.fullmatch(part):
            raise InvalidNameError(
                f"{part!r} cannot be part of a snapshot's name: use letters, digits, _, - and ."
            )
    return f"{REFS}{transaction_id}/{name}"


def load(common_dir: Path, ref: str) -> Snapshot:
    """Return the snapshot that a ref names.

    Args:
        common_dir: the git directory that all worktrees share.
        ref: its full name.

    Raises:
        SnapshotNotFoundError: there is no such ref.
        DamagedSnapshotError: it names something else than a snapshot.
    """
    git = Git(common_dir)
    commit = tip(git, ref.encode())
    if commit is None:
        raise SnapshotNotFoundError(f"there is no snapshot {ref}")
    about = git.run("cat-file", "blob", f"{commit}:about", accept=(0, 128))
    try:
        return decode(about, commit, ref)
    except (ValueError, KeyError) as error:
        raise DamagedSnapshotError(f"{ref} is not a snapshot that can be read") from error


def names(common_dir: Path, transaction_id: str) -> tuple[str, ...]:
    """Return the names of a transaction's snapshots, sorted."""
    prefix = ref_of(transaction_id, "x")[:-1]
    listed = Git(common_dir).run("for-each-ref", "--format=%(refname)", prefix).decode()
    return tuple(ref.removeprefix(prefix) for ref in listed.splitlines())


def transactions(common_dir: Path) -> tuple[str, ...]:
    """Return the ids of all transactions that have snapshots, sorted."""
    listed = Git(common_dir).run("for-each-ref", "--format=%(refname)", REFS).decode()
    return tuple(sorted({ref.removeprefix(REFS).split("/")[0] for ref in listed.splitlines()}))


def drop(common_dir: Path, transaction_id: str) -> None:
    """Delete a transaction's snapshots, of which there need not be any."""
    lines = [
        f"delete {ref_of(transaction_id, name)}\n" for name in names(common_dir, transaction_id)
    ]
    if lines:
        Git(common_dir).run("update-ref", "--stdin", given="".join(lines).encode())


def encode(head: Head, index_modified_ns: int | None, tips: Mapping[bytes, str | None]) -> bytes:
    """Return the text of `about`: a line for each fact, `-` for what there is not."""
    lines = [
        ("version", _VERSION, ""),
        ("head", head.commit or _NOTHING, _text(head.branch) or _NOTHING),
        ("index", str(index_modified_ns or _NOTHING), ""),
        *(("branch", commit or _NOTHING, _text(name)) for name, commit in sorted(tips.items())),
    ]
    text = "".join(" ".join(part for part in line if part) + "\n" for line in lines)
    return text.encode("utf-8", "surrogateescape")


def decode(about: bytes, commit: str, ref: str = "") -> Snapshot:
    """Return the snapshot of a commit, from the text of its `about`.

    Raises:
        ValueError, KeyError: the text is not what `encode` makes.
    """
    facts: dict[str, tuple[str, ...]] = {}
    tips: dict[bytes, str | None] = {}
    for line in about.decode("utf-8", "surrogateescape").split("\n")[:-1]:
        word, *values = line.split(" ")
        if word == "branch":
            tips[_bytes(values[1])] = _known(values[0])
        else:
            facts[word] = tuple(values)
    if facts["version"] != (_VERSION,):
        raise ValueError("a version from the future")
    head_commit, head_branch = facts["head"]
    branch = None if head_branch == _NOTHING else _bytes(head_branch)
    modified = _known(*facts["index"])
    return Snapshot(
        commit,
        Head(branch, _known(head_commit)),
        int(modified) if modified else None,
        tips,
        ref,
    )


def _known(value: str) -> str | None:
    return None if value == _NOTHING else value


def _text(name: bytes | None) -> str:
    return (name or b"").decode("utf-8", "surrogateescape")


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
