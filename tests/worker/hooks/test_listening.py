"""The file that tells git's hooks whether anybody listens."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from heddle_worker.hooks.listening import ListeningFile


def lines(heddle_dir: Path) -> list[str]:
    return (heddle_dir / "hooks" / "listening").read_text().splitlines()


def test_only_what_git_waits_for_is_in_it(tmp_path: Path) -> None:
    file = ListeningFile(tmp_path)
    file.write(["post_push", "pre_push", "on_signal", "pre_capture"], {"pre_push": 2, "x": 0})
    assert lines(tmp_path) == [
        "pre-push url",
        "commit-msg",
        "pre-rebase",
        "pre-push",
        "# subscribers pre_push 2",
    ]
    assert file.subscribers() == {"pre_push": 2}
    assert stat.S_IMODE((tmp_path / "hooks").stat().st_mode) == 0o700
    assert [path.name for path in (tmp_path / "hooks").iterdir()] == ["listening"]


def test_what_is_added_leaves_the_rest(tmp_path: Path) -> None:
    file = ListeningFile(tmp_path)
    file.write(["pre_push"], {"pre_push": 1})
    file.add(["pre_push", "pre_merge"])
    assert lines(tmp_path) == [
        "pre-push",
        "# subscribers pre_push 1",
        "reference-transaction merge",
    ]


def test_removed_it_is_gone_and_may_be_removed_again(tmp_path: Path) -> None:
    file = ListeningFile(tmp_path)
    file.remove()
    file.write([], {})
    assert lines(tmp_path) == []
    file.remove()
    file.remove()
    assert not (tmp_path / "hooks" / "listening").exists()
    assert file.subscribers() == {}


@pytest.mark.parametrize("text", ["# subscribers x", "# subscribers a b", "\xff", ""])
def test_what_makes_no_sense_is_nobody(tmp_path: Path, text: str) -> None:
    (tmp_path / "hooks").mkdir()
    (tmp_path / "hooks" / "listening").write_text(text, encoding="latin-1")
    assert ListeningFile(tmp_path).subscribers() == {}


def test_a_link_in_its_place_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "hooks").mkdir()
    target = tmp_path / "target"
    target.write_text("precious")
    (tmp_path / "hooks" / "listening").symlink_to(target)
    ListeningFile(tmp_path).write(["pre_push"], {})
    assert target.read_text() == "precious"
    assert lines(tmp_path) == ["pre-push"]


def test_a_directory_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "hooks").symlink_to(tmp_path / "elsewhere")
    file = ListeningFile(tmp_path)
    with pytest.raises(OSError, match="hooks"):
        file.write(["pre_push"], {})
    file.remove()
    assert list((tmp_path / "elsewhere").iterdir()) == []
