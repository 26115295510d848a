"""Directories that only their owner may enter: made, accepted or refused."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from heddle_supervisor.private_directory import (
    UnsafePathError,
    ensure_heddle_directory,
    ensure_private_directory,
    require_safe_parents,
)

STRANGER = 65_534

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give files away")

Ensure = Callable[[Path], None]
both = pytest.mark.parametrize("ensure", [ensure_private_directory, ensure_heddle_directory])


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@both
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o777])
def test_what_is_missing_is_made_private_whatever_the_umask(
    room: Path, ensure: Ensure, umask: int
) -> None:
    before = os.umask(umask)
    try:
        ensure(room / "made")
    finally:
        assert os.umask(before) == umask
    assert mode(room / "made") == 0o700


@both
def test_it_is_accepted_again(room: Path, ensure: Ensure) -> None:
    ensure(room / "made")
    (room / "made" / "file").touch()
    ensure(room / "made")
    assert (room / "made" / "file").exists()


@both
def test_a_parent_is_not_made(room: Path, ensure: Ensure) -> None:
    with pytest.raises(FileNotFoundError):
        ensure(room / "missing" / "made")


@both
def test_a_file_is_refused(room: Path, ensure: Ensure) -> None:
    (room / "file").touch()
    with pytest.raises(UnsafePathError, match="is not a directory"):
        ensure(room / "file")


@both
def test_a_symlink_is_refused_wherever_it_leads(room: Path, ensure: Ensure) -> None:
    (room / "target").mkdir(mode=0o700)
    (room / "link").symlink_to(room / "target")
    (room / "dangling").symlink_to(room / "nowhere")
    for name in ("link", "dangling"):
        with pytest.raises(UnsafePathError, match="is not a directory"):
            ensure(room / name)
    assert not (room / "nowhere").exists()


@both
@as_root
def test_another_users_directory_is_refused(room: Path, ensure: Ensure) -> None:
    (room / "theirs").mkdir(mode=0o700)
    os.chown(room / "theirs", STRANGER, -1)
    with pytest.raises(UnsafePathError, match=rf"belongs to another user \(uid {STRANGER}\)"):
        ensure(room / "theirs")


@pytest.mark.parametrize("open_mode", [0o701, 0o710, 0o704, 0o740, 0o750, 0o755, 0o777, 0o1777])
def test_a_directory_of_ours_that_others_may_enter_is_refused(room: Path, open_mode: int) -> None:
    path = room / "open"
    path.mkdir()
    path.chmod(open_mode)
    with pytest.raises(UnsafePathError, match=f"{open_mode:04o}.*run `chmod 700 {path}`"):
        ensure_private_directory(path)
    assert mode(path) == open_mode


@pytest.mark.parametrize("kept", [0o700, 0o750, 0o755])
def test_a_heddle_directory_of_other_software_keeps_its_mode(room: Path, kept: int) -> None:
    (room / ".heddle").mkdir()
    (room / ".heddle").chmod(kept)
    ensure_heddle_directory(room / ".heddle")
    assert mode(room / ".heddle") == kept


@pytest.mark.parametrize("open_mode", [0o720, 0o702, 0o775, 0o777, 0o1777])
def test_a_heddle_directory_that_others_may_write_is_refused(room: Path, open_mode: int) -> None:
    path = room / ".heddle"
    path.mkdir()
    path.chmod(open_mode)
    with pytest.raises(UnsafePathError, match=f"writable by other users.*`chmod go-w {path}`"):
        ensure_heddle_directory(path)


class TestParents:
    """The directories above a path, of which any could be replaced."""

    def test_the_ordinary_ones_are_safe(self, room: Path) -> None:
        (room / "deep").mkdir()
        require_safe_parents(room / "deep" / ".." / "file")
        require_safe_parents(Path("/file"))

    def test_one_that_everybody_may_write_is_refused(self, room: Path) -> None:
        shared = room / "shared"
        (shared / "mine").mkdir(parents=True)
        shared.chmod(0o777)
        with pytest.raises(UnsafePathError, match=f"{shared} is writable by every user"):
            ensure_heddle_directory(shared / "mine" / ".heddle")

    def test_one_that_is_sticky_is_safe(self, room: Path) -> None:
        shared = room / "shared"
        (shared / "mine").mkdir(parents=True)
        shared.chmod(0o1777)
        ensure_heddle_directory(shared / "mine" / ".heddle")

    @as_root
    def test_one_of_another_user_is_refused(self, room: Path) -> None:
        theirs = room / "theirs"
        (theirs / "mine").mkdir(parents=True)
        os.chown(theirs, STRANGER, -1)
        for theirs_mode in (0o755, 0o1777):
            theirs.chmod(theirs_mode)
            with pytest.raises(UnsafePathError, match=rf"belongs to another user \(uid {STRANGER}"):
                require_safe_parents(theirs / "mine" / "file")

    @as_root
    def test_one_that_a_group_may_write_is_refused(self, room: Path) -> None:
        shared = room / "shared"
        shared.mkdir()
        os.chown(shared, -1, STRANGER)
        shared.chmod(0o775)
        with pytest.raises(UnsafePathError, match=f"members of its group: run `chmod g-w {shared}"):
            require_safe_parents(shared / "file")

    def test_one_that_only_the_users_own_group_may_write_is_safe(self, room: Path) -> None:
        grp, pwd = pytest.importorskip("grp"), pytest.importorskip("pwd")
        user = pwd.getpwuid(os.geteuid())
        if set(grp.getgrgid(user.pw_gid).gr_mem) > {user.pw_name}:
            pytest.skip("this user's group has other members")
        shared = room / "shared"
        shared.mkdir()
        os.chown(shared, -1, user.pw_gid)
        shared.chmod(0o775)
        require_safe_parents(shared / "file")

    def test_one_that_is_missing_is_an_error(self, room: Path) -> None:
        with pytest.raises(FileNotFoundError):
            require_safe_parents(room / "missing" / "file")
