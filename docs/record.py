"""Writes what the commands on a page really print into the page.

    python docs/record.py README.md docs/tutorial.md

Runs each `console` block with this environment's heddle, in a fresh home, and puts the output below
each command; what is different each time (pids, ids, times) becomes `…`. An output that is right as
it stands, its `…` included, is left alone. All pages but the tutorial, which makes its own, are
recorded in a small repository. Without pages: the README and the tutorial.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "tests" / "support"))

from document_runner import Ran, reader_environment, run_blocks, stop_daemons  # noqa: E402
from document_shop import make_shop  # noqa: E402
from documents import ANYTHING, blocks  # noqa: E402

_DIFFERENT: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        r"\b[0-9a-f]{7,64}\b",
        r"(?<=\bpid )\d+",
        r"(?<=\bSHA256:)\S+",
        r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?: UTC|Z|[+-]\d\d:\d\d)?",
        # Not the time that a hook has.
        r"\b(?!5000 ms)\d+(?:\.\d+)?(?= (?:ms|s)\b)",
    )
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Record the pages that are named; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("pages", nargs="*", type=Path, help="Markdown files")
    pages = parser.parse_args(arguments).pages
    for page in pages or [PROJECT / "README.md", PROJECT / "docs" / "tutorial.md"]:
        record(page.resolve())
    return 0


def record(page: Path) -> None:
    """Run the `console` blocks of one page, and write what they print into it."""
    room = Path(tempfile.mkdtemp(prefix="heddle-", dir="/tmp")).resolve()
    environment = reader_environment(room)
    home = room / "home"
    try:
        directory = home if page.name == "tutorial.md" else make_shop(room, environment)
        ran = run_blocks(blocks(page), directory, environment)
    finally:
        stop_daemons(environment)
        shutil.rmtree(room, ignore_errors=True)
    failed = [each.complaint() for each in ran if "Traceback" in each.printed]
    if failed:
        raise SystemExit("\n".join(failed))
    page.write_text(rewritten(page.read_text(encoding="utf-8"), ran, room), encoding="utf-8")


def rewritten(text: str, ran: Sequence[Ran], room: Path) -> str:
    """Return a page with what was printed in the place of each output that is not right."""
    lines = text.splitlines()
    for each in reversed(ran):
        step = each.step
        if step.shown is not None and each.complaint():
            printed = normalised(each.printed, room).splitlines()
            shown = [f"{each.block.indent}{line}".rstrip() for line in printed]
            lines[step.first - 1 : step.first - 1 + step.lines] = shown
    return "\n".join(lines) + "\n"


def normalised(printed: str, room: Path) -> str:
    """Return an output with `…` for what is different each time."""
    text = printed.replace(str(room / "home"), ANYTHING).replace(str(room), ANYTHING)
    for pattern in _DIFFERENT:
        text = pattern.sub(ANYTHING, text)
    return text


if __name__ == "__main__":
    sys.exit(main())
