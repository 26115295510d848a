"""`heddle hook list`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from heddle_client.commands.options import open_client
from heddle_client.visible import visible
from heddle_supervisor.commands.options import Json, Repo
from heddle_supervisor.console import columns, print_message, print_result, reported_errors

if TYPE_CHECKING:
    from heddle_client.hook_report import HookReport
    from heddle_client.values.hook import Hook


def list_hooks(context: typer.Context, repo: Repo = Path(), as_json: Json = False) -> None:
    """List the commands that are registered, and which of git's hooks reach heddle.

    JSON KEYS. hooks: name, command, events (empty for all), timeout_ms, in the order in which they
    are asked; null when no daemon could be asked, and then error. hooks_directory; git_hooks: name,
    state (installed, not installed, not ours, altered, not executable, outdated), chained;
    problems: why shims do not run, one line each.

    EXIT CODES. 0 listed; 3 no daemon runs, so that only git's hooks are listed; 5 a daemon runs and
    does not answer; 1 failed; 2 wrong usage.
    """
    from heddle_client.hook_report import hook_reports, problems
    from heddle_client.hooks_directory import hooks_directory_of
    from heddle_client.shim import own_interpreter
    from heddle_supervisor.errors import ExitCode, HeddleError

    as_json = as_json or context.obj
    code, error = ExitCode.OK, None
    with reported_errors(as_json=as_json):
        directory = hooks_directory_of(repo)
        reports = hook_reports(directory, own_interpreter())
        found = list(problems(directory, reports))
        try:
            registered = _registered(repo)
        except HeddleError as reason:
            registered, error, code = None, str(reason), reason.exit_code
        body: dict[str, Any] = {
            "hooks": None if registered is None else [_entry(hook) for hook in registered],
            "hooks_directory": str(directory.path),
            "git_hooks": [
                {"name": each.name, "state": each.state.value, "chained": each.chained}
                for each in reports
            ],
            "problems": found,
        }
        if error is not None:
            body["error"] = error
            print_message(error)
        print_result(_text(registered, reports, found), body, as_json=as_json)
    raise typer.Exit(int(code))


def _registered(repo: Path) -> Sequence[Hook]:
    with open_client(repo, start=False) as client:
        return client.hooks.list()


def _entry(hook: Hook) -> dict[str, Any]:
    return {
        "name": hook.name,
        "command": hook.command,
        "events": list(hook.events),
        "timeout_ms": hook.timeout_ms,
    }


def _text(
    registered: Sequence[Hook] | None,
    reports: Sequence[HookReport],
    found: Sequence[str],
) -> str:
    blocks = []
    if registered:
        rows = [
            (
                visible(hook.name),
                ",".join(map(visible, hook.events)) or "all",
                f"{hook.timeout_ms} ms",
                visible(hook.command),
            )
            for hook in registered
        ]
        blocks.append(columns([("NAME", "EVENTS", "TIMEOUT", "COMMAND"), *rows]))
    elif registered is not None:
        blocks.append("no command is registered")
    shims = [(each.name, each.state.value, "yes" if each.chained else "") for each in reports]
    blocks.append(columns([("GIT HOOK", "STATE", "CHAINED"), *shims]))
    if found:
        blocks.append("\n".join(f"! {problem}" for problem in found))
    return "\n\n".join(blocks)
