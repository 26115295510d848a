"""What the last word of a command line can become."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from typer._completion_classes import FishComplete

from heddle_client.visible import visible


def completions(root: Any, words: Sequence[str]) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - Typer hides the type
    """Yield what the last word can become, each with a word of help or the empty text.

    Where a file's name is wanted, there is nothing: shells know better.

    Args:
        root: the command of the program.
        words: those after the program's name, as they have been typed; the last one is unfinished
            and may be empty. A shell may give `--option=value` as one word or as three.
    """
    *typed, last = _joined(words) or [""]
    # With one word for both, a shell replaces both; bash, which splits them, only the value.
    option, sign, _ = last.partition("=")
    before = f"{option}=" if sign and words[-1] == last and last.startswith("-") else ""
    shell = FishComplete(root, {}, "heddle", "")
    for item in shell.get_completions(list(typed), last):
        if item.type == "plain":
            summary = (item.help or "").strip().split("\n", 1)[0]
            yield before + visible(str(item.value)), visible(summary)


def _joined(words: Sequence[str]) -> list[str]:
    """Return the words with the three of `--option = value` made one."""
    joined: list[str] = []
    follows_sign = False
    for word in words:
        is_sign = word == "=" and bool(joined) and joined[-1].startswith("--")
        if is_sign or follows_sign:
            joined[-1] += word
        else:
            joined.append(word)
        follows_sign = is_sign
    return joined
