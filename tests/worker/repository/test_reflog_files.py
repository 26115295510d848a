from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from heddle_worker.repository.reflog_files import LogFile, LogKind, LogRead, find_logs, read_log


@dataclass(frozen=True)
class At:
    """A position in a log."""

    offset: int
    tail: bytes
    signature: bytes = b""
    branch: bytes = b""


def line(number: int) -> bytes:
    return b"%040x %040x A <a@x> %d +0000\tcommit: %d\n" % (number, number + 1, number, number)


@pytest.fixture
def log(tmp_path: Path) -> LogFile:
    path = tmp_path / "logs/HEAD"
    path.parent.mkdir()
    path.write_bytes(b"".join(line(number) for number in range(10)))
    return LogFile(path, b"logs/HEAD", LogKind.HEAD, b"HEAD", b"")


def read(log: LogFile, position: At | None = None) -> LogRead:
    found = read_log(log, position)
    assert found is not None
    return found


def end_of(found: LogRead) -> At:
    return At(found.end, found.tail_at(found.end))


def seconds(found: LogRead) -> list[int]:
    return [one.seconds for one in found.lines]


def test_only_what_was_appended_is_read(log: LogFile) -> None:
    first = read(log)
    assert seconds(first) == list(range(10))
    assert not first.is_continued
    with log.path.open("ab") as file:
        file.write(line(10) + line(11)[:20])
    second = read(log, end_of(first))
    assert seconds(second) == [10]
    assert second.is_continued
    with log.path.open("ab") as file:
        file.write(line(11)[20:])
    third = read(log, end_of(second))
    assert seconds(third) == [11]
    assert third.end == log.path.stat().st_size
    assert seconds(read(log, end_of(third))) == []


def test_any_line_is_a_place_to_go_on_from(log: LogFile) -> None:
    found = read(log)
    for place, one in enumerate(found.lines):
        rest = read(log, At(one.end, found.tail_at(one.end)))
        assert rest.is_continued
        assert rest.lines == found.lines[place + 1 :]
        assert end_of(rest) == end_of(found)


@pytest.mark.parametrize(
    "content",
    [
        b"".join(line(number) for number in range(1, 10)),
        b"".join(line(number) for number in range(1, 12)),
        b"".join(line(number) for number in (*range(5), *range(6, 12))),
        b"".join(line(number) for number in range(9)),
        b"",
    ],
    ids=["first gone", "first gone and more", "one gone and more", "last gone", "all gone"],
)
def test_a_rewritten_file_is_read_from_its_beginning(log: LogFile, content: bytes) -> None:
    position = end_of(read(log))
    log.path.write_bytes(content)
    found = read(log, position)
    assert not found.is_continued
    assert b"%d" % len(found.lines) == b"%d" % content.count(b"\n")


def test_a_file_that_went_is_no_error(log: LogFile) -> None:
    log.path.unlink()
    assert read_log(log, None) is None
    log.path.parent.rmdir()
    log.path.parent.write_bytes(b"")
    assert read_log(log, None) is None


def test_the_logs_of_a_repository(tmp_path: Path) -> None:
    for name in (
        "logs/HEAD",
        "logs/refs/heads/main",
        "logs/refs/heads/deep/er",
        "logs/refs/heads/main.lock",
        "logs/refs/remotes/origin/main",
        "logs/refs/remotes/origin/HEAD",
        "logs/refs/notes/commits",
        "logs/refs/stash",
        "worktrees/linked/logs/HEAD",
        "worktrees/linked/logs/refs/bisect/bad",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    (tmp_path / "worktrees/broken").mkdir()
    seen: dict[Path, bytes] = {}
    found = list(find_logs(tmp_path, seen))
    assert {(log.key, log.kind, log.ref) for log in found} == {
        (b"logs/HEAD", LogKind.HEAD, b"HEAD"),
        (b"logs/refs/heads/main", LogKind.BRANCH, b"refs/heads/main"),
        (b"logs/refs/heads/deep/er", LogKind.BRANCH, b"refs/heads/deep/er"),
        (b"logs/refs/remotes/origin/main", LogKind.REMOTE_BRANCH, b"refs/remotes/origin/main"),
        (b"logs/refs/stash", LogKind.STASH, b"refs/stash"),
        (b"worktrees/linked/logs/HEAD", LogKind.HEAD, b"worktrees/linked/HEAD"),
    }
    kinds = [log.kind for log in found]
    assert kinds.index(LogKind.HEAD) > kinds.index(LogKind.BRANCH)
    assert tmp_path / "worktrees/broken/logs/HEAD" in seen
    assert list(find_logs(tmp_path / "nowhere", {})) == []
