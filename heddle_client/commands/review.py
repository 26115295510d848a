"""`heddle review`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from heddle_client.commands.options import NoStart
from heddle_supervisor.commands.options import Json, Repo
from heddle_supervisor.console import print_result, reported_errors

if TYPE_CHECKING:
    from heddle_client.values import ListSignaturesResponse, ReviewPayload

_STDOUT: Final = "-"


def review(
    context: typer.Context,
    state: Annotated[
        str,
        typer.Argument(
            metavar="[STATE]", help="A commit, as git names it; left out, the worktree as it is."
        ),
    ] = "",
    all_signals: Annotated[
        bool, typer.Option("--all-signals", help="Show what the budget of signals hides, too.")
    ] = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print Markdown, for a comment on a pull request.")
    ] = False,
    html: Annotated[
        str, typer.Option("--html", metavar="FILE", help="Write a page that needs no other file.")
    ] = "",
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
    from heddle_client.commands.options import open_client
    from heddle_client.progress import progress

    as_json = as_json or context.obj
    if sum((as_json, markdown, bool(html))) > 1:
        raise typer.BadParameter("give one of --json, --markdown and --html")
    with reported_errors(as_json=as_json):
        with (
            progress("reading what has changed"),
            open_client(repo, start=not no_start) as client,
        ):
            # A page can show the hidden ones when it is asked to.
            found = client.review(state, all_signals=all_signals or bool(html))
            signatures = client.signatures(found.state_id) if found.state_id else None
            repository = client.repository
        if as_json:
            from heddle_client.rendering.review_json import review_json

            print_result("", review_json(found, signatures), as_json=True)
        elif markdown:
            from heddle_client.rendering.review_markdown import review_markdown

            _write(review_markdown(found, signatures))
        elif html:
            _write_page(html, found, signatures, repository)
        else:
            _show(found, signatures, repository)


def _show(
    found: ReviewPayload, signatures: ListSignaturesResponse | None, repository: Path
) -> None:
    from heddle_client.pager import screen_width, show
    from heddle_client.rendering.paint import paint_for_output
    from heddle_client.rendering.review_text import review_text
    from heddle_client.rendering.words import short

    if not found.state_id and not found.summary.files_changed:
        where = short(found.prior_state_id)
        hint = f" since {where}: `heddle review HEAD` shows the last commit" if where else ""
        print_result(f"nothing has changed in the worktree{hint}", {}, as_json=False)
        return
    text = review_text(found, signatures, width=screen_width(), paint=paint_for_output())
    show(text, repository)


def _write_page(
    place: str,
    found: ReviewPayload,
    signatures: ListSignaturesResponse | None,
    repository: Path,
) -> None:
    from heddle_client.rendering.review_page import review_page

    page = review_page(found, repository=repository.name, signatures=signatures)
    if place == _STDOUT:
        _write(page)
    else:
        Path(place).write_text(page, encoding="utf-8")


def _write(document: str) -> None:
    """Print what is read elsewhere: always in UTF-8, whatever this terminal's encoding is."""
    sys.stdout.flush()
    sys.stdout.buffer.write(document.encode())
    sys.stdout.flush()
