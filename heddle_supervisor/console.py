"""How every command speaks: results on standard output, messages on standard error."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

from heddle_supervisor.errors import Ending, HeddleError


def print_result(text: str, body: dict[str, Any], *, as_json: bool) -> None:
    """Print a command's result: for people, or as one JSON object."""
    sys.stdout.write((json.dumps(body) if as_json else text) + "\n")
    sys.stdout.flush()


def print_message(text: str) -> None:
    """Tell a person something that is not a result; it is no matter if nobody can read it."""
    try:
        sys.stderr.write(f"heddle: {text}\n")
    except OSError:
        discard(sys.stderr)


def discard(stream: TextIO) -> None:
    """Send what is still written to a broken stream nowhere: Python would complain at its exit."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)


def open_standard_streams() -> None:
    """Open those that the caller has closed: the next file would get the number of one of them."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(descriptor, "w", closefd=False))
    # What a terminal's encoding lacks is written out, as standard error has it anyway.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def styled(text: str, colour: str | None) -> str:
    """Return the text, coloured where a person reads it on a terminal and has not said no.

    `NO_COLOR` (any non-empty value) and `TERM=dumb` say no; `FORCE_COLOR` says yes.
    """
    if colour is None or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    if sys.stdout.isatty() or os.environ.get("FORCE_COLOR"):
        import typer

        return typer.style(text, fg=colour)
    return text


def duration(seconds: float) -> str:
    """Return a time span in its two largest units, as `3 d 4 h` or `12 s`."""
    left = max(0, int(seconds))
    parts: list[str] = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count or (unit == "s" and not parts):
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])


def size(count: int) -> str:
    """Return a number of bytes in its largest binary unit, as `3.2 MiB` or `12 bytes`."""
    if count < 1_024:  # noqa: PLR2004 - a kibibyte
        return f"{count} bytes"
    value = float(count)
    for unit in ("KiB", "MiB", "GiB", "TiB"):
        value /= 1_024
        if value < 1_024 or unit == "TiB":  # noqa: PLR2004 - a kibibyte
            break
    return f"{value:.1f} {unit}"


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of equal length as a table whose columns are aligned."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


@contextlib.contextmanager
def reported_errors(*, as_json: bool) -> Iterator[None]:
    """Turn the errors of a command into one line, one JSON object where asked, and an exit code.

    Raises:
        SystemExit: with the error's exit code.
    """
    try:
        yield
    except BrokenPipeError:
        raise  # whoever reads our output has seen enough, and wants no complaint
    except (HeddleError, OSError, KeyboardInterrupt) as error:
        ending = Ending.of(error)
    else:
        return
    print_message(ending.text)
    if as_json:
        print_result(ending.text, ending.as_json(), as_json=True)
    raise SystemExit(int(ending.exit_code))
