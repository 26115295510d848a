"""The commands: what each does, its arguments, options, JSON keys and exit codes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import typer.main

from generators.markdown import page, plain, table
from heddle_supervisor.cli import app

_HEAD: Final = re.compile(r"^([A-Z][A-Z -]+)\. ")

_INTRODUCTION: Final = """
Every command, as its `--help` says it. `heddle --output json` before a command is the same as
`--json` behind it: one JSON object on standard output, on errors too, as
`{"error": …, "exit_code": …}`. `heddle log`, and what has `--follow`, print one on each line;
`heddle txn run` prints it on standard error. What a code means in general is in
[exit and status codes](codes.md).
"""


def render() -> str:
    """Return the page."""
    return page("Commands", _INTRODUCTION, _sections(typer.main.get_command(app), "heddle"))


def commands() -> dict[str, Any]:
    """Return every command and group by its whole name, such as `heddle agent serve`."""
    return dict(_walk(typer.main.get_command(app), "heddle"))


def _walk(command: Any, name: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - Typer hides it
    yield name, command
    for below in _names_below(command):
        yield from _walk(command.get_command(None, below), f"{name} {below}")


def _names_below(command: Any) -> list[str]:  # noqa: ANN401
    if not hasattr(command, "list_commands"):
        return []
    names: list[str] = command.list_commands(None)
    return [name for name in names if not command.get_command(None, name).hidden]


def _sections(root: Any, name: str) -> Iterator[str]:  # noqa: ANN401
    for each, command in _walk(root, name):
        level = "##" if len(each.split()) <= 2 else "###"  # noqa: PLR2004 - heddle and a group
        parts = [f"{level} {each}", *_description(command.help or "")]
        below = _names_below(command)
        if below:
            parts.append(_overview(command, each, below))
        else:
            parts.insert(1, f"```text\n{_usage(each, command)}\n```")
        options = [_row(parameter) for parameter in command.params if not parameter.hidden]
        if options:
            parts.append(table(("argument or option", "what it is"), options))
        yield "\n\n".join(parts)


def _description(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", text.replace("\b", "").strip()):
        line = " ".join(paragraph.split())
        head = _HEAD.match(line)
        if head:
            rest = plain(line[head.end() :])
            yield f"**{head[1].capitalize().replace('Json', 'JSON')}.** {rest}"
        else:
            yield plain(line)


def _overview(group: Any, name: str, below: list[str]) -> str:  # noqa: ANN401
    rows = []
    for each in below:
        whole = f"{name} {each}"
        said = (group.get_command(None, each).help or "").strip().partition("\n\n")[0]
        rows.append((f"[`{whole}`](#{whole.replace(' ', '-')})", plain(said)))
    return table(("command", "what it does"), rows)


def _usage(name: str, command: Any) -> str:  # noqa: ANN401
    words = [name]
    if any(parameter.param_type_name == "option" for parameter in command.params):
        words.append("[OPTIONS]")
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            word = _argument_name(parameter)
            word = f"{word}..." if parameter.nargs == -1 else word
            words.append(word if parameter.required else f"[{word}]")
    return " ".join(words)


def _argument_name(parameter: Any) -> str:  # noqa: ANN401
    return str(parameter.metavar or parameter.name).strip("{}[]").upper()


def _row(parameter: Any) -> tuple[str, str]:  # noqa: ANN401
    said = plain(getattr(parameter, "help", "") or "")
    if parameter.param_type_name == "argument":
        return f"`{_argument_name(parameter)}`", said
    names = ", ".join(f"`{each}`" for each in parameter.opts)
    if parameter.secondary_opts:
        names += " / " + ", ".join(f"`{each}`" for each in parameter.secondary_opts)
    kind = parameter.type
    if not parameter.is_flag and not getattr(parameter, "count", False):
        names += f" `{_metavar(parameter)}`"
    limits = _limits(kind)
    default = _default(parameter)
    notes = "; ".join(filter(None, (limits, default)))
    return names, f"{said} ({notes})" if notes else said


def _metavar(parameter: Any) -> str:  # noqa: ANN401
    choices = getattr(parameter.type, "choices", None)
    if choices:
        return "\\|".join(str(getattr(choice, "value", choice)) for choice in choices)
    named = str(parameter.metavar or "").strip("<>{}[]")
    return (named or parameter.type.name.split()[0]).upper()


def _limits(kind: Any) -> str:  # noqa: ANN401
    least, most = getattr(kind, "min", None), getattr(kind, "max", None)
    if least is None and most is None:
        return ""
    if most is None:
        return f"at least {least:,}"
    return f"at most {most:,}" if least is None else f"{least:,} to {most:,}"


def _default(parameter: Any) -> str:  # noqa: ANN401
    value = parameter.default
    if callable(value) or value is None or type(value).__name__ == "Sentinel":
        return ""
    value = getattr(value, "value", value)
    if parameter.secondary_opts:
        shown = (parameter.opts if value else parameter.secondary_opts)[0]
        return f"default `{shown}`"
    if value is False or value in ("", (), []):
        return ""
    return f"default `{value}`"
