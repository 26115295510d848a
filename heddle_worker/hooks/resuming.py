"""Following what happens whenever anybody listens, from where a worker was cut off."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from heddle_worker.hooks.hub import HookHub

_RETURN_SECONDS: Final = 60.0
"""Whoever comes later than this after a worker has begun is told of nothing that its predecessor
was to tell.
"""

_RETRY_SECONDS: Final = 10.0


async def follow_on(
    hub: HookHub,
    names: frozenset[str],
    follow: Callable[[], Awaitable[None]],
    forget: Callable[[], Awaitable[None]],
    complain: Callable[[Exception], None],
) -> None:
    """Follow whenever somebody wants some events, until cancelled.

    What the worker before was cut off at is gone on with; where it was told to end, the store has
    nothing of it any more.

    Args:
        hub: knows who listens.
        names: of the events.
        follow: goes on from what was told of last, until nobody listens.
        forget: lets it begin anew with what happens from then on.
        complain: says what `follow` has failed for; it is tried again.
    """
    try:
        async with asyncio.timeout(_RETURN_SECONDS):
            await hub.until_heard(names)
    except TimeoutError:
        await forget()
    except Exception as error:
        complain(error)
    while True:
        try:
            await hub.until_heard(names)
            await follow()
        except Exception as error:
            complain(error)
            await asyncio.sleep(_RETRY_SECONDS)
