"""Points in time: those that people write, and those that are none."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle_client.points_in_time import TimeError, unix_seconds
from heddle_client.visible import visible


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("repo")
    subprocess.run(["git", "init", "--quiet", path], check=True)
    return path


@pytest.fixture(autouse=True)
def _vienna() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "CET-1")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-11-24T15:30:05Z", datetime(2026, 11, 24, 15, 30, 5, tzinfo=UTC)),
        ("2026-11-24 15:30", datetime(2026, 11, 24, 14, 30, tzinfo=UTC)),
        ("2026-11-24T15:30+02:00", datetime(2026, 11, 24, 13, 30, tzinfo=UTC)),
        ("2026-11-24", datetime(2026, 11, 23, 23, tzinfo=UTC)),
        ("@0", datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_what_is_written_out(repo: Path, text: str, wanted: datetime) -> None:
    assert unix_seconds(text, repo) == int(wanted.timestamp())


def test_a_date_ends_with_its_last_second(repo: Path) -> None:
    whole_day = 86_399
    begin = unix_seconds("2026-11-24", repo)
    assert unix_seconds("2026-11-24", repo, is_end=True) == begin + whole_day


@pytest.mark.parametrize(
    ("text", "ago"),
    [("2 hours ago", 7_200), ("yesterday", 86_400), ("3.days.ago", 259_200), ("now", 0)],
)
def test_what_git_takes(repo: Path, text: str, ago: int) -> None:
    assert unix_seconds(text, repo) == pytest.approx(time.time() - ago, abs=60)


def test_today_is_the_last_midnight(repo: Path) -> None:
    found = time.localtime(unix_seconds("today", repo))
    assert (found.tm_hour, found.tm_min, found.tm_sec) == (0, 0, 0)
    assert unix_seconds("today", repo) <= time.time()


@pytest.mark.parametrize("text", ["", "soon", "2026-13-45", "20261124", "2 cats ago", "5", "ago 5"])
def test_what_is_no_time(repo: Path, text: str) -> None:
    with pytest.raises(TimeError, match="no point in time"):
        unix_seconds(text, repo)


@settings(max_examples=50)
@given(st.text(st.sampled_from("0123456789:-+@TZ. \x1b\u202e"), max_size=20))
def test_no_text_does_any_harm(repo: Path, text: str) -> None:
    told = ""
    try:
        assert unix_seconds(text, repo) >= 0
    except TimeError as error:
        told = str(error)
    assert visible(told) == told
