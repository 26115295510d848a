"""The sdist and the wheel of a commit, and what they hold."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Artifacts:
    """What one build has made."""

    sdist: Path
    wheel: Path

    @classmethod
    def build(cls, into: Path, *options: str, source: Path, **variables: str) -> Artifacts:
        """Build a source tree, in an environment with these variables.

        The environment has to have `build` and the backend. Without options the wheel is made of
        the sdist; with `--sdist` and `--wheel` both are made of the tree.
        """
        words = ["-m", "build", "--no-isolation", "--outdir", str(into), *options, str(source)]
        run(sys.executable, *words, variables=variables)
        (sdist,) = into.glob("*.tar.gz")
        (wheel,) = into.glob("*.whl")
        return cls(sdist, wheel)

    def names_in_sdist(self) -> set[str]:
        """Return the files of the sdist, below its one directory."""
        with tarfile.open(self.sdist) as archive:
            members = [member for member in archive if not member.isdir()]
        assert all(member.isfile() for member in members), "a link or a device"
        top = self.sdist.name.removesuffix(".tar.gz")
        return {str(Path(member.name).relative_to(top)) for member in members}

    def names_in_wheel(self) -> set[str]:
        """Return the files of the wheel."""
        with zipfile.ZipFile(self.wheel) as archive:
            return set(archive.namelist())

    def read(self, name: str) -> str:
        """Return the text of a file of the wheel."""
        with zipfile.ZipFile(self.wheel) as archive:
            return archive.read(name).decode()


def run(*words: str | Path, at: Path = PROJECT, variables: Mapping[str, str] | None = None) -> str:
    """Run a command that has to succeed, with these variables besides; return what it prints."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=at,
        env={**os.environ, **(variables or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, f"{words} ended with {done.returncode}:\n{done.stdout}"
    return done.stdout


def tracked(*places: str) -> set[str]:
    """Return the files of the commit that is checked out, below these places or all."""
    return set(run("git", "ls-tree", "-r", "--name-only", "-z", "HEAD", *places).split("\0")) - {""}


def clone(into: Path) -> Path:
    """Clone the commit that is checked out; nothing of the worktree itself gets there."""
    run("git", "clone", "--quiet", "--no-hardlinks", PROJECT, into)
    run("git", "checkout", "--quiet", run("git", "rev-parse", "HEAD").strip(), at=into)
    return into


def metadata_of(artifacts: Artifacts, name: str) -> Mapping[str, list[str]]:
    """Return the fields of a file in the form of e-mail's headers, such as `METADATA`."""
    from email.parser import HeaderParser

    (path,) = (each for each in artifacts.names_in_wheel() if each.endswith(f".dist-info/{name}"))
    message = HeaderParser().parsestr(artifacts.read(path))
    return {key: message.get_all(key, []) for key in set(message)}
