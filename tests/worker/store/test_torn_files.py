"""What is left of acknowledged writes when the store's files come back torn or with wrong bits.

A frame that the log lost, or in which a bit is wrong, ends the log: what was acknowledged before it
is there, and nothing else. A wrong bit in the main file may hide in a value, where nothing finds
it; where it is found, the files stay as they are.
"""

from __future__ import annotations

import contextlib
import itertools
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from torn_files import Recording, contents_of, record

from heddle_worker.store.database import Database
from heddle_worker.store.errors import StoreCorruptError, StoreError
from heddle_worker.store.operation_query import OperationQuery, select
from heddle_worker.store.readers import Readers

SEED = 20_261_124


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """All of the session's writes are in the log."""
    return record(tmp_path_factory.mktemp("plain"), writes=60)


@pytest.fixture(scope="module")
def begun_anew(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """The log was begun anew in the middle, over frames of the round before."""
    return record(tmp_path_factory.mktemp("anew"), writes=30, checkpoint_after=15)


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[Path]:
    """Empty `.heddle` directories, one after the other."""
    return (tmp_path / str(number) for number in itertools.count())


@pytest.fixture
def chance() -> random.Random:
    """Offsets that are the same in every run."""
    print(f"seed {SEED}")  # noqa: T201 - a failed test shows it
    return random.Random(SEED)


def flipped(content: bytes, offset: int, bit: int) -> bytes:
    changed = bytearray(content)
    changed[offset] ^= 1 << bit
    return bytes(changed)


def what_is_read(database: Database) -> list[int]:
    with contextlib.closing(Readers(database)) as readers, readers.snapshot() as connection:
        query = OperationQuery(include_checkpoints=True)
        return [operation.seq for operation in select(connection, query)]


def check_log(recording: Recording, heddle_dir: Path, wal: bytes, expected: int) -> None:
    """Open the files with another log: so many operations are there, and the store works."""
    recording.lay_out(heddle_dir, main=recording.main, wal=wal)
    database = Database.open(heddle_dir)
    assert database.connection.pragma("integrity_check") == "ok"
    assert what_is_read(database) == list(range(1, expected + 1))
    database.close()


def places_around_frames(recording: Recording) -> list[int]:
    near = (start + aside for start in recording.frames() for aside in (-3, -1, 0, 1, 5, 24))
    return sorted({place for place in near if 0 <= place < len(recording.wal)})


@pytest.mark.parametrize("name", ["plain", "begun_anew"])
def test_a_log_that_was_cut_has_all_before_the_cut(
    name: str, request: pytest.FixtureRequest, rooms: Iterator[Path], chance: random.Random
) -> None:
    recording: Recording = request.getfixturevalue(name)
    ends = [end for _count, end in recording.acknowledged]
    assert ends == sorted(set(ends))
    cuts = [0, 1, 31, 32, len(recording.wal)]
    cuts += chance.sample(places_around_frames(recording), 100)
    cuts += [chance.randrange(len(recording.wal)) for _ in range(20)]
    for cut in cuts:
        check_log(recording, next(rooms), recording.wal[:cut], recording.safe_before(cut))


@pytest.mark.parametrize("name", ["plain", "begun_anew"])
def test_a_wrong_bit_in_the_log_leaves_all_before_it(
    name: str, request: pytest.FixtureRequest, rooms: Iterator[Path], chance: random.Random
) -> None:
    recording: Recording = request.getfixturevalue(name)
    starts = recording.frames()
    places = [0, 12, 18, 26]
    places += chance.sample(places_around_frames(recording), 60)
    places += [chance.randrange(len(recording.wal)) for _ in range(20)]
    for place in places:
        wal = flipped(recording.wal, place, chance.randrange(8))
        # A frame, and be it the last byte of it, counts only as a whole.
        begins = max([0, *(start for start in starts if start <= place)])
        check_log(recording, next(rooms), wal, recording.safe_before(begins))


def opened_or_left_alone(heddle_dir: Path) -> bool:
    """Open a damaged store and read it all; return whether the damage was noticed.

    If so, there is one clear line about it, and nothing was written.
    """
    state = heddle_dir / "state"
    before = contents_of(state)
    database, complaint = None, ""
    try:
        database = Database.open(heddle_dir)
        what_is_read(database)
    except StoreError as error:
        complaint = str(error)
    if database is None:
        assert contents_of(state) == before
    elif complaint:
        with pytest.raises(StoreCorruptError):
            database.check_usable()
        at_that_time = contents_of(state)
        database.close()
        assert contents_of(state) == at_that_time
        assert "heddle.db.damaged" in at_that_time
    else:
        database.close()
    assert not complaint or str(state / "heddle.db") in complaint
    assert "\n" not in complaint
    return bool(complaint)


def test_damage_of_the_main_file_that_is_noticed_leaves_the_files_alone(
    plain: Recording,
    rooms: Iterator[Path],
    chance: random.Random,
    capsys: pytest.CaptureFixture[str],
) -> None:
    size = len(plain.main)
    places = [
        *range(100),
        *(page + aside for page in range(4096, size, 4096) for aside in (0, 3, 6)),
    ]
    places += [chance.randrange(size) for _ in range(60)]
    noticed = 0
    for place in places:
        heddle_dir = next(rooms)
        main = flipped(plain.main, place, chance.randrange(8))
        plain.lay_out(heddle_dir, main=main, wal=plain.wal)
        noticed += opened_or_left_alone(heddle_dir)
    # Most of them lie in values, or in pages of which the log has newer ones.
    assert noticed > 20
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("keep", [50, 100, 4_095, 4_096, 40_000])
def test_a_main_file_that_was_cut_is_left_alone(
    plain: Recording, rooms: Iterator[Path], keep: int
) -> None:
    heddle_dir = next(rooms)
    plain.lay_out(heddle_dir, main=plain.main[:keep], wal=b"")
    assert opened_or_left_alone(heddle_dir)


def overwritten(main: bytes, page: int) -> bytes:
    start = (page - 1) * 4096
    return main[:start] + b"\xa5" * 4096 + main[start + 4096 :]


def test_a_page_that_was_overwritten_is_noticed_when_the_machine_went_down(
    plain: Recording, rooms: Iterator[Path]
) -> None:
    in_log = plain.pages_in_log()
    pages = range(1, len(plain.main) // 4096 + 1)
    assert len(in_log) < len(pages)
    for page in pages:
        heddle_dir = next(rooms)
        plain.lay_out(heddle_dir, main=overwritten(plain.main, page), wal=plain.wal)
        assert opened_or_left_alone(heddle_dir) is (page not in in_log), page


def test_a_page_that_was_overwritten_is_found_by_the_check(
    plain: Recording, rooms: Iterator[Path]
) -> None:
    for page in range(2, len(plain.main) // 4096 + 1):
        heddle_dir = next(rooms)
        plain.lay_out(heddle_dir, main=overwritten(plain.main, page), wal=b"")
        with pytest.raises(StoreCorruptError):
            Database.prepare(heddle_dir).verify()
