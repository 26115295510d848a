"""Which key a person signs with: the one that git would sign with, if that is an SSH key."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from heddle_client.git_command import GitError, git
from heddle_supervisor.errors import HeddleError

_DEFAULTS: Final = ("id_ed25519", "id_ecdsa", "id_rsa", "id_ed25519_sk", "id_ecdsa_sk")
_LITERAL: Final = "key::"
_SSH_TYPES: Final = ("ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-")


class NoKeyError(HeddleError):
    """There is no key to sign with."""


@contextmanager
def signing_key(directory: Path, named: Path | None) -> Iterator[Path]:
    """Give the file of the key to sign with.

    That is the one named; else git's `user.signingkey`, where `gpg.format` is `ssh`; else the first
    of the usual ones in `~/.ssh`. A public key that git's configuration holds itself, since the
    agent has the other half, is in a file while the block runs.

    Args:
        directory: whose git is asked.
        named: by the person.

    Raises:
        NoKeyError: there is none.
    """
    if named is not None:
        yield named.expanduser()
        return
    if _config(directory, "gpg.format") == "ssh":
        value = _config(directory, "user.signingkey")
        if value.startswith((_LITERAL, *_SSH_TYPES)):
            with tempfile.TemporaryDirectory(prefix="heddle-") as place:
                path = Path(place, "key.pub")
                path.write_text(value.removeprefix(_LITERAL) + "\n", encoding="utf-8")
                yield path
            return
        if value:
            yield directory / _config(directory, "user.signingkey", "--type=path")
            return
    yield _usual_key(directory)


def ssh_program(directory: Path) -> str:
    """Return what signs with SSH keys: the user's `gpg.ssh.program`, or else `ssh-keygen`.

    What a repository's own configuration says is passed over: it may be anybody's.
    """
    for scope in ("--global", "--system"):
        found = _config(directory, "gpg.ssh.program", scope, "--includes", "--type=path")
        if found:
            return found
    return "ssh-keygen"


def needs_touch(path: Path) -> bool:
    """Return whether a key is a security key's, which waits until somebody touches it."""
    public = path if path.suffix == ".pub" else path.with_name(f"{path.name}.pub")
    try:
        return public.read_bytes().startswith(b"sk-")
    except OSError:
        return False


def _usual_key(directory: Path) -> Path:
    place = Path("~/.ssh").expanduser()
    for name in _DEFAULTS:
        if (place / name).exists():
            return place / name
    if _config(directory, "gpg.ssh.defaultKeyCommand"):
        raise NoKeyError(
            "git asks gpg.ssh.defaultKeyCommand for its key, which heddle does not run: name the "
            "key with user.signingkey or --key"
        )
    if _config(directory, "user.signingkey"):
        raise NoKeyError(
            "git signs with a key that is not SSH's, which cannot sign reviews: name an SSH or PEM "
            "key with --key"
        )
    raise NoKeyError(
        "there is no key to sign with: name one with --key, or in git's configuration with "
        "gpg.format ssh and user.signingkey"
    )


def _config(directory: Path, name: str, *options: str) -> str:
    with contextlib.suppress(GitError):
        return os.fsdecode(git(directory, "config", *options, "--get", name)).rstrip("\n")
    return ""
