"""heddle's client library for asyncio: the same names as the blocking one, awaited.

async with await heddle_client.aio.connect() as client:
    print((await client.review("HEAD")).summary.headline)
"""

from __future__ import annotations

from heddle_client.aio.client import AsyncClient
from heddle_client.aio.connecting import connect

__all__ = ["AsyncClient", "connect"]
