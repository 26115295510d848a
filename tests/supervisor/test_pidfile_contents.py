"""The pidfile's contents: what it says, and how it is read."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pidfiles import contents

from heddle_supervisor.pidfile import (
    PIDFILE_MARKER,
    PidFileContents,
    PidFileError,
    PidFileKind,
    PidGuard,
    hold_stale_pidfile,
    read_pidfile,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "grpc.pid"


# What it says.

pids = st.integers(1, 2**31 - 1)
times = st.integers(0, 2**63 - 1)


@given(pids, times)
def test_what_is_rendered_can_be_parsed(pid: int, started: int) -> None:
    stated = PidFileContents(pid, started)
    assert PidFileContents.parse(stated.render()) == stated


def test_it_is_three_lines() -> None:
    assert PidFileContents(12, 34).render() == f"12\n{PIDFILE_MARKER}\n34\n"


@pytest.mark.parametrize("pid", [1, 2**31 - 1])
@pytest.mark.parametrize("started", [0, 10**20 - 1])
def test_the_least_and_the_most_that_it_can_state(pid: int, started: int) -> None:
    text = f"{pid}\n{PIDFILE_MARKER}\n{started}\n"
    assert PidFileContents.parse(text) == PidFileContents(pid, started)


@given(
    pids,
    times,
    st.text(" \t", max_size=3),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)
def test_lines_are_trimmed_and_further_ones_ignored(
    pid: int, started: int, space: str, rest: str
) -> None:
    lines = [f"{space}{each}{space}" for each in (pid, PIDFILE_MARKER, started)]
    for text in ("\n".join([*lines, rest]), "\r\n".join([*lines, rest])):
        assert PidFileContents.parse(text) == PidFileContents(pid, started)


@given(pids, times, st.data())
def test_what_is_cut_short_is_never_taken_for_another_pid(
    pid: int, started: int, data: st.DataObject
) -> None:
    text = PidFileContents(pid, started).render()
    cut = PidFileContents.parse(text[: data.draw(st.integers(0, len(text) - 1))])
    assert cut is None or cut.pid == pid


@given(st.text(max_size=80))
def test_no_text_is_too_strange_to_be_refused(text: str) -> None:
    stated = PidFileContents.parse(text)
    assert stated is None or 0 < stated.pid < 2**31


MALFORMED = {
    "empty": "",
    "blank": "\n\n\n",
    "two lines": f"12\n{PIDFILE_MARKER}",
    "foreign marker": "12\nheddle\n34\n",
    "marker in capitals": f"12\n{PIDFILE_MARKER.upper()}\n34\n",
    "negative pid": f"-12\n{PIDFILE_MARKER}\n34\n",
    "plus sign": f"+12\n{PIDFILE_MARKER}\n34\n",
    "pid zero": f"0\n{PIDFILE_MARKER}\n34\n",
    "pid too large": f"{2**31}\n{PIDFILE_MARKER}\n34\n",
    "pid of many digits": f"{'9' * 5000}\n{PIDFILE_MARKER}\n34\n",
    "unicode digits": f"١٢\n{PIDFILE_MARKER}\n34\n",
    "superscript digits": f"²\n{PIDFILE_MARKER}\n34\n",
    "underscore": f"1_2\n{PIDFILE_MARKER}\n34\n",
    "hexadecimal": f"0x12\n{PIDFILE_MARKER}\n34\n",
    "no time": f"12\n{PIDFILE_MARKER}\n\n",
    "negative time": f"12\n{PIDFILE_MARKER}\n-1\n",
    "fraction": f"12\n{PIDFILE_MARKER}\n3.5\n",
    "NUL bytes": "\0" * 30,
    "time of too many digits": f"12\n{PIDFILE_MARKER}\n{'1' * 21}\n",
    "one line": f"12 {PIDFILE_MARKER} 34",
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED)
def test_what_is_malformed_states_nothing(text: str) -> None:
    assert PidFileContents.parse(text) is None


# How it is read.


def test_nothing_there_is_absent(path: Path) -> None:
    assert read_pidfile(path).kind is PidFileKind.ABSENT
    assert read_pidfile(path / "below" / "nothing").kind is PidFileKind.ABSENT


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED)
def test_what_is_malformed_is_foreign(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    reading = read_pidfile(path)
    assert reading.kind is PidFileKind.FOREIGN
    assert reading.contents is None
    assert reading.problem


def test_what_is_huge_or_binary_is_foreign(path: Path) -> None:
    for data in (b"x" * 10_000_000, bytes(range(256)) * 100):
        path.write_bytes(data)
        assert read_pidfile(path).kind is PidFileKind.FOREIGN


def test_a_huge_tail_after_three_good_lines_is_ignored(path: Path) -> None:
    path.write_text(contents().render() + "x" * 1_000_000, encoding="ascii")
    assert read_pidfile(path).contents == contents()


@pytest.mark.parametrize(
    ("text", "pid"),
    [
        ("4711", 4711),
        ("4711\n", 4711),
        ("  4711  \n\n", 4711),
        ("1", 1),
        (f"{2**31 - 1}", 2**31 - 1),
    ],
)
def test_a_single_integer_is_legacy(path: Path, text: str, pid: int) -> None:
    path.write_text(text, encoding="ascii")
    reading = read_pidfile(path)
    assert reading.kind is PidFileKind.LEGACY
    assert reading.contents == PidFileContents(pid, 0)
    assert not reading.locked


@pytest.mark.parametrize("text", ["0", "-4711", str(2**31), "4711 4712", "4711x"])
def test_not_every_single_line_is_legacy(path: Path, text: str) -> None:
    path.write_text(text, encoding="ascii")
    assert read_pidfile(path).kind is PidFileKind.FOREIGN


def test_why_it_is_foreign_is_said(path: Path) -> None:
    for text, problem in (("", "is empty"), (" \n", "is empty"), ("12", ""), ("x", "has no `")):
        path.write_text(text, encoding="ascii")
        assert read_pidfile(path).problem.startswith(problem)
        assert bool(read_pidfile(path).problem) == bool(problem)


def test_a_lock_is_told_of_whatever_is_in_the_file(path: Path) -> None:
    for text in ("4711", "x", contents().render()):
        path.write_text(text, encoding="ascii")
        assert not read_pidfile(path).locked
        with path.open() as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            assert read_pidfile(path).locked


def test_what_cannot_be_opened_is_foreign_and_says_why(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The whole path may be too long for a socket's name.
    monkeypatch.chdir(path.parent)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path.name)
        reading = read_pidfile(path)
    assert reading.kind is PidFileKind.FOREIGN
    assert reading.problem == f"cannot be opened: {os.strerror(errno.ENXIO)}"


def _make_directory(path: Path) -> None:
    path.mkdir()


def _make_symlink(path: Path) -> None:
    target = path.with_name("target")
    target.write_text(contents().render(), encoding="ascii")
    path.symlink_to(target)


def _make_dangling_symlink(path: Path) -> None:
    path.symlink_to(path.with_name("nowhere"))


def _make_fifo(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (_make_directory, "a directory"),
        (_make_symlink, "a symlink"),
        (_make_dangling_symlink, "a symlink"),
        (_make_fifo, "not a regular file"),
    ],
)
class TestInThePidfilesPlace:
    """Things other than files at the pidfile's path."""

    def test_reading_it_says_what_it_is(
        self, path: Path, make: Callable[[Path], None], what: str
    ) -> None:
        make(path)
        reading = read_pidfile(path)
        assert reading.kind is PidFileKind.FOREIGN
        assert what in reading.problem
        assert str(path) not in reading.problem, "who shows the problem shows the path"

    def test_a_start_is_refused_and_leaves_it_alone(
        self, path: Path, make: Callable[[Path], None], what: str
    ) -> None:
        make(path)
        before = {each.name: each.lstat().st_ino for each in path.parent.iterdir()}
        with pytest.raises(PidFileError, match=what) as caught:
            PidGuard.install(path, contents())
        assert str(caught.value).count(str(path)) == 1
        assert {each.name: each.lstat().st_ino for each in path.parent.iterdir()} == before

    def test_it_cannot_be_held(self, path: Path, make: Callable[[Path], None], what: str) -> None:
        make(path)
        with pytest.raises(PidFileError, match=what), hold_stale_pidfile(path):
            pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_an_error(path: Path) -> None:
    path.write_text(contents().render(), encoding="ascii")
    path.chmod(0)
    with pytest.raises(PermissionError):
        read_pidfile(path)
