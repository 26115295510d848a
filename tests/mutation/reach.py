"""Which tests run which lines, in every process that they start: only those can find a mutant."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Final, TypeAlias

from tests.mutation.mutants import Mutant

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

_DEFINED: Final = re.compile(r"(\w+)\s*(?::[^=]*)?=[^=]")


class Reach:
    """What is known of the tests of one subject.

    Args:
        record: what `tracing` has written.
        copy: the project's copy in which the tests ran.
        modules: the subject's.
    """

    def __init__(self, record: str, copy: Path, modules: Iterable[str]) -> None:
        self._trees = {each: ast.parse((copy / each).read_text("utf-8")) for each in modules}
        # A dictionary for each line, since it keeps the order in which the tests have run.
        self._tests: dict[tuple[str, int], dict[str, None]] = defaultdict(dict)
        for row in record.splitlines():
            module, line, current = row.split("\t")
            test = current.rpartition(" ")[0]
            if test:
                self._tests[module, int(line)][test] = None

    def tests_for(self, mutant: Mutant) -> list[str] | None:
        """Return the tests that run what was changed; None when that cannot be told.

        What stands outside of functions runs whenever it is imported, which says nothing: there
        the functions count that the changed line names, or that use what it defines.
        """
        functions = [
            node for node in ast.walk(self._trees[mutant.module]) if isinstance(node, Function)
        ]
        around = [f for f in functions if f.body[0].lineno <= mutant.line <= (f.end_lineno or 0)]
        if around:
            return self._in(mutant.module, [max(around, key=lambda f: f.lineno)])
        words = set(re.findall(r"\w+", mutant.was))
        defined = _DEFINED.match(mutant.was)
        named = [f for f in functions if f.name in words or (defined and defined[1] in _used(f))]
        return self._in(mutant.module, named) if named else None

    def _in(self, module: str, functions: Iterable[Function]) -> list[str]:
        tests: dict[str, None] = {}
        for function in functions:
            for line in range(function.body[0].lineno, (function.end_lineno or 0) + 1):
                tests |= self._tests.get((module, line), {})
        return list(tests)


def _used(function: Function) -> set[str]:
    return {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
