"""Which transaction a person means."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from heddle_client.git_command import GitError, git
from heddle_client.visible import visible
from heddle_supervisor.errors import HeddleError

if TYPE_CHECKING:
    from heddle_client.client import Client
    from heddle_client.values.snapshot import Transaction

ACTIVE: Final = "active"
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PREFIX: Final = re.compile(r"[0-9a-fA-F-]+")
_MOST: Final = 1_000
_SHORT: Final = 8
_REFS: Final = "refs/heddle/transactions/"


class ChoiceError(HeddleError):
    """No transaction is meant, or several may be."""


def chosen(client: Client, given: str) -> str:
    """Return the id of the transaction that is meant.

    Args:
        client: whose repository it is in.
        given: its id, or a beginning of it that no other has; empty for the one that is active in
            the client's worktree.

    Raises:
        ChoiceError: there is none, or more than one.
        HeddleError: the daemon, or git, cannot be asked.
    """
    if _UUID.fullmatch(given):
        return given
    if given:
        return _with_prefix(client.transactions.list(_MOST), given)
    return active_here(client).transaction_id


def active_here(client: Client) -> Transaction:
    """Return the transaction that is active in the client's worktree.

    Raises:
        ChoiceError: there is none.
        HeddleError: the daemon, or git, cannot be asked.
    """
    here = worktree_name(client.repository)
    for each in client.transactions.list(_MOST):
        if each.state == ACTIVE and each.worktree == here:
            return each
    raise ChoiceError(
        "no transaction is active in this worktree: `heddle txn begin` begins one, "
        "`heddle txn list` lists those of all worktrees"
    )


def worktree_name(directory: Path) -> str:
    """Return a worktree as transactions name it: its git directory, relative to the shared one.

    Raises:
        GitError: git cannot tell.
    """
    told = git(
        directory, "rev-parse", "--path-format=absolute", "--git-dir", "--git-common-dir"
    ).split(b"\n")
    return os.fsdecode(os.path.relpath(os.path.realpath(told[0]), os.path.realpath(told[1])))


def short(transaction_id: str) -> str:
    """Return as much of an id as people need."""
    return visible(transaction_id)[:_SHORT]


def kept_transactions(repo: Path | None, prefix: str, *, aborted: bool) -> list[tuple[str, str]]:
    """Return the ids, with a word of help, of the transactions that a shell may complete.

    Git's refs are asked, which is quick and needs no daemon: a transaction keeps a copy of its
    worktree until it is committed, and an aborted one keeps what was taken back.

    Args:
        repo: a directory in the repository; None for the current one.
        prefix: what the ids begin with.
        aborted: whether those that were aborted are wanted, or the active ones.
    """
    form = "--format=%(refname) %(committerdate:relative) %(contents:subject)"
    try:
        told = os.fsdecode(git(repo or Path(), "for-each-ref", form, _REFS))
    except GitError:
        return []
    kept: dict[str, dict[str, str]] = {}
    for line in told.splitlines():
        ref, _, help_text = line.partition(" ")
        transaction_id, _, name = ref.removeprefix(_REFS).partition("/")
        kept.setdefault(transaction_id, {})[name] = help_text
    return [
        (transaction_id, names.get("begin", ""))
        for transaction_id, names in kept.items()
        if transaction_id.startswith(prefix) and ("aborted" in names) is aborted
    ]


def _with_prefix(transactions: tuple[Transaction, ...], given: str) -> str:
    shown = visible(given)
    found = [each for each in transactions if each.transaction_id.startswith(given.lower())]
    if not _PREFIX.fullmatch(given) or not found:
        raise ChoiceError(f"no transaction's id begins with {shown}: see `heddle txn list`")
    if len(found) > 1:
        ids = ", ".join(visible(each.transaction_id) for each in found[:5])
        raise ChoiceError(f"{shown} begins the ids of {len(found)} transactions: {ids}")
    return found[0].transaction_id
