"""The one condition under which anything can be done within a transaction, or to it."""

from __future__ import annotations

import apsw

from heddle_worker.failures import NotFoundError, TransactionBusyError, TransactionEndedError
from heddle_worker.store import transactions
from heddle_worker.store.transactions import AbortStep, Transaction, TransactionState


def find_transaction(connection: apsw.Connection, transaction_id: str) -> Transaction:
    """Return a transaction, whatever has become of it.

    Raises:
        NotFoundError: there is none with this id.
    """
    found = transactions.find(connection, transaction_id)
    if found is None:
        raise NotFoundError(f"transaction {transaction_id} not found")
    return found


def find_unended(connection: apsw.Connection, transaction_id: str) -> Transaction:
    """Return an active transaction, perhaps one that is being aborted.

    Raises:
        NotFoundError: there is none with this id.
        TransactionEndedError: it was committed or aborted.
    """
    found = find_transaction(connection, transaction_id)
    if found.state is not TransactionState.ACTIVE:
        raise TransactionEndedError(found.state)
    return found


def find_active(connection: apsw.Connection, transaction_id: str) -> Transaction:
    """Return an active transaction that nobody is aborting.

    Raises:
        NotFoundError, TransactionEndedError: as `find_unended` does.
        TransactionBusyError: it is being aborted.
    """
    found = find_unended(connection, transaction_id)
    if found.step is not AbortStep.NONE:
        raise TransactionBusyError(f"transaction {transaction_id} is being aborted; try again")
    return found
