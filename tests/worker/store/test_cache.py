"""The cache: it keeps what it can, and its file is nobody's loss."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from heddle_worker.store.cache import Cache, cache_path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    return cache_path(tmp_path)


def test_what_was_kept_is_there_for_the_next_process(path: Path) -> None:
    Cache(path).put("outline", {b"a": b"1", b"b": b""})
    again = Cache(path)
    assert again.get("outline", [b"a", b"b", b"c"]) == {b"a": b"1", b"b": b""}
    assert again.get("signals", [b"a"]) == {}


def test_a_key_keeps_its_last_value(path: Path) -> None:
    cache = Cache(path)
    cache.put("outline", {b"a": b"1"})
    cache.put("outline", {b"a": b"2"})
    assert cache.get("outline", [b"a"]) == {b"a": b"2"}


def test_more_keys_than_a_statement_takes_are_found(path: Path) -> None:
    cache = Cache(path)
    values = {number.to_bytes(4, "big"): str(number).encode() for number in range(3_000)}
    cache.put("outline", values)
    assert cache.get("outline", list(values)) == values


def test_only_its_owner_may_read_the_file(path: Path) -> None:
    Cache(path).put("outline", {b"a": b"1"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_deleted_file_is_made_anew(path: Path) -> None:
    cache = Cache(path)
    cache.put("outline", {b"a": b"1"})
    path.unlink()
    assert cache.get("outline", [b"a"]) == {}
    cache.put("outline", {b"a": b"2"})
    assert Cache(path).get("outline", [b"a"]) == {b"a": b"2"}


def test_a_damaged_file_is_replaced(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path.write_bytes(b"not a database" * 1_000)
    cache = Cache(path)
    assert cache.get("outline", [b"a"]) == {}
    cache.put("outline", {b"a": b"1"})
    assert cache.get("outline", [b"a"]) == {b"a": b"1"}
    assert capfd.readouterr().err.count("working without the cache") == 1


def test_a_flipped_value_is_not_there(path: Path) -> None:
    cache = Cache(path)
    value = os.urandom(64)
    cache.put("outline", {b"a": value})
    cache.close()
    for file in (path, path.with_name(f"{path.name}-wal")):
        if file.exists():
            file.write_bytes(file.read_bytes().replace(value, value[:-1] + bytes([value[-1] ^ 1])))
    assert Cache(path).get("outline", [b"a"]) == {}


def test_without_its_directory_nothing_is_kept_and_nothing_fails(path: Path) -> None:
    path.parent.rmdir()
    cache = Cache(path)
    cache.put("outline", {b"a": b"1"})
    assert cache.get("outline", [b"a"]) == {}


def test_a_full_cache_forgets_instead_of_growing(path: Path) -> None:
    cache = Cache(path, max_bytes=2**19)
    for number in range(100):
        cache.put("outline", {number.to_bytes(4, "big"): os.urandom(16_384)})
    assert path.stat().st_size < 2**20
    assert cache.get("outline", [(99).to_bytes(4, "big")]) != {}
