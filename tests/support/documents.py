"""What a page of the documentation shows: its blocks of code, and the commands within them.

A line of its own before a block can say more of it, in a comment that no reader sees:

* `<!-- not run: REASON -->`: it is not run when the documents are tested.
* `<!-- first: COMMAND -->`: the command is run before it, and its output is of no interest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).parents[2]
DOCS: Final = PROJECT / "docs"

ANYTHING: Final = "…"
"""In an output that is shown: whatever is different each time; alone in a line, any lines."""

_FENCE: Final = re.compile(r"^(?P<indent> *)```(?P<language>[\w-]*)$")
_COMMENT: Final = re.compile(r"^ *<!-- (?P<name>not run|first): (?P<text>.+) -->$")
_INLINE: Final = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True, slots=True)
class Step:
    """One command, and what is shown below it.

    Attributes:
        command: what the shell is given; several lines where the prompt goes on with `> `.
        shown: the lines below it, without the last line's end; None where nothing is compared.
        first: the number of the first line of the output in the page.
        lines: how many lines of the page the output takes.
        hidden: whether no reader sees the command.
    """

    command: str
    shown: str | None
    first: int
    lines: int = 0
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """One block of code.

    Attributes:
        page: the file.
        line: the number of the line after its fence.
        indent: what stands before each of its lines.
        language: what the fence says.
        text: its lines, without the indentation.
        not_run: the reason for which it is not run; empty when it is.
        before: commands that are run before it.
    """

    page: Path
    line: int
    indent: str
    language: str
    text: str
    not_run: str
    before: tuple[str, ...]

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return f"{self.page.relative_to(PROJECT)}:{self.line}"

    def steps(self) -> Iterator[Step]:
        """Return what is run of it, in its order."""
        for command in self.before:
            yield Step(command, None, self.line, hidden=True)
        if self.not_run:
            return
        if self.language == "console":
            yield from _console_steps(self.text.splitlines(), self.line)
        elif self.language == "sh":
            yield Step(f"( set -eu\n{self.text})", None, self.line)
        elif self.language == "python":
            yield Step(f"python3 - <<'END OF BLOCK'\n{self.text}END OF BLOCK", None, self.line)


def pages() -> list[Path]:
    """Return all pages, the README first."""
    return [PROJECT / "README.md", *sorted(DOCS.rglob("*.md"))]


def blocks(page: Path) -> list[Block]:
    """Return the blocks of a page, in its order."""
    found: list[Block] = []
    lines = page.read_text(encoding="utf-8").splitlines()
    start, indent, language = 0, "", ""
    notes: list[tuple[str, str]] = []
    for number, line in enumerate(lines, 1):
        fence, comment = _FENCE.match(line), _COMMENT.match(line)
        if start and fence and not fence["language"]:
            text = "".join(
                f"{each.removeprefix(indent)}\n" for each in lines[start - 1 : number - 1]
            )
            reason = "; ".join(said for name, said in notes if name == "not run")
            before = tuple(said for name, said in notes if name == "first")
            found.append(Block(page, start, indent, language, text, reason, before))
            start, notes = 0, []
        elif start:
            continue
        elif fence:
            start, indent, language = number + 1, fence["indent"], fence["language"]
        elif comment:
            notes.append((comment["name"], comment["text"]))
        elif line.strip():
            notes = []
    assert not start, f"{page}:{start} begins a block that does not end"
    return found


def spans(page: Path) -> list[tuple[int, str]]:
    """Return what a page sets as code within its text, with the number of each line."""
    found, inside = [], False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if _FENCE.match(line):
            inside = not inside
        elif not inside:
            found += [(number, span) for span in _INLINE.findall(line)]
    return found


def matches(shown: str, printed: str) -> bool:
    """Return whether an output is the one that is shown, with `…` for what may differ."""
    pattern = "".join(
        r"(?:.*\n)*" if line.strip() == ANYTHING else _line_pattern(line) + r"[ ]*\n"
        for line in shown.splitlines()
    )
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in printed.splitlines())) is not None


def _line_pattern(line: str) -> str:
    return "[^\n]+?".join(re.escape(part) for part in line.rstrip().split(ANYTHING))


def _console_steps(lines: Sequence[str], line: int) -> Iterator[Step]:
    at = 0
    assert "".join(lines[:1]).startswith("$ "), f"line {line}: a console block begins with `$ `"
    while at < len(lines):
        command = [lines[at].removeprefix("$ ")]
        at += 1
        while at < len(lines) and (lines[at] == ">" or lines[at].startswith("> ")):
            command.append(lines[at][2:])
            at += 1
        first = at
        while at < len(lines) and not lines[at].startswith("$ "):
            at += 1
        yield Step("\n".join(command), "\n".join(lines[first:at]), line + first, at - first)
