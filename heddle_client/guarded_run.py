"""A command in a transaction: all that it does is kept if it succeeds, or taken back."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from heddle_client.child import Child, CommandError, require_command
from heddle_client.commands.options import open_client
from heddle_client.errors import FailedPreconditionError
from heddle_client.place import Place
from heddle_client.progress import progress
from heddle_client.taken_back import taken_back
from heddle_client.transaction_choice import short
from heddle_supervisor.errors import ExitCode, HeddleError

TRANSACTION_VARIABLE: Final = "HEDDLE_TRANSACTION_ID"
"""Names, in the environment of the command, the transaction that it runs in."""


class LostStoreError(HeddleError):
    """The store is gone, and with it what a transaction was to be ended by."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it has ended.

    Attributes:
        transaction_id: of the transaction; empty when none was begun.
        code: the exit code: the command's, or that of the error that kept it from its end.
        state: `committed`, `aborted`, `active` when it could not be ended, or empty.
        kept_ref: the ref that keeps what was taken back; empty for none.
        text: one line for people; empty when there is nothing to say.
    """

    transaction_id: str = ""
    code: int = 0
    state: str = ""
    kept_ref: str = ""
    text: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the object that `txn run --json` prints."""
        return {
            "transaction_id": self.transaction_id,
            "exit_code": self.code,
            "state": self.state,
            "kept_ref": self.kept_ref,
            "message": self.text,
        }


def run_guarded(
    repo: Path, command: Sequence[str], *, message: str, thread: str, start: bool
) -> Outcome:
    """Run a command in a transaction of its own, and end that by the command's exit code.

    Nothing is asked of the daemon while the command runs, which may take days.

    Args:
        repo: the worktree, or a directory in it.
        command: its words; the first one is looked up in `$PATH`.
        message: what the transaction is for; empty for the command's words.
        thread: the branch whose tip is the base; empty for the one checked out.
        start: whether to start the daemon where none runs.

    Raises:
        HeddleError: no transaction can be begun; the command has not been run.
        KeyboardInterrupt: a second signal has come while it began.
    """
    try:
        require_command(command[0], os.environ.get("PATH"))
    except CommandError as error:
        return Outcome(code=error.code, text=str(error))
    with Child() as child:
        with progress("keeping the worktree"), open_client(repo, start=start) as client:
            begun = client.transactions.begin(message or " ".join(command), thread)
            # The command may remove the directory that it was started in.
            root = client.repository
        transaction_id = begun.transaction_id
        if child.signalled is not None:
            outcome = Outcome(transaction_id, 128 + child.signalled)
        else:
            outcome = _run(child, transaction_id, command)
        return _ended(root, outcome, start=start)


def _run(child: Child, transaction_id: str, command: Sequence[str]) -> Outcome:
    environment = {**os.environ, TRANSACTION_VARIABLE: transaction_id}
    try:
        return Outcome(transaction_id, child.run(command, environment))
    except CommandError as error:
        return Outcome(transaction_id, error.code, text=str(error))


def _ended(repo: Path, outcome: Outcome, *, start: bool) -> Outcome:
    """Commit or abort; what cannot be ended stays active, and the text says how to go on."""
    verb = "abort" if outcome.code else "commit"
    try:
        return (_aborted if outcome.code else _committed)(repo, outcome, start=start)
    except LostStoreError as error:
        text, code = str(error), error.exit_code
    except HeddleError as error:
        text = (
            f"transaction {outcome.transaction_id} is still active: {error}; "
            f"go on with `heddle txn {verb} {outcome.transaction_id}`"
        )
        code = error.exit_code
    except KeyboardInterrupt:
        text = f"interrupted; see `heddle txn status {outcome.transaction_id}`"
        code = ExitCode.INTERRUPTED
    told = f"{outcome.text}; {text}" if outcome.text else text
    return dataclasses.replace(outcome, code=outcome.code or int(code), state="active", text=told)


def _committed(repo: Path, outcome: Outcome, *, start: bool) -> Outcome:
    _require_store(repo, outcome.transaction_id)
    with progress("committing"), open_client(repo, start=start) as client:
        try:
            client.transactions.commit(outcome.transaction_id)
        except FailedPreconditionError as error:
            return _ended_by_command(client, outcome, error)
    return dataclasses.replace(outcome, state="committed")


def _aborted(repo: Path, outcome: Outcome, *, start: bool) -> Outcome:
    _require_store(repo, outcome.transaction_id)
    reason = f"the command's exit code was {outcome.code}"
    with progress("taking the worktree back"), open_client(repo, start=start) as client:
        try:
            done = client.transactions.abort(outcome.transaction_id, reason)
        except FailedPreconditionError as error:
            return _ended_by_command(client, outcome, error)
        what = taken_back(client, outcome.transaction_id, done.kept_ref)
    text = f"took back {what}"
    if done.kept_ref and not what.startswith("nothing"):
        text += f"; get it again with `heddle txn undo {short(outcome.transaction_id)}`"
    return dataclasses.replace(
        outcome,
        state="aborted",
        kept_ref=done.kept_ref,
        text=f"{outcome.text}; {text}" if outcome.text else text,
    )


def _ended_by_command(client: Any, outcome: Outcome, error: FailedPreconditionError) -> Outcome:  # noqa: ANN401
    """Return what has become of a transaction that the command itself has ended.

    Raises:
        FailedPreconditionError: it has not.
    """
    if error.reason != "TRANSACTION_ENDED":
        raise error
    state = client.transactions.status(outcome.transaction_id).state
    return dataclasses.replace(
        outcome, state=state, text=outcome.text or f"the command itself has {state} the transaction"
    )


def _require_store(repo: Path, transaction_id: str) -> None:
    """Raise where the command has removed heddle's files: a new daemon would know nothing."""
    config = Place.of(repo).config
    if not config.state_dir.is_dir():
        ref = f"refs/heddle/transactions/{transaction_id}/begin"
        raise LostStoreError(
            f"{config.heddle_dir} was removed, and the transaction with it, so nothing is taken "
            f"back; the worktree as it was is in {ref}: keep it with `git tag kept {ref}`, and "
            "see `git show kept:worktree/PATH`"
        )
