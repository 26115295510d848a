"""Makes the pages of `docs/reference/` that follow from the code and from `protos/`.

python docs/generate_reference.py           write the pages
python docs/generate_reference.py --check   fail when a page is not what would be written
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

DOCS: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS))

from generators import cli, client, codes, configuration, mcp, rpc  # noqa: E402

REFERENCE: Final = DOCS / "reference"

PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "cli.md": cli.render,
    "client.md": client.render,
    "codes.md": codes.render,
    "configuration.md": configuration.render,
    "mcp.md": mcp.render,
    "rpc.md": rpc.render,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the pages; return the exit status."""
    parser = argparse.ArgumentParser(description="Generate pages of docs/reference/.")
    parser.add_argument("--check", action="store_true", help="change nothing, fail on differences")
    check = parser.parse_args(arguments).check
    old = stale()
    if not check:
        for name in old:
            (REFERENCE / name).write_text(PAGES[name](), encoding="utf-8")
        return 0
    for name in old:
        print(f"docs/reference/{name} is not what the code says now", file=sys.stderr)
    if old:
        print("Run `python docs/generate_reference.py`.", file=sys.stderr)
    return 1 if old else 0


def stale() -> list[str]:
    """Return the names of the pages that are not what would be written."""
    return [
        name
        for name, render in PAGES.items()
        if not (REFERENCE / name).exists()
        or (REFERENCE / name).read_text(encoding="utf-8") != render()
    ]


if __name__ == "__main__":
    sys.exit(main())
