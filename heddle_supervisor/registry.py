"""The daemons of this user, whatever their repositories and versions: one small file each.

The files lie in the user's state directory. They are hints: an entry says where a daemon may be,
and its pidfile's lock says whether it is; entries whose daemon has gone are dropped when seen.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from heddle_supervisor.config import LocalDaemonConfig


def registry_directory() -> Path:
    """Return where the entries are: `$XDG_STATE_HOME/heddle/daemons`, or its default."""
    state = os.environ.get("XDG_STATE_HOME", "")
    base = Path(state) if state.startswith("/") else Path.home() / ".local" / "state"
    return base / "heddle" / "daemons"


def register(config: LocalDaemonConfig) -> None:
    """Note that this configuration's daemon may be running.

    Raises:
        OSError: the directory cannot be made or written.
    """
    path = _entry(config)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    body = {"heddle_dir": str(config.heddle_dir), "repository": str(config.repository)}
    temporary.write_text(json.dumps(body), encoding="utf-8")
    temporary.replace(path)


def unregister(config: LocalDaemonConfig) -> None:
    """Forget this configuration's daemon. Idempotent.

    Raises:
        OSError: the directory cannot be written.
    """
    _entry(config).unlink(missing_ok=True)


def registered() -> Iterator[LocalDaemonConfig]:
    """Return the configurations whose daemons may be running, ordered by repository."""
    found = []
    for path in registry_directory().glob("*.json"):
        try:
            body = json.loads(path.read_text(encoding="utf-8"))
            found.append((body["repository"], body["heddle_dir"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    for repository, heddle_dir in sorted(found):
        yield LocalDaemonConfig.for_heddle_dir(Path(heddle_dir), repository=Path(repository))


def _entry(config: LocalDaemonConfig) -> Path:
    digest = hashlib.sha256(os.fsencode(config.heddle_dir)).hexdigest()[:16]
    return registry_directory() / f"{digest}.json"
