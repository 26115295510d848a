"""Two users on one machine: a daemon is its owner's, and nobody else gets near it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from call_load import query
from git_repository import GitRepository
from heddle_daemon import HeddleDaemon
from other_user import OTHER, OWNER, as_user, give, require_other_users, run_as

MakeDaemon = Callable[..., HeddleDaemon]

_CONNECTS: Final = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
_LISTS: Final = "import os, sys; os.listdir(sys.argv[1])"
_READS: Final = "import sys; open(sys.argv[1]).read()"


@pytest.fixture
def owned(room: Path, repository: GitRepository, make_daemon: MakeDaemon) -> HeddleDaemon:
    """The daemon of a user without any privilege, in a repository that everybody may read."""
    require_other_users()
    daemon = make_daemon(repository.root, prefix=as_user(OWNER))
    room.chmod(0o755)
    give(room, OWNER)
    return daemon


@pytest.fixture
def intruder(owned: HeddleDaemon, make_daemon: MakeDaemon, room: Path) -> HeddleDaemon:
    """The same repository's daemon, for commands that somebody else runs."""
    places = {}
    for name in ("HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        places[name] = str(room / f"others-{name}")
        Path(places[name]).mkdir(mode=0o700)
        os.chown(places[name], OTHER, OTHER)
    return make_daemon(owned.root, prefix=as_user(OTHER), **places)


def test_another_user_can_neither_connect_nor_look(owned: HeddleDaemon) -> None:
    owned.start()
    socket_path = owned.config.socket_path
    assert run_as(OWNER, _CONNECTS, str(socket_path)).returncode == 0
    for program, path in (
        (_CONNECTS, socket_path),
        (_LISTS, owned.config.heddle_dir),
        (_LISTS, socket_path.parent),
        (_LISTS, owned.config.state_dir),
        (_READS, owned.config.log_path),
        (_READS, owned.config.state_dir / "heddle.db"),
    ):
        refused = run_as(OTHER, program, str(path))
        assert "PermissionError" in refused.stderr, path


def test_the_modes_alone_keep_another_user_out_of_an_open_directory(owned: HeddleDaemon) -> None:
    """A directory that other software made for all to read: what is below it is still private."""
    owned.config.heddle_dir.mkdir(mode=0o755)
    give(owned.config.heddle_dir, OWNER)
    owned.start()
    assert run_as(OTHER, _LISTS, str(owned.config.heddle_dir)).returncode == 0
    for program, path in (
        (_CONNECTS, owned.config.socket_path),
        (_LISTS, owned.config.socket_path.parent),
    ):
        assert "PermissionError" in run_as(OTHER, program, str(path)).stderr


@pytest.mark.parametrize("verb", ["serve", "status", "stop", "reload"])
def test_another_users_commands_are_refused_in_one_line(
    owned: HeddleDaemon, intruder: HeddleDaemon, verb: str
) -> None:
    record = owned.start()
    outcome = intruder.agent(verb, *(["--detach"] if verb == "serve" else [])).expect(1)
    assert str(owned.config.heddle_dir) in outcome.complaint()
    assert owned.settled() == record


def test_the_daemons_of_another_user_are_not_listed(
    owned: HeddleDaemon, intruder: HeddleDaemon
) -> None:
    record = owned.start()
    assert intruder.agent("list").expect(0).stdout == "heddle agent: no daemon runs\n"
    assert intruder.agent("stop", "--all", "--json").expect(0).body() == {"daemons": []}
    assert owned.settled() == record


def make_heddle_dir(daemon: HeddleDaemon, user: int, mode: int) -> None:
    daemon.config.heddle_dir.mkdir()
    os.chown(daemon.config.heddle_dir, user, user)
    daemon.config.heddle_dir.chmod(mode)


@pytest.mark.parametrize(
    ("user", "mode", "expected"),
    [
        (OTHER, 0o777, f"belongs to another user (uid {OTHER})"),
        (0, 0o777, "belongs to another user (uid 0)"),
        (OWNER, 0o777, "is writable by other users (mode 0777): run `chmod go-w "),
        (OWNER, 0o770, "is writable by other users (mode 0770): run `chmod go-w "),
        (OWNER, 0o500, "Permission denied: "),
        (OWNER, 0o000, "Permission denied: "),
    ],
)
def test_a_heddle_directory_that_is_not_ours_alone_is_refused(
    owned: HeddleDaemon, user: int, mode: int, expected: str
) -> None:
    make_heddle_dir(owned, user, mode)
    complaint = owned.agent("serve", "--detach").expect(1).complaint()
    assert expected in complaint
    assert str(owned.config.heddle_dir) in complaint
    assert owned.config.heddle_dir.stat().st_mode & 0o777 == mode
    assert list(owned.config.heddle_dir.iterdir()) == []


def test_what_the_complaint_advises_helps(owned: HeddleDaemon) -> None:
    make_heddle_dir(owned, OWNER, 0o777)
    complaint = owned.agent("serve", "--detach").expect(1).complaint()
    assert complaint.endswith(f"run `chmod go-w {owned.config.heddle_dir}`")
    owned.config.heddle_dir.chmod(0o755)
    owned.start()


def test_a_directory_above_that_others_may_write_is_refused(
    owned: HeddleDaemon, room: Path
) -> None:
    room.chmod(0o777)
    assert f"{room} is writable by every user" in owned.agent("serve").expect(1).complaint()
    room.chmod(0o1777)
    owned.start()


def test_a_symlink_in_its_place_is_refused(owned: HeddleDaemon, room: Path) -> None:
    (room / "elsewhere").mkdir(mode=0o700)
    give(room / "elsewhere", OWNER)
    owned.config.heddle_dir.symlink_to(room / "elsewhere")
    assert "symlink" in owned.agent("serve", "--detach").expect(1).complaint()
    assert list((room / "elsewhere").iterdir()) == []


def test_a_repository_that_may_not_be_written_is_refused(owned: HeddleDaemon) -> None:
    give(owned.root, OTHER)
    complaint = owned.agent("serve", "--detach").expect(1).complaint()
    assert complaint == f"Permission denied: {owned.config.heddle_dir}"


def test_a_repository_of_another_user_is_served_only_if_it_is_trusted(
    owned: HeddleDaemon, make_daemon: MakeDaemon
) -> None:
    """As git itself has it: the directory of ours may be there, the repository is another's."""
    make_heddle_dir(owned, OWNER, 0o700)
    give(owned.root / ".git", OTHER)
    for path in ((owned.root / ".git" / "info"), (owned.root / ".git" / "info" / "exclude")):
        os.chown(path, OWNER, OWNER)
    complaint = owned.agent("serve", "--detach").expect(1).complaint()
    assert "belongs to another user" in complaint
    assert "safe.directory" in complaint
    assert owned.files() == set()


def test_the_daemon_needs_no_privilege(owned: HeddleDaemon) -> None:
    record = owned.start()
    query(owned.config.socket_path)
    assert owned.stop()["pid"] == record.pid
    assert owned.files() == set()


def test_another_users_daemon_is_not_asked_about_hooks(
    owned: HeddleDaemon, intruder: HeddleDaemon, make_daemon: MakeDaemon
) -> None:
    """The tests' user is root, who may connect to anything and still is somebody else."""
    owned.start()
    refused = make_daemon(owned.root).heddle("hook", "remove", "x", "--json").expect(5)
    assert refused.complaint().endswith("is another user's")
    assert "may not be read" in intruder.heddle("hook", "remove", "x").expect(5).complaint()
