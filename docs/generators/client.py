"""The client library for Python: its classes, methods and errors."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any, Final

from generators.markdown import page, plain, table
from heddle_client import client, discussions, errors, hooks, signals, streams, transactions

_SECTION: Final = re.compile(r"^(Args|Raises|Attributes|Returns):$", re.MULTILINE)
_QUOTED: Final = re.compile(r"(: |-> )'([^']*)'")
_ENTRY: Final = re.compile(r"^    (\S[^:]*): (.*?)(?=^    \S|\Z)", re.DOTALL | re.MULTILINE)

_INTRODUCTION: Final = """
`import heddle_client` loads nothing else; each of its names is imported when it is first used.
`heddle_client.aio.connect` returns a client for asyncio with the same names, which are awaited.
Values are frozen dataclasses in `heddle_client.values`, named as the messages in
[RPCs](rpc.md), with the same field names: ids of states are `bytes`, times are `datetime` in UTC,
lists are tuples, absent messages are `None`. How to use it is in
[use the client library](../guides/client.md).
"""

_CLASSES: Final = (
    (client.Client, "`heddle_client.connect(…)`"),
    (discussions.Discussions, "`client.discussions`"),
    (signals.Signals, "`client.signals`"),
    (transactions.Transactions, "`client.transactions`"),
    (transactions.TransactionBlock, "`with client.transaction(…) as block`"),
    (hooks.Hooks, "`client.hooks`"),
    (streams.Stream, "what iterates over a stream"),
)


def render() -> str:
    """Return the page."""
    return page("The client library", _INTRODUCTION, [*_connecting(), *_classes(), _errors()])


def _connecting() -> Iterator[str]:
    yield "## Connecting"
    yield "\n\n".join(_callable("heddle_client.connect", client.connect))


def _classes() -> Iterator[str]:
    for documented, where in _CLASSES:
        yield f"## {documented.__name__}\n\nFrom {where}."
        yield "\n\n".join(_documented(documented))
        for name, member in vars(documented).items():
            if name.startswith("_"):
                continue
            if isinstance(member, property):
                yield f"### {documented.__name__}.{name}\n\n{plain(inspect.getdoc(member) or '')}"
            elif callable(member):
                parts = _callable(name, member)
                yield "\n\n".join([f"### {documented.__name__}.{name}", *parts])


def _callable(name: str, function: Any) -> Iterator[str]:  # noqa: ANN401
    yield f"```text\n{_signature(name, function)}\n```"
    yield from _documented(function)


def _signature(name: str, function: Any) -> str:  # noqa: ANN401
    signature = inspect.signature(function)
    parameters = [each for each in signature.parameters.values() if each.name != "self"]
    result = signature.return_annotation
    one_line = _QUOTED.sub(r"\1\2", f"{name}{signature.replace(parameters=parameters)}")
    if len(one_line) <= 88:  # noqa: PLR2004 - fits a page without scrolling
        return one_line
    lines = []
    keywords = False
    for each in parameters:
        if each.kind is inspect.Parameter.KEYWORD_ONLY and not keywords:
            keywords = True
            lines.append("    *,")
        lines.append(_QUOTED.sub(r"\1\2", f"    {each},"))
    return "\n".join([f"{name}(", *lines, f") -> {result}"])


def _documented(found: Any) -> Iterator[str]:  # noqa: ANN401
    parts = _SECTION.split(inspect.getdoc(found) or "")
    for paragraph in parts[0].strip().split("\n\n"):
        yield plain(paragraph)
    for title, text in zip(parts[1::2], parts[2::2], strict=True):
        entries = [(f"`{name}`", plain(said)) for name, said in _ENTRY.findall(text.strip("\n"))]
        heads = ("raises", "when") if title == "Raises" else ("name", "what it is")
        yield table(heads, entries)


def _errors() -> str:
    head = """
## Errors

All are in `heddle_client.errors`, and none needs gRPC. `code` is the name of the gRPC status,
`reason` one of the [reasons](codes.md#reasons), `details` the fields at fault, and `exit_code` that
of a command which ends by it.
"""
    rows = [
        (f"`{name}`", f"`{found.__mro__[1].__name__}`", plain(_first(found)))
        for name in errors.__all__
        if isinstance(found := getattr(errors, name), type) and issubclass(found, BaseException)
    ]
    return f"{head.strip()}\n\n{table(('error', 'is a', 'when'), rows)}"


def _first(found: type) -> str:
    return (inspect.getdoc(found) or "").partition("\n\n")[0]
