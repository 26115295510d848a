"""Functions and classes that nobody has written, as source text in several languages.

A body is a list of statements of few kinds; each language has templates for them. What is rendered
with another style has other bytes and the same meaning.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

_WORDS: Final = tuple(
    "amount batch cache depth entry field graph handle index job kind label margin node "  # noqa: SIM905
    "offset page query range slot token".split()
)
_OPERATORS: Final = ("+", "-", "*", "%", "&", "|")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement.

    Attributes:
        kind: `assign`, `call`, `guard`, `loop` or `log`.
        words: the names in it.
        operator, number: what else is in it.
        callee: number of the function that is called, of a `call`.
    """

    kind: str
    words: tuple[str, ...]
    operator: str
    number: int
    callee: int = -1


@dataclass(frozen=True, slots=True)
class Style:
    """How a function is laid out."""

    indent: int = 4
    blank_lines: bool = False
    comments: bool = False


@dataclass(slots=True)
class Function:
    """A function or method; `number` is what it keeps under whatever name."""

    number: int
    name: str
    parameters: tuple[str, ...]
    body: list[Statement]
    style: Style = Style()


@dataclass(slots=True)
class Class:
    """A class; its limit is what it has without its methods."""

    number: int
    name: str
    limit: int
    members: list[Function] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Language:
    """Templates.

    Attributes:
        suffix: of its files.
        function, method, class_: of their heads.
        field: of a class's field.
        statements: of each kind of statement; an indented line begins with a tab.
        tail: of a function and a class, on a line of its own; empty for none.
        comment: what begins one.
        top: a line at the top of a file.
        has_functions, has_classes: what may stand at the top of a file.
    """

    suffix: str
    function: str
    method: str
    class_: str
    field: str
    statements: dict[str, tuple[str, ...]]
    tail: str
    comment: str
    top: str = ""
    has_functions: bool = True
    has_classes: bool = True


_C_LIKE: Final = {
    "assign": ("int {a} = {b} {op} {n};",),
    "call": ("int {a} = {f}({b}, {n});",),
    "guard": ("if ({a} > {n}) {{", "\treturn {b};", "}}"),
    "loop": ("for (int {c} = 0; {c} < {n}; {c}++) {{", "\t{a} += {c} {op} {b};", "}}"),
    "log": ('report("{a} {b} {c}", {a});',),
}
_SCRIPT: Final = _C_LIKE | {
    "assign": ("let {a} = {b} {op} {n};",),
    "call": ("const {a} = {f}({b}, {n});",),
    "loop": ("for (let {c} = 0; {c} < {n}; {c}++) {{", "\t{a} += {c} {op} {b};", "}}"),
}

LANGUAGES: Final = {
    "python": Language(
        "py",
        "def {name}({p}):",
        "def {name}(self, {p}):",
        "class {name}:",
        "    limit = {limit}",
        {
            "assign": ("{a} = {b} {op} {n}",),
            "call": ("{a} = {f}({b}, {n})",),
            "guard": ("if {a} > {n}:", "\treturn {b}"),
            "loop": ("for {c} in range({n}):", "\t{a} += {c} {op} {b}"),
            "log": ('report("{a} {b} {c}", {a})',),
        },
        "",
        "#",
    ),
    "typescript": Language(
        "ts",
        "function {name}({p}) {{",
        "{name}({p}) {{",
        "class {name} {{",
        "    limit = {limit};",
        _SCRIPT,
        "}}",
        "//",
    ),
    "go": Language(
        "go",
        "func {name}({p} int) int {{",
        "",
        "",
        "",
        {
            "assign": ("{a} := {b} {op} {n}",),
            "call": ("{a} := {f}({b}, {n})",),
            "guard": ("if {a} > {n} {{", "\treturn {b}", "}}"),
            "loop": ("for {c} := 0; {c} < {n}; {c}++ {{", "\t{a} += {c} {op} {b}", "}}"),
            "log": ('report("{a} {b} {c}", {a})',),
        },
        "}}",
        "//",
        top="package made",
        has_classes=False,
    ),
    "java": Language(
        "java",
        "",
        "int {name}(int {p}) {{",
        "class {name} {{",
        "    int limit = {limit};",
        _C_LIKE,
        "}}",
        "//",
        has_functions=False,
    ),
    "rust": Language(
        "rs",
        "fn {name}({p}: u32) -> u32 {{",
        "",
        "",
        "",
        _SCRIPT
        | {
            "call": ("let {a} = {f}({b}, {n});",),
            "guard": ("if {a} > {n} {{", "\treturn {b};", "}}"),
            "loop": ("for {c} in 0..{n} {{", "\t{a} += {c} {op} {b};", "}}"),
        },
        "}}",
        "//",
        has_classes=False,
    ),
    "c": Language(
        "c",
        "int {name}(int {p}) {{",
        "",
        "",
        "",
        _C_LIKE,
        "}}",
        "//",
        has_classes=False,
    ),
    "ruby": Language(
        "rb",
        "def {name}({p})",
        "def {name}({p})",
        "class {name}",
        "    @limit = {limit}",
        {
            "assign": ("{a} = {b} {op} {n}",),
            "call": ("{a} = {f}({b}, {n})",),
            "guard": ("if {a} > {n}", "\treturn {b}", "end"),
            "loop": ("{n}.times do |{c}|", "\t{a} += {c} {op} {b}", "end"),
            "log": ('report("{a} {b} {c}", {a})',),
        },
        "end",
        "#",
    ),
}


