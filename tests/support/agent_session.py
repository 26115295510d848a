"""An agent that talks to `heddle mcp` with the protocol's own SDK, over real standard streams."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import needs_mcp  # noqa: F401
from heddle_daemon import HEDDLE
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import CallToolResult, TextContent, TextResourceContents, Tool

T = TypeVar("T")

_SECONDS: Final = 60.0


class ToolRefusedError(Exception):
    """A tool has answered with an error; the text is what it says."""


class AgentSession:
    """One server and its client, in a thread of its own; to be entered.

    The SDK checks every answer against the schema that the server has listed for it.

    Attributes:
        errors: the file that takes the server's standard error.
    """

    def __init__(
        self,
        repo: Path,
        environment: Mapping[str, str],
        errors: Path,
        *options: str,
        mode: str = "auto",
    ) -> None:
        self.errors = errors
        self._mode = mode
        self._server = StdioServerParameters(
            command=str(HEDDLE),
            args=["mcp", "--repo", str(repo), *options],
            env=dict(environment),
            cwd="/",
        )
        self._loop = asyncio.new_event_loop()
        self._opened: Future[Client] = Future()
        self._thread = threading.Thread(target=self._live, name="agent")

    def __enter__(self) -> Self:
        self._thread.start()
        self._client = self._opened.result(_SECONDS)
        self.tools()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(_SECONDS)
        assert not self._thread.is_alive()
        self._loop.close()

    @property
    def client(self) -> Client:
        """The SDK's client, to be used through `wait`."""
        return self._client

    def wait(self, question: Coroutine[Any, Any, T]) -> T:
        """Return what comes of a coroutine of the client's."""
        return asyncio.run_coroutine_threadsafe(question, self._loop).result(_SECONDS)

    def start(self, tool: str, **arguments: Any) -> Future[CallToolResult]:
        """Call a tool without waiting for it."""
        question = self._client.call_tool(tool, arguments)
        return asyncio.run_coroutine_threadsafe(question, self._loop)

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Return the structured answer of a tool.

        Raises:
            ToolRefusedError: it is an error.
        """
        return self.answer(self.start(tool, **arguments).result(_SECONDS))

    def answer(self, result: CallToolResult) -> dict[str, Any]:
        """Return the structured answer that a result holds, which is what its text says.

        Raises:
            ToolRefusedError: it is an error.
        """
        (content,) = result.content
        assert isinstance(content, TextContent)
        if result.is_error:
            assert "\n" not in content.text
            assert "Traceback" not in content.text
            raise ToolRefusedError(content.text)
        answer: dict[str, Any] = result.structured_content
        assert json.loads(content.text) == answer
        return answer

    def refusal(self, tool: str, **arguments: Any) -> str:
        """Return the one line with which a tool refuses."""
        try:
            answer = self.call(tool, **arguments)
        except ToolRefusedError as refused:
            return str(refused)
        raise AssertionError(f"{tool} has not refused, but answered {answer}")

    def tools(self) -> list[Tool]:
        """Return what the server lists."""
        return self.wait(self._client.list_tools()).tools

    def read(self, address: str) -> dict[str, Any]:
        """Return a resource's JSON."""
        (contents,) = self.wait(self._client.read_resource(address)).contents
        assert isinstance(contents, TextResourceContents)
        assert contents.mime_type == "application/json"
        found: dict[str, Any] = json.loads(contents.text)
        return found

    def _live(self) -> None:
        self._loop.run_until_complete(self._talk())

    async def _talk(self) -> None:
        self._ended = asyncio.Event()
        try:
            with self.errors.open("w") as errors:
                transport = stdio_client(self._server, errlog=errors)
                async with Client(transport, mode=self._mode) as client:
                    self._opened.set_result(client)
                    await self._ended.wait()
        except BaseException as error:
            if self._opened.done():
                raise
            self._opened.set_exception(error)
