"""The tutorial works as it is written, from its first line to its last."""

from __future__ import annotations

from pathlib import Path

from document_runner import run_blocks
from documents import DOCS, blocks

TUTORIAL = DOCS / "tutorial.md"


def test_every_output_is_the_one_that_is_shown(room: Path, environment: dict[str, str]) -> None:
    ran = run_blocks(blocks(TUTORIAL), room / "home", environment)
    complaints = [complaint for each in ran if (complaint := each.complaint())]
    assert not complaints, "\n".join(complaints)
    assert len(ran) > 40
    assert not (room / "home" / "shop").exists(), "the tutorial clears up"


def test_the_tutorial_hides_nothing_from_its_reader() -> None:
    shown = [step for block in blocks(TUTORIAL) for step in block.steps()]
    assert not any(step.hidden for step in shown)
    assert all(block.language == "console" for block in blocks(TUTORIAL))
