"""Each example is built as its README says, and run against a daemon where it can be."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from git_repository import GitRepository

from release.artifacts import PROJECT, run

HEDDLE: Final = Path(sys.executable).with_name("heddle")
SHOWN: Final = """\
files changed: 1 (+1 -1)
to read: engine.py spin
discussion: Why was this changed?
log: snapshot
log: discussion.open
taken back: true
"""
needs_go: Final = pytest.mark.skipif(shutil.which("go") is None, reason="Go is not installed")
needs_node: Final = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")


@pytest.fixture
def root(repository: GitRepository) -> Iterator[Path]:
    """The root of a repository whose daemon has forgotten what others did."""
    shutil.rmtree(repository.root / ".heddle", ignore_errors=True)
    run(HEDDLE, "agent", "serve", "--detach", at=repository.root)
    try:
        yield repository.root
    finally:
        run(HEDDLE, "agent", "stop", at=repository.root)


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """The examples beside the protos, as they are in the tree, and nothing that was built there."""
    for name in ("protos", "examples"):
        built = shutil.ignore_patterns("node_modules", "build", "generated", "heddlev1", "example")
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=built)
    return tmp_path / "examples"


def without_signals(shown: str) -> str:
    """Return what an example has printed, without what depends on the modules of signals."""
    lines = shown.lower().replace("why", "Why").splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("signal: "))


def test_python(examples: Path, root: Path) -> None:
    shown = run(sys.executable, examples / "python" / "example.py", root)
    assert without_signals(shown) == SHOWN


@needs_go
def test_go(examples: Path, root: Path) -> None:
    place = examples / "go"
    protoc = f"{sys.executable} -m grpc_tools.protoc"
    run("go", "generate", at=place, variables={"PROTOC": protoc})
    assert run("gofmt", "-l", "main.go", at=place) == ""
    run("go", "vet", at=place)
    run("go", "build", "-mod=readonly", "-o", "example", at=place)
    assert without_signals(run(place / "example", root)) == SHOWN


@needs_node
def test_typescript(examples: Path, root: Path) -> None:
    place = examples / "typescript"
    run("npm", "install", "--no-audit", "--no-fund", at=place)
    run("npm", "run", "build", at=place)
    assert without_signals(run("node", place / "build" / "main.js", root)) == SHOWN
    assert not (place / "package-lock.json").exists()
