"""`heddle doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from heddle_supervisor.commands.options import Json, Repo
from heddle_supervisor.console import print_result, reported_errors, styled

if TYPE_CHECKING:
    from heddle_client.doctor.finding import Finding

_COLOURS: Final = {"ok": "green", "warn": "yellow", "fail": "red"}
_NAME_WIDTH: Final = 12


def doctor(
    context: typer.Context,
    repo: Repo = Path(),
    fix: Annotated[
        bool, typer.Option("--fix", help="Mend what can be mended without losing anything.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Look for what keeps heddle from working here, and say how to mend it.

    It needs no daemon and starts none. Python, packages, git, limits of the system, repository,
    hooks, the .heddle directory and its files, and the daemon, if one runs, are looked at.

    --fix closes directories of heddle's that other users could enter, removes what a dead daemon
    has left, and has git ignore .heddle. Nothing else is changed, and it says what was mended.

    JSON KEYS. ok (nothing has failed), checks: name, level (ok, warn, fail), text, remedy, fixable,
    mended (what was wrong before --fix).

    EXIT CODES. 0 nothing fails, though there may be warnings; 1 something fails; 2 wrong usage.
    """
    from heddle_client.doctor.examination import examine
    from heddle_client.doctor.finding import Level
    from heddle_supervisor.errors import ExitCode

    as_json = as_json or context.obj
    with reported_errors(as_json=as_json):
        findings = []
        for finding in examine(repo, fix=fix):
            findings.append(finding)
            if not as_json:
                print_result(_lines(finding), {}, as_json=False)
        failed = any(finding.level is Level.FAIL for finding in findings)
        body = {"ok": not failed, "checks": [finding.as_json() for finding in findings]}
        if as_json:
            print_result("", body, as_json=True)
    raise typer.Exit(int(ExitCode.FAILURE if failed else ExitCode.OK))


def _lines(finding: Finding) -> str:
    level = finding.level.value
    word = styled(f"{level:<4}", _COLOURS[level])
    indent = " " * (_NAME_WIDTH + 8)
    lines = [f"{word}  {finding.name:<{_NAME_WIDTH}}  {finding.text}"]
    if finding.mended:
        lines.append(f"{indent}mended: {finding.mended}")
    if finding.remedy:
        lines.append(f"{indent}-> {finding.remedy}")
    return "\n".join(lines)
