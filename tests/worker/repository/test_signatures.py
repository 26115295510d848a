from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from heddle_worker.repository.signatures import Watchpoint, signature_at

LONG_AGO = 1_000_000_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    os.utime(path, (LONG_AGO, LONG_AGO))
    return path


def look(*paths: Path) -> Watchpoint:
    return Watchpoint({path: signature_at(path) for path in paths}, time.time_ns())


def test_what_was_left_alone_is_unchanged(file: Path) -> None:
    watchpoint = look(file, file.with_name("missing"))
    assert watchpoint.is_unchanged()
    assert look().is_unchanged()


def test_every_change_shows(file: Path) -> None:
    watchpoint = look(file)
    file.write_bytes(b"CONTENT")
    assert not watchpoint.is_unchanged()
    os.utime(file, (LONG_AGO, LONG_AGO))
    watchpoint = look(file)
    replacement = file.with_name("replacement")
    replacement.write_bytes(b"content")
    os.utime(replacement, (LONG_AGO, LONG_AGO))
    replacement.replace(file)
    assert not watchpoint.is_unchanged()
    watchpoint = look(file)
    file.unlink()
    assert not watchpoint.is_unchanged()


def test_what_comes_into_being_shows(file: Path) -> None:
    missing = file.with_name("missing")
    watchpoint = look(file, missing)
    missing.write_bytes(b"")
    assert not watchpoint.is_unchanged()


def test_what_changed_a_moment_ago_is_never_trusted(file: Path) -> None:
    file.write_bytes(b"content")
    assert not look(file).is_unchanged()
    os.utime(file, (4_000_000_000, 4_000_000_000))
    assert not look(file).is_unchanged()
