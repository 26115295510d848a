"""What is private here, and so is replaced in a bug report."""

from __future__ import annotations

import getpass
import os
import re
import socket
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import heddle_client
from heddle_client.git_command import GitError, git
from heddle_client.redaction import Redactor
from heddle_supervisor.repository_location import RepositoryLocation

_USUAL_BRANCHES: Final = frozenset({"main", "master", "HEAD"})
_ORDINARY: Final = re.compile(r"[a-z]+")


def redactor_of(location: RepositoryLocation | None) -> Redactor:
    """Return what replaces the names of this user, this machine and a repository."""
    names = {socket.gethostname(): "host", **dict.fromkeys(_users(), "user")}
    places = {str(Path.home()): "~"}
    if location is not None:
        names |= _names_in(location.root)
        places |= {str(location.root): "<repository>", str(location.common_dir): "<git-directory>"}
    return Redactor(names=names, places=places, code=_code())


def _users() -> Iterator[str]:
    try:
        yield getpass.getuser()
    except (KeyError, OSError):
        return
    import pwd

    try:
        yield pwd.getpwuid(os.geteuid()).pw_gecos.split(",")[0]
    except KeyError:
        return


def _code() -> dict[str, str]:
    code = {
        sysconfig.get_path("stdlib"): "<python>",
        sysconfig.get_path("purelib"): "<packages>",
        sysconfig.get_path("platlib"): "<packages>",
        sys.prefix: "<environment>",
    }
    ours = Path(heddle_client.__file__).parents[1]
    return {**code, str(ours): "<packages>"}


def _names_in(root: Path) -> dict[str, str]:
    """Return the names of branches, remotes, people and files of a repository.

    Those that are one ordinary word, such as `src`, are left out: they would be replaced in every
    sentence.
    """
    names: dict[str, str] = {}
    for path in _told(root, "ls-files", "-z", separator="\0"):
        for part in path.split("/"):
            if not _ORDINARY.fullmatch(part):
                names[part] = "file"
        names[path] = "file"
    for ref in _told(root, "for-each-ref", "--format=%(refname:lstrip=2)"):
        names[ref] = "ref"
    for remote in _told(root, "remote"):
        names[remote] = "remote"
    for person in _told(root, "config", "--get-all", "user.name"):
        names[person] = "person"
    return {name: kind for name, kind in names.items() if name not in _USUAL_BRANCHES}


def _told(root: Path, *arguments: str, separator: str = "\n") -> list[str]:
    try:
        text = os.fsdecode(git(root, *arguments))
    except GitError:
        return []
    return [line for line in text.split(separator) if line]
