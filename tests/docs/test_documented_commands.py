"""What the README and the pages show is run, and every command that they name exists."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from document_runner import run_blocks
from documents import DOCS, PROJECT, Block, blocks, pages, spans
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


# What nothing runs by default, line by line: it was run by hand, or stands for a name to fill in.
NEVER_RUN = {
    "README.md": ["python3 -m venv .venv && .venv/bin/pip install tox && .venv/bin/tox"],
    "docs/guides/containers.md": [
        "docker build --tag heddle .",
        "mkdir -p ~/.local/state",
        'docker run --rm --user "$(id -u):$(id -g)" --volume ~/src/project:/repository \\',
        "--env XDG_STATE_HOME=/state --volume ~/.local/state:/state heddle",
    ],
    "docs/guides/installing.md": ['man --manpath "$HOME/heddle/share/man" heddle-review'],
    "docs/guides/mcp.md": ["pip install '.[mcp]'"],
    "docs/guides/removing.md": [
        "git for-each-ref --format='delete %(refname)' refs/heddle/transactions/<id>/ | "
        "git update-ref --stdin"
    ],
    "docs/guides/upgrading.md": [
        "git pull",
        "pip install .",
        "heddle agent reload --repo ~/src/project",
    ],
}
ELSEWHERE = re.compile(r"(?P<test>tests/[\w/]+\.py)|`tox -e (?P<env>\w+)`|the tutorial")


def test_what_is_not_run_is_run_elsewhere_or_named_here() -> None:
    tox = (PROJECT / "tox.ini").read_text(encoding="utf-8")
    named: dict[str, list[str]] = {}
    for block in every_block():
        if not block.not_run:
            continue
        elsewhere = ELSEWHERE.search(block.not_run)
        if elsewhere is None:
            lines = [line.strip() for line in block.text.splitlines() if line.strip()]
            named.setdefault(name_of(block.page), []).extend(lines)
        elif elsewhere["test"]:
            assert (PROJECT / elsewhere["test"]).exists(), block.place
        elif elsewhere["env"]:
            assert f"[testenv:{elsewhere['env']}]" in tox, block.place
    assert named == NEVER_RUN


def test_data_can_be_read() -> None:
    for block in every_block():
        if block.language == "toml":
            tomllib.loads(block.text)
        elif block.language == "json":
            json.loads(block.text)


def in_page(name: str, language: str) -> str:
    (block,) = [each for each in blocks(DOCS / "guides" / name) if each.language == language]
    return block.text


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    command = tmp_path / ".local" / "bin" / "heddle"
    command.parent.mkdir(parents=True)
    command.symlink_to(sys.executable)
    text = in_page("systemd.md", "ini")
    assert complaints(tmp_path, text.replace("WatchdogSec", "WatchdogSecs")), "it notices nothing"
    assert complaints(tmp_path, text) == []


def complaints(home: Path, text: str) -> list[str]:
    """Return what systemd finds wrong in a unit; of a setting that it does not know it says so."""
    unit = home / "heddle@home-ada-project.service"
    unit.write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", unit],
        env={**os.environ, "HOME": str(home), "XDG_RUNTIME_DIR": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    # It looks at all units that this one leads to; those are others' business.
    return [line for line in done.stdout.splitlines() if "heddle@" in line]


def test_the_container_is_made_of_known_instructions_in_their_order() -> None:
    steps = [line.split(" ", 1) for line in in_page("containers.md", "dockerfile").splitlines()]
    assert [word for word, _rest in steps] == [
        "FROM",
        "RUN",
        "COPY",
        "RUN",
        "USER",
        "WORKDIR",
        "CMD",
    ]
    # In this form no shell is process 1, which would pass no signal on.
    assert json.loads(steps[-1][1]) == ["heddle", "agent", "serve"]


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
