"""Outlines of files: which language, what is refused, what is kept, and what parsers survive."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread

import psutil
import pytest
from waiting import wait_until

from heddle_worker.store.cache import Cache
from heddle_worker.symbols.limits import ParserLimits
from heddle_worker.symbols.outline import MISSING, Outline, OutlineStatus, Source
from heddle_worker.symbols.outlines import Outlines
from heddle_worker.symbols.parsers import Parsers

PYTHON = b"def f(a):\n    return g(a)\n"
# Each bracket is looked at once for every one before it.
SLOW = b"(" * 100_000
DEEP = b"[" * 100_000


class Bench:
    """Outlines over blobs that are in memory, with a note of those that were read."""

    def __init__(self, path: Path, limits: ParserLimits | None = None) -> None:
        self.blobs: dict[bytes, bytes] = {}
        self.read: list[bytes] = []
        self.outlines = Outlines(Cache(path), self._read, Parsers(limits), self._size)

    def source(self, path: bytes, content: bytes) -> Source:
        blob = hashlib.sha1(content).digest()
        self.blobs[blob] = content
        return Source(path, blob)

    def one(self, path: bytes, content: bytes) -> Outline:
        (outline,) = self.outlines.of([self.source(path, content)])
        return outline

    def _read(self, blob: bytes) -> bytes:
        self.read.append(blob)
        return self.blobs[blob]

    def _size(self, blob: bytes) -> int:
        return len(self.blobs[blob])


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache.db"


@pytest.fixture
def bench(cache: Path) -> Iterator[Bench]:
    bench = Bench(cache)
    yield bench
    bench.outlines.close()


@pytest.fixture
def limited(cache: Path) -> Iterator[Bench]:
    limits = ParserLimits(source_bytes=400_000, processor_seconds=0.05, memory_bytes=2**28)
    bench = Bench(cache, limits)
    yield bench
    bench.outlines.close()


BEFORE: set[psutil.Process] = set()


@pytest.fixture(autouse=True)
def _earlier_processes() -> None:
    """What other tests of this process have started, and what may still be idle, is not ours."""
    BEFORE.clear()
    BEFORE.update(psutil.Process().children())


def parser_processes() -> list[psutil.Process]:
    """Return the parser processes that a test has started, zombies included."""
    return [child for child in psutil.Process().children() if child not in BEFORE]


@pytest.mark.parametrize(
    ("path", "content", "language"),
    [
        (b"a/b.py", b"", "python"),
        (b"a.PY", b"", "python"),
        (b"a.mjs", b"", "javascript"),
        (b"a.tsx", b"", "tsx"),
        (b"a.d.ts", b"", "typescript"),
        (b"a.h", b"int f(void);\n", "c"),
        (b"a.h", b"namespace a {}\n", "cpp"),
        (b"a.h", b"std::string f();\n", "cpp"),
        (b"Rakefile", b"", "ruby"),
        (b"lib/Gemfile", b"", "ruby"),
        (b"run", b"#!/bin/sh\n", "bash"),
        (b"run", b"#! /usr/bin/env -S python3.11 -u\n", "python"),
        (b"run", b"#!/usr/bin/env node\n", "javascript"),
        (b"\xff\xfe.rb", b"", "ruby"),
        (b"run", b"#!/usr/bin/env perl\n", ""),
        (b"Makefile", b"all:\n", ""),
        (b"a.txt", b"", ""),
        (b".py", b"", ""),
        (b"", b"", ""),
    ],
)
def test_the_language_is_that_of_the_name_or_the_content(
    bench: Bench, path: bytes, content: bytes, language: str
) -> None:
    outline = bench.one(path, content)
    assert outline.language == language
    expected = OutlineStatus.COMPLETE if language else OutlineStatus.UNKNOWN_LANGUAGE
    assert outline.status is expected


def test_a_file_without_a_known_language_is_not_even_read(bench: Bench) -> None:
    assert bench.one(b"a.txt", b"text").status is OutlineStatus.UNKNOWN_LANGUAGE
    assert bench.read == []


def test_outlines_come_in_the_order_of_their_sources(bench: Bench) -> None:
    sources = [bench.source(b"a.py", b"def f%d(): pass\n" % number) for number in range(300)]
    outlines = bench.outlines.of([*sources, sources[7]])
    names = [outline.symbols[0].name for outline in outlines]
    assert names == [*(f"f{number}" for number in range(300)), "f7"]


def test_contents_that_come_along_are_not_read(bench: Bench) -> None:
    source = Source(b"a.py", b"\1" * 20, PYTHON)
    (outline,) = bench.outlines.of([source])
    assert outline.find("f") is not None
    assert bench.read == []


def test_an_object_that_is_not_there_is_missing_and_asked_for_again(bench: Bench) -> None:
    source = bench.source(b"a.py", PYTHON)
    content = bench.blobs.pop(source.blob)
    assert bench.outlines.of([source]) == [MISSING]
    bench.blobs[source.blob] = content
    assert bench.outlines.of([source])[0].status is OutlineStatus.COMPLETE


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (b"def f(:\n    pass\n\ndef g():\n    return 1\n", ["f", "g"]),
        (b"\xef\xbb\xbfdef f(): pass\n", ["f"]),
        (b"def f(): pass\r\n\r\ndef g():\r\n    pass\r\n", ["f", "g"]),
        (b"def f():\n    return '\xe9'\n", ["f"]),
        ("def größe(): pass\n".encode(), ["größe"]),
        (b"def f(): pass\n" + b"x" * 9_000 + b"\0\n", ["f"]),
        (b"", []),
    ],
)
def test_whatever_can_be_read_of_a_file_is(bench: Bench, content: bytes, names: list[str]) -> None:
    outline = bench.one(b"a.py", content)
    assert outline.status in (OutlineStatus.COMPLETE, OutlineStatus.PARTIAL)
    assert [symbol.name for symbol in outline.symbols] == names


def test_a_broken_file_says_so(bench: Bench) -> None:
    assert bench.one(b"a.py", b"def f(:\n").status is OutlineStatus.PARTIAL


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_file_with_zeros_is_binary(bench: Bench, encoding: str) -> None:
    outline = bench.one(b"a.py", PYTHON.decode().encode(encoding))
    assert outline == Outline("python", OutlineStatus.BINARY)


def test_a_large_file_is_not_read(limited: Bench) -> None:
    outline = limited.one(b"a.py", b"x = 1\n" * 100_000)
    assert outline == Outline("python", OutlineStatus.TOO_LARGE)
    assert limited.read == []


def test_a_file_that_takes_too_long_is_given_up_once_and_for_all(limited: Bench) -> None:
    source = limited.source(b"b.py", SLOW)
    (outline,) = limited.outlines.of([source])
    assert outline == Outline("python", OutlineStatus.TOO_SLOW)
    limited.read.clear()
    assert limited.outlines.of([source]) == [outline]
    assert limited.read == []
    assert limited.one(b"a.py", PYTHON).status is OutlineStatus.COMPLETE


def test_a_file_that_takes_too_much_memory_fails_alone(cache: Path) -> None:
    bench = Bench(cache, ParserLimits(memory_bytes=2**27))
    outlines = bench.outlines.of(
        [
            bench.source(b"a.py", PYTHON),
            bench.source(b"b.py", b"f(a, b, c)\n" * 90_000),
            bench.source(b"c.py", PYTHON + b"\n"),
        ]
    )
    assert [outline.status for outline in outlines] == [
        OutlineStatus.COMPLETE,
        OutlineStatus.FAILED,
        OutlineStatus.COMPLETE,
    ]
    bench.outlines.close()


@pytest.mark.parametrize("path", [b"a.py", b"a.js", b"a.c", b"a.rs", b"a.go", b"a.rb", b"a.sh"])
def test_any_depth_of_nesting_is_survived(limited: Bench, path: bytes) -> None:
    closed = b"x = " + DEEP + b"]" * len(DEEP)
    nested = b"{ function f() " * 5_000
    survived = (OutlineStatus.COMPLETE, OutlineStatus.PARTIAL, OutlineStatus.TOO_SLOW)
    for content in (DEEP, closed, nested, SLOW, b"$(" * 50_000):
        assert limited.one(path, content).status in survived


def test_deep_nesting_alone_is_no_hindrance(bench: Bench) -> None:
    outline = bench.one(b"a.py", b"x = " + b"[" * 20_000 + b"]" * 20_000 + b"\n" + PYTHON)
    assert [symbol.name for symbol in outline.symbols] == ["x", "f"]


def test_a_file_that_ends_the_process_takes_none_along(limited: Bench) -> None:
    sources = [limited.source(b"a.py", b"x = %d\n" % number) for number in range(5)]
    sources.insert(2, limited.source(b"b.py", SLOW[:80_000]))
    statuses = [outline.status for outline in limited.outlines.of(sources)]
    assert statuses.pop(2) is OutlineStatus.TOO_SLOW
    assert set(statuses) == {OutlineStatus.COMPLETE}


def test_a_killed_process_is_replaced_by_another(bench: Bench) -> None:
    assert bench.one(b"a.py", PYTHON).status is OutlineStatus.COMPLETE
    (process,) = parser_processes()
    process.kill()
    assert bench.one(b"b.py", PYTHON + b"\n").status is OutlineStatus.COMPLETE
    assert process not in parser_processes()


def test_a_stopped_process_is_given_up_for_now_only(cache: Path) -> None:
    bench = Bench(cache, ParserLimits(wall_seconds=2.0, processes=1))
    bench.one(b"a.py", PYTHON)
    (process,) = parser_processes()
    process.suspend()
    source = bench.source(b"b.py", PYTHON + b"\n")
    assert bench.outlines.of([source])[0].status is OutlineStatus.TOO_SLOW
    assert bench.outlines.of([source])[0].status is OutlineStatus.COMPLETE
    bench.outlines.close()


def test_what_is_kept_needs_neither_blob_nor_process(bench: Bench, cache: Path) -> None:
    sources = [bench.source(b"a.py", PYTHON), bench.source(b"a.h", b"namespace n {}\n")]
    sources.append(bench.source(b"run", b"text"))
    first = bench.outlines.of(sources)
    bench.outlines.close()
    again = Bench(cache)
    assert again.outlines.of(sources) == first
    assert again.read == []
    assert parser_processes() == []


def test_a_lost_cache_is_made_anew(bench: Bench, cache: Path) -> None:
    source = bench.source(b"a.py", PYTHON)
    first = bench.outlines.of([source])
    cache.unlink()
    assert bench.outlines.of([source]) == first
    assert bench.read == [source.blob] * 2


def test_a_cache_with_nonsense_is_not_believed(bench: Bench, cache: Path) -> None:
    source = bench.source(b"a.py", PYTHON)
    first = bench.outlines.of([source])
    for nonsense in (b"", b"\0", b"\xff\xff", b"\0\6python", b"\0\6python\xe9\1\0\0\0N"):
        Cache(cache).put("outline", {b"1/python/" + source.blob: nonsense})
        assert bench.outlines.of([source]) == first


def test_the_same_bytes_in_another_language_are_another_outline(bench: Bench) -> None:
    content = b"function f() {}\n"
    javascript, php = bench.outlines.of(
        [bench.source(b"a.js", content), bench.source(b"a.php", content)]
    )
    assert [symbol.name for symbol in javascript.symbols] == ["f"]
    assert php.symbols == ()


def test_nothing_is_started_before_there_is_something_to_parse(bench: Bench) -> None:
    assert parser_processes() == []
    bench.one(b"a.txt", b"")
    assert parser_processes() == []


def test_idle_processes_end(cache: Path) -> None:
    bench = Bench(cache, ParserLimits(idle_seconds=0.05))
    bench.one(b"a.py", PYTHON)
    wait_until(lambda: not parser_processes(), "the process has ended for want of work")
    assert bench.one(b"b.py", PYTHON + b"\n").status is OutlineStatus.COMPLETE
    bench.outlines.close()


def test_closing_leaves_no_process(bench: Bench) -> None:
    bench.outlines.of([bench.source(b"a.py", b"x = %d\n" % number) for number in range(50)])
    assert parser_processes() != []
    bench.outlines.close()
    assert parser_processes() == []


def test_a_process_has_only_the_descriptors_that_it_was_given(bench: Bench) -> None:
    read, write = os.pipe()
    os.set_inheritable(read, True)
    try:
        bench.one(b"a.py", PYTHON)
        (process,) = parser_processes()
        assert {each.name for each in Path(f"/proc/{process.pid}/fd").iterdir()} == {"0", "1", "2"}
    finally:
        os.close(read)
        os.close(write)


def test_a_process_loads_nothing_that_only_the_worker_needs() -> None:
    program = (
        "import sys; from heddle_worker.symbols.extraction import extractor; "
        "extractor('python').outline(b'x = 1'); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    loaded = set(done.stdout.decode().split())
    assert "tree_sitter_python" in loaded
    assert not loaded & {"grpc", "google.protobuf", "pygit2", "apsw", "asyncio", "ctypes"}
    assert not loaded & {"tree_sitter_go", "heddle_worker.symbols.outline"}


def test_many_threads_may_ask_at_once(bench: Bench) -> None:
    results: dict[int, list[Outline]] = {}

    def ask(number: int) -> None:
        sources = [
            bench.source(b"a.py", b"def f%d_%d(): pass\n" % (number, each)) for each in range(20)
        ]
        results[number] = bench.outlines.of(sources)

    threads = [Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, outlines in results.items():
        names = [outline.symbols[0].name for outline in outlines]
        assert names == [f"f{number}_{each}" for each in range(20)]
    assert len(parser_processes()) <= replace(ParserLimits()).processes


_OWNER = """
import sys, threading
from pathlib import Path
from heddle_worker.store.cache import Cache
from heddle_worker.symbols.limits import ParserLimits
from heddle_worker.symbols.outline import Source
from heddle_worker.symbols.outlines import Outlines
from heddle_worker.symbols.parsers import Parsers

outlines = Outlines(Cache(Path(sys.argv[1])), dict().__getitem__, Parsers(ParserLimits()))
outlines.of([Source(b"a.py", b"1" * 20, b"x = 1")])
if sys.argv[2] == "busy":
    slow = Source(b"b.py", b"2" * 20, b"(" * 100_000)
    threading.Thread(target=outlines.of, args=([slow],), daemon=True).start()
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("state", ["idle", "busy"])
def test_processes_do_not_outlive_their_owner(cache: Path, state: str) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", _OWNER, str(cache), state],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert owner.stdin is not None
    assert owner.stdout is not None
    with owner:
        assert owner.stdout.readline() == b"ready\n"
        children = psutil.Process(owner.pid).children()
        assert children != []
        os.kill(owner.pid, signal.SIGKILL)
        wait_until(lambda: not any(map(_is_alive, children)), "the parser processes have ended")


def _is_alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
