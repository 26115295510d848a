"""The client of a repository's daemon: `heddle_client.connect`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from heddle_client.caller import Caller
from heddle_client.place import Place
from heddle_client.session import Session

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

    from heddle_client.discussions import Discussions
    from heddle_client.hooks import Hooks
    from heddle_client.signals import Signals
    from heddle_client.streams import Stream
    from heddle_client.transactions import TransactionBlock, Transactions
    from heddle_client.values.common import ReviewKind
    from heddle_client.values.daemon import Daemon
    from heddle_client.values.operation_log import OperationHit
    from heddle_client.values.state_review import (
        ListSignaturesResponse,
        ReviewPayload,
        SignStateResponse,
    )


def connect(repo: str | Path = ".", start: bool = True, agent: str = "") -> Client:
    """Return a client of the daemon of a repository, which has answered.

    Args:
        repo: the repository, a directory in it, or a linked worktree, which is then the one that
            calls are about.
        start: whether to start the daemon where none runs, now and later.
        agent: who calls, for the daemon's records; printable ASCII.

    Raises:
        NotARepositoryError: `repo` lies in no repository.
        NoDaemonError: none runs, and it is not to be started.
        StartError: it does not start.
        NotServingError: it does not answer, or is another user's.
        InvalidArgumentError: `agent` cannot be sent.
    """
    caller = Caller(Session(Place.of(Path(repo)), start=start, agent=agent))
    try:
        caller.check()
    except BaseException:
        caller.close()
        raise
    return Client(caller)


class Client:
    """A repository's daemon, as Python sees it. `with` closes it at the end.

    Any threads may use it. A worker of the daemon's that dies or is replaced in the middle of a
    call is no matter. Each method raises `ClientError`; see `heddle_client.errors`.

    Of every method, `timeout` is the seconds until it gives up; None stands for its default.
    `operation_id` is a UUID under which a change happens once; one is made where it is None.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the calls and iterators in flight, and let go of the connection. Idempotent."""
        self._caller.close()

    @property
    def repository(self) -> Path:
        """The root of the worktree that is asked about, or a bare repository's directory."""
        return self._caller.session.place.worktree

    # What a caller does not use is not imported: a command would wait for it.

    @cached_property
    def discussions(self) -> Discussions:
        """What is said about symbols."""
        from heddle_client.discussions import Discussions

        return Discussions(self._caller)

    @cached_property
    def signals(self) -> Signals:
        """What deserves attention."""
        from heddle_client.signals import Signals

        return Signals(self._caller)

    @cached_property
    def transactions(self) -> Transactions:
        """Transactions by their ids."""
        from heddle_client.transactions import Transactions

        return Transactions(self._caller)

    @cached_property
    def hooks(self) -> Hooks:
        """Who is asked and told."""
        from heddle_client.hooks import Hooks

        return Hooks(self._caller)

    def daemon(self, *, timeout: float | None = None) -> Daemon:
        """Return what the daemon says of itself: version, abilities, limits, counters."""
        from heddle_client.requests import daemon as requests

        return self._caller.call(requests.daemon(self._caller.repo_path, timeout=timeout))

    def review(
        self,
        state: str | bytes = "HEAD",
        all_signals: bool = False,
        *,
        timeout: float | None = None,
    ) -> ReviewPayload:
        """Return what a reviewer of a state needs.

        Args:
            state: id or revision; empty for the worktree as it is, before the commit.
            all_signals: whether `all_signals` of the result is filled too.
            timeout: see the class.
        """
        from heddle_client.requests import reviews as requests

        call = requests.review(
            self._caller.repo_path, state, all_signals=all_signals, timeout=timeout
        )
        return self._caller.call(call)

    def sign(
        self,
        state: str | bytes,
        *,
        key: str | Path | PrivateKeyTypes,
        kind: str | ReviewKind = "read",
        scope: Sequence[tuple[str, str]] | None = None,
        justification: str = "",
        passphrase: str | None = None,
        ssh_program: str = "ssh-keygen",
        operation_id: str | None = None,
        timeout: float | None = None,
    ) -> SignStateResponse:
        """Sign the review of a state.

        Args:
            state: id or revision; git is asked which commit it is.
            key: the path of a private key, or a key of the library `cryptography`; see
                `heddle_client.signing.signed`.
            kind: `read`, `agent_preview` or `agent_co_review`.
            scope: pairs of file and symbol that the review covers; None for the whole change.
            justification: free text.
            passphrase: of the key in the file; None asks for it on the terminal, if it has one.
            ssh_program: what signs with SSH keys; it is called as `ssh-keygen` is.
            operation_id: see the class.
            timeout: see the class.
        """
        from heddle_client.requests import reviews as requests
        from heddle_client.signing import signed, statement

        asked = statement(
            self.repository,
            state,
            kind=kind,
            scope=scope,
            justification=justification,
            now=int(time.time()),
        )
        review = signed(asked, key, passphrase=passphrase, ssh_program=ssh_program)
        call = requests.sign(
            self._caller.repo_path, review, operation_id=operation_id, timeout=timeout
        )
        return self._caller.call(call)

    def signatures(
        self, state: str | bytes = "HEAD", *, timeout: float | None = None
    ) -> ListSignaturesResponse:
        """Return the signatures of a state, and those of other states that hold for it."""
        from heddle_client.requests import reviews as requests

        return self._caller.call(
            requests.signatures(self._caller.repo_path, state, timeout=timeout)
        )

    def operations(
        self,
        follow: bool = False,
        actor: str = "",
        symbol: str = "",
        signal_kind: str = "",
        thread: str = "",
        verbs: Sequence[str] = (),
        since_secs: int = 0,
        until_secs: int = 0,
        limit: int = 0,
        include_checkpoints: bool = False,
        after_seq: int = 0,
        *,
        timeout: float | None = None,
    ) -> Stream[OperationHit]:
        """Return an iterator over the operation log, the oldest entry first.

        When a worker is replaced it goes on after the last entry: none is missed or comes twice.

        Args:
            follow: whether to go on with each new entry.
            actor: e-mail address of who acted.
            symbol: `file:symbol`, one of the entry's.
            signal_kind: one of the entry's.
            thread: a branch.
            verbs: any of these.
            since_secs: Unix seconds, inclusive; 0 for no bound.
            until_secs: Unix seconds, inclusive; 0 for no bound.
            limit: the first so many; 0 for all.
            include_checkpoints: without `verbs`, also what is not about the history of the code.
            after_seq: only entries with a greater `seq`.
            timeout: seconds after which it ends with `CallTimeoutError`; None for never.
        """
        from heddle_client.requests import operations as requests

        cursor = requests.operations(
            self._caller.repo_path,
            follow=follow,
            actor=actor,
            symbol=symbol,
            signal_kind=signal_kind,
            thread=thread,
            verbs=verbs,
            since_secs=since_secs,
            until_secs=until_secs,
            limit=limit,
            include_checkpoints=include_checkpoints,
            after_seq=after_seq,
            timeout=timeout,
        )
        return self._caller.stream(cursor)

    def transaction(
        self, message: str = "", thread: str = "", *, timeout: float | None = None
    ) -> TransactionBlock:
        """Return a transaction for a block: committed at its end, aborted if it raises.

        Calls of this client that are made in the block, in its thread, belong to it: nobody sees
        them before the commit, and an abort undoes them. The worktree goes back with an abort.

        Args:
            message: what it is for, for people.
            thread: the branch whose tip is the base; empty for HEAD.
            timeout: of the beginning and of the end, each; see the class.
        """
        from heddle_client.transactions import TransactionBlock

        return TransactionBlock(
            self._caller, self.transactions, message=message, thread=thread, timeout=timeout
        )

    def within(self, transaction_id: str) -> AbstractContextManager[None]:
        """Return a `with` block whose calls belong to a transaction that is active already."""
        return self._caller.session.within(transaction_id)
