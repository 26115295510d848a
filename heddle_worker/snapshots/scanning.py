"""Finding how a worktree's files and index differ from its HEAD, by git's own word.

Only what git reports is looked at. The exceptions are files that it was told not to look at
(assume-unchanged, skip-worktree) and those that it converts before it compares.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from subprocess import DEVNULL
from typing import Final

from heddle_worker.snapshots.beneath import TEMPORARY, Beneath
from heddle_worker.snapshots.conversions import converted
from heddle_worker.snapshots.errors import SparseCheckoutError, UnreadableError, shown
from heddle_worker.snapshots.git import Git, failure
from heddle_worker.snapshots.status_lines import Blob, Status, parse_status

_STATUS: Final = (
    "status",
    "--porcelain=v2",
    "-z",
    "--untracked-files=all",
    "--no-renames",
    "--ignored=no",
    "--ignore-submodules=none",
)
_SETTINGS: Final = r"^core\.(autocrlf|sparsecheckout)$"
_FALSE: Final = (b"false", b"no", b"off", b"0", b"")
# The tags of `ls-files -v`: lower case for assume-unchanged, S for skip-worktree.
_LISTED: Final = re.compile(rb"[A-Za-z?] ([^\0]+)\0")
_UNWATCHED: Final = re.compile(rb"(?:\A|(?<=\0))[a-zS] ([^\0]+)\0")
_HIDDEN_DIRECTORY: Final = re.compile(rb"warning: could not open directory '(.*)': ")
_OURS: Final = b".heddle"


@dataclass(frozen=True, slots=True)
class Scan:
    """How a worktree differs from its HEAD.

    Attributes:
        known: paths whose files are blobs that git has; `None` for a file that is gone.
        unknown: paths where the disk has to be looked at.
        staged: paths in which the index differs, with what it has.
        stages: what conflicts are about, by number and path.
        untracked: files that are neither tracked nor ignored; they are among `unknown` too.
        nested: directories that are repositories of their own, each with a slash at its end.
        tracked: every tracked path; those in conflict more than once.
    """

    known: dict[bytes, Blob | None]
    unknown: frozenset[bytes]
    staged: dict[bytes, Blob | None]
    stages: dict[tuple[int, bytes], Blob]
    untracked: frozenset[bytes]
    nested: tuple[bytes, ...]
    tracked: Iterable[bytes]


def scan(git: Git, disk: Beneath) -> Scan:
    """Look at a worktree.

    Raises:
        SparseCheckoutError: patterns decide which files are present.
        SubmoduleError: a submodule is not as the index has it.
        UnreadableError: a directory may not be read.
    """
    with tempfile.TemporaryFile() as printed, tempfile.TemporaryFile() as said:
        # The status takes about as long as all the rest, side by side.
        process = git.start(*_STATUS, stdin=DEVNULL, stdout=printed, stderr=said)
        try:
            is_automatic = _converts_by_itself(git)
            listing = git.run("ls-files", "-v", "-z")
            tracked = _LISTED.findall(listing)
            given = b"\0".join([*tracked, b""])
            attributes = git.run("check-attr", "-a", "-z", "--stdin", given=given)
            unwatched = set(_UNWATCHED.findall(listing))
            if attributes or is_automatic:
                paths = set(tracked)
                unwatched.update(converted(git, disk, attributes, paths, is_automatic=is_automatic))
        finally:
            process.wait()
        printed.seek(0)
        said.seek(0)
        status = _status(process.returncode, printed.read(), said.read())
    return _combined(status, unwatched, tracked)


def is_ours(path: bytes) -> bool:
    """Return whether a path is one that this daemon uses for itself."""
    return path == _OURS or path.startswith(_OURS + b"/") or path.endswith(TEMPORARY)


def _combined(status: Status, unwatched: Iterable[bytes], tracked: Iterable[bytes]) -> Scan:
    untracked = frozenset(path for path in status.untracked if not is_ours(path))
    unknown = set(unwatched) | untracked
    known: dict[bytes, Blob | None] = {}
    staged: dict[bytes, Blob | None] = {}
    stages: dict[tuple[int, bytes], Blob] = {}
    for each in status.tracked:
        if each.is_changed:
            unknown.add(each.path)
        else:
            known[each.path] = each.staged
        if each.is_staged:
            staged[each.path] = each.staged
        stages.update(((number, each.path), blob) for number, blob in each.stages.items())
    return Scan(
        {path: blob for path, blob in known.items() if path not in unknown},
        frozenset(unknown),
        staged,
        stages,
        untracked,
        status.nested,
        tracked,
    )


def _converts_by_itself(git: Git) -> bool:
    """Return whether line ends are converted where no attribute says so."""
    printed = git.run("config", "-z", "--get-regexp", _SETTINGS, accept=(0, 1))
    settings = {}
    for line in printed.split(b"\0")[:-1]:
        name, equals, value = line.partition(b"\n")
        settings[name] = value.lower() if equals else b"true"
    if settings.get(b"core.sparsecheckout", b"") not in _FALSE:
        raise SparseCheckoutError(
            "the worktree is a sparse checkout, which a snapshot cannot hold; "
            "run git sparse-checkout disable first"
        )
    return settings.get(b"core.autocrlf", b"") not in _FALSE


def _status(exit_code: int, printed: bytes, said: bytes) -> Status:
    if exit_code != 0:
        raise failure(_STATUS, exit_code, said)
    if hidden := _HIDDEN_DIRECTORY.search(said):
        raise UnreadableError(f"the directory {shown(hidden[1])} may not be read")
    return parse_status(printed)
