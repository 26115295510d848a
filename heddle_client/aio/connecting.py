"""Connecting for asyncio: `heddle_client.aio.connect`."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from types import TracebackType
from typing import Any

from heddle_client.aio.caller import AsyncCaller, in_thread
from heddle_client.aio.client import AsyncClient
from heddle_client.place import Place
from heddle_client.session import Session


def connect(repo: str | Path = ".", start: bool = True, agent: str = "") -> Connecting:
    """Return a client of the daemon of a repository, once it has answered.

    To be awaited, or entered with `async with`.

    Args:
        repo: the repository, a directory in it, or a linked worktree, which is then the one that
            calls are about.
        start: whether to start the daemon where none runs, now and later.
        agent: who calls, for the daemon's records; printable ASCII.

    Raises:
        HeddleError: as `heddle_client.client.connect`.
    """
    return Connecting(Path(repo), start=start, agent=agent)


class Connecting:
    """What `connect` returns: awaiting it gives the client, and so does entering it."""

    def __init__(self, repo: Path, *, start: bool, agent: str) -> None:
        self._repo = repo
        self._start = start
        self._agent = agent
        self._client: AsyncClient | None = None

    def __await__(self) -> Generator[Any, None, AsyncClient]:
        return self._connect().__await__()

    async def __aenter__(self) -> AsyncClient:
        self._client = await self._connect()
        return self._client

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._client is not None:
            await self._client.close()

    async def _connect(self) -> AsyncClient:
        place = await in_thread(lambda: Place.of(self._repo))
        caller = AsyncCaller(Session(place, start=self._start, agent=self._agent))
        try:
            await caller.check()
        except BaseException:
            await caller.close()
            raise
        return AsyncClient(caller)
