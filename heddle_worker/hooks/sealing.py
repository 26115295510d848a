"""Telling the hooks that this user has registered from those that came with a repository.

A database can be part of what somebody clones, and its rows would then be another's commands. So
each row carries a seal, made with a key that lies outside of every repository.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import json
import os
import secrets
import tempfile
from pathlib import Path
from typing import Final

from heddle_worker.store.hooks import RegisteredHook

_KEY_BYTES: Final = 32
_NO_PLACE: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR})


def default_key_path() -> Path:
    """Return where this user's key is: `$XDG_STATE_HOME/heddle/hooks.key`, or its default."""
    state = os.environ.get("XDG_STATE_HOME", "")
    base = Path(state) if state.startswith("/") else Path.home() / ".local" / "state"
    return base / "heddle" / "hooks.key"


class Seals:
    """Makes and checks seals with one user's key.

    Args:
        path: of the key; it is made with the first seal.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._key = b""

    def make(self, hook: RegisteredHook) -> bytes:
        """Return a hook's seal. May block.

        Raises:
            OSError: there is no key, and none can be made.
        """
        if not self._load():
            try:
                self._create()
            except OSError as error:
                if error.errno not in _NO_PLACE:
                    raise
                raise OSError(
                    f"the key that seals hooks cannot be kept in {self._path.parent}: "
                    f"{error.strerror}; start the daemon with XDG_STATE_HOME set to a directory "
                    "that it may write"
                ) from None
        return self._seal(hook)

    def holds(self, hook: RegisteredHook) -> bool:
        """Return whether a hook carries the seal that it would be given here. May block."""
        return self._load() and hmac.compare_digest(hook.seal, self._seal(hook))

    def _seal(self, hook: RegisteredHook) -> bytes:
        content = json.dumps([hook.name, hook.command, list(hook.events), hook.timeout_ms])
        return hmac.digest(self._key, content.encode(), hashlib.sha256)

    def _load(self) -> bool:
        if not self._key:
            try:
                key = self._path.read_bytes()
            except OSError:
                return False
            self._key = key if len(key) == _KEY_BYTES else b""
        return bool(self._key)

    def _create(self) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f"{self._path.name}.", dir=self._path.parent)
        new = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            # Unlike a rename, it takes nobody's place: another daemon may have been faster.
            os.link(new, self._path)
        except FileExistsError:
            pass
        finally:
            new.unlink()
        if not self._load():
            raise OSError(f"{self._path} is not a key: remove it, and register the hooks again")
