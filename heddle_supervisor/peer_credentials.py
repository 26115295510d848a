"""Who is at the other end of a Unix socket, as the kernel says."""

from __future__ import annotations

import os
import socket
import struct
import sys
from typing import Final

# unix(7), SO_PEERCRED: `struct ucred` is pid, uid and gid.
_UCRED: Final = struct.Struct("=iII")
# macOS, <sys/un.h> and <sys/ucred.h>: level SOL_LOCAL (0), option LOCAL_PEERCRED (1); `struct
# xucred` begins with its version and the uid.
_SOL_LOCAL: Final = 0
_LOCAL_PEERCRED: Final = 1
_XUCRED_HEAD: Final = struct.Struct("=II")
_XUCRED_SIZE: Final = 76


def check_peer_uid_matches_self(connection: socket.socket) -> None:
    """Require that a connected Unix socket's peer runs as this process's user.

    gRPC shows Python no descriptor of its connections, so for those the kernel's check of the
    socket's and its directory's modes is the only one; this is for sockets that we hold.

    Raises:
        PermissionError: the peer is another user's.
        OSError: the kernel does not tell, for example because the socket is not connected.
    """
    uid = peer_uid(connection)
    if uid != os.geteuid():
        raise PermissionError(f"the peer runs as another user (uid {uid})")


def peer_uid(connection: socket.socket) -> int:
    """Return the effective user id of a connected Unix socket's peer.

    Raises:
        OSError: the kernel does not tell.
    """
    if sys.platform == "darwin":
        return _uid_of_xucred(connection.getsockopt(_SOL_LOCAL, _LOCAL_PEERCRED, _XUCRED_SIZE))
    return _uid_of_ucred(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size))


def _uid_of_ucred(data: bytes) -> int:
    pid, uid, _gid = _UCRED.unpack(data)
    if pid == 0:
        raise OSError("the socket has no peer")
    return int(uid)


def _uid_of_xucred(data: bytes) -> int:
    _version, uid = _XUCRED_HEAD.unpack_from(data)
    return int(uid)
