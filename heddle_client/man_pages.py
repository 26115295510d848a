"""Manual pages of all commands, made from their help: `python -m heddle_client.man_pages DIR`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_SECTION: Final = re.compile(r"([A-Z][A-Z ]+)\. ")
_CODE: Final = re.compile(r"`([^`]+)`")
_USAGE: Final = "usage: man_pages DIR"


@dataclass(frozen=True, slots=True)
class ManPage:
    """A page of section 1: its file's name, and its source for `man`."""

    name: str
    source: str


def man_pages(root: Any, version: str) -> Iterator[ManPage]:  # noqa: ANN401 - Typer hides the type
    """Yield a page for the program, and one for each of its commands and groups.

    Args:
        root: the command of the program.
        version: what is shown at the foot of each page. There is no date: the same source makes
            the same page.
    """
    yield from _pages(root, "heddle", None, version)


def _pages(command: Any, name: str, parent: Any, version: str) -> Iterator[ManPage]:  # noqa: ANN401
    context = command.make_context(name, [], parent=parent, resilient_parsing=True)
    words = context.command_path.split()
    names = command.list_commands(context) if hasattr(command, "list_commands") else []
    yield ManPage(f"{'-'.join(words)}.1", _source(command, context, names, version))
    for inner in names:
        yield from _pages(command.get_command(context, inner), inner, context, version)


def _source(command: Any, context: Any, names: list[str], version: str) -> str:  # noqa: ANN401
    page = "-".join(context.command_path.split())
    first, *paragraphs = _paragraphs(command.help or command.get_short_help_str())
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [
        f'.TH "{_plain(page.upper())}" "1" "" "heddle {_plain(version)}" "heddle"',
        ".SH NAME",
        f"{_plain(page)} \\- {_inline(first.rstrip('.'))}",
        ".SH SYNOPSIS",
        f"\\fB{_plain(context.command_path)}\\fP {_plain(usage)}",
        ".SH DESCRIPTION",
        _inline(first),
    ]
    sections = [text for text in paragraphs if _SECTION.match(text)]
    for text in paragraphs:
        if text not in sections:
            lines += [".PP", _inline(text)]
    lines += _entries("COMMANDS", _commands(command, context, names))
    lines += _entries("ARGUMENTS", _parameters(command, context, "argument"))
    lines += _entries("OPTIONS", _parameters(command, context, "option"))
    for text in sections:
        heading, _, body = text.partition(". ")
        lines += [f".SH {_plain(heading)}", _inline(body)]
    lines += _see_also(context, names)
    return "\n".join(lines) + "\n"


def _paragraphs(text: str) -> list[str]:
    return [" ".join(paragraph.split()) for paragraph in text.strip().split("\n\n")]


def _commands(command: Any, context: Any, names: list[str]) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    for name in names:
        inner = command.get_command(context, name)
        yield name, _paragraphs(inner.help or inner.get_short_help_str())[0]


def _parameters(command: Any, context: Any, kind: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if parameter.param_type_name == kind and record is not None:
            yield record


def _entries(heading: str, entries: Iterator[tuple[str, str]]) -> list[str]:
    lines = []
    for name, text in entries:
        lines += [".TP", f"\\fB{_plain(name)}\\fP", _inline(text) or "\\&"]
    return [f".SH {heading}", *lines] if lines else []


def _see_also(context: Any, names: list[str]) -> list[str]:  # noqa: ANN401
    own = context.command_path.split()
    others = [own[:-1]] if own[1:] else []
    others += [[*own, name] for name in names]
    shown = ", ".join(f"\\fB{_plain('-'.join(words))}\\fP(1)" for words in others)
    return [".SH SEE ALSO", shown] if shown else []


def _inline(text: str) -> str:
    """Return a paragraph with what stands between backquotes in bold."""
    parts = _CODE.split(text)
    shown = "".join(f"\\fB{_plain(p)}\\fP" if i % 2 else _plain(p) for i, p in enumerate(parts))
    return f"\\&{shown}" if shown[:1] in (".", "'") else shown


def _plain(text: str) -> str:
    """Return text in which no character means anything to roff."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    return "".join(c if c.isascii() else f"\\[u{ord(c):04X}]" for c in text)


def main(arguments: list[str]) -> int:
    """Write all pages into the directory that the command line names; return the exit code."""
    import typer.main

    from heddle_supervisor.cli import app
    from heddle_supervisor.version import __version__

    if len(arguments) != 1:
        sys.stderr.write(f"{_USAGE}\n")
        return 2
    directory = Path(arguments[0])
    directory.mkdir(parents=True, exist_ok=True)
    for page in man_pages(typer.main.get_command(app), __version__):
        (directory / page.name).write_text(page.source, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
