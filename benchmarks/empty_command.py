"""The floor of every command: one that does nothing, made with the same library."""

from __future__ import annotations

import typer


def empty() -> None:
    """Do nothing."""


if __name__ == "__main__":
    typer.run(empty)
