"""The shell scripts that stand in for git's hooks, and how they are told from others."""

from __future__ import annotations

import enum
import hashlib
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from heddle_client.shim_protocol import CLOSED, OPEN

GIT_HOOKS: Final = (
    "pre-commit",
    "commit-msg",
    "pre-merge-commit",
    "pre-rebase",
    "pre-push",
    "reference-transaction",
    "post-commit",
    "post-merge",
    "post-checkout",
    "post-rewrite",
)
"""Git's hooks that heddle takes part in, in the order of githooks(5)."""

EARLIER_SUFFIX: Final = ".before-heddle"
"""What the name of a hook ends with that was there before the shim."""

_VERSION: Final = 1
_BODY: Final = Path(__file__).with_name("shim.sh")
_TITLE: Final = re.compile(rb"#!/bin/sh\n# heddle shim (\d+) for [a-z-]+\.")
_SEAL: Final = b"# sha256 "
_MADE_DIRECTORY: Final = b"\n# The directory was made for the shims.\n"
_READ_MAX: Final = 65_536


@dataclass(frozen=True, slots=True)
class Interpreter:
    """What a shim runs to ask the daemon.

    Attributes:
        python: the absolute path of an interpreter that has heddle.
        client: the absolute path of `heddle_client/git_hook.py`.
        isolation: `-I`, or `-P` where the interpreter finds heddle by the environment only.
    """

    python: Path
    client: Path
    isolation: str = "-I"


def own_interpreter() -> Interpreter:
    """Return the interpreter of this process, if need be with what its environment adds."""
    client = Path(__file__).with_name("git_hook.py")
    isolated = subprocess.run(
        [sys.executable, "-I", "-c", "import heddle_client"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    isolation = "-I" if isolated.returncode == 0 else "-P"
    return Interpreter(Path(sys.executable), client, isolation)


class ShimState(enum.Enum):
    """What a file in the place of a hook is to us."""

    ABSENT = "absent"
    FOREIGN = "foreign"
    """A hook that heddle has not written."""
    OURS = "ours"
    ALTERED = "altered"
    """A shim that somebody has changed since."""


@dataclass(frozen=True, slots=True)
class Shim:
    """What was found in the place of a hook.

    Attributes:
        state: whose it is.
        content: all of it, where it is ours.
        made_directory: whether the directory of hooks was made for the shims.
    """

    state: ShimState
    content: bytes = b""
    made_directory: bool = False


def render_shim(
    hook: str, interpreter: Interpreter, *, policy: str = OPEN, made_directory: bool = False
) -> bytes:
    """Return the shim of one hook.

    It ends with a checksum of itself, by which a change that somebody makes to it is noticed, also
    by a version of heddle that writes another shim.
    """
    head = (
        "#!/bin/sh\n"
        f"# heddle shim {_VERSION} for {hook}. `heddle hook install` wrote it, and\n"
        "# `heddle hook uninstall` takes it away. It asks those who have registered with heddle\n"
        "# about what git does. It must not be edited: it could not be taken away then.\n"
        f"hook={hook}\n"
        f"python={shlex.quote(os.fspath(interpreter.python))}\n"
        f"client={shlex.quote(os.fspath(interpreter.client))}\n"
        f"isolation={interpreter.isolation}\n"
        f"policy={policy}\n"
    )
    if made_directory:
        head += _MADE_DIRECTORY.decode().lstrip()
    text = os.fsencode(head) + _BODY.read_bytes()
    return text + _seal(text)


def renderings(hook: str, interpreter: Interpreter) -> frozenset[bytes]:
    """Return all shims of one hook that this version of heddle may have installed."""
    return frozenset(
        render_shim(hook, interpreter, policy=policy, made_directory=made)
        for policy in (OPEN, CLOSED)
        for made in (False, True)
    )


def look_at(path: Path) -> Shim:
    """Return what is in the place of a hook.

    Raises:
        OSError: it cannot be read.
    """
    if not os.path.lexists(path):
        return Shim(ShimState.ABSENT)
    if path.is_symlink() or not path.is_file():
        return Shim(ShimState.FOREIGN)
    with path.open("rb") as file:
        content = file.read(_READ_MAX)
    if _TITLE.match(content) is None:
        return Shim(ShimState.FOREIGN)
    text, _, _ = content.rpartition(_SEAL)
    if text + _seal(text) != content:
        return Shim(ShimState.ALTERED)
    return Shim(ShimState.OURS, content, _MADE_DIRECTORY in content)


def _seal(text: bytes) -> bytes:
    return _SEAL + hashlib.sha256(text).hexdigest().encode() + b"\n"
