"""Every message that the troubleshooting page quotes is one that the code can print."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import ANYTHING, DOCS, PROJECT

PAGE = DOCS / "troubleshooting.md"
_QUOTED = re.compile(r"^\| `([^`]+)`")


def quoted() -> list[str]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return [match[1] for line in lines if (match := _QUOTED.match(line))]


def texts_of(path: Path) -> Iterator[str]:
    """Return the texts in a module, with `…` in the place of what is filled in."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            parts = (
                part.value if isinstance(part, ast.Constant) else ANYTHING for part in node.values
            )
            yield "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.fixture(scope="module")
def texts() -> str:
    packages = [path for path in PROJECT.glob("heddle_*") if path.name != "heddle_api"]
    found = [
        text for package in packages for path in package.rglob("*.py") for text in texts_of(path)
    ]
    found += [path.read_text("utf-8") for package in packages for path in package.rglob("*.sh")]
    return "\n".join(found)


def is_said(message: str, texts: str) -> bool:
    parts = [re.escape(part) for part in message.strip(f"{ANYTHING} ").split(ANYTHING)]
    return re.search("[^\n]*?".join(parts), texts) is not None


def test_every_quoted_message_is_in_the_code(texts: str) -> None:
    assert [message for message in quoted() if not is_said(message, texts)] == []


def test_another_message_is_noticed(texts: str) -> None:
    assert len(quoted()) > 30
    assert not is_said("… is not in a git repository: make one", texts)


def test_each_symptom_has_a_reason_and_a_way_out() -> None:
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    assert len(rows) == len(quoted())
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split(" | ")]
        assert len([cell for cell in cells if cell]) == 3, row
