"""Who acts: the environment says so first, then heddle's configuration, then git's.

A request never does: whoever may connect is the daemon's own user.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from heddle_worker.configuration_file import ChangingFiles, read_configuration
from heddle_worker.repository.repository import Repository

_NAME: Final = "HEDDLE_PRINCIPAL_NAME"
_EMAIL: Final = "HEDDLE_PRINCIPAL_EMAIL"


@dataclass(frozen=True, slots=True)
class Principal:
    """The person, or the program, in whose name something is done."""

    name: str
    email: str


UNKNOWN: Final = Principal("Unknown", "unknown@example.com")


class Principals:
    """Tells who acts in a repository, and notices when its configuration changes.

    Args:
        repository: whose git configuration is asked last.
        heddle_dir: the `.heddle` directory, whose `config.toml` is asked before it.
        environment: of the daemon.
    """

    def __init__(
        self, repository: Repository, heddle_dir: Path, environment: Mapping[str, str] = os.environ
    ) -> None:
        self._repository = repository
        self._config = heddle_dir / "config.toml"
        self._environment = environment
        self._files = ChangingFiles((self._config, *repository.configuration_files))
        self._principal = UNKNOWN

    def current(self) -> Principal:
        """Return who acts now. Each of name and e-mail comes from the first place that has it."""
        if self._files.have_changed():
            self._principal = self._look_up()
        return self._principal

    def _look_up(self) -> Principal:
        of_environment = (self._environment.get(_NAME, ""), self._environment.get(_EMAIL, ""))
        places = (of_environment, _of_config(self._config), self._repository.identity())
        names, emails = zip(*places, strict=True)
        return Principal(
            name=next(filter(None, names), UNKNOWN.name),
            email=next(filter(None, emails), UNKNOWN.email),
        )


def _of_config(path: Path) -> tuple[str, str]:
    """Return name and e-mail of a `config.toml`, empty where it does not tell."""
    try:
        section = read_configuration(path).get("principal")
    except (OSError, ValueError):
        return "", ""
    if not isinstance(section, dict):
        return "", ""
    name, email = section.get("name"), section.get("email")
    return name if isinstance(name, str) else "", email if isinstance(email, str) else ""
