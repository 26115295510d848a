"""The log: lines that can be parsed again, appended by several processes, rotated by size."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heddle_supervisor.log_files import EventLog, follow_lines, parse_line, tail

MAX_BYTES = 1_048_576

# Writes a share of numbered lines of a given size, all processes beginning at once.
_WRITES = """
import os, pathlib, sys
from heddle_supervisor.log_files import EventLog
path, share, lines, size = pathlib.Path(sys.argv[1]), *map(int, sys.argv[2:])
print(flush=True)
sys.stdin.readline()
log = EventLog(path, "test")
for number in range(lines):
    log.event("line", number=f"{share}-{number}", filler="x" * size)
"""

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


@given(texts, texts, st.integers())
def test_what_is_written_can_be_parsed(
    tmp_path_factory: pytest.TempPathFactory, one: str, other: str, number: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "parsed.log"
    path.unlink(missing_ok=True)
    EventLog(path, "test").event("happened", one=one, other=other, number=number)
    data = path.read_bytes()
    assert data.endswith(b"\n")
    assert data.count(b"\n") == 1, "an event is one line, whatever is in it"
    fields = parse_line(data.decode().removesuffix("\n"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", fields.pop("time"))
    assert fields == {
        "pid": str(os.getpid()),
        "role": "test",
        "event": "happened",
        "one": one,
        "other": other,
        "number": str(number),
    }


@pytest.mark.parametrize(
    ("value", "rendered"),
    [
        ("plain", "v=plain"),
        ("/p/a-t.h", "v=/p/a-t.h"),
        ("two words", 'v="two words"'),
        ("", 'v=""'),
        ('"', r'v="\""'),
        ("a=b", 'v="a=b"'),
        ("a\nb", r'v="a\nb"'),
        ("\x1b[31m", r'v="\u001b[31m"'),
        ("\u2028", r'v="\u2028"'),
        ("grün", "v=grün"),
        ("\udcff", r'v="\udcff"'),
        (None, "v=None"),
    ],
)
def test_values_are_quoted_where_they_need_it(tmp_path: Path, value: object, rendered: str) -> None:
    EventLog(tmp_path / "log", "test").event("e", v=value)
    assert (tmp_path / "log").read_text(encoding="utf-8").endswith(f" event=e {rendered}\n")


def test_the_log_is_private(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        EventLog(tmp_path / "log", "test").event("e")
    finally:
        os.umask(before)
    assert (tmp_path / "log").stat().st_mode & 0o7777 == 0o600


def test_a_log_that_cannot_be_written_disturbs_nobody(tmp_path: Path) -> None:
    EventLog(tmp_path / "missing" / "log", "test").event("e")
    (tmp_path / "link").symlink_to(tmp_path / "victim")
    EventLog(tmp_path / "link", "test").event("e")
    EventLog(tmp_path, "test").event("e")
    assert not (tmp_path / "victim").exists()


def test_a_log_that_is_full_is_rotated_and_three_old_ones_are_kept(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "log", "test")
    for number in range(60):
        log.event("line", number=number, filler="x" * 100_000)
    log.event("line", number=60)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["log", "log.1", "log.2", "log.3"]
    kept = [
        parse_line(line)
        for name in ("log.3", "log.2", "log.1", "log")
        for line in lines_of(tmp_path / name)
    ]
    numbers = [int(each["number"]) for each in kept]
    assert numbers == list(range(numbers[0], 61)), "what is kept is the latest, without a gap"
    assert len(numbers) >= 3 * 10
    for name in ("log.1", "log.2", "log.3"):
        assert (tmp_path / name).stat().st_size < MAX_BYTES + 200_000


@pytest.mark.parametrize("size", [200, 30_000])
def test_of_several_writers_no_line_is_lost_or_torn_by_rotation(tmp_path: Path, size: int) -> None:
    path = tmp_path / "log"
    # All that is written fits into the files that are kept.
    lines = 3 * MAX_BYTES // 4 // (size + 120)
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITES, path, str(share), str(lines), str(size)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for share in range(4)
    ]
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.readline()
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    found = [parse_line(line)["number"] for each in tmp_path.iterdir() for line in lines_of(each)]
    assert len(list(tmp_path.iterdir())) > 1
    assert sorted(found) == sorted(f"{share}-{n}" for share in range(4) for n in range(lines))


def test_the_moment_between_two_names_loses_no_line(tmp_path: Path) -> None:
    """A writer opens the log, another one rotates it away, and nobody has made the next yet."""
    path = tmp_path / "log"
    path.write_bytes(b"x" * MAX_BYTES + b"\n")
    log = EventLog(path, "test")
    full = os.open(path, os.O_WRONLY | os.O_APPEND)
    path.rename(tmp_path / "log.1")
    log._rotate(full)
    os.close(full)
    assert not path.exists()
    assert (tmp_path / "log.1").exists()


def test_the_tail_is_the_last_lines(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("".join(f"line {n}\n" for n in range(100)), encoding="ascii")
    assert tail(path, 3) == ["line 97", "line 98", "line 99"]
    assert tail(path, 1000)[0] == "line 0"
    assert tail(path, 0) == []


def test_the_tail_of_nothing_is_nothing(tmp_path: Path) -> None:
    assert tail(tmp_path / "missing", 3) == []
    assert tail(tmp_path, 3) == []
    (tmp_path / "empty").touch()
    assert tail(tmp_path / "empty", 3) == []


def test_the_tail_of_garbage_is_text(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"\xff\xfe\nlast\xff")
    assert tail(tmp_path / "log", 1) == ["last\ufffd"]


def test_the_tail_of_a_huge_log_is_read_from_its_end(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"x" * 5_000_000 + b"\nlast\n")
    assert tail(tmp_path / "log", 1) == ["last"]


def test_lines_are_followed_across_a_rotation(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("old 1\nold 2\n", encoding="ascii")
    lines = follow_lines(path, 1)
    assert next(lines) == "old 2"
    with path.open("a", encoding="ascii") as file:
        file.write("new 1\n")
    assert next(lines) == "new 1"
    with path.open("a", encoding="ascii") as file:
        file.write("last\n")
    path.rename(tmp_path / "log.1")
    path.write_text("new 2\nnew 3\n", encoding="ascii")
    assert list(islice(lines, 3)) == ["last", "new 2", "new 3"]


def test_a_log_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "log"
    lines = follow_lines(path, 5)
    writer = threading.Timer(0.05, path.write_text, ["first\nsecond\n"])
    writer.start()
    assert list(islice(lines, 2)) == ["first", "second"]
    writer.join()
