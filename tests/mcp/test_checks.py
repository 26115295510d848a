"""What a model may name, whatever it makes up."""

from __future__ import annotations

import os
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Final

import needs_mcp  # noqa: F401
import pytest
from git_repository import GitRepository
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle_mcp.checks import checked_identifier, checked_state, path_inside
from heddle_mcp.confirmations import Planned
from heddle_mcp.limits import ANSWER_CHARACTERS
from heddle_mcp.pages import page_of
from heddle_mcp.refusals import Refusal
from heddle_mcp.text import body, line
from heddle_mcp.tools.checkpoints import Changed

_HIDING: Final = ("Cc", "Cf", "Cs", "Zl", "Zp")
_EXAMPLES: Final = settings(max_examples=int(os.environ.get("HEDDLE_EXAMPLES", "25")))
_PARTS: Final = st.sampled_from(
    ["..", ".", "", "a", "src", "out", "loop", "deep", ".git", ".GIT ", ".heddle", "-x", "ü", "\n"]
)
_PATHS: Final = st.one_of(
    st.text(max_size=30), st.lists(_PARTS, max_size=6).map("/".join), st.just("/etc/passwd")
)
_PIECES: Final = st.sampled_from(
    ["HEAD", "main", "~2", "^", "^{commit}", "^{/x}", "@{1}", "@{-1}", "..", "...", ":", "-", "--",
     " ", "\0", "\n", "é", "v1.0", "/", "*", "[", "\\", "$(x)", "a" * 40]
)  # fmt: skip
_STATES: Final = st.one_of(st.text(max_size=30), st.lists(_PIECES, max_size=4).map("".join))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A worktree with symbolic links that lead out of it, into git's directory, and nowhere."""
    root = tmp_path_factory.mktemp("worktree").resolve()
    GitRepository.init(root)
    (root / "src").mkdir()
    (root / "out").symlink_to("/etc")
    (root / "loop").symlink_to("loop")
    (root / "deep").symlink_to("src/../.git")
    return root


@_EXAMPLES
@given(text=_PATHS)
def test_a_path_stays_in_the_worktree_or_is_refused(root: Path, text: str) -> None:
    try:
        path = path_inside(root, text)
    except Refusal:
        return
    assert not path.startswith(("/", "-"))
    assert ".." not in path.split("/")
    parent = Path(os.path.realpath((root / path).parent if path != "." else root))
    assert parent.is_relative_to(root)
    assert not parent.is_relative_to(root / ".git")
    assert not any(character in path for character in "\0\n\r\x1b")
    assert path_inside(root, path) == path


@pytest.mark.parametrize("path", ["src/a.py", "out", "ü/ß", "caf\\351.py", "a b", ".gitignore"])
def test_an_honest_path_is_taken_as_it_is(root: Path, path: str) -> None:
    assert path_inside(root, path) == path
    assert path_inside(root, str(root / path)) == path


@_EXAMPLES
@given(text=_STATES)
def test_a_state_is_one_word_that_git_takes_for_no_option(text: str) -> None:
    try:
        state = checked_state(text)
    except ValueError:
        return
    assert state == text
    assert not state.startswith("-")
    assert state.isascii()
    assert state.isprintable()
    assert not set(state) & set(" :?*[\\")
    assert ".." not in state
    assert "^{/" not in state


@pytest.mark.parametrize(
    "state",
    ["HEAD", "HEAD~2", "HEAD^2", "HEAD^{commit}", "HEAD@{1}", "main@{upstream}", "v1.0", "a/b-c",
     "f" * 40, "feature/#12", "dependabot/npm_and_yarn/@types/node", "user+1=x%,{y}"],
)  # fmt: skip
def test_an_honest_state_is_taken(state: str) -> None:
    assert checked_state(state) == state


@_EXAMPLES
@given(text=st.text(max_size=20))
def test_an_identifier_is_no_path_and_no_option(text: str) -> None:
    try:
        identifier = checked_identifier(text)
    except ValueError:
        return
    assert identifier.isascii()
    assert identifier[0].isalnum()
    assert not set(identifier) & set("/\\ \n\0")


@_EXAMPLES
@given(text=st.text(max_size=200), most=st.integers(10, 100))
def test_what_is_told_has_no_control_characters_and_an_end(text: str, most: int) -> None:
    one = line(text, most)
    assert not any(unicodedata.category(character) in _HIDING for character in one)
    assert len(one) <= most
    several = body(text, most)
    hiding = {character for character in several if unicodedata.category(character) in _HIDING}
    assert hiding <= {"\n", "\t"}
    assert len(several) <= most


def test_what_hides_in_text_is_written_out() -> None:
    assert line("a\u202eb\u200bc\U000e0041d\x1b[2J") == "a\\u202eb\\u200bc\\U000e0041d\\e[2J"


@_EXAMPLES
@given(
    lengths=st.lists(st.integers(0, 30_000), max_size=12),
    limit=st.integers(1, 5),
)
def test_pages_have_everything_once_and_an_end(lengths: list[int], limit: int) -> None:
    entries = [Changed(path="x" * n, kind=str(i), side="") for i, n in enumerate(lengths)]
    seen: list[Changed] = []
    offset: int | None = 0
    while offset is not None:
        page = page_of(entries, offset, limit)
        size = sum(len(entry.model_dump_json()) for entry in page.entries)
        assert size <= ANSWER_CHARACTERS or len(page.entries) == 1
        assert len(page.entries) <= limit
        seen += page.entries
        offset = page.next_offset
    assert seen == entries


def test_a_confirmation_changes_with_everything_that_a_preview_has_looked_at(root: Path) -> None:
    path = root / "file"
    path.write_text("1", encoding="utf-8")
    plain = Planned("take-back", ("id",), (("write", "file"),), "head")
    given_out = plain.confirmation(root)
    assert plain.is_confirmed_by(given_out, root)
    for other in (
        Planned("undo", ("id",), (("write", "file"),), "head"),
        Planned("take-back", ("other",), (("write", "file"),), "head"),
        Planned("take-back", ("id",), (("delete", "file"),), "head"),
        Planned("take-back", ("id",), (("write", "file"),), "moved"),
    ):
        assert not other.is_confirmed_by(given_out, root)
    assert not plain.is_confirmed_by(given_out, root.parent)
    assert not plain.is_confirmed_by("é", root)
    path.write_text("22", encoding="utf-8")
    assert not plain.is_confirmed_by(given_out, root)


def test_a_confirmation_of_another_server_is_worth_nothing(root: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from heddle_mcp.confirmations import Planned; "
        "print(Planned('keep', ('id',), (), 'head').confirmation(Path(sys.argv[1])))"
    )
    made = subprocess.run(
        [sys.executable, "-c", program, root], check=True, capture_output=True, text=True
    ).stdout.strip()
    plan = Planned("keep", ("id",), (), "head")
    assert made.rpartition(":")[0] == plan.confirmation(root).rpartition(":")[0] == "keep"
    assert not plan.is_confirmed_by(made, root)
