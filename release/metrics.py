"""Figures about the code: how much there is, what is long, what is there twice, what a start loads.

`python -m release.metrics [DIRECTORY]` looks at what git tracks in a checkout, this one unless
another is named, so that two commits can be compared by the same rules.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from release.duplicates import LEAST, Duplicate, duplicates
from release.source_code import Function, Module
from release.start_costs import StartCost, start_costs

PROJECT: Final = Path(__file__).parents[1]
LONG_MODULE: Final = 300
LONG_FUNCTION: Final = 60
_PROGRAM: Final = "heddle_"
_GENERATED: Final = ("heddle_api/", "heddle_client/values/")


@dataclass(frozen=True, slots=True)
class Room:
    """A package, or a directory of files that are none.

    Attributes:
        name: with `, generated` after what nobody writes by hand.
        modules: how many files it has.
        lines: all of them.
        code: those that have code: no blank ones, comments or documentation.
    """

    name: str
    modules: int
    lines: int
    code: int


@dataclass(frozen=True, slots=True)
class Metrics:
    """The figures of one checkout. Whatever is long or double was written by hand."""

    commit: str
    rooms: Sequence[Room]
    long_modules: Sequence[tuple[str, int]]
    longest_function: Function
    longest_function_of_the_program: Function
    long_functions: Sequence[Function]
    duplicates: Sequence[Duplicate]
    start_costs: Sequence[StartCost]


def measure(project: Path, costs: Sequence[StartCost]) -> Metrics:
    """Read what git tracks in a checkout; what its commands load is known already."""
    modules = [Module.read(project, path) for path in _tracked(project)]
    written = [module for module in modules if not module.path.startswith(_GENERATED)]
    functions = sorted(
        (function for module in written for function in module.functions),
        key=lambda function: (-function.lines, function.module),
    )
    lengths = sorted(((each.path, each.lines) for each in written), key=lambda each: -each[1])
    return Metrics(
        commit=_git(project, "describe", "--always", "--dirty").strip(),
        rooms=list(_rooms(modules)),
        long_modules=[(path, lines) for path, lines in lengths if lines > LONG_MODULE],
        longest_function=functions[0],
        longest_function_of_the_program=next(
            each for each in functions if each.module.startswith(_PROGRAM)
        ),
        long_functions=[each for each in functions if each.lines > LONG_FUNCTION],
        duplicates=duplicates(written),
        start_costs=costs,
    )


def as_text(metrics: Metrics) -> str:
    """Return the figures as people read them."""
    return "\n".join(_text(metrics))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures of a checkout; return the exit status."""
    parser = argparse.ArgumentParser(description="Print figures about the code.")
    parser.add_argument("directory", nargs="?", type=Path, default=PROJECT, help="a checkout")
    parser.add_argument("--json", action="store_true", help="print one JSON object, no tables")
    parsed = parser.parse_args(arguments)
    project = parsed.directory.resolve()
    metrics = measure(project, start_costs(project))
    print(json.dumps(asdict(metrics), indent=2) if parsed.json else as_text(metrics))
    return 0


def _tracked(project: Path) -> list[Path]:
    return [project / name for name in _git(project, "ls-files", "-z", "*.py").split("\0")[:-1]]


def _git(project: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", project, *words], check=True, stdout=subprocess.PIPE)
    return done.stdout.decode()


def _rooms(modules: Iterable[Module]) -> Iterator[Room]:
    members: defaultdict[str, list[Module]] = defaultdict(list)
    for module in modules:
        generated = next((room for room in _GENERATED if module.path.startswith(room)), None)
        top, _, below = module.path.partition("/")
        members[f"{generated}, generated" if generated else f"{top}/" if below else "./"].append(
            module
        )
    for name, inside in sorted(members.items()):
        code = sum(len(module.code) for module in inside)
        yield Room(name, len(inside), sum(module.lines for module in inside), code)


def _text(metrics: Metrics) -> Iterator[str]:
    yield f"At {metrics.commit}:"
    yield ""
    yield f"{'room':<36} {'modules':>7} {'lines':>7} {'code':>7}"
    for room in metrics.rooms:
        yield f"{room.name:<36} {room.modules:>7,} {room.lines:>7,} {room.code:>7,}"
    yield ""
    yield f"modules over {LONG_MODULE} lines: {len(metrics.long_modules)}"
    yield from (f"  {lines:>4}  {path}" for path, lines in metrics.long_modules)
    yield f"longest function: {_described(metrics.longest_function)}"
    yield f"longest function of heddle: {_described(metrics.longest_function_of_the_program)}"
    yield f"functions over {LONG_FUNCTION} lines: {len(metrics.long_functions)}"
    yield from (f"  {_described(each)}" for each in metrics.long_functions)
    yield f"code of {LEAST} lines or more that is there twice: {len(metrics.duplicates)}"
    for each in metrics.duplicates:
        yield f"  {each.lines:>4}  {', '.join(map(str, each.places))}"
    yield "modules that a command loads, with a daemon that serves:"
    for cost in metrics.start_costs:
        yield f"  {cost.modules:>4}  {cost.command}, {cost.own} of them heddle's"


def _described(function: Function) -> str:
    return f"{function.lines} lines, {function.name} ({function.module}:{function.line})"


if __name__ == "__main__":
    sys.exit(main())
