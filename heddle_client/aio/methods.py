"""Methods of the client, each made of the function that builds its call: those for asyncio."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar

from heddle_client.aio.caller import AsyncCaller
from heddle_client.aio.streams import AsyncStream
from heddle_client.calls import Call, Cursor
from heddle_client.methods import described

P = ParamSpec("P")
T = TypeVar("T")


class AsyncMethods:
    """What has such methods.

    Args:
        caller: makes their calls.
    """

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller


def unary(
    build: Callable[Concatenate[str, P], Call[T]],
) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]:
    """Return the method that makes the built call and returns its result."""

    async def method(self: AsyncMethods, /, *words: P.args, **named: P.kwargs) -> T:
        return await self._caller.call(build(self._caller.repo_path, *words, **named))

    return described(method, build, "{}")


def streaming(
    build: Callable[Concatenate[str, P], Cursor[T]],
) -> Callable[Concatenate[Any, P], AsyncStream[T]]:
    """Return the method that returns an iterator over the built stream."""

    def method(self: AsyncMethods, /, *words: P.args, **named: P.kwargs) -> AsyncStream[T]:
        return self._caller.stream(build(self._caller.repo_path, *words, **named))

    return described(method, build, "AsyncStream[{}]")
