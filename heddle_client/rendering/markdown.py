"""Text from elsewhere, made fit for Markdown: it stays text, whatever is in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from heddle_client.visible import visible

# What CommonMark, GitHub's tables and formulas, or HTML take for more than text, anywhere.
_MARKUP: Final = frozenset("\\`*_[]<>|~&$")
# And what they do at its beginning: headings, lists, rules.
_BEGINNING: Final = re.compile(r"[-+#=:]|[0-9]+[.)]")
# An address sign that mentions nobody: nothing that can be seen stands behind it.
_MENTION: Final = "@&#8203;"


def prose(text: str) -> str:
    """Return a text in one line of Markdown that shows it, with nobody mentioned and no markup."""
    fit = visible(" ".join(text.split()))
    begin = _BEGINNING.match(fit)
    if begin is None:
        return "".join(map(_prose_character, fit))
    first = fit[: begin.end() - 1] + _entity(fit[begin.end() - 1])
    return first + "".join(map(_prose_character, fit[begin.end() :]))


def code(text: str) -> str:
    """Return a name in one line of Markdown that shows it as code, also in a table's cell."""
    fit = visible(text)
    if fit == fit.strip() != "" and not any(each in fit for each in "`|\\"):
        return f"`{fit}`"
    shown = (_entity(each) if not each.isalnum() else each for each in fit)
    return f"<code>{''.join(shown)}</code>"


def quoted(text: str) -> str:
    """Return a text of several lines as a quotation."""
    lines = text.strip("\n").split("\n")
    shown = [prose(line) for line in lines]
    # Two spaces at the end of a line keep the line's end; an empty one begins a paragraph.
    return "\n".join(f"> {line}  " if line else ">" for line in shown)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table; its cells are Markdown without a bare `|`."""
    lines = [f"| {' | '.join(headings)} |", f"|{' --- |' * len(headings)}"]
    return lines + [f"| {' | '.join(row)} |" for row in rows]


def _prose_character(character: str) -> str:
    if character == "@":
        return _MENTION
    return _entity(character) if character in _MARKUP else character


def _entity(character: str) -> str:
    return f"&#{ord(character)};"
