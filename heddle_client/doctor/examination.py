"""The whole examination: every check, and the mending of what they find."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from heddle_client.doctor import (
    configuration,
    daemon_checks,
    environment,
    places,
    repository,
    store,
)
from heddle_client.doctor.finding import Finding, Level, failure
from heddle_client.doctor.subject import Subject
from heddle_client.visible import visible
from heddle_supervisor.errors import HeddleError
from heddle_supervisor.repository_location import NotARepositoryError

_ANYWHERE: Final[tuple[Callable[[], Iterator[Finding]], ...]] = (
    environment.check_python,
    environment.check_packages,
    environment.check_git,
    environment.check_open_files,
    environment.check_inotify,
)
_IN_A_REPOSITORY: Final[tuple[Callable[[Subject], Iterator[Finding]], ...]] = (
    repository.check_repository,
    repository.check_excluded,
    repository.check_hooks,
    places.check_directory,
    places.check_socket,
    places.check_file_system,
    places.check_space,
    places.check_log,
    configuration.check_configuration,
    store.check_store,
    daemon_checks.check_leftovers,
    daemon_checks.check_daemon,
)


def examine(repo: Path, *, fix: bool) -> Iterator[Finding]:
    """Yield what every check finds.

    Args:
        repo: a directory in the repository; where it lies in none, that is a finding too.
        fix: mend what can be mended safely, and yield what the check finds then.
    """
    for check in _ANYWHERE:
        yield from check()
    try:
        subject = Subject.at(repo)
    except NotARepositoryError as error:
        yield failure("repository", visible(str(error)), "name one with --repo")
        return
    for examined in _IN_A_REPOSITORY:
        found = _look(examined, subject)
        yield from _mended(examined, subject, found) if fix else found


def _look(check: Callable[[Subject], Iterator[Finding]], subject: Subject) -> list[Finding]:
    """Return what a check finds; one that cannot be made is a finding too."""
    try:
        return list(check(subject))
    except (HeddleError, OSError) as error:
        name = check.__name__.removeprefix("check_").replace("_", " ")
        return [failure(name, visible(f"it cannot be looked at: {error}"))]


def _mended(
    check: Callable[[Subject], Iterator[Finding]], subject: Subject, found: list[Finding]
) -> Iterator[Finding]:
    """Mend what the findings say can be mended; yield what the check finds afterwards."""
    done, left = [], []
    for finding in found:
        if finding.mend is None:
            continue
        try:
            finding.mend()
            done.append(finding.text)
        except (HeddleError, OSError) as error:
            left.append(
                dataclasses.replace(
                    finding, text=f"{finding.text}; mending it failed: {visible(str(error))}"
                )
            )
    if not done:
        yield from left or found
        return
    yield from left
    for now in _look(check, subject):
        if now.level is Level.OK:
            yield dataclasses.replace(now, mended="; ".join(done))
        elif all(now.name != other.name or now.text not in other.text for other in left):
            yield now
