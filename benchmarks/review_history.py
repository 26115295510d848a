"""A repository to review: real Python files, and commits that each edit a few of them."""

from __future__ import annotations

import re
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.report import BenchmarkError

_SMALLEST: Final = 4_000
_LARGEST: Final = 40_000
_RETURN: Final = re.compile(rb"^( +)return\b", re.MULTILINE)
_PERSON: Final = b"Benchmark <benchmark@example.com> %d +0000"


def write_reviewable_history(repository: Path, files: int, commits: int, edited: int) -> list[str]:
    """Make a branch in an empty repository, and check it out at its first commit.

    Args:
        repository: its root.
        files: how many files the first commit has.
        commits: how many follow, each of which adds a statement to a function in some files.
        edited: how many these are; the files take turns.

    Returns:
        The ids of all commits, the oldest first.

    Raises:
        BenchmarkError: the interpreter's library has not as many files.
    """
    sources = _sources(files)
    stream = b"".join(_stream(sources, commits, edited))
    _git(repository, "fast-import", "--quiet", "--force", stdin=stream)
    listed = _git(repository, "rev-list", "--reverse", "history").decode().split()
    _git(repository, "checkout", "--quiet", "-f", "-B", "reviewed", listed[0])
    return listed


def _sources(files: int) -> dict[bytes, bytes]:
    library = Path(sysconfig.get_path("stdlib"))
    found: dict[bytes, bytes] = {}
    for path in sorted(library.rglob("*.py")):
        if {"site-packages", "test", "tests"} & set(path.parts):
            continue
        if _SMALLEST < path.stat().st_size < _LARGEST and _RETURN.search(path.read_bytes()):
            found[path.relative_to(library).as_posix().encode()] = path.read_bytes()
        if len(found) == files:
            return found
    raise BenchmarkError(f"{library} has only {len(found)} Python files of a usual size")


def _stream(sources: dict[bytes, bytes], commits: int, edited: int) -> Iterator[bytes]:
    yield _commit(0, dict(sources))
    names = list(sources)
    for number in range(1, commits + 1):
        start = (number - 1) * edited
        chosen = [names[(start + offset) % len(names)] for offset in range(edited)]
        for name in chosen:
            sources[name] = _edit(sources[name], number)
        yield _commit(number, {name: sources[name] for name in chosen})


def _edit(source: bytes, number: int) -> bytes:
    """Put a statement before one of the returns, another one each time."""
    places = list(_RETURN.finditer(source))
    place = places[number % len(places)]
    return b"%s%smarker = %d\n%s" % (
        source[: place.start()],
        place[1],
        number,
        source[place.start() :],
    )


def _commit(number: int, files: dict[bytes, bytes]) -> bytes:
    subject = b"change %d" % number
    person = _PERSON % (1_700_000_000 + number)
    head = b"commit refs/heads/history\nauthor %s\ncommitter %s\ndata %d\n%s\n" % (
        person,
        person,
        len(subject),
        subject,
    )
    blobs = (
        b"M 100644 inline %s\ndata %d\n%s\n" % (name, len(text), text)
        for name, text in files.items()
    )
    return head + b"".join(blobs)


def _git(repository: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    done = subprocess.run(
        ["git", "-C", str(repository), *arguments], input=stdin, capture_output=True, check=False
    )
    if done.returncode:
        raise BenchmarkError(f"git {arguments[0]}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout
