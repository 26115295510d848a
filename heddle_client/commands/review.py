"""`heddle review`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer

from heddle_client.commands.options import NoStart
from heddle_client.commands.states import require_worktree
from heddle_supervisor.commands.options import Json, Repo
from heddle_supervisor.console import print_result, reported_errors

if TYPE_CHECKING:
    from heddle_client.client import Client
    from heddle_client.quick_client import QuickClient
    from heddle_client.values import ListSignaturesResponse, ReviewPayload

_STDOUT: Final = "-"

_State = Annotated[
    str,
    typer.Argument(
        metavar="[STATE]", help="A commit, as git names it; left out, the worktree as it is."
    ),
]
_AllSignals = Annotated[
    bool, typer.Option("--all-signals", help="Show what the budget of signals hides, too.")
]
_Markdown = Annotated[
    bool, typer.Option("--markdown", help="Print Markdown, for a comment on a pull request.")
]
_Html = Annotated[
    str, typer.Option("--html", metavar="FILE", help="Write a page that needs no other file.")
]


def review(
    context: typer.Context,
    state: _State = "",
    all_signals: _AllSignals = False,
    markdown: _Markdown = False,
    html: _Html = "",
    repo: Repo = Path(),
    no_start: NoStart = False,
    as_json: Json = False,
) -> None:
    """Show what changed in a state, in the order in which it is best read, and what to look at.

    A commit is compared with its first parent; without a STATE, the worktree is compared with HEAD,
    as if all of it were committed now. In the reading order + is added, - deleted, ~ edited,
    > moved or renamed, = reformatted only; ! is a signal, ? an open discussion, @ an annotation.

    Text is paged by git's pager if it is longer than the screen. With --html, `-` is standard
    output.

    JSON KEYS. state_id (empty for the worktree), prior_state_id, summary: headline, files_changed,
    added_lines, removed_lines, in_budget_signal_count, hidden_signal_count; agent_narrative;
    partition: structural, consequence, tests_and_docs, each a list of file and symbol;
    in_budget_signals, all_signals: kind, anchor (file, symbol, start_line, end_line), reason,
    producer_module, producer_version, computed_at, visibility; tick_budget; discussions: as of
    `heddle discuss list`; merge_requirements: id, description, satisfied, status (pass, fail,
    not_applicable), explanation; signing_footer: available_kinds; changed_files: path, old_path,
    status, added_lines, removed_lines, is_binary, language, outline, by_merge; changed_symbols:
    anchor, previous, kind, changes, start_line, end_line, changes_meaning; annotations: id, kind,
    content, tags, anchor, orphaned; is_truncated, signals_incomplete; signatures, carried: as of
    `heddle signatures`. Ids of states are hexadecimal, times RFC 3339.

    EXIT CODES. 0 shown; 1 there is no such state, or the daemon has refused; 3 no daemon runs, with
    --no-start; 5 it does not answer; 124 not in time; 2 wrong usage.
    """
    from heddle_client.progress import progress

    as_json = as_json or context.obj
    if sum((as_json, markdown, bool(html))) > 1:
        raise typer.BadParameter("give one of --json, --markdown and --html")
    with reported_errors(as_json=as_json):
        with progress("reading what has changed"):
            # A page can show the hidden ones when it is asked to.
            found = _read(repo, state, all_signals=all_signals or bool(html), start=not no_start)
        if as_json:
            from heddle_client.rendering.review_json import review_json

            print_result("", review_json(found.payload, found.signatures), as_json=True)
        elif markdown:
            from heddle_client.rendering.review_markdown import review_markdown

            _write(review_markdown(found.payload, found.signatures))
        elif html:
            _write_page(html, found)
        else:
            _show(found)


class _Found(NamedTuple):
    """A review, and what belongs to it."""

    payload: ReviewPayload
    signatures: ListSignaturesResponse | None
    repository: Path


def _read(repo: Path, state: str, *, all_signals: bool, start: bool) -> _Found:
    """Return a review: from a daemon that serves, or else by way of the client library."""
    from heddle_client.commands.options import open_client
    from heddle_client.quick_client import QuickClient
    from heddle_client.swift_call import NoPlainReplyError

    quick = QuickClient(repo)
    require_worktree(state, quick.repository)
    try:
        return _read_from(quick, state, all_signals=all_signals)
    except NoPlainReplyError:
        with open_client(repo, start=start) as client:
            return _read_from(client, state, all_signals=all_signals)


def _read_from(client: Client | QuickClient, state: str, *, all_signals: bool) -> _Found:
    payload = client.review(state, all_signals=all_signals)
    signatures = client.signatures(payload.state_id) if payload.state_id else None
    return _Found(payload, signatures, client.repository)


def _show(found: _Found) -> None:
    from heddle_client.pager import screen_width, show
    from heddle_client.rendering.paint import paint_for_output
    from heddle_client.rendering.review_text import review_text
    from heddle_client.rendering.words import short

    payload = found.payload
    if not payload.state_id and not payload.summary.files_changed:
        where = short(payload.prior_state_id)
        hint = f" since {where}: `heddle review HEAD` shows the last commit" if where else ""
        print_result(f"nothing has changed in the worktree{hint}", {}, as_json=False)
        return
    width, paint = screen_width(), paint_for_output()
    show(review_text(payload, found.signatures, width=width, paint=paint), found.repository)


def _write_page(place: str, found: _Found) -> None:
    from heddle_client.rendering.review_page import review_page

    page = review_page(found.payload, repository=found.repository.name, signatures=found.signatures)
    if place == _STDOUT:
        _write(page)
    else:
        Path(place).write_text(page, encoding="utf-8")


def _write(document: str) -> None:
    """Print what is read elsewhere: always in UTF-8, whatever this terminal's encoding is."""
    sys.stdout.flush()
    sys.stdout.buffer.write(document.encode())
    sys.stdout.flush()
