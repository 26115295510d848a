"""Finding how a worktree's files and index differ from its HEAD, by git's own word.

Only what git reports is looked at. The exceptions are files that it was told not to look at
(assume-unchanged, skip-worktree) and those that it converts before it compares.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from subprocess import DEVNULL, PIPE, Popen
from typing import IO, Final

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
_ATTRIBUTES: Final = ("check-attr", "-a", "-z", "--stdin")
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
        listing: every tracked path, as `git ls-files -v -z` prints it.
    """

    known: dict[bytes, Blob | None]
    unknown: frozenset[bytes]
    staged: dict[bytes, Blob | None]
    stages: dict[tuple[int, bytes], Blob]
    untracked: frozenset[bytes]
    nested: tuple[bytes, ...]
    listing: bytes

    def tracked_paths(self) -> set[bytes]:
        """Return the tracked paths."""
        return _tracked_paths(self.listing)


def scan(git: Git, disk: Beneath) -> Scan:
    """Look at a worktree.

    Raises:
        SparseCheckoutError: patterns decide which files are present.
        SubmoduleError: a submodule is not as the index has it.
        UnreadableError: a directory may not be read.
    """
    is_automatic = _converts_by_itself(git)
    listing = git.run("ls-files", "-v", "-z")
    with tempfile.TemporaryFile() as attributes, tempfile.TemporaryFile() as said:
        # The two take about as long as each other, side by side.
        paths = git.start("ls-files", "-z", stdin=DEVNULL, stdout=PIPE, stderr=said)
        looking_up = git.start(*_ATTRIBUTES, stdin=_output(paths), stdout=attributes, stderr=said)
        _output(paths).close()
        try:
            status = _status(git)
        finally:
            ends = looking_up.wait(), paths.wait()
        if any(ends):
            said.seek(0)
            raise failure(_ATTRIBUTES, max(ends), said.read())
        attributes.seek(0)
        converting = attributes.read()
    unwatched = set(_UNWATCHED.findall(listing))
    if converting or is_automatic:
        tracked = _tracked_paths(listing)
        unwatched.update(converted(git, disk, converting, tracked, is_automatic=is_automatic))
    return _combined(status, unwatched, listing)


def is_ours(path: bytes) -> bool:
    """Return whether a path is one that this daemon uses for itself."""
    return path == _OURS or path.startswith(_OURS + b"/") or path.endswith(TEMPORARY)


def _combined(status: Status, unwatched: Iterable[bytes], listing: bytes) -> Scan:
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
        listing,
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


def _status(git: Git) -> Status:
    with tempfile.TemporaryFile() as said:
        process = git.start(*_STATUS, stdin=DEVNULL, stdout=PIPE, stderr=said)
        printed, _nothing = process.communicate()
        said.seek(0)
        complaints = said.read()
    if process.returncode != 0:
        raise failure(_STATUS, process.returncode, complaints)
    if hidden := _HIDDEN_DIRECTORY.search(complaints):
        raise UnreadableError(f"the directory {shown(hidden[1])} may not be read")
    return parse_status(printed)


def _tracked_paths(listing: bytes) -> set[bytes]:
    return set(_LISTED.findall(listing))


def _output(process: Popen[bytes]) -> IO[bytes]:
    if process.stdout is None:
        raise ValueError("started without a pipe")
    return process.stdout
