"""The mark of a servicer's method that changes something: it is run exactly once for each id."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from google.protobuf.message import Message

from heddle_worker.mutations import Asked, Change, Mutation, Mutations
from heddle_worker.serving.dispatch import Call

T = TypeVar("T")

TRANSACTION_KEY: Final = "heddle-transaction-id"
"""Key of the metadata by which a call says to which transaction it belongs."""

_Prepare: TypeAlias = Callable[[Any, Any, Call], Awaitable[Mutation[Any]]]
_Method: TypeAlias = Callable[[Any, Any, Call], Awaitable[bytes]]


class Mutating(Protocol):
    """A servicer with methods that change something."""

    mutations: Mutations


def mutating(verb: str, *, outside_transactions: bool = False) -> Callable[[_Prepare], _Method]:
    """Return the decorator of a method that checks a request and returns what it is to change.

    Args:
        verb: what the operation log calls it; part of what a client's operation id is for.
        outside_transactions: it is never part of one, whatever the call's metadata say.
    """

    def decorate(prepare: _Prepare) -> _Method:
        @functools.wraps(prepare)
        async def method(servicer: Mutating, request: Any, call: Call) -> bytes:  # noqa: ANN401
            transaction_id = "" if outside_transactions else _transaction_id(call)
            asked = Asked(verb, request.client_operation_id, call.request_bytes, transaction_id)
            return await servicer.mutations.run(asked, lambda: prepare(servicer, request, call))

        method.verb = verb  # type: ignore[attr-defined]
        return method

    return decorate


def _transaction_id(call: Call) -> str:
    value = call.metadata.get(TRANSACTION_KEY, "")
    return value if isinstance(value, str) else value.decode("ascii", "replace")


def answered(
    change: Change[T],
    reply: Callable[[T], Message],
    settled: Callable[[bool], None] | None = None,
) -> Mutation[T]:
    """Return a mutation whose reply is a message made from what was done; see `Mutation`."""
    return Mutation(change, lambda value: reply(value).SerializeToString(), settled)
