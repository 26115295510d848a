"""Signatures as `ssh-keygen -Y sign` makes them (OpenSSH's PROTOCOL.sshsig)."""

from __future__ import annotations

import hashlib
from typing import Final

from heddle_worker.signing.faults import bad_signature
from heddle_worker.signing.ssh_keys import SshKey, strict_base64
from heddle_worker.signing.ssh_wire import WireError, WireReader, string

NAMESPACE: Final = b"heddle-review"
"""What `-n` of `ssh-keygen -Y sign` has to be, so that no signature for another use counts."""

_MAGIC: Final = b"SSHSIG"
_VERSION: Final = 1
_HASHES: Final = {b"sha256": hashlib.sha256, b"sha512": hashlib.sha512}
_BEGIN: Final = b"-----BEGIN SSH SIGNATURE-----"
_END: Final = b"-----END SSH SIGNATURE-----"
_WIDEST: Final = 76


def verify(public_key: bytes, signature: bytes, payload: bytes) -> bytes:
    """Make sure that an armored signature is one of a key over a payload.

    Args:
        public_key: one line as in a `.pub` file.
        signature: with its armor.
        payload: what was signed.

    Returns:
        What identifies the key.

    Raises:
        InvalidRequestError: it is not; the text says what is wrong with which field.
    """
    key = SshKey.of_line(public_key)
    try:
        _verify(key, _disarmored(signature), payload)
    except WireError as error:
        raise bad_signature(f"not an SSH signature: {error}") from None
    return key.id


def _verify(key: SshKey, blob: bytes, payload: bytes) -> None:
    reader = WireReader(blob)
    if reader.take(len(_MAGIC)) != _MAGIC or reader.number() != _VERSION:
        raise WireError("it does not begin with SSHSIG and version 1")
    signer, namespace, reserved = reader.string(), reader.string(), reader.string()
    hash_name, value = reader.string(), reader.string()
    reader.done()
    if signer != key.blob:
        raise bad_signature("made with another key than public_key")
    if namespace != NAMESPACE:
        raise bad_signature(
            f"made for the namespace {namespace[:64].decode('utf-8', 'backslashreplace')!r}; "
            f"sign with: ssh-keygen -Y sign -n {NAMESPACE.decode()}"
        )
    if hash_name not in _HASHES:
        raise WireError("its hash is neither sha256 nor sha512")
    digest = _HASHES[hash_name](payload).digest()
    fields = (namespace, reserved, hash_name, digest)
    key.verify(value, _MAGIC + b"".join(string(field) for field in fields))


def _disarmored(armored: bytes) -> bytes:
    """Return what the armor holds; there is one way to write it, but for the length of lines.

    Raises:
        WireError: it is written in another way.
    """
    lines = armored.replace(b"\r\n", b"\n").removesuffix(b"\n").split(b"\n")
    body = lines[1:-1]
    if lines[0] != _BEGIN or lines[-1] != _END or not body:
        raise WireError(f"it is not all between {_BEGIN.decode()} and {_END.decode()}")
    widths = {len(line) for line in body[:-1]} or {_WIDEST}
    if len(widths) > 1 or not 0 < len(body[-1]) <= max(widths) <= _WIDEST:
        raise WireError(f"its lines are not all of one length, at most {_WIDEST}")
    blob = strict_base64(b"".join(body))
    if blob is None:
        raise WireError("what its armor holds is not base64")
    return blob
