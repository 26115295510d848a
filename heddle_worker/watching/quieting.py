"""Waiting for a pause in what happens: whoever looks in the middle of it looks too early."""

from __future__ import annotations

import asyncio


async def until_quiet(news: asyncio.Event, pause: float, longest: float) -> None:
    """Wait until nothing was heard for a moment, but not for ever; then nothing counts as heard.

    Args:
        news: set whenever something happens.
        pause: seconds without anything that are enough.
        longest: seconds after which it is waited for no longer.
    """
    loop = asyncio.get_running_loop()
    latest = loop.time() + longest
    while (now := loop.time()) < latest:
        news.clear()
        try:
            async with asyncio.timeout(min(pause, latest - now)):
                await news.wait()
        except TimeoutError:
            return
    news.clear()
