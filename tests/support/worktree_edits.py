"""Things that people, programs and git do to a worktree, as values that hypothesis can draw."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hypothesis import strategies as st
from worktree_view import git

NAMES: Final = (
    b"a",
    b"b.txt",
    b"d",
    b"d/f",
    b"d/g.txt",
    b"d/e/h",
    b"ig/x",
    b"ig/y.txt",
    b"-dash",
    b"new\nline",
    b'quo"te\\d',
    "é".encode(),
    b"\xff\xfe",
    b" space /tab\t",
)
# An ignored file stays where it is, and attributes that stay say what has changed in other files.
EVERYTHING: Final = b"*\n!.gitattributes\n"
IGNORE_FILES: Final = (b".gitignore", b"d/.gitignore", b"ig/.gitignore")
IGNORE_RULES: Final = (
    b"*.txt\n",
    b"ig/\n",
    b"d/\n",
    EVERYTHING,
    b"/a\n!b.txt\n",
    b".gitignore\n",
    b"",
)
ATTRIBUTES: Final = (b"* text=auto\n", b"*.txt text eol=crlf\n", b"a ident\n", b"")
CONTENTS: Final = (b"", b"1\n", b"2\n", b"one\r\ntwo\r\n", b"$Id$\n", b"\0\xff" * 3_000)
TARGETS: Final = (b"a", b"d", b"nowhere", b"..", b"/")
BRANCHES: Final = ("main", "side", "other")


@dataclass(frozen=True)
class Edit:
    """One thing that is done to a worktree; some do nothing where they make no sense."""

    words: tuple[str | bytes, ...]
    run: Callable[[Path], None]

    def __repr__(self) -> str:
        return f"Edit{self.words!r}"


def write(name: bytes, content: bytes) -> Edit:
    """Write a file, in the place of whatever stands in its way."""

    def run(root: Path) -> None:
        make_room(root, name).write_bytes(content)

    return Edit((b"write", name, content), run)


def link(name: bytes, target: bytes) -> Edit:
    """Make a symbolic link."""
    return Edit(
        (b"link", name, target),
        lambda root: make_room(root, name).symlink_to(os.fsdecode(target)),
    )


def delete(name: bytes) -> Edit:
    """Delete a file, a link or a directory."""
    return Edit((b"delete", name), lambda root: _delete(root, name))


def make_executable(name: bytes) -> Edit:
    """Let a file be executed."""

    def run(root: Path) -> None:
        place = root / os.fsdecode(name)
        if place.is_file() and not place.is_symlink() and _is_inside(root, name):
            place.chmod(0o755)

    return Edit((b"chmod", name), run)


def command(*words: str | bytes) -> Edit:
    """Run git, which may fail."""

    def run(root: Path) -> None:
        git(root, *words, may_fail=True)

    return Edit(words, run)


def make_room(root: Path, name: bytes) -> Path:
    """Return where a name is, with its directories there, and nothing in its place."""
    parts = name.split(b"/")
    for length in range(1, len(parts)):
        place = root / os.fsdecode(b"/".join(parts[:length]))
        if place.is_symlink() or place.is_file():
            place.unlink()
        place.mkdir(exist_ok=True)
    _delete(root, name)
    return root / os.fsdecode(name)


def _delete(root: Path, name: bytes) -> None:
    place = root / os.fsdecode(name)
    if not _is_inside(root, name):
        return
    if place.is_symlink() or place.is_file():
        place.unlink()
    elif place.is_dir():
        shutil.rmtree(place)


def _is_inside(root: Path, name: bytes) -> bool:
    place = root
    for part in Path(os.fsdecode(name)).parts[:-1]:
        place /= part
        if place.is_symlink():
            return False
    return True


_name = st.sampled_from(NAMES)
_branch = st.sampled_from(BRANCHES)
_plain = st.one_of(
    st.builds(write, _name, st.sampled_from(CONTENTS)),
    st.builds(write, st.sampled_from(IGNORE_FILES), st.sampled_from(IGNORE_RULES)),
    st.builds(write, st.just(b".gitattributes"), st.sampled_from(ATTRIBUTES)),
    st.builds(link, _name, st.sampled_from(TARGETS)),
    st.builds(delete, _name | st.sampled_from(IGNORE_FILES)),
    st.builds(make_executable, _name),
)
_simple_commands = st.sampled_from(
    [
        command("add", "--all"),
        command("add", "--all", "--force"),
        command("commit", "--quiet", "--all", "--allow-empty", "-m", "work"),
        command("commit", "--quiet", "--amend", "--allow-empty", "-m", "amended"),
        command("stash", "push", "--include-untracked"),
        command("stash", "pop"),
        command("clean", "-fdq"),
        command("switch", "--quiet", "--detach"),
        command("checkout", "--quiet", "--orphan", "orphan"),
        command("reset", "--quiet", "--soft", "HEAD~1"),
        command("reset", "--quiet", "HEAD~1"),
        command("reset", "--quiet", "--hard"),
        command("update-index", "--index-version", "4"),
        command("update-index", "--split-index"),
    ]
)
_aimed_commands = st.one_of(
    st.builds(lambda name: command("add", "--force", "--", name), _name),
    st.builds(lambda name: command("add", "--intent-to-add", "--force", "--", name), _name),
    st.builds(lambda name: command("rm", "-rq", "--cached", "--", name), _name),
    st.builds(lambda name: command("rm", "-rqf", "--", name), _name),
    st.builds(lambda old, new: command("mv", "-f", "--", old, new), _name, _name),
    st.builds(lambda name: command("update-index", "--assume-unchanged", "--", name), _name),
    st.builds(lambda name: command("update-index", "--skip-worktree", "--", name), _name),
    st.builds(lambda branch: command("switch", "--quiet", branch), _branch),
    st.builds(lambda branch: command("switch", "--quiet", "-C", branch), _branch),
    st.builds(lambda branch: command("merge", "--quiet", "-m", "merged", branch), _branch),
    st.builds(lambda branch: command("rebase", "--quiet", branch), _branch),
    st.builds(lambda branch: command("cherry-pick", branch), _branch),
)

edits: Final = st.one_of(_plain, _plain, _simple_commands, _aimed_commands)
"""One edit; plain ones are as frequent as git's."""
