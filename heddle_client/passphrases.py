"""The passphrase of a key: from a person at the terminal, or from a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from heddle_client.errors import InvalidArgumentError
from heddle_client.visible import visible

_LONGEST: Final = 1_024


def passphrase_in(path: Path) -> str:
    """Return the first line of a file, which may be a descriptor's, such as `/dev/fd/3`.

    Raises:
        InvalidArgumentError: it cannot be read, or has no first line of at most a kibibyte.
    """
    name = visible(str(path))
    try:
        with path.open("rb") as file:
            line = file.readline(_LONGEST + 2).rstrip(b"\r\n")
    except OSError as error:
        raise InvalidArgumentError(f"passphrase file {name}: {error.strerror}") from None
    if not line or len(line) > _LONGEST or b"\0" in line:
        raise InvalidArgumentError(
            f"passphrase file {name}: its first line is to be the passphrase, "
            f"in at most {_LONGEST} bytes"
        )
    return os.fsdecode(line)


def has_terminal() -> bool:
    """Return whether there is a terminal on which a person can be asked."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return False
    return True


def asked_for(key: Path) -> str:
    """Return what a person types at the terminal, which does not show it.

    Raises:
        InvalidArgumentError: there is no terminal, or nothing was typed.
    """
    import getpass

    name = visible(str(key))
    if not has_terminal():
        raise no_terminal(key)
    try:
        typed = getpass.getpass(f"Enter passphrase for {name}: ")
    except EOFError:
        typed = ""
    if not typed:
        raise InvalidArgumentError(f"key {name} has a passphrase, and none was given")
    return typed


def wrong(key: Path) -> InvalidArgumentError:
    """Return the error for a passphrase that does not open a key."""
    return InvalidArgumentError(f"wrong passphrase for key {visible(str(key))}")


def no_terminal(key: Path) -> InvalidArgumentError:
    """Return the error for a key whose passphrase nobody can be asked for."""
    return InvalidArgumentError(
        f"key {visible(str(key))} has a passphrase, and there is no terminal to ask for it: give "
        "it in a file (--passphrase-file), or let an agent have the key"
    )
