"""What a caller has to give back to have something taken away: what a preview said of it.

A confirmation names in plain words what will happen, so that whoever approves the call can read
it, and ends with a seal over everything that the preview has looked at. Only this server can make
one, and it holds as long as a new preview would say the same of the same files.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_SEAL_CHARACTERS: Final = 16
_KEY: Final = secrets.token_bytes(32)


@dataclass(frozen=True, slots=True)
class Planned:
    """What a call would do to a worktree.

    Attributes:
        action: such as `take-back`.
        subject: what it is done with: ids, names, paths.
        steps: pairs of what is done, such as `write`, and to what.
        head: the commit that is checked out.
    """

    action: str
    subject: tuple[str, ...]
    steps: tuple[tuple[str, str], ...]
    head: str
    _key: bytes = field(default=_KEY, repr=False)

    def counts(self) -> dict[str, int]:
        """Return how often each thing is done."""
        return dict(sorted(Counter(done for done, _target in self.steps).items()))

    def confirmation(self, root: Path) -> str:
        """Return the words and the seal.

        Args:
            root: of the worktree, whose files are looked at as they are now.
        """
        told = [f"{name}-{count}" for name, count in self.counts().items()]
        return ":".join([self.action, *told, self._seal(root)])

    def is_confirmed_by(self, given: str, root: Path) -> bool:
        """Return whether a confirmation was given for this very plan, as things are now."""
        return hmac.compare_digest(given.encode(), self.confirmation(root).encode())

    def _seal(self, root: Path) -> str:
        looked_at = [
            self.action,
            self.subject,
            self.steps,
            self.head,
            str(root),
            list(_looks(root, (target for _done, target in self.steps))),
        ]
        sealed = hmac.new(self._key, json.dumps(looked_at).encode(), hashlib.sha256)
        return sealed.hexdigest()[:_SEAL_CHARACTERS]


def _looks(root: Path, targets: Iterable[str]) -> Iterable[tuple[int, ...]]:
    """Yield what tells whether a file was written since; nothing for what is no file."""
    for target in targets:
        try:
            found = os.lstat(root / target)
        except (OSError, ValueError):
            yield ()
        else:
            yield (found.st_ino, found.st_mode, found.st_size, found.st_mtime_ns)
