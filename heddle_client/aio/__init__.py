"""heddle's client library for asyncio."""
