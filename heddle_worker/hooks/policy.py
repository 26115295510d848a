"""`[hooks]` of `.heddle/config.toml`: what it means that a hook has failed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heddle_worker.configuration_file import ChangingFiles, read_configuration
from heddle_worker.limits import DEFAULT_HOOK_TIMEOUT_MS, MAX_HOOK_TIMEOUT_MS


@dataclass(frozen=True, slots=True)
class Policy:
    """What the repository's owner has set about hooks.

    Attributes:
        is_closed: a hook that fails, or does not answer in time, counts as a veto.
        subscriber_seconds: how long a subscriber may take.
    """

    is_closed: bool = False
    subscriber_seconds: float = DEFAULT_HOOK_TIMEOUT_MS / 1000


class PolicyFile:
    """Tells the policy, and notices when it changes.

    Args:
        heddle_dir: the `.heddle` directory, whose `config.toml` has it.
        say: writes a line to the daemon's log.
    """

    def __init__(self, heddle_dir: Path, say: Callable[[str], None]) -> None:
        self._path = heddle_dir / "config.toml"
        self._say = say
        self._files = ChangingFiles([self._path])
        self._policy = Policy()

    def current(self) -> Policy:
        """Return what holds now.

        What cannot be understood counts as closed: somebody wanted to set something.
        """
        if self._files.have_changed():
            try:
                self._policy = _policy(_section(self._path))
            except (OSError, ValueError) as error:
                self._policy = Policy(is_closed=True)
                self._say(f"[hooks] in {self._path} cannot be used, so failed hooks veto: {error}")
        return self._policy


def _section(path: Path) -> dict[str, Any]:
    section = read_configuration(path).get("hooks", {})
    if not isinstance(section, dict):
        raise ValueError("hooks has to be a table")
    return section


def _policy(section: dict[str, Any]) -> Policy:
    on_failure = section.get("on_failure", "open")
    if on_failure not in ("open", "closed"):
        raise ValueError(f'on_failure is {on_failure!r}; it has to be "open" or "closed"')
    timeout = section.get("subscriber_timeout_ms", DEFAULT_HOOK_TIMEOUT_MS)
    if type(timeout) is not int or not 0 < timeout <= MAX_HOOK_TIMEOUT_MS:
        raise ValueError(
            f"subscriber_timeout_ms is {timeout!r}; "
            f"it has to be a whole number from 1 to {MAX_HOOK_TIMEOUT_MS}"
        )
    return Policy(on_failure == "closed", timeout / 1000)
