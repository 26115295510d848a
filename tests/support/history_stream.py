"""Commits with any files in them, for `git fast-import`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hypothesis import strategies as st

_COMMIT = b"0123456789012345678901234567890123456789"


class Entry(NamedTuple):
    """A file, a link or a submodule."""

    mode: bytes
    content: bytes


def commits(trees: Sequence[Mapping[bytes, Entry]], branch: bytes) -> bytes:
    """Return a stream with one commit after the other, each of which has the files of one tree."""
    parts = []
    for number, tree in enumerate(trees):
        parts.append(b"commit refs/heads/%b\ncommitter A <a@b> %d +0000\n" % (branch, number))
        parts.append(b"data 1\nx\ndeleteall\n")
        for path, (mode, content) in tree.items():
            if mode == b"160000":
                parts.append(b"M 160000 %b %b\n" % (_COMMIT, _quoted(path)))
            else:
                parts.append(b"M %b inline %b\n" % (mode, _quoted(path)))
                parts.append(b"data %d\n%b\n" % (len(content), content))
    return b"".join([*parts, b"done\n"])


def _quoted(path: bytes) -> bytes:
    return b'"%b"' % b"".join(b"\\%03o" % byte for byte in path)


_names = st.sampled_from([b"a", b"b.py", b"c d", b"\xff\xfe", b'"', b"\n@@ -1 +1 @@", b"\t", b":x"])
_paths = st.lists(_names, min_size=1, max_size=3).map(b"/".join)
_lines = st.sampled_from(
    [b"a\n", b"b\n", b"\n", b"  a\n", b"a\r\n", b"}\n", b"diff --git a b\n", b"@@ -1 +1 @@\n"]
)
_texts = st.tuples(st.lists(_lines, max_size=30).map(b"".join), st.sampled_from([b"", b"end"])).map(
    b"".join
)
_long_texts = st.sampled_from([b"".join(b"line %d\n" % n for n in range(m)) for m in (40, 45, 60)])
_binaries = st.sampled_from([b"\0", b"\0a\n", b"a\0\n" * 50])
_contents = st.one_of(_texts, _long_texts, _binaries)
_entries = st.one_of(
    st.builds(Entry, st.sampled_from([b"100644", b"100644", b"100755"]), _contents),
    st.builds(Entry, st.just(b"120000"), st.sampled_from([b"a", b"b/c", b"line 1\nline 2"])),
    st.just(Entry(b"160000", b"")),
)
trees: st.SearchStrategy[dict[bytes, Entry]] = st.dictionaries(_paths, _entries, max_size=8)
"""Files of a tree, few enough in their names and contents that renames are found between two."""
