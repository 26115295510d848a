"""From a run of one of git's hooks to the events that it stands for.

Which of git's hooks stands for what is chosen so that each act is asked about once, and before git
has touched anything:

- a commit at `commit-msg`, the first hook that knows the message;
- a merge when git writes `ORIG_HEAD`, which it does before all else; its commit asks no more;
- a rebase at `pre-rebase`; the commits that it makes ask no more;
- a branch when its ref is to be made; a push at `pre-push`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from heddle_worker.hooks.events import Event
from heddle_worker.limits import MAX_HOOK_MESSAGE_BYTES
from heddle_worker.repository.checked_out import branch_at
from heddle_worker.repository.display import displayed
from heddle_worker.repository.ref_files import HEADS, short_name
from heddle_worker.repository.repository import Repository

_HEAD_NAMES: Final = "GITHEAD_"
_ACTION: Final = "GIT_REFLOG_ACTION"
_SCISSORS: Final = b">8"
_MOST_PUSHED: Final = 100
_UPDATE_WORDS: Final = 3
_PUSH_WORDS: Final = 4


@dataclass(frozen=True, slots=True)
class GitRun:
    """One run of a hook, as git makes it.

    Attributes:
        hook: git's name of it.
        arguments: without its own name.
        given: what it reads.
        message: of the commit, for `commit-msg`.
        environment: git's variables that tell what it is doing.
        directory: the worktree's root, or the bare repository's directory.
        index: the index that is to be committed.
    """

    hook: str
    arguments: Sequence[bytes]
    given: bytes
    message: bytes
    environment: Mapping[str, bytes]
    directory: Path
    index: Path | None

    @property
    def merged(self) -> dict[str, str]:
        """What is being merged: commits' ids in hexadecimal digits, and how they were named."""
        return {
            name.removeprefix(_HEAD_NAMES): displayed(value)
            for name, value in self.environment.items()
            if name.startswith(_HEAD_NAMES)
        }

    @property
    def is_of_rebase(self) -> bool:
        """Whether a rebase has begun, and this is one of its steps."""
        return self.environment.get(_ACTION, b"").startswith(b"rebase")


def events_of(run: GitRun, repository: Repository) -> list[Event]:
    """Return the events that a run stands for, in their order; none for most. May block."""
    match run.hook:
        case "commit-msg" if not run.merged and not run.is_of_rebase:
            return [_capture(run, _intent(run.message))]
        case "pre-rebase":
            onto = displayed(run.arguments[0]) if run.arguments else ""
            return [_capture(run, f"rebase onto {onto}")]
        case "pre-push":
            return _push(run)
        case "reference-transaction" if [*run.arguments] == [b"prepared"]:
            return _merge(run) + _branches(run, repository)
    return []


def _capture(run: GitRun, intent: str) -> Event:
    payload = {"thread": _thread(run), "intent": intent, "worktree": displayed_path(run.directory)}
    return Event("pre_capture", payload, run.directory, run.index)


def _merge(run: GitRun) -> list[Event]:
    """Return the merge that is about to begin: git keeps `HEAD` in `ORIG_HEAD` before it does."""
    if not run.merged or run.is_of_rebase:
        return []
    if all(ref != b"ORIG_HEAD" for _old, _new, ref in _updates(run.given)):
        return []
    payload = {
        "source": " ".join(run.merged.values()),
        "target": _thread(run),
        "source_ids": [one for one in run.merged if _is_id(one.encode())],
        "worktree": displayed_path(run.directory),
    }
    return [Event("pre_merge", payload, run.directory)]


def _branches(run: GitRun, repository: Repository) -> list[Event]:
    """Return the branches that are to be made; one that `HEAD` is on already gets its first commit.

    A ref that is set whatever it was before looks as if it were made.
    """
    unborn = HEADS + branch_at(run.directory)
    return [
        Event("pre_thread_create", _branch(ref, new), run.directory)
        for old, new, ref in _updates(run.given)
        if ref.startswith(HEADS)
        and not old.strip(b"0")
        and new.strip(b"0")
        and ref != unborn
        and not repository.commit_at(ref.decode("utf-8", "surrogateescape"))
    ]


def _branch(ref: bytes, new: bytes) -> dict[str, Any]:
    payload: dict[str, Any] = {"name": displayed(short_name(ref))}
    if _is_id(new):
        payload["state_id"] = new.decode()
    return payload


def _push(run: GitRun) -> list[Event]:
    """Return the push, unless everything is there already."""
    lines = [words for line in run.given.splitlines() if len(words := line.split()) == _PUSH_WORDS]
    if not lines:
        return []
    names = [displayed(one) for one in (*run.arguments, b"", b"")]
    refs = [
        {
            "local_ref": displayed(local_ref),
            "local_id": local_id.decode("ascii", "replace"),
            "remote_ref": displayed(remote_ref),
            "remote_id": remote_id.decode("ascii", "replace"),
        }
        for local_ref, local_id, remote_ref, remote_id in lines[:_MOST_PUSHED]
        if _is_id(local_id) and _is_id(remote_id)
    ]
    payload = {"remote": names[0], "url": names[1], "refs": refs}
    return [Event("pre_push", payload, run.directory)]


def _updates(given: bytes) -> list[tuple[bytes, bytes, bytes]]:
    """Return old id, new id and name of each ref that a transaction changes."""
    lines = (line.split(b" ", 2) for line in given.split(b"\n"))
    return [(one[0], one[1], one[2]) for one in lines if len(one) == _UPDATE_WORDS]


def _thread(run: GitRun) -> str:
    return displayed(branch_at(run.directory))


def _intent(message: bytes) -> str:
    """Return a commit's message without what git's editor has put into it for the author."""
    lines = []
    for line in message[:MAX_HOOK_MESSAGE_BYTES].splitlines():
        if line.startswith(b"#") and _SCISSORS in line:
            break
        if not line.startswith(b"#"):
            lines.append(line)
    return displayed(b"\n".join(lines).strip())


def displayed_path(path: Path) -> str:
    """Return a path as text, with what is not UTF-8 as git quotes it."""
    return displayed(bytes(path))


def _is_id(text: bytes) -> bool:
    return len(text) in (40, 64) and all(one in b"0123456789abcdef" for one in text)
