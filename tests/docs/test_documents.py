"""The machinery that reads and runs the pages notices what is wrong in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from document_runner import run_blocks, run_commands
from documents import PROJECT, Block, blocks, matches

PAGE = """\
Text.

```console
$ echo one; echo two
one
two
$ cat <<'EOF'
> $HOME
>
> EOF
$HOME

```

<!-- first: x=7 -->

1. In a list:

   <!-- not run: it needs a moon -->

   ```sh
   land
   ```

<!-- first: x=7 -->
```sh
test $x = 7
```
"""


@pytest.fixture
def page(tmp_path: Path) -> list[Block]:
    (tmp_path / "page.md").write_text(PAGE)
    return blocks(tmp_path / "page.md")


def test_blocks_are_found_with_what_is_said_of_them(page: list[Block]) -> None:
    assert [block.language for block in page] == ["console", "sh", "sh"]
    assert [block.not_run for block in page] == ["", "it needs a moon", ""]
    assert page[1].text == "land\n"
    assert page[1].before == (), "text in between takes a note away"
    assert [step.command for step in page[0].steps()] == [
        "echo one; echo two",
        "cat <<'EOF'\n$HOME\n\nEOF",
    ]


def test_what_is_shown_is_run_in_one_shell(page: list[Block], tmp_path: Path) -> None:
    ran = run_blocks(page, tmp_path, {"PATH": "/usr/bin:/bin"})
    assert [each.printed for each in ran] == ["one\ntwo", "$HOME\n", "", ""]
    assert [each.step.hidden for each in ran] == [False, False, True, False]


def test_another_output_and_a_failed_command_are_complained_about(tmp_path: Path) -> None:
    text = "```console\n$ echo two\none\n```\n```sh\nfalse\ntrue\n```\n"
    path = PROJECT / "tests" / "docs" / "page.md"
    shown = [
        Block(path, 2, "", "console", "$ echo two\none\n", "", ()),
        Block(path, 6, "", "sh", "false\ntrue\n", "", ()),
    ]
    complaints = [each.complaint() for each in run_blocks(shown, tmp_path, {"PATH": "/bin"})]
    assert "instead of\none" in complaints[0], text
    assert "ends with 1" in complaints[1]


def test_a_shell_that_ends_early_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="ended early"):
        run_commands(["exit 3", "true"], tmp_path, {"PATH": "/bin"})


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("pid … runs", "pid 12 runs", True),
        ("pid … runs", "pid  stops", False),
        ("a\n…\nb", "a\n1\n2\nb", True),
        ("a\n…\nb", "a\nb", True),
        ("a\n…\nb", "a\n1\n2", False),
        ("a", "a\nb", False),
        ("a\nb", "a", False),
        ("", "", True),
        ("", "x", False),
        ("a.c", "abc", False),
        ("took … ms", "took 1\n2 ms", False),
    ],
)
def test_an_ellipsis_stands_for_what_differs(shown: str, printed: str, same: bool) -> None:
    assert matches(shown, printed) is same
