"""Who is at the other end of a Unix socket."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from heddle_supervisor.peer_credentials import (
    _uid_of_ucred,
    _uid_of_xucred,
    check_peer_uid_matches_self,
    peer_uid,
)

_CONNECTS = (
    "import os, socket, sys; os.setuid(int(sys.argv[2])); s = socket.socket(socket.AF_UNIX); "
    "s.connect(sys.argv[1]); s.recv(1)"
)


def test_the_peer_of_a_pair_is_this_user() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert peer_uid(ours) == os.geteuid()
        check_peer_uid_matches_self(ours)
        check_peer_uid_matches_self(theirs)


def test_an_unconnected_socket_has_no_peer() -> None:
    with socket.socket(socket.AF_UNIX) as alone, pytest.raises(OSError, match=r"."):
        check_peer_uid_matches_self(alone)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to connect as another user")
def test_another_users_connection_is_refused(room: Path) -> None:
    path = room / "socket"
    room.chmod(0o755)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        path.chmod(0o777)
        listener.listen()
        child = subprocess.Popen([sys.executable, "-c", _CONNECTS, path, "65534"])
        with listener.accept()[0] as connection:
            assert peer_uid(connection) == 65_534
            with pytest.raises(PermissionError, match=r"another user \(uid 65534\)"):
                check_peer_uid_matches_self(connection)
        assert child.wait() == 0


@pytest.mark.parametrize("uid", [0, 501, 2**32 - 2])
def test_the_uid_is_found_in_what_macos_tells(uid: int) -> None:
    # `struct xucred`: version, uid, number of groups (with two bytes of padding), 16 groups.
    xucred = struct.pack("=IIhxx16I", 0, uid, 1, 20, *[0] * 15)
    assert len(xucred) == 76
    assert _uid_of_xucred(xucred) == uid


@pytest.mark.parametrize("uid", [0, 1000, 2**32 - 2])
def test_the_uid_is_found_in_what_linux_tells(uid: int) -> None:
    assert _uid_of_ucred(struct.pack("=iII", 1234, uid, 5)) == uid


def test_a_peer_without_a_pid_is_none() -> None:
    with pytest.raises(OSError, match="no peer"):
        _uid_of_ucred(struct.pack("=iII", 0, 2**32 - 1, 2**32 - 1))
