"""The file that tells git's hooks whether anybody listens, so that they need not ask in vain."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

_HOOKS: Final = {
    "pre_capture": ("commit-msg", "pre-rebase"),
    "pre_push": ("pre-push",),
    "post_push": ("pre-push url",),
    "pre_thread_create": ("reference-transaction branch",),
    "pre_merge": ("reference-transaction merge",),
}
"""The lines that stand for an event: names of git's hooks, and what about them matters."""

_NAME: Final = "listening"
_SUBSCRIBERS: Final = "# subscribers "


class ListeningFile:
    """`hooks/listening` in the `.heddle` directory. Its methods may block."""

    def __init__(self, heddle_dir: Path) -> None:
        self._directory = heddle_dir / "hooks"

    def exists(self) -> bool:
        """Return whether a daemon says something, or has died before it could take it back."""
        return (self._directory / _NAME).exists()

    def subscribers(self) -> Counter[str]:
        """Return how many subscribers each event had when the file was written last."""
        found: Counter[str] = Counter()
        with contextlib.suppress(ValueError):
            for line in self._lines():
                if line.startswith(_SUBSCRIBERS):
                    event, count = line.removeprefix(_SUBSCRIBERS).split()
                    found[event] = int(count)
        return found

    def write(self, events: Iterable[str], subscribers: Mapping[str, int]) -> None:
        """Say that somebody listens to these events, so many subscribers among them.

        Raises:
            OSError: the file cannot be written.
        """
        counts = [f"{_SUBSCRIBERS}{event} {count}" for event, count in subscribers.items() if count]
        self._replace([*_hooks_of(events), *counts])

    def add(self, events: Iterable[str]) -> None:
        """Say that somebody listens to these events too, beside what the file says already.

        Raises:
            OSError: the file cannot be written.
        """
        self._replace([*self._lines(), *_hooks_of(events)])

    def remove(self) -> None:
        """Say that nobody listens."""
        with contextlib.suppress(OSError), self._opened() as directory:
            os.unlink(_NAME, dir_fd=directory)

    def _lines(self) -> list[str]:
        try:
            return (self._directory / _NAME).read_text(encoding="ascii").splitlines()
        except (OSError, ValueError):
            return []

    def _replace(self, lines: Iterable[str]) -> None:
        text = "".join(f"{line}\n" for line in dict.fromkeys(lines))
        self._directory.mkdir(mode=0o700, exist_ok=True)
        new = f"{_NAME}.{os.getpid()}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with self._opened() as directory:
            with os.fdopen(os.open(new, flags, 0o600, dir_fd=directory), "w") as file:
                file.write(text)
            os.rename(new, _NAME, src_dir_fd=directory, dst_dir_fd=directory)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[int]:
        """Open the directory; one that leads elsewhere is none of ours."""
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self._directory, flags)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


def _hooks_of(events: Iterable[str]) -> list[str]:
    return [line for event in sorted(events) for line in _HOOKS.get(event, ())]
