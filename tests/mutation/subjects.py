"""Reads what is to be mutated, and which mutants are known to change nothing."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Subject:
    """Modules that belong together, and the tests that have to find their mutants."""

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]


def subjects() -> dict[str, Subject]:
    """Return all subjects by name."""
    table = tomllib.loads((PROJECT / "tests/mutation/subjects.toml").read_text("utf-8"))
    return {
        name: Subject(name, tuple(each["modules"]), tuple(each["tests"]))
        for name, each in table.items()
    }


def equivalents() -> dict[tuple[str, str, str, str], str]:
    """Return why mutants that survive change nothing that a test could see, by their keys."""
    table = tomllib.loads((PROJECT / "tests/mutation/equivalent.toml").read_text("utf-8"))
    return {
        (module, each["in"], each["was"], each["becomes"]): each["why"]
        for module, entries in table.items()
        for each in entries
    }
