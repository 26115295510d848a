"""The wheel has every file of the packages and the manual, and no other: tox installed one."""

from __future__ import annotations

import sys
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

import pytest

PROJECT: Final = Path(__file__).parents[1]
INSTALLED: Final = distribution("heddle")


def is_editable() -> bool:
    return any(file.name.endswith(".pth") for file in INSTALLED.files or ())


@pytest.mark.skipif(is_editable(), reason="heddle is installed as editable, not from a wheel")
def test_the_wheel_has_every_file_of_the_packages_and_no_other() -> None:
    packages = sorted(path.parent for path in PROJECT.glob("heddle_*/__init__.py"))
    expected = {
        path.relative_to(PROJECT).as_posix()
        for package in packages
        for path in package.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert {f"{package.name}/py.typed" for package in packages} <= expected
    command = Path(sys.executable).with_name("heddle").resolve()
    pages = (Path(str(file.locate())).resolve() for file in INSTALLED.files or ())
    manual = {page for page in pages if page.parent.name == "man1"}
    assert "heddle-agent-serve.1" in {page.name for page in manual}
    installed = {
        file.as_posix()
        for file in INSTALLED.files or ()
        if ".dist-info" not in file.parts[0]
        and file.suffix != ".pyc"
        and Path(str(file.locate())).resolve() not in {command, *manual}
    }
    assert installed == expected
