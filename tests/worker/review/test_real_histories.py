"""Functions of public repositories, followed from an old commit to the newest; git is the witness.

`HEDDLE_REPOSITORIES` names git directories, separated by colons; `HEDDLE_FUNCTIONS` says how many
functions there are in all.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from line_witness import LineWitness
from real_outlines import Knowledge, anchor

from heddle_worker.symbols.outline import Symbol

REPOSITORIES: Final = [
    Path(each) for each in os.environ.get("HEDDLE_REPOSITORIES", "").split(":") if each
]
FUNCTIONS: Final = int(os.environ.get("HEDDLE_FUNCTIONS", "200"))
BAR: Final = 0.94
"""Of what git bears out; it knows nothing of a body that was rewritten, which has to be read."""
LEAST_LINES: Final = 4


@dataclass(frozen=True, slots=True)
class Choice:
    """A function in an old state."""

    state: str
    path: bytes
    symbol: Symbol


def choose(knowledge: Knowledge, witness: LineWitness, seed: str, count: int) -> list[Choice]:
    """Return functions of random commits on the first-parent line, of random files in them."""
    chance = random.Random(seed)
    commits = witness.git("rev-list", "--first-parent", "HEAD").decode().split()
    chosen: list[Choice] = []
    while len(chosen) < count:
        state = chance.choice(commits[1:])
        files = [each for each in knowledge.history.files(bytes.fromhex(state)) if each.is_regular]
        version = chance.choice(files or [None])
        if version is None:
            continue
        functions = [
            symbol
            for symbol in knowledge.symbols(bytes.fromhex(state), version.path)
            if symbol.kind.is_callable and symbol.end_line - symbol.start_line + 1 >= LEAST_LINES
        ]
        if functions:
            chosen.append(Choice(state, version.path, chance.choice(functions)))
    return chosen


def judge(knowledge: Knowledge, witness: LineWitness, choice: Choice, head: str) -> str | None:
    """Return what seems wrong about where a function is said to be; `None` for nothing."""
    symbol = choice.symbol
    known = anchor(bytes.fromhex(choice.state), choice.path, symbol)
    (placed,) = knowledge.traveller.place([known], bytes.fromhex(head))
    source = (choice.path, symbol.start_line, symbol.end_line)
    told = f"{choice.state[:10]} {choice.path.decode()}:{symbol.name}"
    if placed.orphaned:
        is_gone = witness.is_gone(choice.state, source, symbol.simple_name, head)
        return None if is_gone else f"{told} is not gone"
    place = (placed.path, placed.start_line, placed.end_line)
    if witness.comes_from(choice.state, source, symbol.simple_name, head, place):
        return None
    return f"{told} is not {placed.path.decode()}:{placed.symbol}"


@pytest.mark.skipif(not REPOSITORIES, reason="HEDDLE_REPOSITORIES names no repositories")
@pytest.mark.timeout(3600)
def test_functions_are_where_git_says(
    tmp_path: Path, record_testsuite_property: Callable[[str, object], None]
) -> None:
    doubtful: list[str] = []
    each = -(-FUNCTIONS // len(REPOSITORIES))
    for git_dir in REPOSITORIES:
        witness = LineWitness(git_dir)
        head = witness.git("rev-parse", "HEAD").decode().strip()
        knowledge = Knowledge(git_dir, tmp_path / "cache.db")
        try:
            for choice in choose(knowledge, witness, head, each):
                problem = judge(knowledge, witness, choice, head)
                doubtful += [] if problem is None else [f"{git_dir}: {problem}"]
        finally:
            knowledge.close()
    record_testsuite_property("doubtful", "\n".join(doubtful))
    assert len(doubtful) <= (1 - BAR) * each * len(REPOSITORIES), "\n".join(doubtful)
