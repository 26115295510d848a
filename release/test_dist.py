"""The artifacts of a release: complete, reproducible, and of use to those who install them.

They are made of the commit that is checked out, and lie in `dist/` afterwards.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Final

import pytest
from git_repository import GitRepository

from heddle_supervisor.version import __version__
from release.artifacts import PROJECT, Artifacts, clone, metadata_of, run, tracked

# Of the tree, an sdist has everything but what runs the project's own continuous integration.
NOT_IN_SDIST: Final = {".ci/run"}
PACKAGES: Final = sorted(path.parent.name for path in PROJECT.glob("heddle_*/__init__.py"))
USER: Final = """\
import heddle_client

with heddle_client.connect(repo=".") as client:
    reveal_type(client.review("HEAD").summary.files_changed)
    client.review(42)
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clone(tmp_path_factory.mktemp("source") / "heddle")


@pytest.fixture(scope="module")
def artifacts(source: Path) -> Artifacts:
    """What is to be released: an sdist, and the wheel that is made of it."""
    dist = PROJECT / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    return Artifacts.build(dist, source=source)


@pytest.fixture(scope="module")
def installed(artifacts: Artifacts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new virtual environment into which the sdist is installed."""
    environment = tmp_path_factory.mktemp("installed") / "venv"
    run(sys.executable, "-m", "venv", environment)
    run(environment / "bin" / "pip", "install", "--quiet", artifacts.sdist)
    return environment


def test_the_metadata_are_in_order(artifacts: Artifacts) -> None:
    run(sys.executable, "-m", "twine", "check", "--strict", artifacts.sdist, artifacts.wheel)
    metadata = metadata_of(artifacts, "METADATA")
    assert metadata["Version"] == [__version__]
    assert metadata["License-Expression"] == ["Apache-2.0"]
    assert metadata["License-File"] == ["LICENSE"]
    # The project has no place of its own on the network yet, so it states none.
    assert not {"Home-page", "Project-URL", "Download-URL"} & metadata.keys()


def test_the_version_is_stated_in_one_place(artifacts: Artifacts) -> None:
    assert artifacts.wheel.name == f"heddle-{__version__}-py3-none-any.whl"
    assert artifacts.sdist.name == f"heddle-{__version__}.tar.gz"
    stating = [
        name
        for name in tracked("pyproject.toml", *PACKAGES)
        if f'"{__version__}"' in (PROJECT / name).read_text("utf-8")
    ]
    assert stating == ["heddle_supervisor/version.py"]


def test_the_wheel_has_every_file_of_the_packages_and_no_other(artifacts: Artifacts) -> None:
    information = f"heddle-{__version__}.dist-info"
    manual = f"heddle-{__version__}.data/data/share/man/man1/"
    names = artifacts.names_in_wheel()
    files = {name for name in names if not name.startswith((information, manual))}
    assert files == tracked(*PACKAGES)
    # These are made when it is built, and are no file of the commit.
    assert {f"{manual}heddle.1", f"{manual}heddle-txn-run.1"} <= names
    assert {f"{package}/py.typed" for package in PACKAGES} <= files
    assert f"{information}/licenses/LICENSE" in artifacts.names_in_wheel()


def test_the_sdist_has_every_file_of_the_commit(artifacts: Artifacts) -> None:
    assert artifacts.names_in_sdist() == tracked() - NOT_IN_SDIST | {"PKG-INFO"}


def test_builds_are_the_same_bit_by_bit(artifacts: Artifacts, tmp_path: Path) -> None:
    """Elsewhere, by somebody with other habits, and of the tree instead of the sdist."""
    source = clone(tmp_path / "another place")
    for path in source.rglob("*"):
        if path.is_file() and ".git" not in path.parts:
            path.chmod(path.stat().st_mode & 0o700)
    again = Artifacts.build(
        tmp_path / "dist",
        "--sdist",
        "--wheel",
        source=source,
        TZ="Pacific/Chatham",
        LC_ALL="C",
        PYTHONHASHSEED="7",
    )
    assert again.sdist.read_bytes() == artifacts.sdist.read_bytes()
    assert again.wheel.read_bytes() == artifacts.wheel.read_bytes()


def test_an_installed_sdist_serves(installed: Path, repository: GitRepository) -> None:
    serve_and_stop(installed / "bin" / "heddle", repository.root)


def test_pipx_installs_the_wheel(
    artifacts: Artifacts, repository: GitRepository, tmp_path: Path
) -> None:
    places = {f"PIPX_{name}": str(tmp_path / name) for name in ("HOME", "BIN_DIR", "MAN_DIR")}
    run(sys.executable, "-m", "pipx", "install", "--quiet", artifacts.wheel, variables=places)
    serve_and_stop(tmp_path / "BIN_DIR" / "heddle", repository.root)


def serve_and_stop(heddle: Path, root: Path) -> None:
    """Run a daemon with an installed command."""
    assert run(heddle, "--version", at=root).strip().endswith(__version__)
    try:
        run(heddle, "agent", "serve", "--detach", at=root)
        status = json.loads(run(heddle, "agent", "status", "--json", "--check", at=root))
        assert status["running"]
        assert status["version"] == __version__
    finally:
        run(heddle, "agent", "stop", at=root)


def test_the_types_reach_those_who_use_the_client(installed: Path, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(USER, "utf-8")
    words = ("-m", "mypy", "--strict", "--python-executable", installed / "bin" / "python")
    told = run("sh", "-c", '"$@" || true', "sh", sys.executable, *words, program, at=tmp_path)
    assert 'Revealed type is "int"' in told or 'Revealed type is "builtins.int"' in told, told
    assert 'Argument 1 to "review"' in told
    assert "Found 1 error" in told, told
