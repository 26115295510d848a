"""The services: methods, messages and fields, with what the `.proto` files say of them."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from generators.markdown import page, plain, table

_PROTOS: Final = Path(__file__).resolve().parents[2] / "protos"

_OPENS: Final = re.compile(r"^(service|message|enum|oneof)\s+(\w+)\s*\{(\}?)")
_METHOD: Final = re.compile(r"^rpc\s+(\w+)\s*\(")
_FIELD: Final = re.compile(r"^(?:repeated\s+|optional\s+)?[\w.<>, ]+?\s+(\w+)\s*=\s*\d+")
_VALUE: Final = re.compile(r"^(\w+)\s*=\s*\d+;")
_OWN_FIELDS: Final = 100

_INTRODUCTION: Final = """
Every service, method, message and field, as `protos/` has them. Fields from 100 on, and the package
`heddle.local.v1`, are heddle's own additions to the contract. How they behave together (states,
retries, streams, transactions) is in [the protocol](../protocol.md); status codes are in
[exit and status codes](codes.md).
"""


def render() -> str:
    """Return the page."""
    parts = []
    for path in sorted(_PROTOS.rglob("*.proto"), key=_order):
        parts.append(_file(path))
    return page("RPCs", _INTRODUCTION, parts)


def _order(path: Path) -> tuple[bool, str]:
    return ("local" in path.parts, path.name)


def _file(path: Path) -> str:
    name = path.relative_to(_PROTOS)
    module = importlib.import_module(
        f"heddle_api.{'.'.join(name.parent.parts[1:])}.{name.stem}_pb2"
    )
    said = _comments(path)
    descriptor = module.DESCRIPTOR
    parts = [f"## {name}", *_paragraphs(said.pop("", ""))]
    for service in descriptor.services_by_name.values():
        parts += _service(service, said)
    for message in descriptor.message_types_by_name.values():
        parts += _message(message, message.name, said)
    for enum in descriptor.enum_types_by_name.values():
        parts += _enum(enum, said)
    if said:
        raise SystemExit(f"error: {name} has comments on what is not in heddle_api: {list(said)}")
    return "\n\n".join(parts)


def _service(service: Any, said: dict[str, str]) -> Iterator[str]:  # noqa: ANN401 - upb has no types
    yield f"### {service.full_name}"
    yield from _paragraphs(said.pop(service.name, ""))
    rows = []
    for method in service.methods:
        takes, gives = _reference(method.input_type), _reference(method.output_type)
        if method.client_streaming:
            takes = f"stream {takes}"
        if method.server_streaming:
            gives = f"stream {gives}"
        comment = plain(said.pop(f"{service.name}.{method.name}", ""))
        rows.append((f"`{method.name}`", takes, gives, comment))
    yield table(("method", "request", "reply", "what it does"), rows)


def _message(message: Any, path: str, said: dict[str, str]) -> Iterator[str]:  # noqa: ANN401
    yield f"### {message.full_name.removeprefix(f'{message.file.package}.')}"
    yield from _paragraphs(said.pop(path, ""))
    rows = [_field(field, path, said) for field in message.fields]
    if rows:
        yield table(("field", "", "type", "what it is"), rows)
    else:
        yield "It has no fields."
    for below in message.nested_types:
        yield from _message(below, f"{path}.{below.name}", said)
    for enum in message.enum_types:
        yield from _enum(enum, said, f"{path}.")


def _field(field: Any, path: str, said: dict[str, str]) -> tuple[str, str, str, str]:  # noqa: ANN401
    oneof = field.containing_oneof
    inside = f"{path}.{oneof.name}." if oneof else f"{path}."
    comment = plain(said.pop(f"{inside}{field.name}", ""))
    if oneof:
        about = plain(said.pop(f"{path}.{oneof.name}", ""))
        comment = " ".join(filter(None, (f"One of `{oneof.name}`.", about, comment)))
    own = " (ours)" if field.number >= _OWN_FIELDS else ""
    return f"`{field.name}`", f"{field.number}{own}", _type(field), comment


def _type(field: Any) -> str:  # noqa: ANN401
    if field.message_type is not None:
        name = _reference(field.message_type)
    elif field.enum_type is not None:
        name = _reference(field.enum_type)
    else:
        names = {field.TYPE_STRING: "string", field.TYPE_BYTES: "bytes", field.TYPE_BOOL: "bool"}
        name = names.get(field.type) or _number_type(field)
    return f"list of {name}" if field.is_repeated else name


def _number_type(field: Any) -> str:  # noqa: ANN401
    kinds = ("double", "float", "int64", "uint64", "int32", "uint32", "sint32", "sint64")
    return next(kind for kind in kinds if field.type == getattr(field, f"TYPE_{kind.upper()}"))


def _enum(enum: Any, said: dict[str, str], inside: str = "") -> Iterator[str]:  # noqa: ANN401
    yield f"### {inside}{enum.name}"
    yield from _paragraphs(said.pop(f"{inside}{enum.name}", ""))
    yield table(
        ("value", "", "what it means"),
        [
            (
                f"`{value.name}`",
                str(value.number),
                plain(said.pop(f"{inside}{enum.name}.{value.name}", "")),
            )
            for value in enum.values
        ],
    )


def _reference(found: Any) -> str:  # noqa: ANN401
    """Return the name of a message or an enum, with a link where it is on the page."""
    if not found.file.package.startswith("heddle"):
        return f"`{found.full_name}`"
    name = found.full_name.removeprefix(f"{found.file.package}.")
    return f"[`{name}`](#{name.lower().replace('.', '')})"


def _paragraphs(comment: str) -> list[str]:
    """Return a comment's paragraphs; its lists stay lists."""
    found = []
    for paragraph in comment.split("\n\n"):
        if paragraph.startswith("- "):
            items = re.split(r"\n(?=- )", paragraph)
            found.append("\n".join(f"- {plain(item.removeprefix('- '))}" for item in items))
        elif paragraph.strip():
            found.append(plain(paragraph))
    return found


def _comments(path: Path) -> dict[str, str]:
    """Return the comments of a file by what they stand before; that of the file itself as ""."""
    found: dict[str, str] = {}
    inside: list[tuple[str, str]] = []
    comment: list[str] = []
    for line in map(str.strip, path.read_text(encoding="utf-8").splitlines()):
        if line.startswith("//"):
            comment.append(line.removeprefix("//").removeprefix(" "))
            continue
        opens = _OPENS.match(line)
        name = "" if line.startswith("package ") else _name(line, opens, inside)
        if name is not None and comment:
            found[".".join([*(each for _, each in inside), name]).strip(".")] = "\n".join(comment)
        if opens and not opens[3]:
            inside.append((opens[1], opens[2]))
        elif line == "}":
            inside.pop()
        comment = []
    return found


def _name(line: str, opens: re.Match[str] | None, inside: list[tuple[str, str]]) -> str | None:
    if opens:
        return opens[2]
    shape = _VALUE if inside and inside[-1][0] == "enum" else _FIELD
    match = _METHOD.match(line) or shape.match(line)
    return match[1] if match else None
