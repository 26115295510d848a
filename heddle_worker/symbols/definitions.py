"""From what a query has captured to definitions: where each is, what it is and its own name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

Span: TypeAlias = tuple[int, int]
"""Where something begins and ends, in bytes; the end is exclusive."""

# Later ones say more, when several patterns have matched the same node.
_KINDS: Final = (
    "constant",
    "function",
    "class",
    "type",
    "interface",
    "method",
    "module",
    "macro",
    "struct",
    "union",
    "enum",
    "trait",
    "signature",
    "prototype",
    "test",
    "scope",
)
_RANK: Final = {kind: rank for rank, kind in enumerate(_KINDS)}
_PREFIX: Final = "definition."
# The semicolon.
_WRAPPER_TAIL: Final = 1
# The order of what begins and ends at the same places; what is wider comes before that.
_WRAP_STEP, _DEFINITION_STEP, _PARENT_STEP, _NAME_STEP = range(4)
_MAX_NAME_BYTES: Final = 256
_TEMPLATE_ARGUMENTS: Final = re.compile(rb"(?<=\w)\s*<[^<>]*>")
_SPACE: Final = re.compile(rb"[\s\x00-\x1f\x7f]+")
_QUOTES: Final = b"\"'`#"


@dataclass(slots=True)
class Definition:
    """One definition in a source.

    Attributes:
        start, end: in bytes, with whatever wraps it.
        kind: as in `SymbolKind`, or `test` for a block of tests, `prototype` for a signature
            that may be a variable, or `scope` for what gives its name to what it holds and is no
            symbol itself.
        name_start: where its name is.
        parent: what is named as its parent beside its own name, as the receiver of a method is.
        path: its own name, behind those parents that are named with it.
    """

    start: int
    end: int
    kind: str
    name_start: int = -1
    parent: tuple[str, ...] = ()
    path: tuple[str, ...] = ()


def definitions(source: bytes, spans: dict[str, list[Span]]) -> list[Definition]:
    """Return the definitions that the captured spans are about, the outer before the inner."""
    kinds: dict[Span, str] = {}
    for capture, found in spans.items():
        kind = capture.removeprefix(_PREFIX)
        if capture.startswith(_PREFIX) and kind in _RANK:
            for span in found:
                if _RANK[kind] >= _RANK[kinds.get(span, _KINDS[0])]:
                    kinds[span] = kind
    steps = [(start, -end, _DEFINITION_STEP, kind, 0) for (start, end), kind in kinds.items()]
    steps += [(start, -end, _WRAP_STEP, "", 0) for start, end in spans.get("wrap", ())]
    steps += [(start, 0, _PARENT_STEP, "", end) for start, end in spans.get("parent", ())]
    steps += [(start, 0, _NAME_STEP, "", end) for start, end in spans.get("name", ())]
    steps.sort()
    return list(_named(source, steps))


def _named(source: bytes, steps: list[tuple[int, int, int, str, int]]) -> list[Definition]:
    """Give each definition the first name that stands in it and in no definition within it."""
    all_: list[Definition] = []
    open_: list[tuple[int, Definition]] = []
    wraps: list[Span] = []
    for start, minus_end, step, kind, name_end in steps:
        while open_ and open_[-1][0] <= start:
            open_.pop()
        if step == _WRAP_STEP:
            wraps.append((start, -minus_end))
        elif step == _DEFINITION_STEP:
            definition = Definition(start, -minus_end, kind)
            all_.append(definition)
            open_.append((-minus_end, definition))
            _wrap(definition, wraps)
            wraps.clear()
        elif open_ and open_[-1][1].name_start < 0:
            definition = open_[-1][1]
            parts = _parts(source[start:name_end])
            if step == _PARENT_STEP:
                definition.parent = parts
            else:
                definition.name_start = start
                definition.path = (*definition.parent, *parts) if parts else ()
                if len(open_) > 1 and _is_same(definition, open_[-2][1]):
                    definition.path = ()
    return [each for each in all_ if each.path]


def _is_same(inner: Definition, outer: Definition) -> bool:
    """Whether a function is named once more by what it is assigned to, as in `f = function f`."""
    ends_alike = inner.end == outer.end or inner.end == outer.end - _WRAPPER_TAIL
    return ends_alike and inner.path[-1:] == outer.path[-1:] and inner.kind == outer.kind


def _wrap(definition: Definition, wraps: list[Span]) -> None:
    """Widen a definition to the widest of what began before it and ends with it."""
    for start, end in wraps:
        if definition.end <= end <= definition.end + _WRAPPER_TAIL:
            definition.start = start
            definition.end = end
            return


def _parts(name: bytes) -> tuple[str, ...]:
    """Return a name's parts; it may be written with its parents, as in `A<T>::f`."""
    if name.replace(b"_", b"").isalnum():
        return (name[:_MAX_NAME_BYTES].decode(),)
    if name.startswith((b"(*", b"(&")):
        # What is declared there is a pointer, whatever it points to.
        return ()
    name, operator, operand = name.partition(b"operator")
    while (bare := _TEMPLATE_ARGUMENTS.sub(b"", name)) != name:
        name = bare
    if operator:
        # What follows the brackets of `operator bool()` is no name, nor are they.
        operand = b"()" if operand.lstrip().startswith(b"(") else operand.partition(b"(")[0]
        # In `operator std::string` nothing is a parent of anything.
        name += operator + operand.replace(b"::", b".")
    elif name.startswith(b"("):
        name = name.strip(b"() ")
    name = _SPACE.sub(b" ", name[:_MAX_NAME_BYTES]).strip(_QUOTES + b" ").replace(b"#", b"")
    text = name.decode("utf-8", "replace")
    return tuple(part.strip() for part in text.split("::") if part.strip())
