"""One run of a hook of git's: asks the daemon, and says what git is to do.

Everything imported here is paid for by each hook of each commit; the rest is imported where it is
needed, which is when something is out of the ordinary.
"""

from __future__ import annotations

import os
import stat
import sys

from heddle_client.shim_protocol import CLOSED, GO_ON, RUN_GIT_HOOK, STOP
from heddle_client.swift_wire import Verdict, encode_hook_run
from heddle_client.visible import visible_lines

TYPE_CHECKING = False
if TYPE_CHECKING:  # a checker takes it for true; `typing` itself costs more than all of this
    from collections.abc import Mapping, Sequence
    from typing import Final

_SECONDS: Final = 3_600.0
"""Longer than any hook may take; a daemon that dies meanwhile is noticed at once."""
_SOCKET: Final = "sockets/grpc.sock"
_MESSAGE_MAX: Final = 1_048_576
_ENVIRONMENT_MAX: Final = 32_768
_INPUT_MAX: Final = 2_097_152
_ZEROS: Final = b"0" * 40


def main(arguments: Sequence[str]) -> int:
    """Ask about one run of a hook, print what there is to say, and return the exit status."""
    policy, heddle_dir, hook, *words = arguments
    try:
        verdict = _ask(heddle_dir, _request(hook, words))
    except KeyboardInterrupt:
        return STOP
    except Exception as error:
        if policy == CLOSED:
            _say(f"{hook} refused: {error}")
            return STOP
        _say(f"{hook} goes on unasked: {error}")
        return GO_ON
    return _tell(verdict, hook)


def _tell(verdict: Verdict, hook: str) -> int:
    """Print what those who were asked have said; return the exit status."""
    what = hook
    for answer in verdict.answers:
        if verdict.vetoed and answer.author == verdict.author:
            # A person knows what a merge is, and not that it begins with a transaction.
            what = answer.event_name
        elif answer.outcome in ("failed", "timed_out"):
            outcome = answer.outcome.replace("_", " ")
            _say(f"{answer.event_name}: {answer.author} {outcome}: {answer.detail}")
    if not verdict.vetoed:
        return GO_ON
    _say(f"{what} vetoed by {verdict.author or 'heddle'}: {verdict.reason}")
    return STOP


def _say(text: str) -> None:
    """Print a text for the person at git, the lines of which stay lines."""
    lines = visible_lines(text.strip(), indent="  ")
    try:
        os.write(2, f"heddle: {lines}\n".encode(errors="backslashreplace"))
    except OSError:
        return


def _request(hook: str, words: Sequence[str]) -> bytes:
    index = os.environb.get(b"GIT_INDEX_FILE", b"")
    return encode_hook_run(
        repo_path=_worktree(os.environ),
        hook=hook,
        arguments=tuple(map(os.fsencode, words)),
        input=_given(hook),
        index_file=os.path.abspath(index) if index else b"",  # noqa: PTH100 - without pathlib
        message=_content(words[0]) if hook == "commit-msg" and words else b"",
        environment=_git_environment(os.environb),
    )


def _given(hook: str) -> bytes:
    """Return what git writes to a hook, as much as there is room for in a message.

    That is more than anybody is told of a push. Of a transaction it is what may make a branch or
    begin a merge: a fetch may bring any number of other refs.
    """
    if hook == "pre-push":
        lines = sys.stdin.buffer.readlines(_INPUT_MAX)
    elif hook == "reference-transaction":
        lines = [
            line
            for line in sys.stdin.buffer
            if line.endswith(b" ORIG_HEAD\n")
            or (line.startswith(_ZEROS) and b" refs/heads/" in line)
        ]
    else:
        return b""
    given = b"".join(lines)
    return given if len(given) <= _INPUT_MAX else given[: given.rindex(b"\n", 0, _INPUT_MAX) + 1]


def _content(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123 - without pathlib
        return file.read(_MESSAGE_MAX)


def _worktree(environment: Mapping[str, str]) -> str:
    """Return the worktree that git works in; empty where it works in a git directory.

    Git runs hooks at the root of the worktree. It sets GIT_DIR in a linked one, and where the user
    has set it, perhaps to that of a repository whose worktree is elsewhere.
    """
    try:
        here = os.getcwdb().decode()  # noqa: PTH109 - without pathlib
    except UnicodeDecodeError:
        return ""  # no message of gRPC's can hold such a path
    git_dir = environment.get("GIT_DIR")
    if not os.path.lexists(".git"):
        return ""
    # Of two directories that are compared, pathlib would be the larger part.
    ours = git_dir is None or os.path.samefile(git_dir, _pointed_to(".git"))  # noqa: PTH121
    return here if ours else ""


def _pointed_to(git_dir: str) -> str:
    if not os.path.isfile(git_dir):  # noqa: PTH113 - without pathlib
        return git_dir
    with open(git_dir, encoding="utf-8", errors="surrogateescape") as file:  # noqa: PTH123 - without pathlib
        return file.read().removeprefix("gitdir: ").rstrip("\n")


def _git_environment(environment: Mapping[bytes, bytes]) -> dict[str, bytes]:
    """Return what only git's environment tells: whether it merges or pulls, and what.

    What there is no room for is left out.
    """
    told = {}
    left = _ENVIRONMENT_MAX
    for name, value in environment.items():
        if name == b"GIT_REFLOG_ACTION" or name.startswith(b"GITHEAD_"):
            left -= len(name) + len(value)
            if left >= 0 and name.isascii():
                told[name.decode()] = value
    return told


def _ask(heddle_dir: str, request: bytes) -> Verdict:
    from heddle_client import swift_call

    socket_path = f"{heddle_dir}/{_SOCKET}"
    if _is_plain(heddle_dir, socket_path):
        try:
            reply = swift_call.call(socket_path, RUN_GIT_HOOK, request, timeout=_SECONDS)
            return Verdict.decode(reply)
        except swift_call.NoPlainReplyError:
            pass  # the way below finds out why, and tries again where that is of use
    from heddle_client.patient_run import ask_patiently

    return ask_patiently(heddle_dir, request, timeout=_SECONDS)


def _is_plain(heddle_dir: str, socket_path: str) -> bool:
    """Return whether the socket lies where a daemon makes it, and no link leads elsewhere.

    A repository may have been cloned with a `.heddle` in it. That has links, but no sockets.
    """
    sockets = os.path.dirname(socket_path)  # noqa: PTH120 - without pathlib
    try:
        modes = [os.lstat(path).st_mode for path in (heddle_dir, sockets, socket_path)]
    except OSError:
        return False  # it has ended just now, or its next worker begins
    return stat.S_ISDIR(modes[0]) and stat.S_ISDIR(modes[1]) and stat.S_ISSOCK(modes[2])
