"""Symbols beside universal-ctags, and the time that an outline takes beside the bare parse.

Which repositories are looked at is said by the environment: `HEDDLE_BENCHMARK_REPOSITORIES` holds
git directories, separated by `:`; without it, this project's own repository is.
"""

from __future__ import annotations

import collections
import functools
import gc
import marshal
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from benchmarks.report import Bar, BenchmarkError, Options, Report, Row
from benchmarks.sampling import Figure
from heddle_worker.symbols.encoding import decode, encode
from heddle_worker.symbols.extraction import Extractor
from heddle_worker.symbols.grammar import Grammar
from heddle_worker.symbols.languages import UNDECIDED, language_by_content, language_by_name
from heddle_worker.symbols.outline import OutlineStatus, Symbol

_REPOSITORIES: Final = "HEDDLE_BENCHMARK_REPOSITORIES"
_OWN: Final = Path(__file__).parents[1]
_MISSED_BAR: Final = Bar(plus=3.0)
_ROUNDS: Final = 3
_EXAMPLES: Final = 6
_MAX_BYTES: Final = 1024 * 1024

# Tests of GoogleTest, to which ctags gives the name of the macro.
_TEST_MACROS: Final = frozenset({"TEST", "TEST_F", "TEST_P", "TYPED_TEST", "TYPED_TEST_P"})
# What ctags calls functions, methods and classes, in the languages that are ours.
_KINDS: Final = {
    "C": {"function", "struct", "union", "enum"},
    "C++": {"function", "class", "struct", "union", "enum"},
    "C#": {"class", "enum", "interface", "method", "struct"},
    "Go": {"func", "struct", "interface", "type", "methodSpec"},
    "Java": {"class", "enum", "interface", "method", "annotation"},
    "JavaScript": {"class", "function", "generator", "method", "getter", "setter"},
    "PHP": {"class", "function", "interface", "trait"},
    "Python": {"class", "function", "member"},
    "Ruby": {"class", "method", "module", "singletonMethod"},
    "Rust": {"enum", "function", "interface", "method", "module", "struct", "macro"},
    "Sh": {"function"},
    "TypeScript": {"class", "enum", "function", "generator", "interface", "method"},
}


@dataclass(frozen=True, slots=True)
class _Tag:
    path: str
    name: str
    kind: str
    line: int


@dataclass(slots=True)
class _Tally:
    files: int = 0
    size: int = 0
    parse_seconds: float = 0.0
    outline_seconds: float = 0.0
    tags: int = 0
    missed: dict[str, list[_Tag]] = field(default_factory=lambda: collections.defaultdict(list))


def run(options: Options) -> Report:
    """Outline the repositories' files, have ctags list them as well, and compare."""
    ctags = shutil.which("ctags")
    if ctags is None or b"Universal Ctags" not in _output([ctags, "--version"]):
        raise BenchmarkError("universal-ctags is not installed (apt-get install universal-ctags)")
    named = [name for name in os.environ.get(_REPOSITORIES, "").split(os.pathsep) if name]
    tallies: dict[str, _Tally] = collections.defaultdict(_Tally)
    for repository in named or [str(_OWN)]:
        with tempfile.TemporaryDirectory(prefix="heddle-symbols-") as directory:
            _check_out(repository, Path(directory))
            _compare(ctags, Path(directory), 1 if options.quick else _ROUNDS, tallies)
    rows = [row for language, each in sorted(tallies.items()) for row in _rows(language, each)]
    notes = [
        f"of {len(named)} repositories" if named else "of this project's own repository",
        "missed: share of ctags' functions, methods and classes that are not among our symbols",
        "floor of an outline: the bare parse of the same files by tree-sitter, in processor time",
        *(note for language, each in sorted(tallies.items()) for note in _notes(language, each)),
    ]
    skipped = [] if named else [f"other languages: {_REPOSITORIES} names no git directories"]
    return Report(rows, notes, skipped)


