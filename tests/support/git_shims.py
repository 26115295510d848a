"""Git's own hooks, each run of which is put before a function of the test."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HOOKS: Final = (
    "pre-commit",
    "commit-msg",
    "pre-merge-commit",
    "pre-push",
    "pre-rebase",
    "reference-transaction",
    "post-commit",
    "post-merge",
    "post-checkout",
    "post-rewrite",
)

_SHIM: Final = """#!/bin/sh
place="$(mktemp -d "{runs}/XXXXXXXX")"
mkfifo "$place/reply"
case "{hook}" in
pre-push | reference-transaction | post-rewrite) cat > "$place/input" ;;
commit-msg) cat "$1" > "$place/message" ;;
esac
env -0 > "$place/environment"
for argument; do printf '%s\\0' "$argument"; done > "$place/arguments"
pwd > "$place/directory"
mv "$place" "$place.{hook}"
read -r answer < "$place.{hook}/reply"
exit "$answer"
"""


@dataclass(frozen=True, slots=True)
class ShimRun:
    """One run of a hook."""

    hook: str
    arguments: tuple[bytes, ...]
    input: bytes
    message: bytes
    environment: dict[bytes, bytes]
    directory: Path

    def told(self) -> dict[str, bytes]:
        """Return those of git's variables that are sent along."""
        return {
            name.decode(): value
            for name, value in self.environment.items()
            if name == b"GIT_REFLOG_ACTION" or name.startswith(b"GITHEAD_")
        }


class GitShims:
    """The hooks of a repository; a run passes if `judge`, called in a thread, says so."""

    def __init__(self, git_dir: Path, runs: Path, judge: Callable[[ShimRun], bool]) -> None:
        self._runs = runs
        self._judge = judge
        self._stopped = threading.Event()
        runs.mkdir()
        for hook in HOOKS:
            path = git_dir / "hooks" / hook
            path.parent.mkdir(exist_ok=True)
            path.write_text(_SHIM.format(runs=runs, hook=hook))
            path.chmod(0o755)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Serve no more runs."""
        self._stopped.set()
        self._thread.join(30)

    def _serve(self) -> None:
        served: set[Path] = set()
        while not self._stopped.wait(0.005):
            for place in sorted(set(self._runs.glob("*.*")) - served):
                served.add(place)
                passes = self._judge(_read(place))
                (place / "reply").write_text("0\n" if passes else "1\n")


def _read(place: Path) -> ShimRun:
    def content(name: str) -> bytes:
        path = place / name
        return path.read_bytes() if path.exists() else b""

    pairs = (entry.partition(b"=") for entry in content("environment").split(b"\0") if entry)
    return ShimRun(
        hook=place.name.partition(".")[2],
        arguments=tuple(content("arguments").split(b"\0")[:-1]),
        input=content("input"),
        message=content("message"),
        environment={name: value for name, _equals, value in pairs},
        directory=Path(content("directory").decode().rstrip("\n")),
    )
