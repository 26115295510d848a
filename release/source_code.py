"""What a Python module consists of, as far as figures about code are concerned."""

from __future__ import annotations

import ast
import io
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_LAYOUT: Final = frozenset(
    {
        tokenize.COMMENT,
        tokenize.DEDENT,
        tokenize.ENCODING,
        tokenize.ENDMARKER,
        tokenize.INDENT,
        tokenize.NEWLINE,
        tokenize.NL,
    }
)
_DOCUMENTED: Final = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Function:
    """A function or method, and how many lines it has from its `def` to its end."""

    module: str
    name: str
    line: int
    lines: int


@dataclass(frozen=True, slots=True)
class Module:
    """One file.

    Attributes:
        path: below the project, with `/`.
        lines: all of them.
        code: the lines that have code, by their numbers: their words with single spaces between,
            without comments and strings that document.
        imported: the numbers of those which belong to an import.
        functions: in the order of the file.
    """

    path: str
    lines: int
    code: dict[int, str]
    imported: frozenset[int]
    functions: tuple[Function, ...]

    @classmethod
    def read(cls, project: Path, path: Path) -> Module:
        """Read a file of a project."""
        name = path.relative_to(project).as_posix()
        text = path.read_text("utf-8")
        tree = ast.parse(text, name)
        documenting = _documenting_lines(tree)
        code = {n: words for n, words in _code(text).items() if n not in documenting}
        return cls(
            path=name,
            lines=len(text.splitlines()),
            code=code,
            imported=frozenset(_import_lines(tree)),
            functions=tuple(_functions(name, tree)),
        )


def _code(text: str) -> dict[int, str]:
    words: defaultdict[int, list[str]] = defaultdict(list)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _LAYOUT:
            # A string of many lines is code on each of them.
            for number, part in enumerate(token.string.splitlines() or [""], start=token.start[0]):
                words[number].append(part.strip())
    return {number: " ".join(each) for number, each in sorted(words.items())}


def _documenting_lines(tree: ast.Module) -> set[int]:
    """Return the lines of docstrings, those that stand below an attribute too."""
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED):
            for statement in node.body:
                value = statement.value if isinstance(statement, ast.Expr) else None
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    lines.update(_lines(statement))
    return lines


def _import_lines(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from _lines(node)


def _functions(module: str, tree: ast.Module) -> Iterator[Function]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Function(module, node.name, node.lineno, len(_lines(node)))


def _lines(node: ast.stmt) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)
