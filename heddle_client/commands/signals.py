"""`heddle signals`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from heddle_client.commands.options import NoStart
from heddle_supervisor.commands.options import Json, Repo
from heddle_supervisor.console import print_result, reported_errors

if TYPE_CHECKING:
    from heddle_client.client import Client


def signals(
    context: typer.Context,
    state: Annotated[
        str,
        typer.Argument(
            metavar="[STATE]", help="A commit, as git names it; left out, the worktree as it is."
        ),
    ] = "",
    follow: Annotated[
        bool,
        typer.Option(
            "--follow", "-f", help="Print those of new states and of edits, until interrupted."
        ),
    ] = False,
    health: Annotated[
        bool, typer.Option("--health", help="Tell how often each kind of signal is raised.")
    ] = False,
    repo: Repo = Path(),
    no_start: NoStart = False,
    as_json: Json = False,
) -> None:
    """List the signals of a state: what deserves a reviewer's attention, and why.

    All are listed; those that a review hides for want of weight are marked as hidden.

    JSON KEYS. signals: kind, anchor: file, symbol, start_line, end_line; reason, producer_module,
    producer_version, computed_at (RFC 3339, or null), visibility (visible, hidden); tick_budget,
    is_incomplete: whether the repository is still being read. With --follow one object a line:
    state_id (hexadecimal; empty for a worktree), signals, worktree, threads, is_incomplete. With
    --health: entries: module_id, fire_rate, warn; window_states.

    EXIT CODES. 0 listed; 1 there is no such state, or the daemon has refused; 3 no daemon runs,
    with --no-start; 5 it does not answer; 124 not in time; 130 interrupted; 2 wrong usage.
    """
    from heddle_client.commands.options import open_client
    from heddle_supervisor.errors import ExitCode

    as_json = as_json or context.obj
    if sum((bool(state), follow, health)) > 1:
        raise typer.BadParameter("give one of STATE, --follow and --health")
    with reported_errors(as_json=as_json), open_client(repo, start=not no_start) as client:
        if follow:
            try:
                _follow(client, as_json=as_json)
            except KeyboardInterrupt:
                # It is how one ends what goes on.
                raise typer.Exit(int(ExitCode.INTERRUPTED)) from None
        elif health:
            _health(client, as_json=as_json)
        else:
            _list(client, state, as_json=as_json)


def _list(client: Client, state: str, *, as_json: bool) -> None:
    from heddle_client.commands.states import require_worktree
    from heddle_client.pager import screen_width, show
    from heddle_client.rendering.json_values import as_json as json_of
    from heddle_client.rendering.paint import paint_for_output
    from heddle_client.rendering.reading_order import without_summaries
    from heddle_client.rendering.signal_text import signals_text

    require_worktree(state, client.repository)
    if state:
        found = client.signals.compute(state)
        raised, budget, incomplete = found.signals, found.tick_budget, found.is_incomplete
    else:
        review = client.review("", all_signals=True)
        raised = without_summaries(review.all_signals)
        budget, incomplete = review.tick_budget, review.signals_incomplete
    if as_json:
        body: dict[str, Any] = {
            "signals": json_of(raised),
            "tick_budget": budget,
            "is_incomplete": incomplete,
        }
        print_result("", body, as_json=True)
        return
    text = signals_text(
        raised, is_incomplete=incomplete, width=screen_width(), paint=paint_for_output()
    )
    show(text, client.repository)


def _health(client: Client, *, as_json: bool) -> None:
    from heddle_client.rendering.json_values import as_json as json_of
    from heddle_client.rendering.signal_text import health_text

    report = client.signals.health()
    print_result(health_text(report), json_of(report), as_json=as_json)


def _follow(client: Client, *, as_json: bool) -> None:
    from heddle_client.closed_pipe import told_of_closed_pipe
    from heddle_client.pager import screen_width
    from heddle_client.rendering.json_values import as_json as json_of
    from heddle_client.rendering.paint import paint_for_output
    from heddle_client.rendering.signal_text import update_text

    paint = paint_for_output()
    with client.signals.updates() as stream, told_of_closed_pipe(stream.close):
        for update in stream:
            text = update_text(update, width=screen_width(), paint=paint)
            print_result(text, json_of(update), as_json=as_json)
