"""The client for asyncio offers what the blocking one does: the same names, the same parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from heddle_client import aio, client
from heddle_client.aio import discussions, hooks, signals, transactions
from heddle_client.discussions import Discussions
from heddle_client.hooks import Hooks
from heddle_client.signals import Signals
from heddle_client.transactions import TransactionBlock, Transactions

TWINS = [
    (client.Client, aio.AsyncClient),
    (Discussions, discussions.AsyncDiscussions),
    (Signals, signals.AsyncSignals),
    (Hooks, hooks.AsyncHooks),
    (Transactions, transactions.AsyncTransactions),
    (TransactionBlock, transactions.AsyncTransactionBlock),
]


def methods(kind: type) -> dict[str, Callable[..., Any]]:
    return {name: each for name, each in vars(kind).items() if name[0] != "_" and callable(each)}


@pytest.mark.parametrize(("blocking", "asynchronous"), TWINS)
def test_the_same_methods_with_the_same_parameters(blocking: type, asynchronous: type) -> None:
    ours, theirs = methods(blocking), methods(asynchronous)
    assert ours.keys() == theirs.keys()
    for name, method in ours.items():
        twin = theirs[name]
        assert inspect.signature(method).parameters == inspect.signature(twin).parameters, name
        told = (method.__doc__ or "").replace("in its thread", "in its task")
        assert told == twin.__doc__, name
        returned = str(inspect.signature(method).return_annotation)
        is_plain = returned.startswith(("Stream", "AbstractContextManager", "TransactionBlock"))
        assert inspect.iscoroutinefunction(twin) is not is_plain, name


def test_connecting_takes_the_same() -> None:
    ours, theirs = inspect.signature(client.connect), inspect.signature(aio.connect)
    assert ours.parameters == theirs.parameters


@pytest.mark.parametrize(("blocking", "_asynchronous"), TWINS)
def test_every_call_can_be_given_a_deadline_and_every_change_an_id(
    blocking: type, _asynchronous: type
) -> None:
    for name, method in methods(blocking).items():
        if name not in ("close", "within"):
            assert "timeout" in inspect.signature(method).parameters, name
