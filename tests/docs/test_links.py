"""Links of the pages that are no part of the site: mkdocs checks those of the others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from documents import DOCS, PROJECT

_LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
OUTSIDE = sorted(PROJECT.glob("*.md"))


def anchors(page: Path) -> set[str]:
    headings = _HEADING.findall(page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w -]", "", each.lower()).strip().replace(" ", "-") for each in headings}


@pytest.mark.parametrize("page", OUTSIDE, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in _LINK.findall(page.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if "://" not in link and not (
            target.exists() and (not anchor or anchor in anchors(target))
        ):
            broken.append(link)
    assert not broken


def test_paths_of_documents_in_the_code_exist() -> None:
    named = re.compile(r"\bdocs/[\w/.-]+\.md\b")
    sources = [path for top in ("heddle_*", "benchmarks", "protos") for path in PROJECT.glob(top)]
    files = [
        path for source in sources for path in source.rglob("*") if path.suffix in {".py", ".proto"}
    ]
    missing = {
        f"{path.relative_to(PROJECT)}: {name}"
        for path in files
        for name in named.findall(path.read_text(encoding="utf-8"))
        if not (PROJECT / name).exists()
    }
    assert files
    assert not missing


def test_every_page_is_reached_from_the_home_page() -> None:
    text = (DOCS / "index.md").read_text(encoding="utf-8")
    for page in DOCS.rglob("*.md"):
        assert page.name == "index.md" or f"({page.relative_to(DOCS)})" in text


def test_the_tests_of_guarantees_exist() -> None:
    text = (DOCS / "explanation" / "guarantees.md").read_text(encoding="utf-8")
    named = re.findall(r"`(test_\w+\.py)`", text)
    assert len(named) > 10
    assert [name for name in named if not (PROJECT / "tests" / "system" / name).exists()] == []
