"""`protos/generate.py` run as its users run it, on a copy of the project's files."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

pytest.importorskip("grpc_tools", reason="needs the dependency group protos")
pytest.importorskip("mypy_protobuf", reason="needs the dependency group protos")

PROJECT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("heddle_api", "heddle_client/values")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("protos", *PACKAGES):
        shutil.copytree(
            PROJECT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    return tmp_path


def generate(project: Path, *options: str) -> subprocess.CompletedProcess[str]:
    script = project / "protos" / "generate.py"
    return subprocess.run(
        [sys.executable, script, *options], capture_output=True, text=True, check=False
    )


def contents(project: Path) -> dict[Path, bytes]:
    return {
        path.relative_to(project): path.read_bytes()
        for package in PACKAGES
        for path in (project / package).rglob("*")
        if path.is_file()
    }


def spoil(project: Path) -> None:
    package = project / "heddle_api"
    (package / "py.typed").unlink()
    (package / "extra.bin").write_bytes(b"\xff")
    with (package / "v1" / "hook_pb2.pyi").open("a") as stub:
        stub.write("# by hand\n")
    (project / "heddle_client" / "values" / "hook.py").write_text("")


def test_the_package_in_the_repository_is_current(project: Path) -> None:
    outcome = generate(project, "--check")

    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (0, "", "")


def test_check_lists_what_differs_and_changes_nothing(project: Path) -> None:
    spoil(project)
    before = contents(project)

    outcome = generate(project, "--check")

    assert outcome.returncode == 1
    assert [line.strip() for line in outcome.stderr.splitlines() if line.startswith(" ")] == [
        "heddle_api: not generated: extra.bin",
        "heddle_api: missing: py.typed",
        "heddle_api: differs: v1/hook_pb2.pyi",
        "heddle_client/values: differs: hook.py",
    ]
    assert contents(project) == before


def test_writing_restores_the_package(project: Path) -> None:
    expected = contents(project)
    spoil(project)

    outcome = generate(project)

    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert contents(project) == expected


def test_a_faulty_proto_file_is_named_and_nothing_is_written(project: Path) -> None:
    before = contents(project)
    with (project / "protos" / "heddle" / "v1" / "hook.proto").open("a") as source:
        source.write("message Hook {}\n")

    outcome = generate(project)

    assert outcome.returncode == 1
    assert "heddle/v1/hook.proto" in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert contents(project) == before
