"""`heddle log`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from heddle_client.commands.options import NoStart, open_client
from heddle_client.visible import visible
from heddle_supervisor.commands.options import Repo
from heddle_supervisor.console import print_result, reported_errors

if TYPE_CHECKING:
    from heddle_client.client import Client
    from heddle_client.last_operations import Filters
    from heddle_client.values.operation_log import OperationHit

_LINES: Final = 20
_SHORT: Final = 8

_Follow = Annotated[
    bool, typer.Option("--follow", "-f", help="Go on with each new entry, until interrupted.")
]
_Actor = Annotated[str, typer.Option("--actor", help="E-mail address of who acted.")]
_Symbol = Annotated[str, typer.Option("--symbol", help="FILE:SYMBOL, one of the entry's.")]
_SignalKind = Annotated[str, typer.Option("--signal-kind", help="One of the entry's.")]
_Thread = Annotated[str, typer.Option("--thread", help="A branch.")]
_Verbs = Annotated[
    list[str] | None, typer.Option("--verb", help="What happened; more than once for any of.")
]
_Since = Annotated[
    str, typer.Option("--since", metavar="WHEN", help="Not before, as '2 hours ago'.")
]
_Until = Annotated[
    str, typer.Option("--until", metavar="WHEN", help="Not after, as 2026-11-24T15:30.")
]
_Lines = Annotated[
    int | None,
    typer.Option(
        "--lines",
        "-n",
        min=0,
        help=f"The last so many; 0 for all. {_LINES}, or all with --since or --after-seq.",
        show_default=False,
    ),
]
_Everything = Annotated[
    bool,
    typer.Option("--all", help="Also what is not about the code: reviews, talk, hooks."),
]
_AfterSeq = Annotated[
    int, typer.Option("--after-seq", min=0, max=2**63 - 1, help="Only what came after this.")
]
_AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON object for each entry, on its own line.")
]


def operations(
    context: typer.Context,
    follow: _Follow = False,
    actor: _Actor = "",
    symbol: _Symbol = "",
    signal_kind: _SignalKind = "",
    thread: _Thread = "",
    verbs: _Verbs = None,
    since: _Since = "",
    until: _Until = "",
    lines: _Lines = None,
    everything: _Everything = False,
    after_seq: _AfterSeq = 0,
    repo: Repo = Path(),
    no_start: NoStart = False,
    as_json: _AsJson = False,
) -> None:
    """Print the operation log: what happened in the repository, the oldest entry first.

    An entry is one line: its number, local time, verb, who acted, branch, the beginning of the
    state's id, and what was done. With --follow it goes on when a worker of the daemon is replaced,
    and leaves nothing out.

    WHEN is 2026-11-24 (its first second for --since, its last for --until), 2026-11-24T15:30 (local
    time, unless it names a zone), @SECONDS, or, as git takes it, `2 hours ago`, `yesterday` (the
    same time of the day before), `last friday`, `noon`. `today` is the last midnight.

    JSON KEYS. One object a line: seq, timestamp_secs (unix), verb, actor_email, operation_id,
    thread, symbols, signal_kinds, change_id, old_state_id (hexadecimal), detail.

    EXIT CODES. 0 printed; 1 refused, or nobody reads the output; 2 wrong usage; 3 no daemon runs
    (--no-start); 5 it does not answer; 130 interrupted.
    """
    from heddle_client.points_in_time import unix_seconds
    from heddle_client.rendering.json_values import as_json as json_of
    from heddle_supervisor.errors import ExitCode

    as_json = as_json or context.obj
    with reported_errors(as_json=as_json):
        filters: Filters = {
            "actor": actor,
            "symbol": symbol,
            "signal_kind": signal_kind,
            "thread": thread,
            "verbs": verbs or [],
            "since_secs": unix_seconds(since, repo) if since else 0,
            "until_secs": unix_seconds(until, repo, is_end=True) if until else 0,
            "include_checkpoints": everything,
        }
        if lines is None:
            lines = 0 if since or after_seq else _LINES
        try:
            with open_client(repo, start=not no_start) as client:
                for hit in _entries(client, filters, lines, after_seq, follow=follow):
                    print_result(_line(hit), json_of(hit), as_json=as_json)
        except KeyboardInterrupt:
            # It is how one ends a log that goes on.
            raise typer.Exit(int(ExitCode.INTERRUPTED)) from None


def _entries(
    client: Client, filters: Filters, count: int, after_seq: int, *, follow: bool
) -> Iterator[OperationHit]:
    from heddle_client.closed_pipe import told_of_closed_pipe
    from heddle_client.last_operations import last_operations

    if count:
        last = last_operations(client, count, after_seq, **filters)
        yield from last.hits
        after_seq = last.seq
        if not follow:
            return
    with (
        client.operations(follow, after_seq=after_seq, **filters) as stream,
        told_of_closed_pipe(stream.close),
    ):
        yield from stream


def _line(hit: OperationHit) -> str:
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(hit.timestamp_secs))
    state = hit.change_id.hex()[:_SHORT]
    return (
        f"{hit.seq:>6}  {at}  {visible(hit.verb):<18}  {visible(hit.actor_email):<20}  "
        f"{visible(hit.thread):<12}  {state:<{_SHORT}}  {visible(hit.detail)}"
    ).rstrip()
