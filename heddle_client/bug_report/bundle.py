"""The bundle: its files, and writing them into one archive."""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from heddle_client.bug_report.facts import configuration, repository_facts, versions
from heddle_client.bug_report.privacy import redactor_of
from heddle_client.doctor.examination import examine
from heddle_client.doctor.subject import Subject
from heddle_client.redaction import Redactor
from heddle_supervisor.inspection import inspect
from heddle_supervisor.log_files import tail
from heddle_supervisor.repository_location import NotARepositoryError

_LOG_LINES: Final = 2_000
_ABOUT: Final = """\
A report of heddle's, to go with the description of a fault.

It has versions, the findings of `heddle doctor`, the daemon's state, the ends of its logs, numbers
about the repository, and the configuration without its texts.

It has nothing of the repository's contents and nothing of heddle's database. The names of users,
people, hosts, remotes, branches and files, paths, addresses and e-mail addresses are replaced by
tokens such as <path-3>; equal names have equal tokens. Names that are one ordinary word of lower
case letters stay, as do the ids of commits and transactions. Read it before you send it.
"""


@dataclass(frozen=True, slots=True)
class Enclosure:
    """One file of the bundle."""

    name: str
    content: bytes


def enclosures(repo: Path) -> Iterator[Enclosure]:
    """Yield the files of a bundle about a repository, redacted.

    Raises:
        OSError: a file of the daemon's cannot be read.
    """
    try:
        subject = Subject.at(repo)
    except NotARepositoryError:
        subject = None
    redactor = redactor_of(subject.location if subject is not None else None)

    def enclosed(name: str, text: str) -> Enclosure:
        return Enclosure(name, redactor.redact(text).encode(errors="backslashreplace"))

    def listed(name: str, body: dict[str, Any]) -> Enclosure:
        text = json.dumps(_redacted(body, redactor), indent=2) + "\n"
        return Enclosure(name, text.encode())

    yield Enclosure("about.txt", _ABOUT.encode())
    yield listed("versions.json", versions())
    findings = [finding.as_json() for finding in examine(repo, fix=False)]
    yield listed("doctor.json", {"checks": findings})
    if subject is None:
        return
    yield listed("status.json", inspect(subject.config).as_json())
    yield listed("repository.json", repository_facts(subject))
    yield listed("configuration.json", configuration(subject))
    for path in (subject.config.log_path, subject.config.stderr_path):
        lines = tail(path, _LOG_LINES)
        if lines:
            yield enclosed(f"logs/{path.name}", "\n".join(lines) + "\n")


def _redacted(value: Any, redactor: Redactor) -> Any:  # noqa: ANN401 - whatever JSON has
    """Return a value with all its texts redacted, but for the keys, which are ours."""
    if isinstance(value, dict):
        return {key: _redacted(inner, redactor) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(inner, redactor) for inner in value]
    return redactor.redact(value) if isinstance(value, str) else value


def write_bundle(path: Path, files: list[Enclosure]) -> None:
    """Write the files into a new archive, which only this user may read.

    Raises:
        FileExistsError: there is something of that name.
        OSError: it cannot be written.
    """
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for file in files:
            entry = tarfile.TarInfo(f"heddle-bug-report/{file.name}")
            entry.size, entry.mtime, entry.mode = len(file.content), int(time.time()), 0o600
            archive.addfile(entry, io.BytesIO(file.content))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(gzip.compress(packed.getvalue()))
