"""Manual pages: one for each command, with all that its help says, and no fault of roff's."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from heddle_supervisor.cli import app


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("man")
    subprocess.run([sys.executable, "-m", "heddle_client.man_pages", place / "man1"], check=True)
    return place / "man1"


def commands(command: Any, words: tuple[str, ...] = ("heddle",)) -> Iterator[tuple[str, ...]]:
    yield words
    if hasattr(command, "list_commands"):
        context = command.make_context(words[-1], [], resilient_parsing=True)
        for name in command.list_commands(context):
            yield from commands(command.get_command(context, name), (*words, name))


def test_each_command_has_one(pages: Path) -> None:
    wanted = {f"{'-'.join(words)}.1" for words in commands(typer.main.get_command(app))}
    assert "heddle-txn-run.1" in wanted
    assert {path.name for path in pages.iterdir()} == wanted


def test_it_has_what_the_help_has(pages: Path) -> None:
    page = (pages / "heddle-log.1").read_text(encoding="ascii")
    for wanted in (
        ".TH ",
        ".SH NAME\nheddle\\-log \\- ",
        ".SH OPTIONS",
        "\\-\\-signal\\-kind",
        ".SH EXIT CODES",
        "\\fB2 hours ago\\fP",
        "\\fBheddle\\fP(1)",
    ):
        assert wanted in page
    assert "`" not in page
    # The same source makes the same page.
    assert '"heddle-log"'.upper().replace("-", "\\-") + ' "1" "" "heddle ' in page


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_roff_has_nothing_to_say(pages: Path) -> None:
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-z", *sorted(pages.iterdir())],
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    shown = subprocess.run(
        ["groff", "-man", "-Tascii", "-P-c", pages / "heddle-txn-run.1"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert "COMMAND..." in shown
    assert "128+n" in shown


def test_it_is_told_where_to_write() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "heddle_client.man_pages"], check=False, capture_output=True
    )
    assert (done.returncode, done.stderr) == (2, b"usage: man_pages DIR\n")
