"""`heddle review`, with a real daemon."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from repository_commands import Commands

from heddle_client.commands.discuss_show import discuss_show
from heddle_client.commands.review import review
from heddle_client.commands.signatures import signatures


def keys_of(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from keys_of(each)
    if isinstance(value, list):
        for each in value:
            yield from keys_of(each)


def test_a_state_is_shown_plainly_in_a_pipe(bench: Commands) -> None:
    shown = bench.heddle("review", "HEAD").expect(0).stdout
    head = bench.repository.head()
    assert shown.startswith(f"state {head}\nSplit at commas\n2 files changed, 7 lines added, 2")
    for line in (
        "    ~ LIMIT  constant edited, line 1",
        "    ~ Engine::start  method edited, lines 5-6",
        "    + Engine::stop   method added, lines 8-9",
        "    = main           function reformatted, lines 12-14",
        "  notes.md  added, +1 -0",
    ):
        assert line in shown.split("\n")
    assert "\x1b" not in shown


def test_the_worktree_is_reviewed_before_there_is_a_commit(bench: Commands) -> None:
    clean = bench.heddle("review").expect(0).stdout
    where = bench.repository.head()[:12]
    assert clean == (
        f"nothing has changed in the worktree since {where}: "
        "`heddle review HEAD` shows the last commit\n"
    )
    path = bench.repository.root / "new.py"
    path.write_text("def fresh():\n    return 1\n")
    try:
        shown = bench.heddle("review").expect(0).stdout
    finally:
        path.unlink()
    assert shown.startswith("The worktree, before it is committed\n1 file changed")
    assert "    + fresh  function added, lines 1-2" in shown


def test_every_key_in_json_is_in_the_help(bench: Commands) -> None:
    bench.heddle("discuss", "open", "engine.py:main", "-m", "Why?").expect(0)
    body = bench.heddle("review", "HEAD", "--json", "--all-signals").expect(0).body()
    assert body["state_id"] == bench.repository.head()
    assert body["summary"]["headline"] == "Split at commas"
    assert body["discussions"][0]["turns"][0]["body"] == "Why?"
    assert body["all_signals"]
    told = " ".join(filter(None, (review.__doc__, discuss_show.__doc__, signatures.__doc__)))
    assert [key for key in keys_of(body) if not re.search(rf"\b{key}\b", told)] == []
    assert bench.heddle("--output", "json", "review", "HEAD").body()["state_id"] == body["state_id"]


def test_markdown_and_the_page_are_written_in_utf_8(bench: Commands) -> None:
    shown = bench.heddle("review", "HEAD", "--markdown").expect(0).stdout
    assert shown.startswith("### Review of `")
    assert "| `Engine::stop` | `engine.py` | method added | 8-9 |" in shown
    page = bench.heddle("review", "HEAD", "--html", "-").expect(0).stdout
    assert page.startswith("<!DOCTYPE html>")
    assert "Split at commas" in page
    path = bench.daemon.root.parent / "review.html"
    assert bench.heddle("review", "HEAD", "--html", str(path)).expect(0).stdout == ""
    assert path.read_text(encoding="utf-8") == page


@pytest.mark.parametrize(
    ("state", "complaint"),
    [
        ("nowhere", "state nowhere not found"),
        ("-x", "'-x' begins with a dash"),
        ("HEAD..HEAD~1", "is a range; name one commit"),
        ("HEAD:engine.py", "names a file, not a commit"),
        ("\udcff", "cannot be encoded"),
        ("0" * 40, f"state {'0' * 40} not found"),
    ],
)
def test_what_is_no_state_is_one_clear_line(bench: Commands, state: str, complaint: str) -> None:
    for command in ("review", "signals", "signatures"):
        assert complaint in bench.heddle(command, "--", state).expect(1).complaint()
    assert complaint in bench.heddle("review", "--json", "--", state).expect(1).body()["error"]


def test_an_ambiguous_state_is_one_clear_line(bench: Commands) -> None:
    ids = bench.repository.git("rev-list", "--objects", "--all", "--no-object-names").split()
    first: dict[str, list[str]] = {}
    for each in ids:
        first.setdefault(each[:1], []).append(each)
    letter = next(letter for letter, found in first.items() if len(found) > 1)
    complaint = bench.heddle("review", letter).expect(1).complaint()
    assert letter in complaint


def test_only_one_form_can_be_asked_for(bench: Commands) -> None:
    told = bench.heddle("review", "--json", "--markdown").expect(2).stderr
    assert "give one of --json, --markdown and --html" in told


def test_a_page_that_cannot_be_written_is_one_clear_line(bench: Commands) -> None:
    told = bench.heddle("review", "HEAD", "--html", "/nowhere/review.html").expect(1)
    assert told.complaint() == "No such file or directory: /nowhere/review.html"


def test_colours_are_used_where_they_are_wanted(bench: Commands) -> None:
    bright = bench.heddle("review", "HEAD", environment={"FORCE_COLOR": "1"}).stdout
    assert "\x1b[33mstate " in bright
    for refused in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        shown = bench.heddle("review", "HEAD", environment={"FORCE_COLOR": "1", **refused}).stdout
        assert "\x1b" not in shown


def test_columns_decides_the_width(bench: Commands) -> None:
    narrow = bench.heddle("review", "HEAD", environment={"COLUMNS": "50"}).stdout
    assert max(map(len, narrow.split("\n"))) <= 50


def test_a_terminal_that_cannot_show_a_name_is_no_matter(bench: Commands) -> None:
    bench.heddle("discuss", "open", "engine.py", "-m", "naïve … 日本").expect(0)
    daemon = bench.daemon
    environment = daemon.environment
    daemon.environment = {**environment, "PYTHONIOENCODING": "ascii"}
    try:
        shown = daemon.heddle("discuss", "list").expect(0).stdout
    finally:
        daemon.environment = environment
    assert "na\\xefve \\u2026 \\u65e5\\u672c" in shown


_RUN_AND_TELL = """
import sys
from heddle_supervisor.cli import main
sys.argv = ["heddle", *sys.argv[1:]]
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""


def test_a_review_loads_next_to_nothing(bench: Commands) -> None:
    """Somebody waits for it; importing gRPC takes longer than the daemon does."""
    done = subprocess.run(
        [sys.executable, "-c", _RUN_AND_TELL, "review", "HEAD"],
        cwd=bench.repository.root,
        env=bench.daemon.environment,
        check=True,
        capture_output=True,
        text=True,
    )
    assert "Split at commas" in done.stdout
    loaded = set(done.stderr.split())
    assert "heddle_client.rendering.review_text" in loaded
    heavy = {"grpc", "asyncio", "rich", "jinja2", "markdown_it", "cryptography", "psutil"}
    others = {"heddle_worker", "heddle_client.client", "hashlib", "tempfile"}
    assert loaded & (heavy | others) == set()


def test_json_is_one_line(bench: Commands) -> None:
    (line,) = bench.heddle("review", "HEAD", "--json").stdout.splitlines()
    assert json.loads(line)["prior_state_id"] == bench.repository.git("rev-parse", "HEAD~1")