class Author:
    """Makes functions and classes up; the same seed makes the same."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self._count = 0

    def next_number(self) -> int:
        self._count += 1
        return self._count

    def name(self) -> str:
        """Return a name that nobody has yet."""
        first, second = self.random.sample(_WORDS, 2)
        return f"{first}_{second}_{self.next_number()}"

    def statement(self, callees: Sequence[int] = ()) -> Statement:
        kinds = ["assign", "guard", "loop", "log", *(["call"] if callees else [])]
        kind = self.random.choice(kinds)
        words = tuple(self.random.sample(_WORDS, 3))
        callee = self.random.choice(callees) if kind == "call" else -1
        number = self.random.randrange(2, 20)
        return Statement(kind, words, self.random.choice(_OPERATORS), number, callee)

    def function(self, callees: Sequence[int] = ()) -> Function:
        size = self.random.choice((1, 2, 3, 4, 6, 9, 13))
        body = [self.statement(callees) for _ in range(size)]
        parameters = tuple(self.random.sample(_WORDS, 2))
        return Function(self.next_number(), self.name(), parameters, body)

    def class_(self, callees: Sequence[int] = ()) -> Class:
        members = [self.function(callees) for _ in range(self.random.randrange(2, 5))]
        name = self.name().title().replace("_", "")
        return Class(self.next_number(), name, self.random.randrange(1000), members)

    def edited(self, body: Sequence[Statement], callees: Sequence[int]) -> list[Statement]:
        """Return a body in which up to a third of the statements is another."""
        changed = list(body)
        for _ in range(self.random.randrange(1, max(2, len(body) // 3 + 1))):
            where = self.random.randrange(len(changed))
            replacement = self.statement(callees)
            match self.random.randrange(3):
                case 0:
                    changed[where] = replacement
                case 1:
                    changed.insert(where, replacement)
                case _:
                    del changed[where]
                    changed.append(replacement)
        return changed

    def restyled(self, style: Style) -> Style:
        choices = [
            Style(indent, blank_lines, comments)
            for indent in (2, 4, 8)
            for blank_lines in (False, True)
            for comments in (False, True)
        ]
        return self.random.choice([each for each in choices if each != style])


def render(language: Language, units: Sequence[Function | Class], names: dict[int, str]) -> str:
    """Return a file's text; `names` are those of all functions by their numbers."""
    parts = [language.top] if language.top else []
    for unit in units:
        if isinstance(unit, Function):
            parts.append("\n".join(lines_of(language, unit, names)))
        else:
            lines = [
                language.class_.format(name=unit.name),
                language.field.format(limit=unit.limit),
            ]
            for member in unit.members:
                lines += ["", *lines_of(language, member, names, depth=4)]
            lines += [language.tail.format()] if language.tail else []
            parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def lines_of(
    language: Language, function: Function, names: dict[int, str], depth: int = 0
) -> list[str]:
    """Return the lines of a function, or at a depth of a method."""
    style = function.style
    head = language.method if depth else language.function
    lines = [head.format(name=function.name, p=", int ".join(function.parameters))]
    if language.suffix not in ("java", "c"):
        lines = [line.replace(", int ", ", ") for line in lines]
    inner = " " * style.indent
    for statement in function.body:
        a, b, c = statement.words
        if style.comments:
            lines.append(f"{inner}{language.comment} about the {b}")
        for template in language.statements[statement.kind]:
            text = template.format(
                a=a,
                b=b,
                c=c,
                op=statement.operator,
                n=statement.number,
                f=names.get(statement.callee, "gone"),
            )
            lines.append(inner + text.replace("\t", inner))
        if style.blank_lines:
            lines.append("")
    lines.append(inner + _result(language, function.parameters[0]))
    lines += [language.tail.format()] if language.tail else []
    return [" " * depth + line if line else line for line in lines]


def _result(language: Language, word: str) -> str:
    needs_none = language.suffix in ("py", "go", "rb")
    return f"return {word}" if needs_none else f"return {word};"