def _compare(ctags: str, root: Path, rounds: int, tallies: dict[str, _Tally]) -> None:
    tags: dict[str, list[_Tag]] = collections.defaultdict(list)
    for tag in _tags(ctags, root):
        tags[tag.path].append(tag)
    for path in sorted(root.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        source = path.read_bytes()
        language = language_by_name(bytes(path))
        if language in UNDECIDED:
            language = language_by_content(language, source)
        if not language or len(source) > _MAX_BYTES or b"\0" in source:
            continue
        tally = tallies[language]
        tally.files += 1
        tally.size += len(source)
        symbols = _measured(language, source, rounds, tally)
        lines = source.split(b"\n")
        for tag in tags[str(path.relative_to(root))]:
            if not _is_real(tag, lines):
                continue
            tally.tags += 1
            if not _claim(tag, symbols):
                tally.missed[tag.kind].append(tag)


def _measured(language: str, source: bytes, rounds: int, tally: _Tally) -> list[Symbol]:
    """Return a source's symbols; add the shortest of each time to the tally."""
    grammar = _grammar(language)
    parses, outlines = [], []
    gc.disable()
    for _ in range(rounds):
        fresh = Extractor(grammar)
        start = time.process_time()
        grammar.parser.parse(source)
        between = time.process_time()
        encoded = fresh.outline(source)
        parses.append(between - start)
        outlines.append(time.process_time() - between)
    gc.enable()
    tally.parse_seconds += min(parses)
    tally.outline_seconds += min(outlines)
    outline = decode(encode(language, OutlineStatus.COMPLETE, marshal.dumps(encoded[1])))
    return list(outline.symbols) if outline else []


@functools.cache
def _grammar(language: str) -> Grammar:
    return Grammar(language)


def _claim(tag: _Tag, symbols: list[Symbol]) -> bool:
    """Take the narrowest symbol of the tag's name around its line out of the list, if any."""
    fitting = [
        each
        for each in symbols
        if each.start_line <= tag.line <= each.end_line and _spelt_alike(each.simple_name, tag.name)
    ]
    if not fitting:
        return False
    symbols.remove(min(fitting, key=lambda each: each.end_byte - each.start_byte))
    return True


def _spelt_alike(one: str, other: str) -> bool:
    """Whether two names are the same but for spaces, as those of operators are."""
    return one.replace(" ", "") == other.replace(" ", "").replace("::", ".")


def _tags(ctags: str, root: Path) -> Iterator[_Tag]:
    listed = _output(
        [ctags, "--fields=Knl", "--excmd=number", "-R", "--sort=no", "-f", "-", "."], root
    )
    seen: set[_Tag] = set()
    for line in listed.decode("utf-8", "replace").splitlines():
        if line.startswith("!_TAG") or line.count("\t") < 5:
            continue
        name, path, _, kind, *extras = line.split("\t")
        about = dict(extra.split(":", 1) for extra in extras if ":" in extra)
        is_named = not name.startswith(("__anon", "anonymous", "Anonymous"))
        if kind not in _KINDS.get(about.get("language", ""), ()) or not is_named:
            continue
        tag = _Tag(path.removeprefix("./"), name, kind, int(about["line"]))
        # `app.f = function f` is two tags in one place.
        place = replace(tag, kind="")
        if name not in _TEST_MACROS and place not in seen:
            seen.add(place)
            yield tag


def _is_real(tag: _Tag, lines: list[bytes]) -> bool:
    """Whether a tag is what ctags says; it calls any object of JavaScript a class."""
    line = lines[tag.line - 1] if tag.line <= len(lines) else b""
    is_script = tag.path.endswith((".js", ".mjs", ".cjs", ".jsx"))
    return not is_script or tag.kind != "class" or b"class" in line or b"function" in line


def _rows(language: str, tally: _Tally) -> Iterator[Row]:
    missed = sum(map(len, tally.missed.values()))
    if tally.tags:
        share = 100 * missed / tally.tags
        what = f"{language}: missed of {tally.tags:,} tags in {tally.files:,} files"
        yield Row(what, Figure.of(share), "%", bar=_MISSED_BAR)
    per_megabyte = 1e9 / tally.size if tally.size else 0.0
    floor = tally.parse_seconds * per_megabyte
    value = tally.outline_seconds * per_megabyte
    yield Row(
        f"{language}: outline of {tally.size / 1e6:.1f} MB",
        Figure.of(value),
        "ms/MB",
        floor=Figure.of(floor),
    )


def _notes(language: str, tally: _Tally) -> Iterator[str]:
    for kind, tags in sorted(tally.missed.items()):
        examples = ", ".join(f"{each.name} ({each.path}:{each.line})" for each in tags[:_EXAMPLES])
        yield f"{language}: {len(tags)} {kind} missed, such as {examples}"


def _check_out(repository: str, directory: Path) -> None:
    try:
        archive = _output(["git", "-C", repository, "archive", "HEAD"])
    except subprocess.CalledProcessError as error:
        raise BenchmarkError(f"{repository} cannot be read by git") from error
    subprocess.run(["tar", "-x", "-C", directory], input=archive, check=True)


def _output(command: list[str], directory: Path | None = None) -> bytes:
    return subprocess.run(command, cwd=directory, check=True, capture_output=True).stdout
