"""What is longer than the screen goes through the pager that git would use."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from heddle_daemon import HEDDLE
from repository_commands import Commands
from terminal import on_a_terminal


def shown(bench: Commands, *words: str, lines: int = 10, **variables: str) -> str:
    """Return what a command shows on a terminal of so many lines; it has to succeed."""
    code, text = on_a_terminal(
        [HEDDLE, *words],
        cwd=bench.repository.root,
        environment={**bench.daemon.environment, **variables},
        lines=lines,
    )
    assert code == 0, text
    return text


def test_a_long_review_is_paged_in_colours(bench: Commands, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    told = f'echo "$LESS $LV" > {seen}; cat >> {seen}'
    text = shown(bench, "review", "HEAD", PAGER=told)
    first, *rest = seen.read_text(encoding="utf-8").split("\n")
    assert text == ""
    assert first == "FRX -c"
    assert rest[0] == f"\x1b[33mstate {bench.repository.head()}\x1b[0m"
    assert "  notes.md  added, +1 -0" in rest


@pytest.mark.parametrize(
    ("lines", "variables"),
    [
        (200, {"PAGER": "echo paged"}),
        (10, {"PAGER": "cat"}),
        (10, {"PAGER": ""}),
        (10, {"PAGER": "/nowhere/pager"}),
    ],
    ids=["short text", "cat", "none", "not there"],
)
def test_what_needs_no_pager_is_printed(
    bench: Commands, lines: int, variables: dict[str, str]
) -> None:
    text = shown(bench, "review", "HEAD", lines=lines, **variables)
    assert "\x1b[33mstate " in text
    assert "  notes.md  added, +1 -0" in text
    assert "paged" not in text


def test_git_decides_on_the_pager_and_one_may_end_early(bench: Commands) -> None:
    bench.repository.git("config", "core.pager", "head -1")
    try:
        text = shown(bench, "review", "HEAD", PAGER="echo wrong")
    finally:
        bench.repository.git("config", "--unset", "core.pager")
    assert text == f"\x1b[33mstate {bench.repository.head()}\x1b[0m\n"


def test_a_reader_of_a_pipe_may_have_seen_enough(bench: Commands) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"{HEDDLE} review HEAD | head -1"],
        cwd=bench.repository.root,
        env=bench.daemon.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"state {bench.repository.head()}\n"
    assert done.stderr == ""
