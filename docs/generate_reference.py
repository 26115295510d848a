"""Makes the pages, and a part of the README, that follow from code, `protos/` and `figures.json`.

python docs/generate_reference.py           write them
python docs/generate_reference.py --check   fail when one is not what would be written
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

DOCS: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS))

from generators import cli, client, codes, configuration, mcp, parts, performance, rpc  # noqa: E402

PROJECT: Final = DOCS.parent

PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "docs/performance.md": performance.render,
    "docs/reference/cli.md": cli.render,
    "docs/reference/client.md": client.render,
    "docs/reference/codes.md": codes.render,
    "docs/reference/configuration.md": configuration.render,
    "docs/reference/mcp.md": mcp.render,
    "docs/reference/rpc.md": rpc.render,
}
"""What is made as a whole."""

_MADE: Final[Mapping[str, Callable[[], str]]] = {**PAGES, "README.md": parts.readme}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the pages; return the exit status."""
    parser = argparse.ArgumentParser(description="Generate pages of the documentation.")
    parser.add_argument("--check", action="store_true", help="change nothing, fail on differences")
    check = parser.parse_args(arguments).check
    old = stale()
    if not check:
        for name in old:
            (PROJECT / name).write_text(_MADE[name](), encoding="utf-8")
        return 0
    for name in old:
        print(f"{name} is not what the code and the figures say now", file=sys.stderr)
    if old:
        print("Run `python docs/generate_reference.py`.", file=sys.stderr)
    return 1 if old else 0


def stale() -> list[str]:
    """Return the names of the files that are not what would be written."""
    return [
        name
        for name, render in _MADE.items()
        if not (PROJECT / name).exists() or (PROJECT / name).read_text(encoding="utf-8") != render()
    ]


if __name__ == "__main__":
    sys.exit(main())
