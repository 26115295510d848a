"""Following what happens whenever anybody listens, from where a worker was cut off."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from heddle_worker.hooks.hub import HookHub

_RETURN_SECONDS: Final = 60.0
"""Whoever comes later than this after a worker has begun is told of nothing that its predecessor
was to tell.
"""

_RETRY_SECONDS: Final = 10.0


class Following(Protocol):
    """Who tells of something while anybody listens.

    Attributes:
        names: of the events.
    """

    names: frozenset[str]

    async def follow(self) -> None:
        """Go on from what was told of last, until nobody listens."""

    async def forget(self) -> None:
        """Begin anew, the next time, with what happens from then on."""


async def follow_on(
    following: Following, hub: HookHub, complain: Callable[[Exception], None]
) -> None:
    """Follow whenever somebody wants to be told, until cancelled.

    What the worker before was cut off at is gone on with; where it was told to end, the store has
    nothing of it any more.

    Args:
        following: who tells.
        hub: knows who listens.
        complain: says what following has failed for; it is tried again.
    """
    try:
        async with asyncio.timeout(_RETURN_SECONDS):
            await hub.until_heard(following.names)
    except TimeoutError:
        await following.forget()
    except Exception as error:
        complain(error)
    while True:
        try:
            await hub.until_heard(following.names)
            await following.follow()
        except Exception as error:
            complain(error)
            await asyncio.sleep(_RETRY_SECONDS)
