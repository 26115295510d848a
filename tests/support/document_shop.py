"""The small repository in which the commands of the pages are run."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_COMMITS: Final = (
    (
        "Add the cart",
        {
            "cart.py": "def total(prices):\n    return sum(prices)\n",
            "test_cart.py": "import cart\n\n\ndef test_total():\n    assert cart.total([1]) == 1\n",
        },
    ),
    (
        "Give a discount",
        {"cart.py": "def total(prices, discount=0):\n    return sum(prices) - discount\n"},
    ),
)


def make_shop(room: Path, environment: Mapping[str, str]) -> Path:
    """Make the repository in the home of a reader, and start its daemon; return its root."""
    root = room / "home" / "shop"

    def run(*words: str) -> None:
        subprocess.run(words, cwd=root, env=dict(environment), check=True, capture_output=True)

    root.mkdir()
    run("git", "init", "--quiet", "--initial-branch=main")
    for subject, files in _COMMITS:
        for name, text in files.items():
            (root / name).write_text(text, encoding="utf-8")
        run("git", "add", ".")
        run("git", "commit", "--quiet", "-m", subject)
    run("heddle", "agent", "serve", "--detach")
    return root
