"""What can be read by its address, without a tool: the answers of tools with few arguments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from mcp_types import Resource, ResourceTemplate

from heddle_mcp.catalogue import TOOLS
from heddle_mcp.refusals import Refusal
from heddle_mcp.served import Served

JSON: Final = "application/json"
_SCHEME: Final = "heddle://"


@dataclass(frozen=True, slots=True)
class _Readable:
    """Something with an address.

    Attributes:
        path: of the address; what follows it, where something does, is `argument`.
        tool: whose answer it is.
        argument: the tool's argument that the rest of the address is; empty for none.
    """

    path: str
    name: str
    description: str
    tool: str
    argument: str = ""

    @property
    def address(self) -> str:
        return f"{_SCHEME}{self.path}" + (f"{{{self.argument}}}" if self.argument else "")


_READABLE: Final = (
    _Readable("review/worktree", "review-worktree", "Review of the uncommitted work.", "review"),
    _Readable("review/", "review", "Review of a commit, by id or branch.", "review", "state"),
    _Readable("signals/", "signals", "Signals of a commit, by id or branch.", "signals", "state"),
    _Readable("discussions", "discussions", "Open discussions, at HEAD.", "discussion_list"),
    _Readable("discussions/", "discussion", "One discussion.", "discussion_show", "discussion_id"),
    _Readable("checkpoints", "checkpoints", "Checkpoints of the worktree.", "checkpoint_list"),
    _Readable("log", "log", "The first entries of the operation log.", "log"),
    _Readable("log/", "log-after", "The log after an entry.", "log", "after_seq"),
    _Readable("hooks", "hooks", "The registered hooks.", "hook_list"),
)


def listed() -> list[Resource]:
    """Return the resources that have one address."""
    return [
        Resource(uri=each.address, name=each.name, description=each.description, mime_type=JSON)
        for each in _READABLE
        if not each.argument
    ]


def templates() -> list[ResourceTemplate]:
    """Return the resources that have many."""
    return [
        ResourceTemplate(
            uri_template=each.address, name=each.name, description=each.description, mime_type=JSON
        )
        for each in _READABLE
        if each.argument
    ]


async def read(served: Served, address: str) -> str:
    """Return a resource as JSON.

    Raises:
        Refusal: there is none of that address.
        ValidationError: what the address names is nothing that could be asked for.
        HeddleError: the daemon has refused, or cannot be reached.
    """
    path = address.removeprefix(_SCHEME) if address.startswith(_SCHEME) else ""
    for each in _READABLE:
        arguments: dict[str, Any] = {}
        if each.argument and path.startswith(each.path) and path != each.path:
            arguments[each.argument] = _unquoted(path.removeprefix(each.path))
        elif path != each.path or each.argument:
            continue
        answer = await TOOLS[each.tool].call(served, arguments)
        return answer.model_dump_json()
    raise Refusal(f"no resource has the address {address!r}; resources/list names them")


def _unquoted(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError as error:
        raise Refusal(str(error)) from None
