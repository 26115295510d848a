"""Waiting for what happens in some directories, and then for a pause in it.

Whoever looks in the middle of what happens looks too early: git writes in several steps, and people
save several files.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from pathlib import Path

from heddle_worker.watching.directory_watch import DirectoryWatch, Place, WatchLostError


async def quiet_changes(
    root: Path,
    places: Callable[[], Iterable[Place]],
    news: asyncio.Event,
    *,
    pause: float,
    longest: float,
    is_news: Callable[[set[str]], bool] = bool,
) -> AsyncGenerator[None, None]:
    """Yield whenever something has happened and nothing did for a moment; the first time at once.

    What happens while the caller looks is told of afterwards. On the event loop; what blocks is
    done in threads.

    Args:
        root: the directory without which the others say nothing.
        places: returns the directories to watch; called again whenever one has appeared in them.
        news: set whenever something happens; others may do so, too.
        pause: seconds without anything that are enough.
        longest: seconds after which a pause is waited for no longer.
        is_news: told the topics of what has changed; returns whether any of it matters.

    Raises:
        WatchLostError: the directories cannot be watched, or not any longer.
        Exception: what `places` raises.
    """
    loop = asyncio.get_running_loop()
    watch = await asyncio.to_thread(DirectoryWatch, root)

    def read() -> None:
        if is_news(watch.read()):
            news.set()

    loop.add_reader(watch.fileno(), read)
    try:
        watch.has_new_directories = True
        while True:
            if watch.has_new_directories:
                await asyncio.to_thread(lambda: watch.add(places()))
            if not watch.has_root:
                raise WatchLostError(f"{root} was deleted or moved away")
            news.clear()
            yield
            await news.wait()
            await _until_quiet(news, pause, longest)
    finally:
        loop.remove_reader(watch.fileno())
        watch.close()


async def _until_quiet(news: asyncio.Event, pause: float, longest: float) -> None:
    """Wait until nothing was heard for a moment, but not for ever."""
    loop = asyncio.get_running_loop()
    latest = loop.time() + longest
    while (now := loop.time()) < latest:
        news.clear()
        try:
            async with asyncio.timeout(min(pause, latest - now)):
                await news.wait()
        except TimeoutError:
            return
