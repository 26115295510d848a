"""No path leads out of the directory, whatever links there are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from heddle_worker.snapshots.beneath import Beneath


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    path = tmp_path / "outside"
    path.mkdir()
    (path / "file").write_text("outside\n")
    return path


@pytest.fixture
def disk(tmp_path: Path, outside: Path) -> Iterator[Beneath]:
    root = tmp_path / "root"
    (root / "d").mkdir(parents=True)
    (root / "d" / "file").write_text("inside\n")
    (root / "link").symlink_to(outside)
    (root / "file-link").symlink_to(outside / "file")
    with Beneath(root) as disk:
        yield disk


def test_files_behind_a_link_are_not_there(disk: Beneath) -> None:
    assert disk.status(b"d/file") is not None
    assert disk.status(b"link/file") is None
    assert list(disk.files_below(b"link")) == []
    assert disk.obstacle(b"link/file") == b"link"
    for path in (b"link/file", b"file-link"):
        with pytest.raises(OSError, match=r"Not a directory|symbolic links"):
            disk.open(path)


def test_nothing_is_written_or_deleted_behind_a_link(disk: Beneath, outside: Path) -> None:
    disk.remove(b"link/file")
    with pytest.raises(NotADirectoryError), disk.new_file(b"link/new", 0o644):
        pass
    with pytest.raises(NotADirectoryError):
        disk.new_link(b"link/new", b"target")
    assert list(outside.iterdir()) == [outside / "file"]


def test_a_file_takes_the_place_of_a_link(disk: Beneath, outside: Path, tmp_path: Path) -> None:
    with disk.new_file(b"file-link", 0o600) as descriptor:
        os.write(descriptor, b"new\n")
    path = tmp_path / "root" / "file-link"
    assert not path.is_symlink()
    assert path.read_text() == "new\n"
    assert (outside / "file").read_text() == "outside\n"


def test_a_file_that_could_not_be_written_leaves_the_old_one(disk: Beneath, tmp_path: Path) -> None:
    def write_half() -> None:
        with disk.new_file(b"d/file", 0o600) as descriptor:
            os.write(descriptor, b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert [path.name for path in (tmp_path / "root/d").iterdir()] == ["file"]
    assert (tmp_path / "root/d/file").read_text() == "inside\n"


def test_directories_go_with_their_last_file(disk: Beneath, tmp_path: Path) -> None:
    with disk.new_file(b"x/y/z", 0o600):
        pass
    disk.remove(b"x/y/z")
    disk.remove(b"x/y/z")
    assert not (tmp_path / "root/x").exists()
    assert (tmp_path / "root/d").exists()
