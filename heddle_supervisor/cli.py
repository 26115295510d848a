"""The `heddle` command: its groups, and what all of them share."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated, ClassVar

import typer

from heddle_supervisor.console import (
    discard,
    open_standard_streams,
    print_message,
    print_result,
)
from heddle_supervisor.errors import ExitCode
from heddle_supervisor.lazy_group import LazyGroup
from heddle_supervisor.version import __version__


class _HeddleGroup(LazyGroup):
    homes: ClassVar = {
        "agent": "heddle_supervisor.commands.agent:agent",
        "review": "heddle_client.commands.review:review",
        "discuss": "heddle_client.commands.discuss:discuss",
        "signals": "heddle_client.commands.signals:signals",
        "sign": "heddle_client.commands.sign:sign",
        "signatures": "heddle_client.commands.signatures:signatures",
        "log": "heddle_client.commands.operations:operations",
        "txn": "heddle_client.commands.txn.group:txn",
        "hook": "heddle_client.commands.hook:hook",
        "mcp": "heddle_client.commands.mcp:mcp",
        "doctor": "heddle_client.commands.doctor:doctor",
        "bug-report": "heddle_client.commands.bug_report:bug_report",
        "completion": "heddle_client.commands.completion:completion",
    }


app = typer.Typer(
    name="heddle",
    cls=_HeddleGroup,
    # `heddle completion` prints scripts for shells; nothing of the user's is edited.
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Output(StrEnum):
    """The forms in which a command can print its result."""

    TEXT = "text"
    JSON = "json"


def _print_version(wanted: bool) -> None:
    if wanted:
        print_result(f"heddle {__version__}", {}, as_json=False)
        raise typer.Exit


@app.callback()
def heddle(
    context: typer.Context,
    output: Annotated[
        Output, typer.Option("--output", help="How to print results; json is as --json.")
    ] = Output.TEXT,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """The local daemon of a git repository, for coding agents and the people beside them."""
    context.obj = output is Output.JSON


def main() -> None:
    """Run the command line of this process and exit with its code."""
    open_standard_streams()
    if sys.platform == "win32":
        print_message("Windows is not supported: heddle needs fork, flock and Unix sockets")
        sys.exit(ExitCode.FAILURE)
    try:
        app()
    except SystemExit as end:
        if end.code == ExitCode.USAGE and {"--json", "json", "--output=json"} & set(sys.argv):
            body = {"error": "wrong usage; see standard error", "exit_code": int(ExitCode.USAGE)}
            print_result("", body, as_json=True)
        raise
    except BrokenPipeError:
        discard(sys.stdout)
        sys.exit(ExitCode.FAILURE)
