"""`heddle bug-report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heddle_client.visible import visible
from heddle_supervisor.commands.options import Json, Repo
from heddle_supervisor.console import columns, print_result, reported_errors, size


def bug_report(
    context: typer.Context,
    repo: Repo = Path(),
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The archive to write; heddle-bug-report-TIME.tar.gz."),
    ] = None,
    only_list: Annotated[
        bool, typer.Option("--list", help="Say what it would hold, and write nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write an archive that helps others to find a fault, with nothing private in it.

    It has versions, the findings of `heddle doctor`, the daemon's state, the ends of its logs,
    numbers about the repository, and the configuration without its texts. It never has contents of
    the repository or of heddle's database. Names of users, hosts, branches and files, paths,
    addresses and e-mail addresses are replaced by tokens, equal ones by equal tokens; names that
    are one ordinary word of lower case letters stay. Look into it before you send it.

    JSON KEYS. file (null with --list), contents: name, bytes.

    EXIT CODES. 0 written; 1 it cannot be written, or is there already; 2 wrong usage.
    """
    import time

    from heddle_client.bug_report.bundle import enclosures, write_bundle
    from heddle_client.progress import progress

    as_json = as_json or context.obj
    with reported_errors(as_json=as_json):
        with progress("looking around"):
            files = list(enclosures(repo))
        path = None
        if not only_list:
            path = out or Path(time.strftime("heddle-bug-report-%Y%m%d-%H%M%S.tar.gz"))
            write_bundle(path, files)
        body = {
            "file": None if path is None else str(path),
            "contents": [{"name": file.name, "bytes": len(file.content)} for file in files],
        }
        table = columns([(file.name, size(len(file.content))) for file in files])
        head = f"heddle bug-report: {visible(str(path))}\n" if path is not None else ""
        print_result(head + table, body, as_json=as_json)
