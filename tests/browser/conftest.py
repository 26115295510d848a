"""Pages of real reviews, and a real browser. `tox -e browser` runs these tests, and only that."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from git_repository import GitRepository
from heddle_daemon import HeddleDaemon
from reviewed_repository import make_history, merge_by_hand, talk_about

import heddle_client

if TYPE_CHECKING:
    from playwright.sync_api import Browser

collect_ignore_glob: Final = [] if os.environ.get("HEDDLE_BROWSER") else ["test_*.py"]

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FILES: Final = 50
_FUNCTIONS: Final = 100


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium, the system's."""
    from playwright.sync_api import sync_playwright

    named = os.environ.get("HEDDLE_CHROMIUM")
    path = named or next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None or not Path(path).exists():
        pytest.exit(
            f"{named or 'chromium'} is not there: run `apt-get install chromium`, or say in "
            "HEDDLE_CHROMIUM where it is",
            returncode=1,
        )
    with sync_playwright() as playwright:
        # Root, as whom containers run tests, has no sandbox; the pages are our own.
        arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def pages() -> Iterator[dict[str, Path]]:
    """The pages of real reviews, by name: everything, merge, worktree, large."""
    room = Path(tempfile.mkdtemp(prefix="heddle-", dir="/tmp")).resolve()
    repository = make_history(room / "numbers")
    daemon = HeddleDaemon(repository.root, os.environ)
    try:
        daemon.start("--no-standby")
        yield _pages(repository, daemon, room)
    finally:
        daemon.finish()
        shutil.rmtree(room, ignore_errors=True)


def _pages(repository: GitRepository, daemon: HeddleDaemon, room: Path) -> dict[str, Path]:
    def write(name: str, *state: str) -> None:
        found[name] = room / f"{name}.html"
        daemon.heddle("review", *state, "--html", str(found[name])).expect(0)

    found: dict[str, Path] = {}
    with heddle_client.connect(repository.root, start=False) as client:
        talk_about(client, repository)
    write("everything", "HEAD")
    merge_by_hand(repository)
    write("merge", "HEAD")
    trees = repository.root / "src" / "trees.py"
    trees.write_text("SEPARATOR = ':'\n")
    write("worktree")
    repository.git("checkout", "--quiet", str(trees))
    _write_much(repository)
    write("large", "HEAD")
    return found


def _write_much(repository: GitRepository) -> None:
    for file in range(_FILES):
        functions = (
            f"def function_{file}_{number}(value):\n    return value + {number}\n"
            for number in range(_FUNCTIONS)
        )
        path = repository.root / "many" / f"part_{file:02}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n\n".join(functions))
    repository.git("add", "many")
    repository.git(
        "commit", "--quiet", "-m", "Add much\n\nself-flag: [many/part_40.py:function_40_7] hm\n"
    )
