"""A repository with shims whose interpreter is a script that writes down how it was run."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from git_repository import GitRepository

from heddle_client.hooks_directory import hooks_directory_of
from heddle_client.installation import install
from heddle_client.shim import Interpreter

_RECORDER = """#!/bin/sh
number=$(ls {0} | grep -c arguments)
printf '%s\\0' "$@" >{0}/$number.arguments
cat >{0}/$number.input
exit "$(cat {0}/status)"
"""


@dataclass(frozen=True, slots=True)
class Run:
    """How a shim has run the client.

    Attributes:
        policy: what is to become of git when nobody can be asked.
        heddle_dir: the `.heddle` directory that the shim has found.
        hook: the hook's name.
        arguments: the hook's own.
        input: what was on standard input.
    """

    policy: str
    heddle_dir: Path
    hook: str
    arguments: tuple[str, ...]
    input: bytes


class ShimBench:
    """Shims in the hooks directory of a repository, and what they do.

    Attributes:
        repository: the repository.
        interpreter: what its shims run.
    """

    def __init__(self, repository: GitRepository, room: Path) -> None:
        self.repository = repository
        self._room = room
        room.mkdir()
        python, client = room / "python", room / "client.py"
        python.write_text(_RECORDER.format(f"'{room}'"), encoding="utf-8")
        python.chmod(0o755)
        client.write_text("", encoding="utf-8")
        self.interpreter = Interpreter(python, client)
        self.exit_with(0)

    def install(self, policy: str = "open", *, force: bool = False) -> Path:
        """Install the shims; return the directory of hooks."""
        directory = hooks_directory_of(self.repository.root)
        install(directory, self.interpreter, policy=policy, force=force)
        return directory.path

    def exit_with(self, status: int) -> None:
        """Have the client exit with a status from now on."""
        (self._room / "status").write_text(str(status), encoding="ascii")

    def runs(self) -> list[Run]:
        """Return how the client was run, the first time first."""
        found = []
        for number in range(len(list(self._room.glob("*.arguments")))):
            words = (self._room / f"{number}.arguments").read_bytes().split(b"\0")[:-1]
            _flag, _client, policy, heddle_dir, hook, *arguments = map(os.fsdecode, words)
            given = (self._room / f"{number}.input").read_bytes()
            found.append(Run(policy, Path(heddle_dir), hook, tuple(arguments), given))
        return found


@contextlib.contextmanager
def listening(heddle_dir: Path, *lines: str) -> Iterator[None]:
    """Have a socket where a daemon has its own, and a list of the hooks that are listened to."""
    (heddle_dir / "sockets").mkdir(parents=True, exist_ok=True)
    (heddle_dir / "hooks").mkdir(exist_ok=True)
    listed = heddle_dir / "hooks" / "listening"
    listed.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
    path = heddle_dir / "sockets" / "grpc.sock"
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(path.parent)  # a path of any length
        try:
            server.bind(path.name)
        finally:
            os.chdir(here)
        server.listen()
        yield
    path.unlink()
    listed.unlink()


def run_git(
    root: Path,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    prefix: Sequence[str] = (),
) -> subprocess.CompletedProcess[bytes]:
    """Run git as a person does, and return how it has ended."""
    return subprocess.run(
        [*prefix, "git", "-C", root, *arguments],
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=60,
    )


def write_hook(path: Path, *lines: str, mode: int = 0o755) -> None:
    """Write a hook that is a shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]), encoding="utf-8")
    path.chmod(mode)
