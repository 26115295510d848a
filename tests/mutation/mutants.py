"""The mutants of a module: its text with one change each."""

from __future__ import annotations

import ast
import dataclasses
import difflib
import pickle
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import MutationVisitor
from cosmic_ray.operators.operator import Operator

from tests.mutation.operators import Node, Position, operators


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one module.

    Attributes:
        module: its path within the project.
        line: where the change begins, from 1.
        function: what it is in, as `Class.method`; empty outside of functions and classes, and
            with `#2` at its end where the same was done to an equal line before.
        was: the changed lines without their indentation, as one line.
        becomes: what stands there instead.
        text: the whole module with the change.
    """

    module: str
    line: int
    function: str
    was: str
    becomes: str
    text: str = field(repr=False)

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What names the mutant for as long as these lines stay as they are."""
        return self.module, self.function, self.was, self.becomes

    def __str__(self) -> str:
        where = f"{self.module}:{self.line} {self.function}".rstrip()
        return f"{where}\n    - {self.was}\n    + {self.becomes}"


def mutants_of(module: str, text: str) -> list[Mutant]:
    """Return the mutants of a module, in the order of its lines; no two are the same text."""
    tree = ast.parse(text)
    unread = [*_annotations(tree), *_dataclass_options(tree)]
    found: dict[str, Mutant] = {}
    nodes = get_ast(text)
    # An operator changes the tree that it gets, and parsing again takes ten times as long.
    kept = pickle.dumps(nodes)
    for operator in operators():
        for occurrence, position in enumerate(_positions(nodes, operator)):
            if any(start <= position[0] < end for start, end in unread):
                continue
            visitor = MutationVisitor(occurrence, operator)
            changed = visitor.walk(pickle.loads(kept)).get_code()
            if changed not in found and changed != text and _is_program(changed):
                found[changed] = _describe(module, text, changed, tree)
    return list(_numbered(sorted(found.values(), key=lambda mutant: mutant.line)))


def _numbered(mutants: Iterable[Mutant]) -> Iterator[Mutant]:
    """Tell apart the same changes of equal lines in one function."""
    met: Counter[tuple[str, str, str, str]] = Counter()
    for mutant in mutants:
        met[mutant.key] += 1
        number = met[mutant.key]
        again = f"{mutant.function}#{number}" if number > 1 else mutant.function
        yield dataclasses.replace(mutant, function=again)


def _positions(nodes: Node, operator: Operator) -> Iterator[Position]:
    for node in ast_nodes(nodes):
        yield from operator.mutation_positions(node)


def _annotations(tree: ast.Module) -> list[Position]:
    """Return where annotations are: nothing evaluates them."""
    found: list[Position] = []
    for node in ast.walk(tree):
        for name in ("annotation", "returns"):
            hint = getattr(node, name, None)
            if isinstance(hint, ast.expr) and hint.end_lineno and hint.end_col_offset:
                end = hint.end_lineno, hint.end_col_offset
                found.append(((hint.lineno, hint.col_offset), end))
    return found


def _dataclass_options(tree: ast.Module) -> list[Position]:
    """Return where `frozen` and `slots` are: they hold off mistakes that types find already."""
    return [
        ((each.lineno, each.col_offset + 1), (each.end_lineno or 0, each.end_col_offset or 0))
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for each in node.decorator_list
        if isinstance(each, ast.Call)
    ]


def _is_program(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def _describe(module: str, text: str, changed: str, tree: ast.Module) -> Mutant:
    before, after = text.splitlines(), changed.splitlines()
    edits = [
        edit
        for edit in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        if edit[0] != "equal"
    ]
    start, end = edits[0][1], edits[-1][2]
    there, here = edits[0][3], edits[-1][4]
    return Mutant(
        module=module,
        line=start + 1,
        function=_enclosing(tree, start + 1),
        was=_as_one_line(before[start:end]),
        becomes=_as_one_line(after[there:here]),
        text=changed,
    )


def _as_one_line(lines: list[str]) -> str:
    return " ".join(line.strip() for line in lines)


def _enclosing(tree: ast.Module, line: int) -> str:
    names = [
        (node.lineno, node.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and min([node.lineno, *(d.lineno for d in node.decorator_list)]) <= line
        and line <= (node.end_lineno or node.lineno)
    ]
    return ".".join(name for _, name in sorted(names))
