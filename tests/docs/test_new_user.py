"""A new user's hour: heddle is installed as the documents say, and the tutorial is gone through.

`HEDDLE_NEW_USER` names a repository, by path or URL, a clone of which takes the place of the
tutorial's own. pip takes what heddle needs from where it is configured to. `HEDDLE_NEW_USER_LOG`
names a file for all that was typed and printed.
"""

from __future__ import annotations

import dataclasses
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from document_runner import Ran, reader_environment, run_blocks, stop_daemons
from documents import ANYTHING, DOCS, PROJECT, Block, blocks

PUBLIC = os.environ.get("HEDDLE_NEW_USER", "")
LOG = os.environ.get("HEDDLE_NEW_USER_LOG", "")

pytestmark = [
    pytest.mark.skipif(not PUBLIC, reason="HEDDLE_NEW_USER names no repository"),
    pytest.mark.timeout(1_800),
]


def with_all(page: Path) -> list[Block]:
    """Return the blocks of a page, those included that other tests leave out."""
    return [dataclasses.replace(block, not_run="") for block in blocks(page)]


def in_clone(block: Block) -> Block:
    """Return a block of the tutorial as it is in a clone of a repository with contents of its own.

    What a review says of how a change compares with the rest of the repository is different there.
    """
    make = "$ git init --quiet --initial-branch=main shop\n"
    clone = f"$ git clone --quiet {shlex.quote(PUBLIC)} shop && git -C shop switch -q -C main\n"
    text = block.text.replace(make, clone)
    if "$ heddle review" in text:
        text = re.sub(r"(?m)^Signals.*\n(?:  .*\n)+", f"{ANYTHING}\n", text)
        text = re.sub(r"(?m)(?:^ +! .*\n)+", f"{ANYTHING}\n", text)
        text = re.sub(r"(?m)^(    [~+] .*\n)(?!…)", rf"\1{ANYTHING}\n", text)
    # There, the first of its commits is not the repository's.
    text = text.replace("…  commit (initial): ", "…  commit: ")
    text = re.sub(r"(?<=^\$ ls\n)(?:\w.*\n)+", f"{ANYTHING}\n", text, flags=re.MULTILINE)
    return dataclasses.replace(block, text=text)


def note(title: str, ran: Sequence[Ran]) -> None:
    """Keep what was typed and printed, where somebody wants to read it."""
    if LOG:
        with Path(LOG).open("a", encoding="utf-8") as log:
            log.write(f"## {title}\n")
            log.writelines(f"$ {each.step.command}\n{each.printed}\n" for each in ran)


def complaints(ran: Sequence[Ran]) -> list[str]:
    return [complaint for each in ran if (complaint := each.complaint())]


@pytest.fixture(scope="module")
def environment(room: Path) -> dict[str, str]:
    """A home without heddle, and a clone of heddle's repository in it."""
    base = Path(getattr(sys, "_base_executable", sys.executable)).resolve().parent
    environment = reader_environment(room, base)
    clone = ["git", "clone", "--quiet", str(PROJECT), str(room / "home" / "clone")]
    subprocess.run(clone, env=environment, check=True)
    return environment


def test_the_line_of_the_readme_installs_and_starts(
    room: Path, environment: dict[str, str]
) -> None:
    start = [block for block in with_all(PROJECT / "README.md") if "pip install . &&" in block.text]
    ran = run_blocks(start, room / "home" / "clone", environment, seconds=900)
    stop = {**environment, "PATH": f"{room}/home/clone/.venv/bin:{environment['PATH']}"}
    stop_daemons(stop)
    note("README", ran)
    assert len(ran) == 1
    assert not complaints(ran)
    assert "running (pid" in ran[0].printed


def test_the_tutorial_works_in_a_clone_of_a_public_repository(
    room: Path, environment: dict[str, str]
) -> None:
    shown = [in_clone(block) for block in with_all(DOCS / "tutorial.md")]
    try:
        ran = run_blocks(shown, room / "home" / "clone", environment, seconds=1_200)
    finally:
        stop = {**environment, "PATH": f"{room}/home/heddle/bin:{environment['PATH']}"}
        stop_daemons(stop)
    note(f"The tutorial in a clone of {PUBLIC}", ran)
    wrong = complaints(ran)
    assert not wrong, "\n".join(wrong)
    assert any("git clone" in each.step.command for each in ran)
    assert len(ran) > 42
