"""The refs as git's files keep them: loose ones under `refs/`, the others in `packed-refs`."""

from __future__ import annotations

import os
import re
from binascii import unhexlify
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from heddle_worker.repository.signatures import signature, signature_at
from heddle_worker.repository.walking import ref_files

HEADS: Final = b"refs/heads/"
TAGS: Final = b"refs/tags/"
REMOTES: Final = b"refs/remotes/"

_PACKED_LINE: Final = re.compile(rb"^([0-9a-f]{40}) (refs/[^\n]+)$", re.MULTILINE)
_HEX: Final = re.compile(rb"[0-9a-f]{40}(?=\n|$)")


def short_name(ref: bytes) -> bytes:
    """Return a ref's name as people say it: `main`, `origin/main`, `v1`."""
    for prefix in (HEADS, TAGS, REMOTES):
        if ref.startswith(prefix):
            return ref[len(prefix) :]
    return ref


@dataclass(frozen=True, slots=True)
class Ref:
    """One ref: where it points, and when that was written if a file of its own tells."""

    name: bytes
    packed: bytes = b""
    loose: os.DirEntry[str] | None = None

    def written_secs(self) -> int | None:
        """Return when it was written, in Unix seconds; `None` for a packed one."""
        if self.loose is None:
            return None
        try:
            return int(self.loose.stat().st_mtime)
        except FileNotFoundError:
            return None


class RefFiles:
    """Reads branches, remote-tracking branches and tags; what did not change is not read again."""

    def __init__(self, common_dir: Path) -> None:
        self._common_dir = common_dir
        self._packed_signature = b""
        self._packed: dict[bytes, bytes] = {}
        self._values: dict[bytes, tuple[bytes, bytes]] = {}

    def read(self, seen: dict[Path, bytes]) -> dict[bytes, Ref]:
        """Return the refs by full name.

        The signatures of what was looked at are put into `seen`.
        """
        root = self._common_dir / "refs"
        seen[root] = signature_at(root)
        # Loose refs first: one that is packed meanwhile is then met twice and not missed.
        loose = {
            _name_of(entry, self._common_dir): entry
            for kind in ("heads", "tags", "remotes")
            for entry in ref_files(root / kind, seen)
        }
        refs = {name: Ref(name, packed) for name, packed in self._read_packed(seen).items()}
        refs.update((name, Ref(name, loose=entry)) for name, entry in loose.items())
        return {name: ref for name, ref in refs.items() if not _is_remote_head(name)}

    def value(self, ref: Ref) -> bytes:
        """Return the raw id that a ref holds; empty when it holds a name, or nothing readable."""
        if ref.loose is None:
            return unhexlify(ref.packed)
        try:
            looks = signature(ref.loose.stat())
            known = self._values.get(ref.name)
            if known is not None and known[0] == looks:
                return known[1]
            content = _HEX.match(Path(ref.loose.path).read_bytes())
        except OSError:
            return b""
        value = unhexlify(content[0]) if content else b""
        self._values[ref.name] = looks, value
        return value

    def _read_packed(self, seen: dict[Path, bytes]) -> dict[bytes, bytes]:
        path = self._common_dir / "packed-refs"
        seen[path] = signature_at(path)
        if seen[path] != self._packed_signature:
            try:
                content = path.read_bytes()
            except FileNotFoundError:
                content = b""
            self._packed = {
                name: value
                for value, name in _PACKED_LINE.findall(content)
                if name.startswith((HEADS, TAGS, REMOTES))
            }
            self._packed_signature = seen[path]
        return self._packed


def _name_of(entry: os.DirEntry[str], common_dir: Path) -> bytes:
    return os.fsencode(entry.path)[len(os.fsencode(common_dir)) + 1 :]


def _is_remote_head(name: bytes) -> bool:
    """Return whether a ref only names the default branch of a remote."""
    return name.startswith(REMOTES) and name.endswith(b"/HEAD")
