"""`heddle completion`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from heddle_supervisor.console import print_result, reported_errors


class Kind(StrEnum):
    """What is printed: the script for a shell, or what such a script asks for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    WORDS = "words"


def completion(
    context: typer.Context,
    kind: Annotated[Kind, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")],
    words: Annotated[
        list[str] | None,
        typer.Argument(help="With `words`: the command line so far, for the scripts themselves."),
    ] = None,
) -> None:
    """Print a script that lets a shell complete heddle's commands, options and transactions.

    bash: put `source <(heddle completion bash)` into ~/.bashrc. zsh: write it to a file `_heddle`
    in a directory of $fpath, before compinit runs. fish: write it to
    ~/.config/fish/completions/heddle.fish.

    `heddle completion words -- WORD…` prints what the last word can become, one on each line, with
    a tab and its help.

    EXIT CODES. 0 printed; 2 wrong usage.
    """
    with reported_errors(as_json=bool(context.obj)):
        text = _script(kind, context, words or [])
        # An empty line would be a word to a shell.
        if text:
            print_result(text, {}, as_json=False)


def _script(kind: Kind, context: typer.Context, words: list[str]) -> str:
    if kind is Kind.WORDS:
        from heddle_client.completion.words import completions

        root = context.find_root().command
        return "\n".join(f"{value}\t{text}" for value, text in completions(root, words))
    from pathlib import Path

    import heddle_client.completion

    script = Path(heddle_client.completion.__file__).with_name(f"heddle.{kind.value}")
    return script.read_text(encoding="utf-8").rstrip("\n")
