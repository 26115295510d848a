"""What the README and the pages show is run, and every command that they name exists."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from document_runner import run_blocks
from documents import PROJECT, Block, blocks, pages, spans
from generators.cli import commands

PAGES = [page for page in pages() if page.name != "tutorial.md"]
RUN = [page for page in PAGES if any(True for block in blocks(page) for _ in block.steps())]
COMMANDS = {"console", "python", "sh"}
DATA = {"", "dockerfile", "ini", "json", "text", "toml", "yaml"}


def name_of(page: Path) -> str:
    return str(page.relative_to(PROJECT))


@pytest.mark.xdist_group("documents")
@pytest.mark.parametrize("page", RUN, ids=name_of)
def test_what_a_page_shows_is_what_happens(
    page: Path, shop: Path, environment: dict[str, str]
) -> None:
    complaints = [each.complaint() for each in run_blocks(blocks(page), shop, environment)]
    assert not any(complaints), "\n".join(filter(None, complaints))


def every_block() -> list[Block]:
    return [block for page in pages() for block in blocks(page)]


def test_every_block_is_of_a_known_language() -> None:
    strange = [
        block.place
        for block in every_block()
        if block.language not in COMMANDS | DATA or (block.not_run and block.language in DATA)
    ]
    assert not strange


def test_data_can_be_read() -> None:
    for block in every_block():
        if block.language == "toml":
            tomllib.loads(block.text)
        elif block.language == "json":
            json.loads(block.text)


def named_commands(page: Path) -> list[tuple[str, str]]:
    """Return each command line of heddle's that a page names, with its place."""
    found = [(f"{name_of(page)}:{line}", span) for line, span in spans(page)]
    for block in blocks(page):
        if block.language == "sh":
            found += [(block.place, line) for line in block.text.splitlines()]
        elif block.language == "console":
            lines = block.text.splitlines()
            found += [(block.place, line[2:]) for line in lines if line.startswith("$ ")]
        elif block.language in {"ini", "dockerfile"}:
            found += [(block.place, word) for word in re.findall(r"heddle agent.*", block.text)]
    return [
        (place, part)
        for place, line in found
        for part in re.findall(r"(?:^|(?<=&& )|(?<=/bin/))heddle(?: [^&|;#>]*)?", line)
    ]


def test_every_command_that_is_named_exists_with_its_options() -> None:
    known = commands()
    named = [each for page in pages() for each in named_commands(page)]
    assert len(named) > 100
    wrong = [f"{place}: {line}" for place, line in named if not is_known(line, known)]
    assert not wrong, "\n".join(wrong)


def is_known(line: str, known: dict[str, Any]) -> bool:
    unquoted = re.sub(r"'[^']*'?|\"[^\"]*\"?", "TEXT", line)
    words = re.sub(r"[\[\]…,]", " ", unquoted).split()
    name = words.pop(0)
    options = {*all_options(known[name])}
    while words and f"{name} {words[0]}" in known:
        name = f"{name} {words.pop(0)}"
        options |= all_options(known[name])
    if hasattr(known[name], "list_commands") and words and not words[0].startswith("-"):
        return False
    given = words[: words.index("--")] if "--" in words else words
    return all(
        word.partition("=")[0] in options for word in given if re.match(r"--?[a-zA-Z]", word)
    )


def all_options(command: Any) -> set[str]:
    names = {"--help", "-h"}
    for parameter in command.params:
        names |= {*parameter.opts, *parameter.secondary_opts}
    return names


def test_a_command_or_an_option_that_is_not_there_is_noticed() -> None:
    known = commands()
    assert is_known("heddle agent serve [--detach]", known)
    assert is_known("heddle agent", known)
    assert not is_known("heddle agent serve --detached", known)
    assert not is_known("heddle agent start", known)
    assert not is_known("heddle weave", known)
